"""Inbound notices: announced by the owner, received once by whoever takes in the stock, differences with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import now, today
from core.errors import InvalidInput, NotFound, Refused
from core.scoping import visible_to
from livestreams.errors import WrongState
from supplychain.choices import InboundState, MoveKind
from supplychain.models import InboundNotice, StockLevel, StockMove
from supplychain.services import inbound_announce, inbound_receive, inbound_withdraw
from tests.factories import TenantWorld, World, make_user, make_world

pytestmark = pytest.mark.both_databases
DAY = timedelta(days=1)


@pytest.fixture
def keeper(world: World) -> Actor:
    return user_actor(world.users[Role.PARK_WAREHOUSE])


def announce(world: World, mine: TenantWorld, **values: Any) -> InboundNotice:
    given: dict[str, Any] = {"pieces": 20, "day": today() + DAY, "warehouse": world.warehouse}
    return inbound_announce(**{"actor": mine.owner, "sku": mine.skus[0], **given, **values})


def on_hand(mine: TenantWorld) -> int:
    return StockLevel.objects.get(sku=mine.skus[0]).on_hand


def test_what_was_announced_comes_into_the_stock_once(world: World, mine: TenantWorld, keeper: Actor) -> None:
    before, notice = on_hand(mine), announce(world, mine)
    assert on_hand(mine) == before
    held = inbound_receive(actor=keeper, notice=notice, received=20)
    assert (held.state, held.missing, held.received_on) == (InboundState.RECEIVED, 0, today())
    move = StockMove.objects.latest("pk")
    assert (move.kind, move.quantity, move.owner_id) == (MoveKind.INBOUND, 20, mine.tenant.pk)
    assert on_hand(mine) == before + 20
    with pytest.raises(WrongState):
        inbound_receive(actor=keeper, notice=notice, received=20)
    with pytest.raises(WrongState):
        inbound_withdraw(actor=mine.owner, notice=notice)
    assert on_hand(mine) == before + 20


@pytest.mark.parametrize("received", [0, 17, 23])
def test_another_number_needs_a_reason(world: World, mine: TenantWorld, keeper: Actor, received: int) -> None:
    before, notice = on_hand(mine), announce(world, mine)
    for difference in ("", " "):
        with pytest.raises(InvalidInput) as asked:
            inbound_receive(actor=keeper, notice=notice, received=received, difference=difference)
        assert (asked.value.field, on_hand(mine)) == ("difference", before)
    held = inbound_receive(actor=keeper, notice=notice, received=received, difference="torn carton")
    assert (held.missing, held.difference, on_hand(mine)) == (20 - received, "torn carton", before + received)


def test_the_owner_announces_and_the_warehouse_receives(
    world: World, mine: TenantWorld, keeper: Actor
) -> None:
    notice = announce(world, mine)
    for received in (20, 0):
        with pytest.raises(Refused):
            inbound_receive(actor=mine.owner, notice=notice, received=received, difference="none")
    for actor in (keeper, world.tenants[1].owner):
        with pytest.raises(Refused):
            announce(world, mine, actor=actor)
    with pytest.raises(Refused):
        inbound_withdraw(actor=keeper, notice=notice)
    stranger = make_world("beta")
    rows = InboundNotice.objects.all()
    for actor in (
        world.tenants[1].owner,
        stranger.tenants[0].owner,
        user_actor(stranger.users[Role.PARK_WAREHOUSE]),
    ):
        assert notice not in visible_to(rows, actor)
        with pytest.raises(NotFound):
            inbound_receive(actor=actor, notice=notice, received=20)
    with pytest.raises(NotFound):
        announce(world, mine, warehouse=stranger.warehouse)
    storeman = user_actor(make_user("store", Role.TENANT_WAREHOUSE, mine.tenant.node))
    assert inbound_receive(actor=storeman, notice=notice, received=20).received == 20


def test_only_possible_notices(world: World, mine: TenantWorld) -> None:
    for wrong in (
        {"pieces": 0},
        {"pieces": 10**12},
        {"day": today() - DAY},
        {"day": today() + 400 * DAY},
        {"note": "x" * 201},
    ):
        with pytest.raises(InvalidInput):
            announce(world, mine, **wrong)
    world.warehouse.closed_on = today()
    world.warehouse.save()
    with pytest.raises(InvalidInput):
        announce(world, mine)


def test_a_notice_is_late_after_its_day_and_withdrawn_once(
    world: World, mine: TenantWorld, keeper: Actor
) -> None:
    notice = announce(world, mine)
    assert not notice.is_late
    with time_machine.travel(now() + 2 * DAY, tick=False):
        assert notice.is_late
    assert not inbound_withdraw(actor=mine.owner, notice=notice).is_late
    with pytest.raises(WrongState):
        inbound_receive(actor=keeper, notice=notice, received=20)


def test_the_database_keeps_what_was_announced_and_received(
    world: World, mine: TenantWorld, keeper: Actor
) -> None:
    notice, other = announce(world, mine), announce(world, mine)
    inbound_receive(actor=keeper, notice=notice, received=19, difference="one less")
    rows = InboundNotice.objects.filter(pk=notice.pk)
    for wrong in (
        {"pieces": 19},
        {"received": 20},
        {"difference": ""},
        {"state": InboundState.WITHDRAWN, "received": None, "received_on": None},
        {"day": today()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        InboundNotice.objects.filter(pk=other.pk).update(state=InboundState.RECEIVED)
