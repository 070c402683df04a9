"""Sellers, facts and waiting for the stories in which processes die."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from core.buckets import LAUNCHES
from core.models import BucketMark
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.models import Tenant
from tests.factories import SYSTEM, make_park, make_tenant
from tests.scaled import oracle

FIRST = datetime(2025, 1, 1, tzinfo=UTC)


def wait_until(condition: Callable[[], object], *, seconds: float, every: float = 0.02) -> float:
    """Wait for a condition; returns how many seconds that took. Fails when they are over."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        time.sleep(every)
    return time.monotonic() - started


def make_sellers(number: int) -> list[Tenant]:
    """Bare tenants of one park."""
    park = make_park("alpha")
    return [make_tenant(park, f"alpha-{index}") for index in range(number)]


def orders(number: int, *, first: int = 0, prefix: str = "O") -> list[tuple[int, SaleFact]]:
    """Paid orders of one line, one an hour; every tenth is refunded three hours later."""
    facts = []
    for index in range(first, first + number):
        at, order_no = FIRST + timedelta(hours=index), f"{prefix}{index}"
        facts.append(
            SaleFact(
                kind="paid",
                order_no=order_no,
                qty=1 + index % 3,
                occurred_at=at,
                amount=Decimal(index % 97) + Decimal("0.25"),
                external_id=f"{order_no}:paid",
            )
        )
        if index % 10 == 0:
            facts.append(
                SaleFact(
                    kind="refunded",
                    order_no=f"R-{order_no}",
                    qty=1,
                    occurred_at=at + timedelta(hours=3),
                    amount=Decimal("0.25"),
                    external_id=f"{order_no}:back",
                    ref_order_no=order_no,
                )
            )
    return list(enumerate(facts))


def sell(seller: Tenant, number: int, **more: Any) -> None:
    """Record orders of a seller as the shop would send them."""
    sales_record(actor=SYSTEM, seller=seller, source="shop", facts=orders(number, **more), atomic=True)


def select(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def marks(**of: str) -> int:
    """Buckets that a ring has counted; launches are looked at by the beat alone, three times a minute."""
    return BucketMark.objects.exclude(family=LAUNCHES).filter(**of).count()


def all_counted(*, seconds: float) -> float:
    """Wait until nothing is dirty; the figures must then equal a recount. Returns how long it took."""
    took = wait_until(lambda: not marks(), seconds=seconds)
    assert oracle.counted(select) == oracle.recounted(select)
    return took


@pytest.fixture
def sellers(transactional_db: None) -> list[Tenant]:
    return make_sellers(20)
