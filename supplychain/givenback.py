"""Which order lines in the warehouse were given back, by what the ledger says of their orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from supplychain.models import Reservation, SalesEvent

AT_ONCE = 500


def given_back(rows: Sequence[Reservation]) -> set[int]:
    """The ids of those whose order line was refunded or cancelled as a whole.

    A refund that names no line is of the line where the order has one, else of all lines once it reaches their sum.
    """
    found: set[int] = set()
    by_seller: dict[int, list[Reservation]] = defaultdict(list)
    for row in rows:
        by_seller[row.seller_id].append(row)
    for seller, mine in by_seller.items():
        for start in range(0, len(mine), AT_ONCE):
            found |= _given_back(seller, mine[start : start + AT_ONCE])
    return found


def _given_back(seller: int, rows: Sequence[Reservation]) -> set[int]:
    orders = {row.order_no for row in rows}
    paid: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    back: dict[str, list[SalesEvent]] = defaultdict(list)
    for event in _facts_of(seller, orders):
        if event.kind == "paid":
            paid[event.order_no][event.line_no].append(event)
        elif event.kind == "cancelled":
            back[event.order_no].append(event)
        elif event.ref_order_no in orders:
            back[event.ref_order_no].append(event)
    lines = {event.pk: event for order in paid.values() for events in order.values() for event in events}
    return {
        row.pk
        for row in rows
        if row.event_id in lines and _is_whole(lines[row.event_id], paid[row.order_no], back[row.order_no])
    }


def _facts_of(seller: int, orders: Collection[str]) -> QuerySet[SalesEvent]:
    about = SalesEvent.objects.of_orders(seller, orders)
    return (
        about.filter(kind__in=("paid", "cancelled", "refunded"), line_type="goods").current().order_by("pk")
    )


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
