"""Both sides of orders: our ledger, and what platforms settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from analytics.beside.bridge import Piece, Side
from analytics.shares.facts import Fact, read_facts, sums_of
from core.clock import DAY, business_day, day_start, hour_of
from core.money import to_units
from core.portions import in_turn
from livestreams.models import LiveSession
from supplychain.choices import LineType, PayoutKind, SalesKind
from supplychain.models import PayoutEntry, SalesEvent
from tenants.choices import Platform

QUERY_SIZE = 2_000
ABOUT = (SalesKind.PAID, SalesKind.REFUNDED, SalesKind.CANCELLED)
# What tells that an order was settled. Fees alone do not: an insurance names its order long before.
SETTLING = (PayoutKind.GOODS, PayoutKind.FREIGHT, PayoutKind.SUBSIDY, PayoutKind.REFUND)


@dataclass
class Line:
    """A line of an order in our ledger, in units."""

    paid: int = 0
    refunds: int = 0
    freight: int = 0
    back: list[tuple[datetime, int]] = field(default_factory=list)

    @property
    def side(self) -> Side:
        return Side(self.paid, self.refunds)


@dataclass
class OurOrder:
    """An order in our ledger; "" is the line of what names none."""

    order_no: str
    source: str
    paid_at: datetime
    session: int | None
    lines: dict[str, Line] = field(default_factory=lambda: defaultdict(Line))


@dataclass
class Payout:
    """What a platform settled of a line of an order, in units; `at` is when it last spoke of it."""

    platform: str
    at: datetime
    ordered_at: datetime | None
    sums: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def side(self) -> Side:
        paid = self.sums[PayoutKind.GOODS] + self.sums[PayoutKind.FREIGHT]
        return Side(paid, -self.sums[PayoutKind.REFUND])


Payouts = dict[str, dict[str, Payout]]
"""By order, then by line."""


def paid_on(tenant_id: int, first: date, last: date) -> QuerySet[SalesEvent]:
    """The payments of some days."""
    since, until = hour_of(day_start(first)), hour_of(day_start(last + DAY))
    return SalesEvent.objects.filter(
        seller=tenant_id, kind=SalesKind.PAID, slot__gte=since, slot__lt=until
    ).current()


def unsettled(payments: QuerySet[SalesEvent]) -> QuerySet[SalesEvent]:
    """Those of some payments of whose line no platform has settled anything."""
    same = PayoutEntry.objects.standing().filter(
        tenant=OuterRef("seller"), order_no=OuterRef("order_no"), kind__in=SETTLING
    )
    return payments.filter(~Exists(same.filter(Q(line_no="") | Q(line_no=OuterRef("line_no")))))


def with_platform(payments: QuerySet[SalesEvent]) -> QuerySet[SalesEvent]:
    """Add the `platform` of each payment as `platforms_of` finds that of its order."""
    settled = PayoutEntry.objects.standing().filter(
        tenant=OuterRef("seller"), order_no=OuterRef("order_no"), kind__in=SETTLING
    )
    session = LiveSession.objects.filter(pk=OuterRef("session_now"))
    told = Case(
        When(source__in=Platform.values, then=F("source")), default=Subquery(session.values("platform"))
    )
    found = Coalesce(
        Subquery(settled.order_by("pk").values("platform")[:1]),
        told,
        Value(Platform.OTHER),
        output_field=CharField(),
    )
    return payments.with_session().annotate(platform=found)  # type: ignore[attr-defined]


def our_orders(tenant_id: int, numbers: Collection[str]) -> list[OurOrder]:
    """The orders of these numbers in the ledger as it is now, with all that was given back of them so far."""
    found: dict[tuple[str, str], OurOrder] = {}
    for some in in_turn(sorted(numbers), QUERY_SIZE):
        events = SalesEvent.objects.of_orders(tenant_id, some).filter(kind__in=ABOUT)
        facts = read_facts(events)
        more = {
            pk: (at, session)
            for pk, at, session in events.with_session().values_list("pk", "occurred_at", "session_now")
        }
        known = [fact for fact in facts if fact.id in more]
        sums = sums_of(known)
        for fact in sorted(known, key=lambda each: (each.kind != SalesKind.PAID, more[each.id][0], each.id)):
            at, session = more[fact.id]
            key = fact.order[1:]
            if fact.kind == SalesKind.PAID and key not in found:
                found[key] = OurOrder(fact.order_no, fact.source, at, session)
            if key in found:
                _add(found[key].lines[fact.line], fact, at, sums[fact.id][0], sums[fact.id][1])
    return list(found.values())


def _add(line: Line, fact: Fact, at: datetime, paid: int, refunds: int) -> None:
    line.paid += paid
    line.refunds += refunds
    if fact.line_type == LineType.FREIGHT:
        line.freight += paid
    if refunds:
        line.back.append((at, refunds))


def payouts_of(tenant_id: int, numbers: Collection[str]) -> Payouts:
    """What was settled of the orders of these numbers."""
    found: Payouts = defaultdict(dict)
    for some in in_turn(sorted(numbers), QUERY_SIZE):
        _gather(found, PayoutEntry.objects.filter(tenant=tenant_id, order_no__in=some))
    return found


def payouts_ordered_on(tenant_id: int, first: date, last: date) -> Payouts:
    """What was settled of orders that platforms say were made on some days."""
    found: Payouts = defaultdict(dict)
    since, until = day_start(first), day_start(last + DAY)
    entries = PayoutEntry.objects.filter(tenant=tenant_id, ordered_at__gte=since, ordered_at__lt=until)
    _gather(found, entries.exclude(order_no=""))
    return found


def _gather(found: Payouts, entries: Any) -> None:
    rows = (
        entries.filter(kind__in=SETTLING)
        .standing()
        .values_list("order_no", "line_no", "platform", "kind", "amount", "occurred_at", "ordered_at")
    )
    for order_no, line_no, platform, kind, amount, at, ordered_at in rows:
        payout = found[order_no].setdefault(line_no, Payout(platform, at, ordered_at))
        payout.at = max(payout.at, at)
        payout.sums[kind] += to_units(amount)


def platforms_of(orders: Iterable[OurOrder], payouts: Payouts) -> dict[tuple[str, str], str]:
    """The platform of each order by source and number: who settled it, else its source, else its session's."""
    orders = list(orders)
    sessions = {order.session for order in orders if order.session}
    on = dict(LiveSession.objects.filter(pk__in=sessions).values_list("pk", "platform"))
    found = {}
    for order in orders:
        settled = next(iter(payouts[order.order_no].values()), None) if order.order_no in payouts else None
        if settled is not None:
            platform = settled.platform
        elif order.source in set(Platform):
            platform = order.source
        else:
            platform = on.get(order.session or 0, Platform.OTHER)
        found[order.source, order.order_no] = platform
    return found


