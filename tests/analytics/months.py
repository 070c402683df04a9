"""Lines of a June and a July, told to the ledger and counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine

from analytics import metrics, rollup
from analytics.figures import tenant_figures
from tenants.models import Tenant
from tests.analytics.ledger import tell
from tests.analytics.reference import Fact
from tests.factories import SYSTEM

JUNE, JULY = dt.date(2025, 6, 1), dt.date(2025, 7, 1)
END = dt.date(2025, 7, 31)
numbers = iter(range(1_000_000))


def sell(
    tenant: Tenant, amount: str, day: dt.date = JUNE, *, kind: str = "paid", order: str = "", **more: object
) -> None:
    """One line at noon in Shanghai, counted at once."""
    told(tenant, amount, day, kind=kind, order=order, **more)
    rollup.drain()


def told(
    tenant: Tenant, amount: str, day: dt.date = JUNE, *, kind: str = "paid", order: str = "", **more: object
) -> None:
    """One line at noon in Shanghai, yet to be counted."""
    number = next(numbers)
    at = dt.datetime(day.year, day.month, day.day, 4, tzinfo=dt.UTC)
    values = {"order_no": order or f"o{number}", "line_no": "1", **more}
    fact = Fact(
        tenant=tenant.pk,
        external_id=f"e{number}",
        version=1,
        kind=kind,
        at=at,
        amount=Decimal(amount),
        **values,
    )  # type: ignore[arg-type]
    tell(tenant, [fact])


def total(tenant: Tenant, since: dt.date = JUNE, until: dt.date = END) -> dict[str, metrics.Value]:
    [row] = tenant_figures(actor=SYSTEM, tenant=tenant, since=since, until=until, by="total")
    return row.values


@pytest.fixture
def in_august() -> Iterator[None]:
    with time_machine.travel(dt.datetime(2025, 8, 2, 4, tzinfo=dt.UTC)):
        yield
