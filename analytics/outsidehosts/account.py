"""The page of one outside host: what was sold, what came back and still will, what is taken off, what is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.choices import ResultPart, SourceKind
from analytics.keep import Expected, expected_of_days, kept_after
from analytics.outsidehosts.dues import agreements_with, dues_of_host
from analytics.outsidehosts.payouts import kept_by_platforms, platform_sources
from analytics.outsidehosts.products import ProductRow, rows_by_product
from analytics.outsidehosts.sales import (
    Held,
    by_outside_hosts,
    names_of,
    payments_of,
    told_of,
)
from analytics.outsidehosts.samples import HostSamples, lent_to_outside_hosts, samples_of_host
from analytics.periods import Period
from analytics.result.account import Account, Line, Source
from analytics.result.gathering import may_see_result
from analytics.shares.facts import Fact, LineKey, Order, sums_of
from analytics.shares.split import Measures
from core.actors import Actor
from core.clock import now
from core.errors import NotFound
from supplychain.models import Agreement, SalesEvent
from tenants.models import Tenant

# What a refund brings back: the shares of those who had one. Slot fees stay paid.
FALLS_AWAY = (ResultPart.PLATFORM, ResultPart.COMMISSION)


@dataclass(frozen=True)
class HostAccount:
    """An outside host in a period. `account` has net sales, what platforms kept, commission and slot fees.

    `expected` is what is still to come back within `watched` days after the payment, and `kept_then` what is kept
    when it has; None: the firm's past is too short. The rows of `products` add up to net sales.
    """

    ref: str
    name: str
    orders: int
    account: Account
    expected: Expected | None
    kept_then: Expected | None
    watched: int
    products: Sequence[ProductRow]
    samples: HostSamples

    @property
    def refunds(self) -> int:
        return self.account.paid - self.account.net


@dataclass(frozen=True)
class Sales:
    """The lines of an outside host of a period, by their first payment, and what each was told of.

    `told` has what facts add to a line and to whose goods, and its parts of what is told of its order; `whole` are the
    orders of which all lines are among them.
    """

    told: list[tuple[LineKey, int, Measures]]
    lines: dict[LineKey, Fact]
    whole: set[Order]

    @property
    def orders(self) -> set[Order]:
        return {order for order, _line in self.lines}

    def by_order(self) -> dict[Order, int]:
        """What is left of each order after what came back."""
        found: dict[Order, int] = defaultdict(int)
        for (order, _line), _owner, (paid, refunds, *_units) in self.told:
            found[order] += paid - refunds
        return found

    def by_day(self) -> dict[date, tuple[int, int]]:
        """By day of the first payment of the line what was paid and what came back."""
        found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
        for line, _owner, (paid, refunds, *_units) in self.told:
            row = found[self.lines[line].business_day]
            row[0] += paid
            row[1] += refunds
        return {day: (paid, refunds) for day, (paid, refunds) in found.items()}


def outside_host(actor: Actor, tenant: Tenant, ref: str, period: Period) -> HostAccount:
    """One account and what it sold for a firm in a period.

    NotFound for all who do not keep the firm's money, and for an account that never sold for it, never was lent samples
    and stands in none of its agreements.
    """
    if not may_see_result(actor, tenant.pk):
        raise NotFound
    sales = _sales(tenant, ref, period)
    names = names_of(actor, tenant)
    if not sales.lines and ref not in names and not _was_here(actor, tenant, ref):
        raise NotFound
    account = _account(actor, tenant, ref, period, sales)
    expected, watched = expected_of_days(tenant.pk, sales.by_day(), now())
    falls_away = sum(account.lines[part].known for part in FALLS_AWAY)
    return HostAccount(
        ref=ref,
        name=names.get(ref, ""),
        orders=len(sales.orders),
        account=account,
        expected=expected,
        kept_then=kept_after(account.left, account.net, falls_away, expected),
        watched=watched,
        products=rows_by_product(tenant, sales.told, sales.lines),
        samples=samples_of_host(actor, tenant, ref, period),
    )


def _sales(tenant: Tenant, ref: str, period: Period) -> Sales:
    facts, held = told_of(tenant, payments_of(tenant, period, host_ref=ref))
    sums = sums_of(facts)
    lines = _lines(held, ref)
    mine = [part for fact in facts for part in held.parts(fact, sums[fact.id]) if part[0] in lines]
    return Sales(mine, lines, {order for order, of in held.of_order.items() if of == ref})


def _lines(held: Held, ref: str) -> dict[LineKey, Fact]:
    return {line: held.first[line] for line, of in held.of_line.items() if of == ref}


def _was_here(actor: Actor, tenant: Tenant, ref: str) -> bool:
    """Whether an account ever sold for a firm or was lent samples."""
    payments = SalesEvent.objects.current().filter(seller=tenant, host_ref=ref)
    lent = lent_to_outside_hosts(actor, tenant).filter(outside_ref=ref)
    return by_outside_hosts(payments).exists() or lent.exists()


def _account(actor: Actor, tenant: Tenant, ref: str, period: Period, sales: Sales) -> Account:
    agreements = agreements_with(actor, tenant, ref, period)
    dues = dues_of_host(agreements, tenant, ref, period, sales.orders)
    kept = kept_by_platforms(tenant, sales.lines, sales.whole)
    settled = {number for each in kept.values() for number in each.settled}
    left = {order for order, units in sales.by_order().items() if units > 0}
    not_agreed = {
        order
        for (order, _line), first in sales.lines.items()
        if not _is_agreed(agreements, first.business_day)
    }
    not_settled = {order for order in left if order[2] not in settled}
    in_settlement = _("no agreement; what a platform settled has it in it") if not_agreed & left else ""
    parts = {
        ResultPart.NET: _net(sales),
        ResultPart.PLATFORM: platform_sources(kept, len(not_settled)),
        ResultPart.COMMISSION: _with_open(
            dues[ResultPart.COMMISSION], len(not_agreed & not_settled), in_settlement
        ),
        ResultPart.SLOT_FEE: _with_open(dues[ResultPart.SLOT_FEE], len(not_agreed)),
    }
    return Account({part: Line(part, tuple(sources)) for part, sources in parts.items()})


def _is_agreed(agreements: list[Agreement], day: date) -> bool:
    return any(each.from_day <= day and (each.to_day is None or day < each.to_day) for each in agreements)


def _net(sales: Sales) -> list[Source]:
    paid, refunds = (sum(part[place] for _line, _owner, part in sales.told) for place in (0, 1))
    return [
        Source(SourceKind.ORDERS, _("paid by buyers"), paid),
        Source(SourceKind.ORDERS, _("refunds and cancellations so far"), -refunds),
    ]


def _with_open(sources: list[Source], not_agreed: int, instead: str = "") -> list[Source]:
    """What nobody agreed on is open: it is not nothing. `instead` says where the amount stands otherwise."""
    if not_agreed:
        note = ngettext("%(count)d order", "%(count)d orders", not_agreed) % {"count": not_agreed}
        sources = [*sources, Source(SourceKind.NONE, _("No agreement is recorded."), None, note)]
    nothing = instead or _("nothing is due by the agreements")
    return sources or [Source(SourceKind.AGREEMENT, nothing, 0)]
