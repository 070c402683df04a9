"""Facts to record in tests, and what to look at afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core import buckets
from core.actors import system_actor
from core.models import BucketMark
from supplychain.facts import SaleFact
from supplychain.models import SalesEvent
from supplychain.services import BatchResult, sales_record
from tenants.models import Tenant

SYSTEM = system_actor("test")
NOON = datetime(2025, 6, 1, 4, tzinfo=UTC)  # in Shanghai
SLOT = int(NOON.timestamp()) // 3600


def fact(order_no: str = "A1", kind: str = "paid", amount: str | None = "10.00", **fields: Any) -> SaleFact:
    """A paid line of ten yuan, at noon."""
    defaults: dict[str, Any] = {
        "kind": kind,
        "order_no": order_no,
        "line_no": "1",
        "qty": 1,
        "occurred_at": NOON,
        "amount": None if amount is None else Decimal(amount),
    }
    return SaleFact(**{**defaults, **fields})


def record(seller: Tenant, *facts: SaleFact, **options: Any) -> BatchResult:
    """Record facts as one batch of the source "test"."""
    defaults: dict[str, Any] = {"actor": SYSTEM, "seller": seller, "source": "test"}
    return sales_record(**{**defaults, **options}, facts=list(enumerate(facts)))


def statuses(result: BatchResult) -> list[str]:
    return [line.status for line in result.lines]


def marked(seller: Tenant) -> set[int]:
    """The hours of a seller that wait to be counted."""
    hours = BucketMark.objects.filter(node_id=seller.pk).exclude(family=buckets.ORDERS)
    return set(hours.values_list("slot", flat=True))


def unmark() -> None:
    BucketMark.objects.all().delete()


def amounts(seller: Tenant, kinds: Iterable[str] = ("paid",)) -> list[Decimal]:
    rows = SalesEvent.objects.filter(seller=seller, kind__in=kinds)
    return sorted(rows.values_list("amount", flat=True))
