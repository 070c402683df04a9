"""What is offered instead, and from the waitlist, is what the quota leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import pytest
from django.utils import translation

from core.clock import DAY, HOUR, local, today
from livestreams import services
from livestreams.errors import Overlap, OverQuota
from livestreams.models import Booking, LiveRoom, SlotQuota
from tests.factories import World
from tests.livestreams.planners import At
from tests.livestreams.quotas import _none_yet, monday

__all__ = ["_none_yet"]

pytestmark = pytest.mark.both_databases


def offered(call: Callable[..., Booking], **values: Any) -> list[tuple[LiveRoom, datetime]]:
    """The rooms and times that a refusal offers instead."""
    with pytest.raises(Overlap) as refused:
        call(**values)
    return [
        (LiveRoom.objects.get(code=window["room"]), datetime.fromisoformat(window["starts_at"]))
        for window in refused.value.extra["alternatives"]
    ]


def test_what_is_offered_instead_is_what_the_quota_leaves(world: World, at: At) -> None:
    mine, (room, other, *_more) = world.tenants[0], world.rooms
    SlotQuota.objects.create(park=world.park, tenant=mine.tenant, day_hours=3)
    wish = {"room": room, "tenant": mine.tenant}
    booking = services.booking_create(actor=mine.owner, **wish, starts_at=at(8), ends_at=at(10))
    theirs = world.tenants[1]
    services.booking_create(
        actor=theirs.owner, tenant=theirs.tenant, room=room, starts_at=at(14), ends_at=at(16)
    )
    taken = {**wish, "starts_at": at(14), "ends_at": at(16)}
    found = offered(services.booking_create, actor=mine.owner, **taken)
    days = {local(start).date() - today() for _room, start in found}
    assert days - {0 * DAY} == {3 * DAY}, "tomorrow is full, and today over late in the evening"
    for place, start in found:
        made = services.booking_create(
            actor=mine.owner, tenant=mine.tenant, room=place, starts_at=start, ends_at=start + 2 * HOUR
        )
        services.booking_cancel(actor=mine.owner, booking=made)
    by_park = offered(services.booking_create, actor=world.manager, **taken, beyond_quota="a launch")
    assert {(room, at(16.25)), (other, at(14))} <= set(by_park), "which the park may give beyond the quota"
    moved = offered(
        services.booking_move, actor=mine.owner, booking=booking, starts_at=at(14), ends_at=at(17)
    )
    assert {(room, at(16.25)), (other, at(14))} <= set(moved), "it gives up hours of the same day"
    for place, start in moved:
        services.booking_move(
            actor=mine.owner, booking=booking, room=place, starts_at=start, ends_at=start + 3 * HOUR
        )


def test_a_refused_swap_offers_what_the_quota_leaves(world: World, at: At) -> None:
    """The host works elsewhere in the park at the other's time, on a day of which the firm has enough already."""
    mine, theirs, (room, other, *_more) = world.tenants[0], world.tenants[1], world.rooms
    SlotQuota.objects.create(park=world.park, tenant=mine.tenant, day_hours=3)
    wish = {"actor": mine.owner, "tenant": mine.tenant, "host": mine.host, "room": room}
    booking = services.booking_create(**wish, starts_at=at(9), ends_at=at(11))
    services.booking_create(**wish, starts_at=at(14, 3), ends_at=at(16, 3))
    wanted = services.booking_create(
        actor=theirs.owner, tenant=theirs.tenant, room=other, starts_at=at(14, 3), ends_at=at(16, 3)
    )
    swap = {"booking": booking, "other": wanted}
    by_park = offered(services.booking_swap, actor=world.manager, **swap, beyond_quota="a launch")
    assert 3 * DAY in {local(start).date() - today() for _room, start in by_park}
    found = offered(services.booking_swap, actor=world.manager, **swap)
    assert found
    assert {local(start).date() - today() for _room, start in found} & {3 * DAY} == set()
    for place, start in found:
        services.booking_move(
            actor=mine.owner, booking=booking, room=place, starts_at=start, ends_at=start + 2 * HOUR
        )


def test_who_waits_for_some_days_is_offered_one_that_is_not_full(world: World, at: At) -> None:
    mine, room = world.tenants[0], world.rooms[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    wish = {"actor": mine.owner, "tenant": mine.tenant, "room": room}
    for day in (2, 3):
        services.booking_create(**wish, starts_at=at(9, day), ends_at=at(11, day))
    entry = services.waitlist_join(**wish, earliest=at(8, 2), latest=at(20, 4), minutes=120)
    assert services.offer_waitlist() == 1
    entry.refresh_from_db()
    assert entry.booking is not None
    assert local(entry.booking.starts_at).date() == today() + 4 * DAY


def test_nobody_waits_for_more_than_the_quota_can_ever_leave(world: World, at: At) -> None:
    """Seven hours of two days with three each, or of such a week; for three of a full day one may wait."""
    mine, room = world.tenants[0], world.rooms[0]
    LiveRoom.objects.filter(pk=room.pk).update(opens_at=time(0), closes_at=time(0))
    wish = {"actor": mine.owner, "tenant": mine.tenant, "room": room, "minutes": 420}
    first = (monday() - today()).days
    quota = SlotQuota.objects.create(park=world.park, day_hours=3)
    with translation.override("en"), pytest.raises(OverQuota, match="3 hours a day") as refused:
        services.waitlist_join(**wish, earliest=at(8, first), latest=at(22, first + 5))
    assert refused.value.field == "minutes"
    SlotQuota.objects.filter(pk=quota.pk).update(day_hours=None, week_hours=3)
    with pytest.raises(OverQuota):
        services.waitlist_join(**wish, earliest=at(8, first), latest=at(22, first + 5))
    assert not mine.tenant.waitlist.filter(minutes=420).exists()
    services.waitlist_join(**{**wish, "minutes": 180}, earliest=at(8, first), latest=at(22, first + 5))


@pytest.mark.parametrize("had", [0, 1])
def test_who_waits_over_midnight_is_offered_what_the_quota_leaves_of_both_days(
    world: World, at: At, had: int
) -> None:
    """Six hours of two days with four each; of the second one an hour is taken already."""
    mine, room, first = world.tenants[0], world.rooms[0], (monday() - today()).days
    SlotQuota.objects.create(park=world.park, day_hours=4)
    wish = {"actor": mine.owner, "tenant": mine.tenant, "room": room}
    if had:
        services.booking_create(**wish, starts_at=at(12, first + 1), ends_at=at(14, first + 1))
    waiting = {**wish, "earliest": at(18, first), "latest": at(30, first)}
    with pytest.raises(OverQuota):
        services.waitlist_join(**waiting, minutes=9 * 60)
    entry = services.waitlist_join(**waiting, minutes=6 * 60)
    assert services.offer_waitlist() == 1
    entry.refresh_from_db()
    assert entry.booking is not None
    assert entry.booking.starts_at == at(20, first)
