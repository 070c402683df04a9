"""Sessions and audience samples through their services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import DAY, HOUR, now
from core.errors import Conflict, DomainError, NotFound, Refused
from livestreams import services
from livestreams.choices import BookingState, SessionState
from livestreams.errors import BadTime, LiveIdTaken, RoomUnavailable, WrongState
from livestreams.models import AudienceSample, LiveSession
from livestreams.services import Reading
from tests.factories import World, make_session, make_world

pytestmark = pytest.mark.both_databases


def go_live(world: World, tenant: int = 0, **more) -> LiveSession:
    mine = world.tenants[tenant]
    return services.session_open(actor=mine.owner, tenant=mine.tenant, platform="douyin", **more)


def test_going_live_from_a_booking_checks_it_in_and_ending_completes_it(
    world: World, at: Callable[..., datetime]
) -> None:
    mine = world.tenants[0]
    booking = services.booking_create(
        actor=mine.owner,
        room=world.rooms[0],
        tenant=mine.tenant,
        host=mine.host,
        starts_at=at(9),
        ends_at=at(11),
    )
    with time_machine.travel(at(9)):
        session = go_live(world, booking=booking, platform_live_id="L1", title="morning")
    assert (session.state, session.room, session.host) == (SessionState.LIVE, world.rooms[0], mine.host)
    assert [shown.tenant_id for shown in session.shown_tenants.all()] == [mine.tenant.pk]
    booking.refresh_from_db()
    assert booking.state == BookingState.CHECKED_IN
    with time_machine.travel(at(10)):
        ended = services.session_end(actor=mine.owner, session=session)
        assert services.session_end(actor=mine.owner, session=session).ended_at == ended.ended_at
    booking.refresh_from_db()
    assert booking.state == BookingState.COMPLETED
    shift = session.shifts.get()
    assert (shift.starts_at, shift.ends_at) == (session.started_at, ended.ended_at)


def test_a_tool_that_knows_only_the_room_gets_the_booking_of_the_hour(
    world: World, at: Callable[..., datetime]
) -> None:
    mine = world.tenants[0]
    booking = services.booking_create(
        actor=mine.owner, room=world.rooms[0], tenant=mine.tenant, starts_at=at(9), ends_at=at(11)
    )
    with time_machine.travel(at(9.5)):
        with pytest.raises(RoomUnavailable) as refusal:
            go_live(world, tenant=1, room=world.rooms[0])
        assert refusal.value.code == "booked"
        assert go_live(world, room=world.rooms[0]).booking == booking
        with pytest.raises(RoomUnavailable) as refusal:
            go_live(world, room=world.rooms[0])
        assert refusal.value.code == "on_air"
        with pytest.raises(RoomUnavailable):
            go_live(world, booking=booking)


def test_a_reconnect_is_the_same_session(world: World) -> None:
    first = go_live(world, platform_live_id="L1", host=world.tenants[0].host)
    assert go_live(world, platform_live_id="L1") == first
    assert first.shifts.count() == 1
    with pytest.raises(LiveIdTaken):
        go_live(world, tenant=1, platform_live_id="L1")
    services.session_end(actor=world.tenants[0].owner, session=first)
    with pytest.raises(LiveIdTaken):
        go_live(world, platform_live_id="L1")


def test_a_host_stands_before_one_camera(world: World) -> None:
    host = world.tenants[0].host
    first = go_live(world, host=host)
    with pytest.raises(WrongState) as refusal:
        go_live(world, host=host)
    assert refusal.value.code == "host_on_air"
    assert LiveSession.objects.filter(state=SessionState.LIVE).count() == 1
    services.session_end(actor=world.tenants[0].owner, session=first)
    assert go_live(world, host=host, started_at=first.started_at + timedelta(minutes=1)).pk


def test_times_of_a_session(world: World) -> None:
    owner = world.tenants[0].owner
    with pytest.raises(BadTime) as refusal:
        go_live(world, started_at=now() + HOUR)
    assert refusal.value.code == "future"
    for long_ago in (datetime(1990, 1, 1, tzinfo=UTC), now() - 7 * DAY - HOUR):
        with pytest.raises(BadTime) as refusal:
            go_live(world, started_at=long_ago)
        assert (refusal.value.code, refusal.value.field) == ("told_late", "started_at")
    assert go_live(world, started_at=now() - 7 * DAY + HOUR).pk  # a tool was without a network
    session = go_live(world, started_at=now() - HOUR, host=world.tenants[0].host)
    for ended_at, code in ((now() - 2 * HOUR, "order"), (now() + HOUR, "future")):
        with pytest.raises(BadTime) as refusal:
            services.session_end(actor=owner, session=session, ended_at=ended_at)
        assert refusal.value.code == code
    ended = services.session_end(actor=owner, session=session, ended_at=session.started_at)
    assert ended.shifts.count() == 0  # a session of no length had no shift
    with pytest.raises(WrongState) as refusal:
        services.session_end(actor=owner, session=session, ended_at=now())
    assert refusal.value.code == "already_ended"


def test_only_the_park_shows_other_tenants_and_only_its_own(world: World) -> None:
    mine, other = world.tenants[0], world.tenants[1].tenant
    with pytest.raises(DomainError) as refusal:
        go_live(world, shown=[other])
    assert refusal.value.code == "shown"
    stranger = make_world("beta").tenants[0].tenant
    wanted = {"actor": world.manager, "tenant": mine.tenant, "platform": "douyin"}
    with pytest.raises(DomainError):
        services.session_open(**wanted, shown=[stranger])
    session = services.session_open(**wanted, shown=[other])
    assert session.shown_tenants.count() == 2


def test_strangers_open_and_end_nothing(world: World) -> None:
    other = make_world("beta")
    with pytest.raises(Refused):
        services.session_open(actor=other.manager, tenant=world.tenants[0].tenant, platform="douyin")
    with pytest.raises(NotFound):
        services.session_end(actor=other.manager, session=world.tenants[0].session)
    with pytest.raises(Refused):
        services.samples_record(
            actor=other.manager, session=world.tenants[0].session, source="obs", readings=[]
        )


def test_samples_are_kept_once_and_corrected_by_versions(world: World) -> None:
    mine = world.tenants[0]
    at = mine.session.started_at
    readings = [Reading(at + timedelta(seconds=5 * n), concurrent=n, likes=n) for n in (3, 1, 2)]

    def record(*given: Reading) -> tuple[int, int, int]:
        counts = services.samples_record(actor=mine.tool, session=mine.session, source="obs", readings=given)
        return counts.stored, counts.duplicates, counts.corrected

    assert record(*readings) == (3, 0, 0)
    assert record(*readings) == (0, 3, 0)
    changed = Reading(readings[0].at, concurrent=99)
    assert record(changed, changed, Reading(at)) == (1, 1, 1)
    assert record(readings[0]) == (0, 0, 1)
    rows = AudienceSample.objects.filter(source="obs", at=changed.at).order_by("version")
    assert list(rows.values_list("version", "concurrent")) == [(1, 3), (2, 99), (3, 3)]
    with pytest.raises(BadTime):
        record(Reading(now() + HOUR))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=8), max_size=5))
def test_in_any_order_of_samples_the_last_word_stands(
    world: World, batches: list[list[tuple[int, int]]]
) -> None:
    """Whatever is sent again or in another order, the newest content of each instant is what was sent last."""
    mine = world.tenants[0]
    session = make_session(mine.tenant)
    last: dict[datetime, int] = {}
    for batch in batches:
        given_readings = [
            Reading(session.started_at + second * timedelta(seconds=1), concurrent=count)
            for second, count in batch
        ]
        services.samples_record(actor=mine.tool, session=session, source="obs", readings=given_readings)
        last.update({reading.at: reading.concurrent for reading in given_readings})
    newest = {}
    for sample in AudienceSample.objects.filter(session=session).order_by("version"):
        newest[sample.at] = sample.concurrent
        assert sample.version >= 1
    assert newest == last


def test_a_booking_goes_live_in_its_own_time_only(world: World, at: Callable[..., datetime]) -> None:
    mine, other = world.tenants[:2]
    services.booking_create(
        actor=mine.owner, room=world.rooms[0], tenant=mine.tenant, starts_at=at(9), ends_at=at(11)
    )
    later = services.booking_create(
        actor=other.owner, room=world.rooms[0], tenant=other.tenant, starts_at=at(11.25), ends_at=at(13)
    )
    for when, refusal in ((9, BadTime), (10.5, BadTime), (10.8, RoomUnavailable), (13.25, BadTime)):
        with time_machine.travel(at(when)), pytest.raises(refusal):
            go_live(world, 1, booking=later)
    with time_machine.travel(at(11.1)):
        assert go_live(world, 1, booking=later).booking == later


def test_a_firm_goes_on_from_one_booking_to_its_next_in_the_same_room(
    world: World, at: Callable[..., datetime]
) -> None:
    mine = world.tenants[0]
    room = services.room_update(actor=world.manager, room=world.rooms[0], setup_minutes=0)
    _first, second = (
        services.booking_create(
            actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(hour), ends_at=at(hour + 1)
        )
        for hour in (10, 11)
    )
    with time_machine.travel(at(10.9)):
        assert go_live(world, booking=second).booking == second


def test_a_booking_has_the_room_from_its_first_second_on(world: World, at: Callable[..., datetime]) -> None:
    mine, room = world.tenants[0], world.rooms[0]
    services.room_update(actor=world.manager, room=room, setup_minutes=0)
    booking = services.booking_create(
        actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(9), ends_at=at(11)
    )
    with time_machine.travel(at(9.5)):
        with pytest.raises(RoomUnavailable):
            go_live(world, 1, room=room, started_at=at(9))
        assert go_live(world, room=room, started_at=at(9)).booking == booking


def test_a_room_that_became_somebodys_own_keeps_what_was_booked_before(
    world: World, at: Callable[..., datetime]
) -> None:
    mine, room = world.tenants[0], world.rooms[0]
    booking = services.booking_create(
        actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(9), ends_at=at(11)
    )
    services.room_update(actor=world.manager, room=room, dedicated_to=world.tenants[1].tenant)
    with time_machine.travel(at(9)):
        session = go_live(world, booking=booking)
        services.session_end(actor=mine.owner, session=session)
        with pytest.raises(RoomUnavailable) as refusal:
            go_live(world, room=room)
        assert refusal.value.code == "dedicated"


def test_no_session_opens_in_the_room_that_its_booking_has_left(
    world: World, at: Callable[..., datetime]
) -> None:
    mine = world.tenants[0]
    booking = services.booking_create(
        actor=mine.owner, room=world.rooms[0], tenant=mine.tenant, starts_at=at(9), ends_at=at(11)
    )
    services.booking_move(actor=mine.owner, booking=booking, room=world.rooms[1])
    assert booking.room == world.rooms[0], "as a request holds it that has read it before"
    with time_machine.travel(at(9)):
        with pytest.raises(Conflict) as refusal:
            go_live(world, booking=booking)
        assert (refusal.value.status, refusal.value.code) == (409, "moved")
        booking.refresh_from_db()
        assert go_live(world, booking=booking).room == world.rooms[1]
