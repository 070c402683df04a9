"""The last live day of a firm as its owner reads it on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analytics.choices import ResultPart
from analytics.keep.cohorts import cohorts_of
from analytics.keep.curve import Curve, Expected, curve_of, expected_of
from analytics.result import Account, accounts_of
from core.actors import Actor
from core.clock import business_day, day_bounds, now
from core.scoping import visible_to
from livestreams.choices import SessionState
from livestreams.models import LiveSession
from supplychain.settlement.apportion import to_cents
from tenants.models import Tenant

TAKEN = (ResultPart.PLATFORM, ResultPart.COMMISSION, ResultPart.SLOT_FEE)
# What the firm spends besides.
SPENT = tuple(part for part in ResultPart if part not in (ResultPart.NET, *TAKEN))
# What a refund gives back to the firm: the goods, and the shares of those who had one.
FALLS_AWAY = (ResultPart.GOODS, ResultPart.PLATFORM, ResultPart.COMMISSION)


@dataclass(frozen=True)
class LastDay:
    """Amounts in units. `kept` is what is left after the costs that are known: sold less refunded, taken and spent.

    `missing` are the lines that are not known.
    """

    day: date
    sessions: Sequence[LiveSession]
    sold: int
    refunded: int
    taken: int
    spent: int
    kept: int
    missing: Sequence[ResultPart]
    watched: int
    curve: Curve | None
    expected: Expected | None
    kept_then: Expected | None
    """What is kept when the refunds have come that are still expected, by the same three answers."""


def last_day(actor: Actor, tenant: Tenant) -> LastDay | None:
    """The latest day on which a session of the firm began that is over; None before the first."""
    over = visible_to(
        LiveSession.objects.filter(tenant=tenant, state=SessionState.ENDED, started_at__isnull=False), actor
    )
    latest = over.order_by("-started_at").values_list("started_at", flat=True).first()
    if latest is None:
        return None
    day = business_day(latest)
    since, until = day_bounds(day)
    sessions = list(
        over.filter(started_at__gte=since, started_at__lt=until)
        .select_related("booking__room")
        .order_by("started_at")
    )
    accounts = list(accounts_of(actor, tenant.pk, sessions).values())
    return _told(tenant, day, sessions, accounts)


def _told(tenant: Tenant, day: date, sessions: list[LiveSession], accounts: list[Account]) -> LastDay:
    at = now()
    first, last = sessions[0].started_at or at, max(each.ended_at or at for each in sessions)
    cohorts, watched = cohorts_of(tenant.pk, at - (first + (last - first) / 2), at)
    sold, refunded = sum(each.paid for each in accounts), sum(each.paid - each.net for each in accounts)
    curve = curve_of(cohorts)
    expected = expected_of(curve, sold, refunded) if curve is not None else None
    kept = sum(each.left for each in accounts)
    missing = [part for part in ResultPart if any(part in _missing(each) for each in accounts)]
    return LastDay(
        day=day,
        sessions=sessions,
        sold=sold,
        refunded=refunded,
        taken=_sum(accounts, TAKEN),
        spent=_sum(accounts, SPENT),
        kept=kept,
        missing=missing,
        watched=watched,
        curve=curve,
        expected=expected,
        kept_then=kept_after(kept, sold - refunded, _sum(accounts, FALLS_AWAY), expected),
    )


def kept_after(kept: int, net: int, falls_away: int, expected: Expected | None) -> Expected | None:
    """What is kept after refunds that bring back goods and shares in proportion; rooms, slots and ads stay paid."""
    if expected is None or net <= 0:
        return None
    part = 1 - Fraction(falls_away, net)
    answers = sorted(kept - to_cents(back * part) for back in (expected.low, expected.middle, expected.high))
    return Expected(*answers)


def _missing(account: Account) -> list[ResultPart]:
    return [line.part for line in account.missing]


def _sum(accounts: list[Account], parts: Sequence[ResultPart]) -> int:
    return sum(account.lines[part].known for account in accounts for part in parts)
