"""Who books, moves, swaps or checks in by hand has a quota too, and the park goes beyond it with a reason."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
import time_machine
from django.db import transaction

from core.clock import DAY, HOUR, now, today
from core.errors import Refused
from core.models import AuditEntry
from livestreams import services
from livestreams.choices import BookingState
from livestreams.errors import Overlap, OverQuota
from livestreams.models import Booking, SlotQuota
from livestreams.quotas import beyond_quota
from tests.factories import World
from tests.livestreams.planners import At
from tests.livestreams.quotas import _none_yet, monday

__all__ = ["_none_yet"]

pytestmark = pytest.mark.both_databases


def test_hours_of_many_bookings_are_asked_for_at_once(
    world: World, at: At, django_assert_num_queries: Any
) -> None:
    booked = [
        services.booking_create(
            actor=mine.owner,
            room=world.rooms[number],
            tenant=mine.tenant,
            starts_at=at(hour, day),
            ends_at=at(hour + 2, day),
        )
        for number, mine in enumerate(world.tenants[:2])
        for day in (2, 3)
        for hour in (9, 13, 17)
    ]
    SlotQuota.objects.create(park=world.park, day_hours=2, week_hours=3)
    with django_assert_num_queries(2):
        assert list(beyond_quota(world.park.pk, [(booking, None) for booking in booked])) == booked


def test_who_books_by_hand_has_a_quota_too_and_the_park_goes_beyond_it_with_a_reason(
    world: World, at: At
) -> None:
    """Booked, in a series, moved to a full day, from the waitlist; a move within the day takes nothing more."""
    mine, room = world.tenants[0], world.rooms[0]
    SlotQuota.objects.create(park=world.park, tenant=mine.tenant, day_hours=3, week_hours=9)
    wish = {"room": room, "tenant": mine.tenant}
    first = services.booking_create(actor=mine.owner, **wish, starts_at=at(8, 2), ends_at=at(10, 2))
    more = {**wish, "starts_at": at(12, 2), "ends_at": at(14, 2)}
    for actor in (mine.owner, world.manager):
        with pytest.raises(OverQuota, match="3"):
            services.booking_create(actor=actor, **more)
    with pytest.raises(Refused):
        services.booking_create(actor=mine.owner, **more, beyond_quota="because")
    made = services.booking_create(actor=world.manager, **more, beyond_quota="a launch")
    entry = AuditEntry.objects.filter(verb="booking.create", object_id=made.pk).get()
    assert entry.after is not None
    assert entry.after["beyond_quota"] == "a launch"
    services.booking_move(actor=mine.owner, booking=first, starts_at=at(9, 2), ends_at=at(11, 2))
    other = services.booking_create(actor=mine.owner, **wish, starts_at=at(8, 3), ends_at=at(10, 3))
    onto = {"booking": other, "starts_at": at(15, 2), "ends_at": at(17, 2)}
    with pytest.raises(OverQuota):
        services.booking_move(actor=mine.owner, **onto)
    other.refresh_from_db()
    assert other.starts_at == at(8, 3)
    services.booking_move(actor=world.manager, **onto, beyond_quota="a launch")
    with pytest.raises(Overlap) as refused:
        services.series_create(
            actor=mine.owner,
            **wish,
            first_day=today() + 2 * DAY,
            last_day=today() + 2 * DAY,
            weekdays=range(7),
            start=time(18),
            minutes=120,
        )
    assert [row.code for row in refused.value.rows] == ["quota"]
    services.waitlist_join(actor=mine.owner, **wish, earliest=at(18, 2), latest=at(20, 2), minutes=60)
    assert services.offer_waitlist() == 0


def test_a_booking_that_grows_on_its_day_is_bound_to_the_quota(world: World, at: At) -> None:
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    booking = services.booking_create(
        actor=mine.owner, room=world.rooms[0], tenant=mine.tenant, starts_at=at(8), ends_at=at(10)
    )
    with pytest.raises(OverQuota):
        services.booking_move(actor=mine.owner, booking=booking, ends_at=at(14))


def test_who_checks_in_late_has_no_more_than_the_quota(world: World, at: At) -> None:
    """The hours of the no-show were booked again meanwhile."""
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    wish = {"actor": mine.owner, "tenant": mine.tenant}
    missed = services.booking_create(**wish, room=world.rooms[0], starts_at=at(9), ends_at=at(11))
    with time_machine.travel(at(9.6), tick=False):
        services.release_expired()
        services.booking_create(**wish, room=world.rooms[1], starts_at=at(14), ends_at=at(16))
        with pytest.raises(OverQuota):
            services.booking_check_in(actor=mine.owner, booking=missed)
        missed.refresh_from_db()
        assert missed.state == BookingState.NO_SHOW
        services.booking_check_in(actor=world.manager, booking=missed)


@pytest.mark.parametrize(
    ("hours", "day", "until"),
    [({"day_hours": 3}, 0, 16), ({"week_hours": 5}, 1, 18)],
    ids=["moved to the day", "lengthened"],
)
def test_who_checks_in_late_and_changed_another_booking_has_no_more_than_the_quota(
    world: World, at: At, hours: dict[str, int], day: int, until: int
) -> None:
    mine, first = world.tenants[0], (monday() - today()).days
    SlotQuota.objects.create(park=world.park, **hours)
    missed, other = (
        services.booking_create(
            actor=mine.owner,
            tenant=mine.tenant,
            room=world.rooms[number],
            starts_at=at(hour, first + number),
            ends_at=at(hour + 2, first + number),
        )
        for number, hour in enumerate((9, 14))
    )
    with time_machine.travel(at(9.6, first), tick=False):
        services.release_expired()
        services.booking_move(
            actor=mine.owner, booking=other, starts_at=at(14, first + day), ends_at=at(until, first + day)
        )
        with pytest.raises(OverQuota):
            services.booking_check_in(actor=mine.owner, booking=missed)
        services.booking_check_in(actor=world.manager, booking=missed)


def test_who_checks_in_late_and_booked_nothing_else_comes_in(world: World, at: At) -> None:
    """Whatever the quota was lowered to since, and whatever the park has granted beyond it."""
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    wish = {"tenant": mine.tenant, "room": world.rooms[0]}
    missed = services.booking_create(actor=mine.owner, **wish, starts_at=at(9), ends_at=at(11))
    services.booking_create(
        actor=world.manager, **wish, starts_at=at(14), ends_at=at(16), beyond_quota="a festival"
    )
    with time_machine.travel(at(9.6), tick=False):
        services.release_expired()
        services.booking_check_in(actor=mine.owner, booking=missed)
    missed.refresh_from_db()
    assert missed.state == BookingState.CHECKED_IN


def test_two_who_check_in_late_as_the_park_granted_come_in(world: World, at: At) -> None:
    """What is written to a booking as its people come takes no hours; that it was moved before does."""
    mine, grant = world.tenants[0], {"actor": world.manager, "beyond_quota": "a festival"}
    SlotQuota.objects.create(park=world.park, day_hours=3)
    missed, other, later = (
        services.booking_create(
            **grant, tenant=mine.tenant, room=world.rooms[room], starts_at=at(start), ends_at=at(end)
        )
        for room, start, end in ((0, 10, 14), (1, 10, 12), (1, 15, 17))
    )

    def check_in(booking: Booking, hour: float) -> Booking:
        with time_machine.travel(at(hour), tick=False):
            return services.booking_check_in(actor=mine.owner, booking=booking)

    with time_machine.travel(at(10.5), tick=False):
        services.release_expired()
    with transaction.atomic():
        check_in(other, 10.6)
        assert check_in(missed, 10.7).state == BookingState.CHECKED_IN
        transaction.set_rollback(True)
    with time_machine.travel(at(10.8), tick=False):
        services.booking_move(**grant, booking=later, starts_at=at(11), ends_at=at(13))
    check_in(later, 10.9)
    with pytest.raises(OverQuota):
        check_in(missed, 11)


def test_a_hold_that_ran_out_takes_no_hours(world: World, at: At) -> None:
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    wish = {"actor": mine.owner, "tenant": mine.tenant}
    services.booking_create(**wish, room=world.rooms[0], starts_at=at(9), ends_at=at(11), hold=True)
    again = {**wish, "room": world.rooms[1], "starts_at": at(14), "ends_at": at(16)}
    with pytest.raises(OverQuota):
        services.booking_create(**again)
    with time_machine.travel(now() + HOUR):
        services.booking_create(**again)


def test_the_park_swaps_and_repeats_beyond_a_quota_with_a_reason(world: World, at: At) -> None:
    SlotQuota.objects.create(park=world.park, day_hours=3)
    first, _second, third = (
        services.booking_create(
            actor=mine.owner,
            room=room,
            tenant=mine.tenant,
            starts_at=at(hour, day),
            ends_at=at(hour + 2, day),
        )
        for mine, room, hour, day in (
            (world.tenants[0], world.rooms[0], 9, 2),
            (world.tenants[0], world.rooms[0], 9, 3),
            (world.tenants[1], world.rooms[1], 14, 3),
        )
    )
    swap = {"actor": world.manager, "booking": first, "other": third}
    with pytest.raises(OverQuota):
        services.booking_swap(**swap)
    first.refresh_from_db()
    assert first.starts_at == at(9, 2)
    services.booking_swap(**swap, beyond_quota="a launch")
    entries = AuditEntry.objects.filter(verb="booking.swap")
    assert {entry.object_id for entry in entries} == {first.pk, third.pk}
    assert {(entry.after or {})["beyond_quota"] for entry in entries} == {"a launch"}
    series = {
        "room": world.rooms[0],
        "tenant": world.tenants[0].tenant,
        "first_day": today() + 3 * DAY,
        "last_day": today() + 4 * DAY,
        "weekdays": range(7),
        "start": time(18),
        "minutes": 120,
    }
    with pytest.raises(Refused):
        services.series_create(
            actor=world.tenants[0].owner, **series, beyond_quota="because", skip_taken=True
        )
    made = services.series_create(actor=world.manager, **series, beyond_quota="a launch")
    assert made.bookings.count() == 2
    entry = AuditEntry.objects.get(verb="series.create")
    assert (entry.after or {})["beyond_quota"] == "a launch"
