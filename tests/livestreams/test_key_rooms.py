"""A key that is limited to rooms moves nothing in the other rooms, whichever service it calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

import pytest
import time_machine

from core.actors import Actor, key_actor
from core.clock import HOUR, now, today
from core.errors import Refused
from core.services import tool_key_create
from livestreams import services
from livestreams.models import LiveSession, WaitlistEntry
from tests.contracts.rows import fingerprint
from tests.factories import TenantWorld, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
Call = Callable[[Actor, World, TenantWorld], object]


def limited(mine: TenantWorld, *rooms: str) -> Actor:
    key, _secret = tool_key_create(
        actor=mine.owner,
        node=mine.tenant.node,
        name="door",
        scopes=["bookings:write", "sessions:write"],
        rooms=rooms,
    )
    return key_actor(key)


def check_in(actor: Actor, world: World, mine: TenantWorld) -> object:
    with time_machine.travel(mine.booking.starts_at):
        return services.booking_check_in(actor=actor, booking=mine.booking)


def confirm(actor: Actor, world: World, mine: TenantWorld) -> object:
    mine.booking.state, mine.booking.hold_expires_at = "held", now() + HOUR
    mine.booking.save()
    return services.booking_confirm(actor=actor, booking=mine.booking)


def wait_until(room: bool) -> Call:
    def join(actor: Actor, world: World, mine: TenantWorld) -> object:
        at = now() + 48 * HOUR
        return services.waitlist_join(
            actor=actor,
            tenant=mine.tenant,
            room=world.rooms[0] if room else None,
            earliest=at,
            latest=at + 2 * HOUR,
            minutes=60,
        )

    return join


CALLS: dict[str, Call] = {
    "move away": lambda actor, world, mine: services.booking_move(
        actor=actor,
        booking=mine.booking,
        room=world.rooms[1],
        starts_at=mine.booking.starts_at + 24 * HOUR,
        ends_at=mine.booking.ends_at + 24 * HOUR,
    ),
    "confirm": confirm,
    "cancel": lambda actor, world, mine: services.booking_cancel(actor=actor, booking=mine.booking),
    "check in": check_in,
    "series": lambda actor, world, mine: services.series_create(
        actor=actor,
        room=world.rooms[0],
        tenant=mine.tenant,
        first_day=today() + timedelta(days=2),
        last_day=today() + timedelta(days=3),
        weekdays=range(7),
        start=time(12),
        minutes=60,
    ),
    "cancel the series": lambda actor, world, mine: services.series_cancel(
        actor=actor, series=mine.booking.series
    ),
    "wait for the room": wait_until(room=True),
    "wait for any room": wait_until(room=False),
    "wait no more": lambda actor, world, mine: services.waitlist_withdraw(
        actor=actor, entry=WaitlistEntry.objects.get(tenant=mine.tenant)
    ),
    "go live again": lambda actor, world, mine: services.session_open(
        actor=actor,
        tenant=mine.tenant,
        platform=mine.session.platform,
        platform_live_id=mine.session.platform_live_id,
    ),
    "end the session": lambda actor, world, mine: services.session_end(
        actor=actor, session=LiveSession.objects.get(pk=mine.session.pk)
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_another_room_is_out_of_reach_of_the_key(world: World, call: Call) -> None:
    mine = world.tenants[0]
    actor, before = limited(mine, "alpha-room-1"), fingerprint(world)
    with pytest.raises(Refused) as refusal:
        call(actor, world, mine)
    assert refusal.value.code == "key_room"
    if call is not confirm:  # which prepares a hold first
        assert fingerprint(world) == before


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_key_without_limits_does_all_that(world: World, call: Call) -> None:
    if call is CALLS["go live again"]:
        LiveSession.objects.filter(pk=world.tenants[0].session.pk).update(state="live", ended_at=None)
    assert call(limited(world.tenants[0]), world, world.tenants[0])
