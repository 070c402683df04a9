"""Repairs of a published schedule: what is hit is moved or given back, and nothing else."""

from __future__ import annotations

import pytest

from core.clock import HOUR
from core.errors import NotFound
from livestreams import services
from livestreams.choices import BookingState
from livestreams.errors import SlotTaken
from livestreams.models import Booking, SlotRequest
from tests.factories import World
from tests.livestreams.crowds import unchecked
from tests.livestreams.planners import At, ask, fill, make, only, solved

pytestmark = pytest.mark.both_databases


def test_a_repair_moves_what_is_hit_and_nothing_else(world: World, at: At) -> None:
    hit = ask(world, at, 10, 16)
    stays = ask(world, at, 10, 12, value=900)
    plan = make(world)
    services.plan_publish(actor=world.manager, plan=plan)
    first = {key: Booking.objects.get(planned__request=key) for key in (hit, stays)}
    broken = first[hit].room
    # As long as the tenant may give it back now, as long it may when the park has moved it.
    Booking.objects.filter(pk=first[hit].pk).update(free_until=at(9, day=20))
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(broken,)))
    services.plan_publish(actor=world.manager, plan=repair)
    now_at = {key: Booking.objects.get(pk=booking.pk) for key, booking in first.items()}
    if first[stays].room != broken:
        assert (now_at[stays].room, now_at[stays].starts_at) == (first[stays].room, first[stays].starts_at)
    assert {booking.state for booking in now_at.values()} == {BookingState.CONFIRMED}
    assert broken not in {booking.room for booking in now_at.values()}
    assert now_at[hit].starts_at == at(12.5)
    assert (now_at[hit].free_until, now_at[hit].given_up) == (at(9, day=20), 0)


def test_a_repair_that_the_database_refuses_names_all_that_was_taken(
    world: World, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in (10, 14):
        ask(world, at, first, first + 2, room=world.rooms[0])
    plan = make(world)
    services.plan_publish(actor=world.manager, plan=plan)
    SlotRequest.objects.update(room=None)
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(world.rooms[0],)))
    mine = world.tenants[1]
    services.booking_create(
        actor=mine.owner, room=world.rooms[1], tenant=mine.tenant, starts_at=at(10, 2), ends_at=at(16, 2)
    )
    unchecked(monkeypatch)
    with pytest.raises(SlotTaken) as refused:
        services.plan_publish(actor=world.manager, plan=repair)
    assert [row.code for row in refused.value.rows] == ["overlap", "overlap"]


def test_a_repair_gives_back_what_has_no_place_any_more(world: World, at: At) -> None:
    plan = fill(world, at, count=2)
    services.plan_publish(actor=world.manager, plan=plan)
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(world.rooms[0],)))
    assert repair.value == 110, "the one that is worth more is kept"
    services.plan_publish(actor=world.manager, plan=repair)
    states = Booking.objects.filter(planned__plan=plan).distinct().values_list("state", "due")
    assert sorted(states) == [(BookingState.CANCELLED, 0), (BookingState.CONFIRMED, 0)]


def test_what_is_asked_no_more_stays_where_a_repair_finds_it(world: World, at: At) -> None:
    gone, hit = ask(world, at, 10, 12, value=900), ask(world, at, 10, 16)
    plan = services.plan_publish(actor=world.manager, plan=make(world))
    booked = {key: Booking.objects.get(planned__request=key) for key in (gone, hit)}
    services.slot_request_withdraw(actor=world.manager, request=gone)
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(booked[hit].room,)))
    services.plan_publish(actor=world.manager, plan=repair)
    now_at = {key: Booking.objects.get(pk=booking.pk) for key, booking in booked.items()}
    assert (now_at[gone].room, now_at[gone].starts_at) == (booked[gone].room, booked[gone].starts_at)
    assert now_at[hit].state == BookingState.CONFIRMED
    assert now_at[hit].room != booked[hit].room


def test_a_repair_of_what_is_booked_no_more_finds_nothing(world: World, at: At) -> None:
    plan = fill(world, at, count=2)
    services.plan_publish(actor=world.manager, plan=plan)
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(world.rooms[0],)))
    plan.slots.update(booking=None)
    with pytest.raises(NotFound):
        services.plan_publish(actor=world.manager, plan=repair)


def test_a_repair_leaves_what_was_moved_by_hand_and_follows_an_earlier_one(world: World, at: At) -> None:
    for _number in range(2):
        ask(world, at, 10, 16)
    plan = services.plan_publish(actor=world.manager, plan=make(world))
    one, two = (slot.booking for slot in plan.slots.order_by("pk"))
    services.booking_move(actor=world.manager, booking=two, starts_at=at(17), ends_at=at(19))
    for broken in (one.room, next(room for room in world.rooms if room != one.room)):
        repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(broken,)))
        assert only(repair).booking == one
        services.plan_publish(actor=world.manager, plan=repair)
        one.refresh_from_db()
        assert one.room != broken
    two.refresh_from_db()
    assert two.starts_at == at(17)


@pytest.mark.parametrize(("begins", "ends"), [(6, 6), (0, 1)])
def test_what_is_moved_or_lengthened_while_a_repair_waits_refuses_it(
    world: World, at: At, begins: int, ends: int
) -> None:
    plan = services.plan_publish(actor=world.manager, plan=fill(world, at, count=2))
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(world.rooms[0],)))
    moved = plan.slots.exclude(room=world.rooms[0]).get().booking
    later = {"starts_at": moved.starts_at + begins * HOUR, "ends_at": moved.ends_at + ends * HOUR}
    services.booking_move(actor=world.manager, booking=moved, **later)
    with pytest.raises(SlotTaken) as refused:
        services.plan_publish(actor=world.manager, plan=repair)
    assert [row.code for row in refused.value.rows] == ["changed"]
