"""What the figures must be: the ledger counted once more in plain Python, whatever process wrote it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.analytics.reference import Book, Fact

LEDGER = """
    SELECT seller_id, source, external_id, version, kind, occurred_at, order_no, line_no, ref_order_no, ref_line,
        line_type, customs_mode, quantity, amount
    FROM supplychain_salesevent"""
DAYS = """
    SELECT tenant_id, day, gmv_created, gmv_paid, refunds, cancellations, adjustments, units_paid, units_refunded,
        lines, orders, refund_orders, cross_border_paid, cross_border_refunds
    FROM analytics_daysales"""

Select = Callable[[str], list[tuple[Any, ...]]]
"""Runs a SELECT and returns its rows, on a database of either kind."""
Days = dict[tuple[int, str], tuple[int, ...]]
"""By tenant and day the measures in the order of DAYS; money in units of 1/10,000 CNY."""


def recounted(select: Select) -> Days:
    """The day figures as a recount of the whole ledger gives them."""
    book = Book()
    for seller, source, external_id, version, kind, at, *words, quantity, amount in select(LEDGER):
        order_no, line_no, ref_order_no, ref_line, line_type, customs_mode = words
        fact = Fact(
            tenant=seller,
            source=source,
            external_id=external_id,
            version=version,
            kind=kind,
            at=_instant(at),
            order_no=order_no,
            line_no=line_no,
            ref_order_no=ref_order_no,
            ref_line=ref_line,
            line_type=line_type,
            customs_mode=customs_mode,
            qty=quantity,
            amount=Decimal(amount),
        )
        assert book.tell(fact), f"{external_id} is in the ledger twice"
    return {
        place: tuple(map(int, sums))
        for place, sums in book.count(lambda fact: (fact.tenant, fact.day)).items()
    }


def counted(select: Select) -> Days:
    """The day figures as the roll-up left them."""
    return {(tenant, str(day)): tuple(map(int, sums)) for tenant, day, *sums in select(DAYS)}


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
