"""Whether a room is ready, from facts alone and from the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.actors import user_actor
from core.choices import Role
from core.clock import HOUR, MINUTE
from core.errors import InvalidInput, Refused
from core.models import Membership
from livestreams import services
from livestreams.choices import BookingState, ObstacleKind, RoomCheckItem, RoomState
from livestreams.errors import WrongState
from livestreams.models import Booking, LiveRoom
from livestreams.readiness import Facts, readiness
from livestreams.studio import readiness_of, to_clean
from tests.factories import World, make_item
from tests.livestreams.encoders import book

At = Callable[..., datetime]
THEN = datetime(2025, 6, 1, 4, tzinfo=UTC)
EVERY = frozenset(RoomCheckItem.values)
K = ObstacleKind


@pytest.mark.parametrize(
    ("facts", "state", "obstacles"),
    [
        (Facts(ticked=EVERY), RoomState.READY, []),
        (Facts(), RoomState.UNCHECKED, []),
        (Facts(ticked=EVERY - {"sound"}), RoomState.UNCHECKED, []),
        (Facts(faults=("light",), ticked=EVERY), RoomState.NOT_READY, [(K.FAULT, "light", None)]),
        (Facts(in_use_until=THEN, ticked=EVERY), RoomState.NOT_READY, [(K.IN_USE, "", THEN)]),
        (Facts(used_before=True, ticked=EVERY), RoomState.UNCHECKED, []),
        (Facts(unclean_since=THEN, ticked=EVERY), RoomState.NOT_READY, [(K.NOT_CLEANED, "", THEN)]),
        (Facts(broken=("camera 1",), ticked=EVERY), RoomState.NOT_READY, [(K.ITEM_FAULTY, "camera 1", None)]),
        (Facts(lent=(("camera 2", THEN),), ticked=EVERY), RoomState.NOT_READY, [(K.ITEM_OUT, "camera 2", THEN)]),
        (
            Facts(faults=("a", "b"), unclean_since=THEN, broken=("c",), lent=(("d", THEN),)),
            RoomState.NOT_READY,
            [
                (K.FAULT, "a", None),
                (K.FAULT, "b", None),
                (K.NOT_CLEANED, "", THEN),
                (K.ITEM_FAULTY, "c", None),
                (K.ITEM_OUT, "d", THEN),
            ],
        ),
    ],
)  # fmt: skip
def test_the_verdict_follows_from_the_facts(facts: Facts, state: str, obstacles: list[tuple]) -> None:
    verdict = readiness(facts)
    assert verdict.state == state
    assert [(each.kind, each.what, each.at) for each in verdict.obstacles] == obstacles
    assert {*verdict.unchecked} == EVERY - facts.ticked


def verdict_on(booking: Booking) -> tuple[str, list[str]]:
    booking.refresh_from_db()
    found = readiness_of([booking])[booking.pk]
    return found.state, [each.kind for each in found.obstacles]


def used(world: World, start: datetime, end: datetime) -> Booking:
    """A booking of the second tenant in the first one's room that somebody came to."""
    booking = book(world, start, end, number=1)
    with time_machine.travel(start):
        return services.booking_check_in(actor=world.manager, booking=booking)


@pytest.mark.both_databases
def test_a_room_waits_for_those_who_are_in_it_and_for_its_cleaning(
    world: World, booking: Booking, at: At
) -> None:
    before = used(world, at(6), at(8))
    with time_machine.travel(booking.blocked_from - HOUR - MINUTE):
        assert verdict_on(booking) == (RoomState.UNCHECKED, []), "they leave long before it is set up"
        for point in RoomCheckItem.values:
            services.room_check(actor=world.manager, booking=booking, point=point, done=True)
        assert verdict_on(booking) == (RoomState.UNCHECKED, []), (
            "what was ticked may be otherwise when they leave"
        )
    with time_machine.travel(booking.blocked_from - HOUR):
        assert verdict_on(booking) == (RoomState.NOT_READY, [K.IN_USE])
        assert verdict_on(before) == (RoomState.UNCHECKED, [])  # not in its own way
        with pytest.raises(WrongState):
            services.room_cleaned(actor=world.manager, booking=before)
        assert to_clean(world.park.live_rooms.all()) == []
    with time_machine.travel(at(8) + MINUTE):
        assert verdict_on(booking) == (RoomState.NOT_READY, [K.NOT_CLEANED])
        (waiting,) = to_clean(world.park.live_rooms.all())
        assert (waiting.after, waiting.before) == (before, booking)
        with pytest.raises(Refused):
            services.room_cleaned(actor=world.tenants[0].owner, booking=before)
        one = services.room_cleaned(actor=world.manager, booking=before)
        assert services.room_cleaned(actor=world.manager, booking=before) == one
        assert verdict_on(booking) == (RoomState.READY, [])
        assert to_clean(world.park.live_rooms.all()) == []


