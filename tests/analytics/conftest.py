"""A seller, the reference's book beside the ledger, and the telling of one line to both; the evening of a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine
from django.utils import translation

from core.clock import HOUR
from livestreams.models import LiveSession
from tenants.models import Tenant
from tests.analytics.ledger import NOON, Again, Sell, tell
from tests.analytics.reference import Book, Fact
from tests.analytics.rounds import START
from tests.factories import TenantWorld, World, make_park, make_tenant


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


@pytest.fixture
def again(tenant: Tenant, book: Book) -> Again:
    """Tell another version of a line to both."""

    def line(fact: Fact) -> Fact:
        assert book.tell(fact)
        tell(tenant, [fact])
        return fact

    return line


@pytest.fixture(scope="module")
def that_evening() -> Iterator[None]:
    """An hour after the session of the reports has ended; the world is told then, too."""
    with time_machine.travel(START + 3 * HOUR, tick=False):
        yield


@pytest.fixture
def then(that_evening: None) -> Iterator[time_machine.Coordinates]:
    """The clock of that evening, for each test anew."""
    with translation.override("en"), time_machine.travel(START + 3 * HOUR, tick=False) as clock:
        yield clock


@pytest.fixture
def firm(world: World) -> TenantWorld:
    """A firm whose platform reports what was sold."""
    LiveSession.objects.filter(tenant=world.tenants[0].tenant).update(platform="kuaishou")
    return world.tenants[0]
