"""Which order lines that a warehouse holds or owes were given back, by what the ledger says of their orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from core.portions import in_turn
from supplychain.attribution.lines import order_of
from supplychain.choices import SalesKind
from supplychain.models import Backorder, SalesEvent, SalesEventKey
from supplychain.models.parcels import line_name
from supplychain.samenumber import paid_under

AT_ONCE = 500
Order = tuple[str, str]
"""A source, and the number of an order of a seller."""


class OfLine(Protocol):
    """What an order line holds in a warehouse, or is owed."""

    pk: int
    seller_id: int
    event_id: int
    order_no: str


def with_seller(rows: QuerySet[Backorder]) -> QuerySet[Any]:
    """Backorders with the seller of their order."""
    sale = SalesEvent.objects.filter(pk=OuterRef("event_id"))
    return rows.annotate(seller_id=Subquery(sale.values("seller_id")[:1]))


def with_source(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Reservations or backorders with the source of their order, without which its number may be that of another."""
    told = SalesEventKey.objects.filter(pk=OuterRef("event_id"))
    return rows.annotate(source=Coalesce(Subquery(told.values("source")), Value("")))


def given_back(rows: Sequence[OfLine]) -> set[int]:
    """The ids of those whose order line was refunded or cancelled as a whole.

    Where two sources have told a payment of a number these are two orders, each given back by what its own says. A
    refund that names no line is of the line where the order has one, else of all lines once it reaches their sum.
    """
    found: set[int] = set()
    by_seller: dict[int, list[OfLine]] = defaultdict(list)
    for row in rows:
        by_seller[row.seller_id].append(row)
    for seller, mine in by_seller.items():
        for some in in_turn(mine, AT_ONCE):
            found |= _given_back(seller, some)
    return found


def _given_back(seller: int, rows: Sequence[OfLine]) -> set[int]:
    facts = list(_facts_of(seller, {row.order_no for row in rows}))
    payers: dict[str, set[str]] = defaultdict(set)
    for event in facts:
        if event.kind == SalesKind.PAID:
            payers[event.order_no].add(event.source)
    placed = {(event.source, event.order_no) for event in facts if event.kind == SalesKind.CREATED}
    paid: dict[Order, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    back: dict[Order, list[SalesEvent]] = defaultdict(list)
    for event in facts:
        source, number = event.source, order_of(event.kind, event.order_no, event.ref_order_no)
        if event.kind == SalesKind.PAID:
            paid[source, number][event.line_no].append(event)
        elif event.kind != SalesKind.CREATED:
            # What a source told of as placed it cancels for itself.
            is_own = event.kind == SalesKind.CANCELLED and (source, number) in placed
            back[source if is_own else paid_under(source, payers[number]), number].append(event)
    known = [event for order in paid.values() for events in order.values() for event in events]
    by_id = {event.pk: event for event in known}
    by_line = {line_name(event.source, event.external_id): event for event in known}
    # What has left keeps the version of its sale that it left by.
    sales = {row.pk: by_id.get(row.event_id) or by_line.get(getattr(row, "line", "")) for row in rows}
    return {
        pk
        for pk, sale in sales.items()
        if sale is not None
        and _is_whole(sale, paid[sale.source, sale.order_no], back[sale.source, sale.order_no])
    }


def _facts_of(seller: int, orders: Collection[str]) -> QuerySet[SalesEvent]:
    about = SalesEvent.objects.of_orders(seller, orders).exclude(kind=SalesKind.ADJUSTED)
    return about.filter(line_type="goods").current().order_by("pk")


def _is_whole(
    event: SalesEvent, paid: Mapping[str, Sequence[SalesEvent]], back: Sequence[SalesEvent]
) -> bool:
    """Whether a paid line was given back whole."""
    cancelled = [one for one in back if one.kind == "cancelled"]
    if any(one.line_no in ("", event.line_no) for one in cancelled):
        return True
    refunds = [one for one in back if one.kind == "refunded"]
    mine = [one for one in refunds if one.ref_line and one.ref_line == event.line_no]
    whole_order = [one for events in paid.values() for one in events]
    if len(whole_order) == 1:
        mine = refunds
    if mine and sum(one.amount for one in mine) >= event.amount:
        return True
    return bool(refunds) and sum(one.amount for one in refunds) >= sum(one.amount for one in whole_order)