@pytest.mark.both_databases
def test_nobody_cleans_after_a_booking_that_nobody_came_to(world: World, at: At) -> None:
    missed = book(world, at(6), at(7))
    missed.state = BookingState.NO_SHOW
    missed.save()
    with time_machine.travel(at(8)):
        assert to_clean(world.park.live_rooms.all()) == []
        with pytest.raises(WrongState):
            services.room_cleaned(actor=world.manager, booking=missed)


@pytest.mark.both_databases
def test_rooms_to_clean_come_in_the_order_in_which_they_are_needed(world: World, at: At) -> None:
    used(world, at(6), at(7))
    other = book(world, at(6), at(7), room=1)
    with time_machine.travel(at(6)):
        services.booking_check_in(actor=world.manager, booking=other)
    book(world, at(12), at(13))
    book(world, at(10), at(11), room=1)
    with time_machine.travel(at(8)):
        assert [each.after.room.code for each in to_clean(world.park.live_rooms.all())] == [
            "alpha-room-1",
            "alpha-room-0",
        ]


@pytest.mark.both_databases
def test_equipment_of_a_room_is_missing_while_somebody_else_has_it_or_it_is_broken(
    world: World, booking: Booking
) -> None:
    item = make_item(world.park, "cam-1", room=booking.room)
    neighbour = world.tenants[1].tenant
    loan = services.loan_begin(
        actor=world.manager, item=item, tenant=neighbour, due_at=booking.starts_at - HOUR
    )
    assert verdict_on(booking) == (RoomState.NOT_READY, [K.ITEM_OUT])
    services.loan_return(actor=world.manager, loan=loan, condition="damaged")
    assert verdict_on(booking) == (RoomState.NOT_READY, [K.ITEM_FAULTY])
    services.fault_repaired(actor=world.manager, fault=item.faults.get())
    assert verdict_on(booking) == (RoomState.UNCHECKED, [])
    services.loan_begin(actor=world.manager, item=item, booking=booking)  # for this very booking
    assert verdict_on(booking) == (RoomState.UNCHECKED, [])


@pytest.mark.both_databases
def test_the_checklist_belongs_to_a_booking_in_a_room(world: World, booking: Booking) -> None:
    for point in RoomCheckItem.values:
        one = services.room_check(actor=world.manager, booking=booking, point=point)
        assert services.room_check(actor=world.manager, booking=booking, point=point) == one
    assert verdict_on(booking) == (RoomState.READY, [])
    services.room_check(actor=world.manager, booking=booking, point="sound", done=False)
    assert verdict_on(booking) == (RoomState.UNCHECKED, [])
    services.room_check(actor=world.manager, booking=booking, point="sound")
    services.booking_move(actor=world.manager, booking=booking, room=world.rooms[1])
    booking.refresh_from_db()
    assert verdict_on(booking) == (RoomState.UNCHECKED, [])  # that was another room
    for actor in (world.tenants[0].owner, world.tenants[1].owner):
        with pytest.raises(Refused):
            services.room_check(actor=actor, booking=booking, point="scene")
    with time_machine.travel(booking.ends_at), pytest.raises(WrongState):
        services.room_check(actor=world.manager, booking=booking, point="scene")


def test_readiness_takes_the_same_statements_for_many_bookings(
    world: World, booking: Booking, at: At
) -> None:
    many = [booking, *(book(world, at(9 + 3 * n), at(10 + 3 * n)) for n in range(1, 4))]
    make_item(world.park, "cam-1", room=booking.room)
    with CaptureQueriesContext(connection) as one:
        readiness_of([booking])
    with CaptureQueriesContext(connection) as all_of_them:
        readiness_of(many)
    assert len(one) == len(all_of_them) == 4


def test_a_cleaning_is_given_to_somebody_of_the_studio_who_ticks_it_off(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    """The last word counts; who works elsewhere, and what is clean already, cannot be given; who left has no duty."""
    person, rooms = world.users[Role.PARK_STUDIO], LiveRoom.objects.filter(pk=booking.room_id)
    assign = partial(services.cleaning_assign, actor=world.manager, booking=booking)
    duty = assign(person=person.username)
    assert assign(person=person.username) == duty
    with pytest.raises(InvalidInput):
        assign(person=world.users[Role.PARK_FINANCE].username)
    with pytest.raises(Refused):
        services.cleaning_assign(actor=world.tenants[0].owner, booking=booking, person=person.username)
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.COMPLETED)
    with time_machine.travel(at(12), tick=True):
        assert [each.person for each in to_clean(rooms)] == [person]
        assign()
        assert [each.person for each in to_clean(rooms)] == [None]
        assign(person=person.username)
        with transaction.atomic():
            Membership.objects.filter(user=person).update(ended_at=at(12))
            (left,) = to_clean(rooms)
            assert (left.person, left.gone) == (None, person)
            transaction.set_rollback(True)
        cleaning = services.room_cleaned(actor=user_actor(person), booking=booking)
        assert (cleaning.by, to_clean(rooms)) == (person, [])
        with pytest.raises(WrongState):
            assign()