def pieces_of(order: OurOrder, settled: dict[str, Payout]) -> Iterator[Piece]:
    """An order line by line where both sides name the same lines, else as a whole."""
    if "" in order.lines or not set(settled) <= set(order.lines):
        yield _piece(order.order_no, list(order.lines.values()), list(settled.values()))
        return
    for number, line in order.lines.items():
        yield _piece(order.order_no, [line], [settled[number]] if number in settled else [])


def foreign_piece(order_no: str, settled: dict[str, Payout]) -> Piece:
    """An order that only the platform knows."""
    return _piece(order_no, [], list(settled.values()))


def _piece(order_no: str, lines: list[Line], settled: list[Payout]) -> Piece:
    theirs = _sum(payout.side for payout in settled) if settled else None
    spoke = max((payout.at for payout in settled), default=None)
    return Piece(
        order_no,
        _sum(line.side for line in lines) if lines else None,
        theirs,
        late=sum(amount for line in lines for at, amount in line.back if spoke is not None and at > spoke),
        freight=sum(line.freight for line in lines)
        or sum(payout.sums[PayoutKind.FREIGHT] for payout in settled),
        coupons=sum(payout.sums[PayoutKind.SUBSIDY] for payout in settled),
    )


def _sum(sides: Iterable[Side]) -> Side:
    total = Side()
    for side in sides:
        total = total.plus(side)
    return total


def first_day(order: OurOrder) -> date:
    return business_day(order.paid_at)
