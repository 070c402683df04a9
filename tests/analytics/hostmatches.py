"""A park whose two firms sold with hosts of their own, and asking it for hosts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from analytics import rollup
from analytics.matching.facts import Wanted
from analytics.selectors.matching import HostMatches, host_matches
from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_start, today
from livestreams.conflicts import Span
from livestreams.models import Host, LiveSession
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.models import Tenant
from tests.factories import SYSTEM, TenantWorld, World, make_session

LIGHTS = "灯饰"
MARK = Decimal("31415.92")


@pytest.fixture
def world(world: World) -> World:
    """A park in which the second firm sold a lot with its own host, and the first a little with its own."""
    Tenant.objects.filter(node__parent=world.park.pk).update(industry=LIGHTS)
    for mine, amount in zip(world.tenants, (Decimal("900.00"), MARK), strict=True):
        mine.tenant.refresh_from_db()
        for back in range(3, 9):
            sell(mine.tenant, mine.host, amount, back)
    rollup.drain()
    return world


def sell(
    tenant: Tenant, host: Host, amount: Decimal, days_ago: int, refund: Decimal | None = None
) -> LiveSession:
    """A session of two hours with one order, some days ago."""
    session = make_session(tenant, host=host, starts_at=day_start(today() - days_ago * DAY) + 20 * HOUR)
    common: dict[str, Any] = {
        "order_no": f"{tenant.code}-{host.code}-{days_ago}",
        "occurred_at": session.started_at,
        "session_ref": str(session.uid),
        "qty": 1,
    }
    facts = [SaleFact(kind="paid", amount=amount, **common)]
    if refund is not None:
        facts.append(SaleFact(kind="refunded", amount=refund, **{**common, "external_id": f"R{days_ago}"}))
    sales_record(actor=SYSTEM, seller=tenant, source="test", facts=list(enumerate(facts)), atomic=True)
    return session


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are read in English here."""
    with translation.override("en"):
        yield


# Beyond what the world has booked.
SOON = 20 * DAY


def window(days: int = 3) -> Span:
    start = day_start(today() + SOON)
    return Span(start, start + days * DAY)


def asked(world: World, who: Any, of: Any, **values: Any) -> HostMatches:
    wanted = Wanted(LIGHTS, **{"hours": 2.0, **values})
    return host_matches(actor=user_actor(who), of=of, wanted=wanted, window=window())


def owner_of(mine: TenantWorld) -> Any:
    return mine.users[Role.TENANT_OWNER]
