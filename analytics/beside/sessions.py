"""A live session beside what its platform reports of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analytics.beside.bridge import Bridge, SessionSides, Side, session_bridge
from analytics.beside.days import may_see_payouts
from analytics.beside.gathering import payouts_of
from analytics.choices import ClaimSource
from analytics.models import SessionClaim, SessionReading
from analytics.shares.facts import facts_in, sums_of
from core.actors import Actor
from core.errors import NotFound
from core.money import to_units
from livestreams.models import LiveSession
from supplychain.choices import LineType, PayoutKind, SalesKind
from supplychain.models import SalesEvent


@dataclass(frozen=True)
class SessionBeside:
    """`read_at` and `bridge` are None while no report of the platform states what was paid. Refunds are ours, in units;
    `late` of them came after the report was read."""

    ours: Side
    late: int
    read_at: datetime | None
    bridge: Bridge | None


def session_beside(actor: Actor, session: LiveSession) -> SessionBeside:
    """A session of a firm for those who read its settlements. NotFound for all others."""
    if not may_see_payouts(actor, session.tenant_id):
        raise NotFound
    claims = SessionClaim.objects.standing().filter(session=session, source=ClaimSource.REPORT)
    claim = claims.filter(sales__isnull=False).order_by("-version").first()
    facts = [fact for fact, _place in facts_in([session]) if fact.seller_id == session.tenant_id]
    sums = sums_of(facts)
    ours = Side(sum(row[0] for row in sums.values()), sum(row[1] for row in sums.values()))
    if claim is None or claim.sales is None:
        return SessionBeside(ours, 0, None, None)
    at = dict(SalesEvent.objects.filter(pk__in=[fact.id for fact in facts]).values_list("pk", "occurred_at"))
    reading = SessionReading.objects.standing().filter(claim=claim).order_by("-pk").first()
    read_at, account = (reading.read_at, reading.account) if reading else (claim.made_at, "")
    payouts = payouts_of(session.tenant_id, {fact.order_no for fact in facts if sums[fact.id][0]})
    sides = SessionSides(
        ours=ours,
        stated=to_units(claim.sales),
        outside=sum(sums[fact.id][0] for fact in facts if not _on_air(session, at[fact.id])),
        elsewhere=_elsewhere(session, account, {fact.id for fact in facts}),
        freight=sum(sums[fact.id][0] for fact in facts if fact.line_type == LineType.FREIGHT),
        coupons=sum(
            payout.sums[PayoutKind.SUBSIDY] for lines in payouts.values() for payout in lines.values()
        ),
    )
    late = sum(sums[fact.id][1] for fact in facts if at[fact.id] > read_at)
    return SessionBeside(ours, late, read_at, session_bridge(sides))


def _on_air(session: LiveSession, at: datetime) -> bool:
    begun = session.started_at is not None and session.started_at <= at
    return begun and (session.ended_at is None or at < session.ended_at)


def _elsewhere(session: LiveSession, account: str, here: set[int]) -> int:
    """What the account of the report was paid while the session was on air, and is placed in another one or in none."""
    if not account or session.started_at is None or session.ended_at is None:
        return 0
    paid = SalesEvent.objects.current().filter(
        seller=session.tenant_id,
        kind=SalesKind.PAID,
        host_ref=account,
        occurred_at__gte=session.started_at,
        occurred_at__lt=session.ended_at,
    )
    return sum(to_units(amount) for pk, amount in paid.values_list("pk", "amount") if pk not in here)
