"""What is explained in a session: facts in any order, a product of the session, once per id of a source."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, InternalError, transaction

from core.clock import HOUR
from core.errors import Conflict, InvalidInput, NotFound, Refused
from livestreams.errors import BadTime
from livestreams.models import LiveSession, SessionTenant
from supplychain.choices import ExplainKind
from supplychain.explained import stretches
from supplychain.models import ExplainEvent
from supplychain.services import explain_record
from tests.factories import SYSTEM, TenantWorld, World, make_session, make_sku, make_world

pytestmark = pytest.mark.both_databases
MINUTE = timedelta(minutes=1)


@pytest.fixture
def session(mine: TenantWorld) -> LiveSession:
    """A session of two hours of which nothing was told yet."""
    return make_session(mine.tenant)


def tell(mine: TenantWorld, session: LiveSession, at: datetime, product=None, **more) -> ExplainEvent:
    kind = ExplainKind.START if product or more.get("sku") else ExplainKind.END
    values = {"actor": mine.owner, "kind": kind, "source": "test", **more}
    return explain_record(session=session, product=product, at=at, **values)


def test_each_event_ends_what_the_one_before_began(mine: TenantWorld, session: LiveSession) -> None:
    one = mine.skus[0].product
    other = make_sku(mine.tenant, "other").product
    start = session.started_at
    # told out of order, and one twice
    tell(mine, session, start + 30 * MINUTE, other)
    tell(mine, session, start, one)
    tell(mine, session, start + 5 * MINUTE, one)
    tell(mine, session, start + 20 * MINUTE)
    tell(mine, session, start + 60 * MINUTE, sku=mine.skus[0])
    events = ExplainEvent.objects.filter(session=session).order_by("at", "pk")
    assert [
        (each.product, each.since - start, each.until - start) for each in stretches(events, session.ended_at)
    ] == [
        (one, 0 * MINUTE, 20 * MINUTE),
        (other, 30 * MINUTE, 60 * MINUTE),
        (one, 60 * MINUTE, 120 * MINUTE),
    ]
    assert stretches(events, None)[-1].until is None
    # the encoder was lost while the first was explained, and nobody saw what was told since
    assert [(each.product, each.until) for each in stretches(events, start + 10 * MINUTE)] == [
        (one, start + 10 * MINUTE)
    ]
    assert stretches(events, start) == []
    assert stretches([], None) == []


def test_an_id_of_a_source_counts_once(mine: TenantWorld, session: LiveSession) -> None:
    at, product = session.started_at, mine.skus[0].product
    first = tell(mine, session, at, product, external_id="e1")
    assert tell(mine, session, at, product, external_id="e1") == first
    assert tell(mine, session, at, product, external_id="e1", source="other") != first
    with pytest.raises(Conflict):
        tell(mine, session, at + MINUTE, product, external_id="e1")
    with pytest.raises(Conflict):
        tell(mine, session, at, external_id="e1")


def test_only_goods_that_the_session_may_show(world: World, mine: TenantWorld, session: LiveSession) -> None:
    at = session.started_at
    foreign = world.tenants[1].skus[0].product
    with pytest.raises(InvalidInput) as refusal:
        tell(mine, session, at, foreign)
    assert refusal.value.field == "product"
    with pytest.raises(InvalidInput):  # not even by who sees everything
        tell(mine, session, at, foreign, actor=SYSTEM)
    # named for the session, but still not the tenant's to see
    SessionTenant.objects.create(session=session, tenant=world.tenants[1].tenant)
    with pytest.raises(InvalidInput):
        tell(mine, session, at, foreign)
    with pytest.raises(InvalidInput):
        tell(mine, session, at, make_sku(mine.tenant, "other").product, sku=mine.skus[0])
    for values in ({"kind": "start"}, {"kind": "end", "product": mine.skus[0].product}, {"kind": "pause"}):
        with pytest.raises(InvalidInput):
            explain_record(actor=mine.owner, session=session, source="test", at=at, **values)


def test_only_within_the_session(mine: TenantWorld, session: LiveSession) -> None:
    product = mine.skus[0].product
    for at in (session.started_at - MINUTE, session.ended_at, session.ended_at + 1000 * HOUR):
        with pytest.raises(BadTime):
            tell(mine, session, at, product)


def test_who_may_tell(world: World, mine: TenantWorld, session: LiveSession) -> None:
    at, product = session.started_at, mine.skus[0].product
    for actor in (world.manager, world.tenants[1].owner, make_world("beta").tenants[0].owner):
        with pytest.raises((Refused, NotFound)):
            tell(mine, session, at, product, actor=actor)
    assert tell(mine, session, at, product, actor=mine.tool).product == product


def test_facts_stay_as_they_were_told(mine: TenantWorld, session: LiveSession) -> None:
    event = tell(mine, session, session.started_at, mine.skus[0].product)
    for change in (event.delete, lambda: ExplainEvent.objects.update(source="x")):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()
