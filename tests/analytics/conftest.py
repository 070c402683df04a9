"""A seller, the reference's book beside the ledger, and the telling of one line to both."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tenants.models import Tenant
from tests.analytics.ledger import NOON, Sell, tell
from tests.analytics.reference import Book, Fact
from tests.factories import make_park, make_tenant


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(make_park("park"), "seller")


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def say(tenant: Tenant, book: Book) -> Sell:
    """Tell one line to the ledger and to the reference: `say("paid", "10", hours=1, order_no="o1")`."""

    def line(kind: str, amount: str, *, hours: float = 0, **values: object) -> Fact:
        number = sum(len(versions) for versions in book.told.values())
        given = {"external_id": f"e{number}", "version": 1, "order_no": "o1", "line_no": "1", **values}
        at = NOON + dt.timedelta(hours=hours)
        fact = Fact(tenant=tenant.pk, kind=kind, amount=Decimal(amount), at=at, **given)  # type: ignore[arg-type]
        book.tell(fact)
        tell(tenant, [fact])
        return fact

    return line
