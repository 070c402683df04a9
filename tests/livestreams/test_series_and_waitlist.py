"""Series of bookings, the waitlist, bookings that change places, and check-ins that are told late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from core.clock import DAY, HOUR, business_day, local, now, today
from core.errors import Conflict, DomainError, InvalidInput, NotFound
from livestreams import services
from livestreams.choices import BookingState, WaitState
from livestreams.errors import BadTime, Overlap, WrongState
from livestreams.models import Booking, BookingSeries, WaitlistEntry
from livestreams.recurrence import series_days
from tests.factories import World, make_room

At = Callable[..., datetime]
EVERY_DAY = range(7)


def book(
    world: World, starts_at: datetime, hours: float = 2, *, tenant: int = 0, room: int = 0, **more
) -> Booking:
    mine = world.tenants[tenant]
    return services.booking_create(
        actor=mine.owner,
        room=world.rooms[room],
        tenant=mine.tenant,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        **more,
    )


def series(
    world: World, *, days: int = 5, start: time = time(9), minutes: int = 120, **more
) -> BookingSeries:
    mine = world.tenants[0]
    values = {"weekdays": EVERY_DAY, "first_day": today() + 2 * DAY, "last_day": today() + (1 + days) * DAY}
    return services.series_create(
        actor=mine.owner,
        room=world.rooms[0],
        tenant=mine.tenant,
        start=start,
        minutes=minutes,
        **{**values, **more},
    )


# --- series ------------------------------------------------------------------------------------------


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 60),
    st.sets(st.integers(0, 6)),
    st.sets(st.integers(0, 60)),
)
def test_the_days_of_a_series_are_those_of_a_calendar(
    first: date, length: int, weekdays: set[int], skipped: set[int]
) -> None:
    last, skip = first + length * DAY, {first + number * DAY for number in skipped}
    expected = [
        first + number * DAY
        for number in range(length + 1)
        if (first + number * DAY).weekday() in weekdays and first + number * DAY not in skip
    ]
    assert list(series_days(first, last, weekdays, skip)) == expected


@pytest.mark.both_databases
def test_a_series_is_booked_whole_over_midnight_without_named_days(world: World) -> None:
    left_out = today() + 4 * DAY
    made = series(world, start=time(23), minutes=180, skip=[left_out], host=world.tenants[0].host)
    bookings = list(made.bookings.order_by("starts_at"))
    assert [business_day(row.starts_at) for row in bookings] == [
        today() + number * DAY for number in (2, 3, 5, 6)
    ]
    assert all(local(row.starts_at).time() == time(23) for row in bookings)
    assert all(local(row.ends_at).time() == time(2) for row in bookings)
    assert made.skipped == [{"day": left_out.isoformat(), "reason": ""}]


@pytest.mark.both_databases
def test_a_day_to_leave_out_that_is_none_of_the_series_is_refused(world: World) -> None:
    """Whoever mistypes it would have the day that was to be free."""
    first = today() + 2 * DAY
    beside, after = first + DAY, first + 21 * DAY
    weekly = {"weekdays": [first.weekday()], "last_day": first + 14 * DAY}
    with pytest.raises(InvalidInput) as refusal:
        series(world, **weekly, skip=[first + 7 * DAY, after, beside])
    assert (refusal.value.code, refusal.value.field) == ("no_such_day", "skip")
    assert f"{beside}, {after}" in str(refusal.value)
    assert series(world, **weekly, skip=[first + 7 * DAY]).bookings.count() == 2


@pytest.mark.both_databases
def test_a_day_that_is_taken_refuses_all_or_is_left_out_as_asked(world: World, at: At) -> None:
    book(world, at(10, day=4), tenant=1)
    before = Booking.objects.count()
    with pytest.raises(Overlap) as refusal:
        series(world)
    day = (today() + 4 * DAY).isoformat()
    assert [row.message.partition(":")[0] for row in refusal.value.rows] == [day]
    assert Booking.objects.count() == before
    made = series(world, skip_taken=True)
    assert made.skipped == [{"day": day, "reason": "overlap"}]
    assert made.bookings.count() == 4


@pytest.mark.both_databases
def test_the_rest_of_a_series_is_given_back(world: World) -> None:
    made = series(world)
    first = made.bookings.earliest("starts_at")
    with time_machine.travel(first.starts_at + HOUR, tick=False):
        assert services.series_cancel(actor=world.tenants[0].owner, series=made) == 4
        assert services.series_cancel(actor=world.tenants[0].owner, series=made) == 0
    first.refresh_from_db()
    assert first.state == BookingState.CONFIRMED
    with pytest.raises(NotFound):
        services.series_cancel(actor=world.tenants[1].owner, series=made)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"last_day": date(2020, 1, 1)}, "empty"),
        ({"weekdays": ()}, "empty"),
        ({"days": 200}, "too_many"),
        ({"minutes": 0}, "order"),
        ({"minutes": 14}, "too_short"),
        ({"minutes": 8 * 24 * 60}, "time"),
    ],
)
def test_impossible_series_are_refused(world: World, values: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        series(world, **values)
    assert refusal.value.code == code


# --- waitlist ----------------------------------------------------------------------------------------


def wait(
    world: World, earliest: datetime, hours: float, minutes: int, tenant: int = 1, **more
) -> WaitlistEntry:
    mine = world.tenants[tenant]
    return services.waitlist_join(
        actor=mine.owner,
        tenant=mine.tenant,
        earliest=earliest,
        latest=earliest + timedelta(hours=hours),
        minutes=minutes,
        **more,
    )


@pytest.fixture
def full(world: World, at: At) -> list[Booking]:
    """Both rooms taken from nine to one, and nobody waiting."""
    WaitlistEntry.objects.all().delete()
    return [book(world, at(9), 4, room=number) for number in (0, 1)]


@pytest.mark.django_db
def test_nobody_waits_for_a_moment(world: World, at: At) -> None:
    with pytest.raises(BadTime) as refusal:
        wait(world, at(9), 1, 14)
    assert (refusal.value.code, refusal.value.field) == ("too_short", "minutes")


@pytest.mark.both_databases
def test_what_is_free_by_now_is_offered_from_the_next_whole_minute(world: World, at: At) -> None:
    WaitlistEntry.objects.all().delete()
    entry = wait(world, at(9), 2, 60)
    last = wait(world, at(20), 1, 60)
    with time_machine.travel(at(9) + timedelta(seconds=30.5), tick=False):
        assert services.offer_waitlist() == 2
    entry.refresh_from_db()
    assert entry.booking is not None
    assert entry.booking.starts_at == at(9) + timedelta(minutes=1)
    last.refresh_from_db()
    WaitlistEntry.objects.filter(pk=last.pk).update(booking=None)
    with time_machine.travel(last.latest - timedelta(seconds=1), tick=False):
        assert services.offer_waitlist() == 0


@pytest.mark.both_databases
def test_what_becomes_free_is_held_for_the_first_who_waits(world: World, at: At, full: list[Booking]) -> None:
    first = wait(world, at(9), 4, 120)
    second = wait(world, at(9), 4, 120, tenant=0)
    assert services.offer_waitlist() == 0
    services.booking_move(actor=world.tenants[0].owner, booking=full[1], starts_at=at(11), ends_at=at(13))
    assert services.offer_waitlist() == 0, "a quarter of an hour for the set-up is missing"
    services.booking_move(actor=world.tenants[0].owner, booking=full[1], starts_at=at(12), ends_at=at(13))
    assert services.offer_waitlist() == 1
    assert services.offer_waitlist() == 0
    for entry in (first, second):
        entry.refresh_from_db()
    assert (first.state, second.state) == (WaitState.OFFERED, WaitState.WAITING)
    offer = first.booking
    assert (offer.tenant, offer.room, offer.starts_at) == (first.tenant, world.rooms[1], at(9))
    services.booking_confirm(actor=world.tenants[1].owner, booking=offer)
    assert WaitlistEntry.objects.get(pk=first.pk).state == WaitState.TAKEN


@pytest.mark.both_databases
def test_an_offer_nobody_takes_goes_to_the_next(world: World, at: At, full: list[Booking]) -> None:
    first, second = wait(world, at(9), 4, 120), wait(world, at(9), 4, 120, tenant=0)
    services.booking_cancel(actor=world.tenants[0].owner, booking=full[0])
    services.booking_cancel(actor=world.tenants[0].owner, booking=full[1])
    book(world, at(9), 4, room=1)
    services.offer_waitlist()
    with time_machine.travel(now() + HOUR, tick=False):
        services.release_expired()
        assert services.offer_waitlist() == 1
    states = [WaitlistEntry.objects.get(pk=entry.pk).state for entry in (first, second)]
    assert states == [WaitState.LAPSED, WaitState.OFFERED]


@pytest.mark.both_databases
def test_whoever_stops_waiting_gives_the_offer_back(world: World, at: At, full: list[Booking]) -> None:
    entry = wait(world, at(9), 4, 120, room=world.rooms[0])
    services.booking_cancel(actor=world.manager, booking=full[0])
    assert services.offer_waitlist() == 1
    entry = services.waitlist_withdraw(actor=world.tenants[1].owner, entry=entry)
    assert (entry.state, entry.booking.state) == (WaitState.WITHDRAWN, BookingState.CANCELLED)
    with pytest.raises(WrongState):
        services.waitlist_withdraw(actor=world.tenants[1].owner, entry=entry)
    assert book(world, at(9), 4).pk


@pytest.mark.django_db
def test_windows_that_cannot_be_are_refused(world: World, at: At) -> None:
    for earliest, hours, minutes in (
        (at(9), 1, 61),
        (at(9, day=-3), 2, 60),
        (at(9), 1, 0),
        (at(9, day=500), 2, 60),
    ):
        with pytest.raises(BadTime):
            wait(world, earliest, hours, minutes)


# --- swap, late check-in -----------------------------------------------------------------------------


@pytest.mark.both_databases
def test_two_bookings_change_places(world: World, at: At) -> None:
    one, two = book(world, at(9)), book(world, at(10), 1, room=1, tenant=1)
    services.booking_swap(actor=world.manager, booking=one, other=two)
    for row in (one, two):
        row.refresh_from_db()
    assert (one.room, one.starts_at, one.ends_at) == (world.rooms[1], at(10), at(11))
    assert (two.room, two.starts_at, two.ends_at) == (world.rooms[0], at(9), at(11))
    assert {one.state, two.state} == {BookingState.CONFIRMED}
    assert one.tenant == world.tenants[0].tenant
    assert one.price == 100


@pytest.mark.both_databases
def test_whoever_saw_a_booking_where_it_is_no_longer_is_told(world: World, at: At) -> None:
    """A conflict that they decide upon, not a server that is busy."""
    seen, other = book(world, at(9)), book(world, at(13))
    elsewhere = make_room(world.park, "alpha-elsewhere")
    services.booking_move(actor=world.manager, booking=Booking.objects.get(pk=seen.pk), room=elsewhere)
    for late in (
        lambda: services.booking_swap(actor=world.manager, booking=seen, other=other),
        lambda: services.booking_move(actor=world.manager, booking=seen, starts_at=at(10)),
    ):
        with pytest.raises(Conflict) as refusal:
            late()
        assert (refusal.value.status, refusal.value.code) == (409, "moved")
    seen.refresh_from_db()
    assert (seen.room, seen.starts_at) == (elsewhere, at(9))


@pytest.mark.both_databases
def test_a_swap_that_cannot_be_changes_nothing(world: World, at: At) -> None:
    host = world.tenants[0].host
    one, two = book(world, at(9), host=host), book(world, at(12), room=1, tenant=1)
    book(world, at(12), tenant=0, host=host)
    before = list(Booking.objects.order_by("pk").values_list("pk", "room", "starts_at", "state"))
    with pytest.raises(Overlap):
        services.booking_swap(actor=world.manager, booking=one, other=two)
    assert list(Booking.objects.order_by("pk").values_list("pk", "room", "starts_at", "state")) == before
    with pytest.raises(NotFound):
        services.booking_swap(actor=world.tenants[0].owner, booking=one, other=two)
    with pytest.raises(InvalidInput):
        services.booking_swap(actor=world.manager, booking=one, other=one)


@pytest.mark.both_databases
@pytest.mark.parametrize("gone", [0, 1])
def test_a_refused_swap_says_which_of_the_two_cannot_be_moved(world: World, at: At, gone: int) -> None:
    pair = [book(world, at(9)), book(world, at(12), room=1, tenant=1)]
    services.booking_cancel(actor=world.manager, booking=pair[gone])
    with pytest.raises(WrongState) as refusal:
        services.booking_swap(actor=world.manager, booking=pair[0], other=pair[1])
    assert str(pair[gone]) in str(refusal.value)
    assert str(pair[1 - gone]) not in str(refusal.value)
    assert refusal.value.extra == {"booking": str(pair[gone].uid)}


@pytest.mark.both_databases
def test_a_room_given_away_is_not_taken_back(world: World, at: At) -> None:
    booking, seen, later = book(world, at(9)), at(9), at(10)
    with time_machine.travel(at(9.6), tick=False):
        services.release_expired()
        book(world, later, 0.5, tenant=1)
        with pytest.raises(WrongState) as refusal:
            services.booking_check_in(actor=world.tenants[0].owner, booking=booking, at=seen)
        assert refusal.value.code == "given_away"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "seen", "code"),
    [(9.5, 12, "future"), (9.5, 8, "checkin_time"), (11.5, 11.25, "checkin_time"), (34, 9, "told_late")],
)
def test_a_check_in_is_told_of_a_time_that_can_be(
    world: World, at: At, told: float, seen: float, code: str
) -> None:
    booking, instant = book(world, at(9)), at(seen)
    with time_machine.travel(at(told), tick=False), pytest.raises(DomainError) as refusal:
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking, at=instant)
    assert refusal.value.code == code


def test_who_waits_is_offered_the_first_whole_minute_after_a_repair(world: World, at: At) -> None:
    mine, room = world.tenants[0], world.rooms[0]
    services.maintenance_create(
        actor=world.manager, room=room, starts_at=at(9), ends_at=at(10) + timedelta(seconds=30)
    )
    entry = services.waitlist_join(
        actor=mine.owner, tenant=mine.tenant, earliest=at(9), latest=at(12), minutes=60, room=room
    )
    assert services.offer_waitlist() == 1
    entry.refresh_from_db()
    assert entry.booking is not None
    assert entry.booking.starts_at == at(10) + timedelta(minutes=16)  # set-up included
