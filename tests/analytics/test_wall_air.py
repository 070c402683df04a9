"""On the wall: who is on air, who comes next, and what is said of guests."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from analytics.models import SessionFigures
from analytics.wall import air
from analytics.wall.memory import Memory
from analytics.wall.snapshot import wall_snapshot
from core import clock
from livestreams.choices import BookingState, SessionState, ShiftRole
from livestreams.models import (
    AudienceSample,
    Booking,
    HostShift,
    LiveSession,
    Maintenance,
    PlannedShift,
)
from tests.factories import make_host, make_session, make_world


@pytest.mark.django_db
def test_rooms_are_live_next_or_free() -> None:
    world = make_world("alpha")
    first = world.tenants[0]
    booking = first.booking
    booking.starts_at, booking.ends_at = clock.now() + clock.HOUR, clock.now() + 2 * clock.HOUR
    booking.blocked_from, booking.blocked_until = booking.starts_at, booking.ends_at
    booking.save()
    live = make_session(
        first.tenant, room=world.rooms[1], starts_at=clock.now() - clock.HOUR, state=SessionState.LIVE
    )
    unread = wall_snapshot(world.park)
    assert (unread["audience"], unread["as_of"]["audience"]) == (None, None), "not known is not nobody"
    LiveSession.objects.filter(pk=live.pk).update(state=SessionState.ENDED, ended_at=clock.now())
    nobody = wall_snapshot(world.park)
    assert (nobody["audience"], nobody["as_of"]["audience"]) == (0, nobody["at"]), "nobody is on air now"
    LiveSession.objects.filter(pk=live.pk).update(state=SessionState.LIVE, ended_at=None)
    AudienceSample.objects.create(session=live, source="t", at=clock.now(), concurrent=321)
    SessionFigures.objects.create(session=live, gmv_paid=Decimal("55.00"))
    snapshot = wall_snapshot(world.park)
    assert [room["state"] for room in snapshot["rooms"]] == ["next", "live"]
    assert snapshot["audience"] == 321
    assert snapshot["sessions"][0]["gmv_paid"] == "55.00"
    assert snapshot["ticker"][0]["what"] in ("started", "ended")
    type(booking).objects.filter(pk=booking.pk).update(state=BookingState.COMPLETED)
    over = wall_snapshot(world.park)
    assert ([room["state"] for room in over["rooms"]], over["next"]) == (["off", "live"], [])


@pytest.mark.django_db
def test_a_room_that_was_lent_is_live_and_says_nothing_of_the_guest() -> None:
    world, guests = make_world("alpha"), make_world("beta")
    guest = guests.tenants[0]
    live = make_session(
        guest.tenant,
        live_id="lent",
        room=world.rooms[1],
        host=guest.host,
        starts_at=clock.now() - clock.HOUR,
        state=SessionState.LIVE,
    )
    AudienceSample.objects.create(session=live, source="t", at=clock.now(), concurrent=4321)
    SessionFigures.objects.create(session=live, gmv_paid=Decimal("77.00"))
    assert live.park == guests.park
    snapshot = wall_snapshot(world.park)
    assert [room["state"] for room in snapshot["rooms"]][1] == "live"
    assert snapshot["audience"] == 0
    assert str(live.uid) not in [each["uid"] for each in snapshot["sessions"]]
    told = json.dumps(snapshot, ensure_ascii=False)
    assert guests.canary not in told
    assert "4321" not in told
    own = wall_snapshot(guests.park)
    assert str(live.uid) in [each["uid"] for each in own["sessions"]]
    assert own["audience"] == 4321


@pytest.mark.django_db
def test_the_ticker_names_no_person() -> None:
    world = make_world("alpha")
    mine = world.tenants[0]
    make_session(
        mine.tenant, room=world.rooms[1], host=mine.host, starts_at=clock.now() - clock.HOUR,
        canary=mine.host.name_zh, state=SessionState.LIVE,
    )  # fmt: skip
    snapshot = wall_snapshot(world.park)
    assert snapshot["ticker"][0]["tenant_zh"] == mine.tenant.name_zh
    assert mine.host.name_zh not in json.dumps(snapshot["ticker"], ensure_ascii=False)


@pytest.mark.django_db
def test_hosts_live_and_next_and_rooms_in_repair() -> None:
    world = make_world("alpha")
    first, second = world.tenants
    soon = clock.now() + clock.HOUR
    for mine, starts_at in ((first, soon), (second, soon + clock.HOUR)):
        booking = mine.booking
        booking.starts_at, booking.ends_at = starts_at, starts_at + clock.HOUR
        booking.blocked_from, booking.blocked_until = booking.starts_at, booking.ends_at
        booking.save()
    make_session(
        first.tenant, host=first.host, room=world.rooms[0], starts_at=clock.now() - clock.HOUR,
        state=SessionState.LIVE,
    )  # fmt: skip
    Maintenance.objects.create(
        room=world.rooms[1], starts_at=clock.now() - clock.HOUR, ends_at=clock.now() + clock.HOUR, reason="x"
    )
    snapshot = wall_snapshot(world.park)
    assert [room["state"] for room in snapshot["rooms"]] == ["live", "repair"]
    # The first tenant's host is live now: only the other one comes next.
    assert snapshot["hosts"] == {"live": 1, "next": 1, "off": 2}
    assert [row["host_zh"] for row in snapshot["next"]] == [second.host.name_zh]


@pytest.mark.django_db
def test_everybody_who_hosts_is_counted_whoever_is_planned_comes_next_and_the_others_are_off() -> None:
    world = make_world("alpha")
    first, second = world.tenants
    beside, planned, at_home = (make_host(first.tenant, code) for code in ("beside", "planned", "at-home"))
    soon = clock.now() + clock.HOUR
    Booking.objects.exclude(pk=second.booking.pk).update(state=BookingState.CANCELLED)
    coming = second.booking
    coming.host, coming.starts_at, coming.ends_at = None, soon, soon + clock.HOUR
    coming.blocked_from, coming.blocked_until = soon, soon + clock.HOUR
    coming.save()
    coming.shifts.all().delete()
    gone = clock.now() - clock.HOUR
    for host, starts_at, ends_at in ((at_home, gone, clock.now()), (planned, soon, soon + clock.HOUR)):
        PlannedShift.objects.create(booking=coming, host=host, starts_at=starts_at, ends_at=ends_at)
    session = make_session(
        first.tenant, host=first.host, starts_at=clock.now() - clock.HOUR, state=SessionState.LIVE
    )
    for host in (first.host, beside):
        HostShift.objects.get_or_create(
            session=session, host=host, role=ShiftRole.HOST, defaults={"starts_at": session.started_at}
        )
    snapshot = wall_snapshot(world.park)
    assert snapshot["hosts"] == {"live": 2, "next": 1, "off": 4}
    assert [row["host_zh"] for row in snapshot["next"]] == [planned.name_zh]


@pytest.mark.django_db
def test_a_guest_of_another_park_is_not_named() -> None:
    """Its own hall shows what it chose; of this one it was not asked."""
    world, other = make_world("alpha"), make_world("beta")
    theirs = other.tenants[0]
    guest, host = theirs.tenant, theirs.host
    session = make_session(
        guest,
        host=host,
        starts_at=clock.now() - clock.HOUR,
        state=SessionState.LIVE,
    )
    LiveSession.objects.filter(pk=session.pk).update(park=world.park, room=world.rooms[0], title="own words")
    SessionFigures.objects.create(session=session, gmv_paid=Decimal("77.00"))
    snapshot = wall_snapshot(world.park)
    assert [(row["gmv_paid"], row["uid"]) for row in snapshot["sessions"]] == [(None, str(session.uid))]
    room = snapshot["rooms"][0]
    assert (room["state"], room["tenant"]) == ("live", "")
    assert snapshot["ticker"][0]["what"] == "started"
    told = json.dumps(snapshot, ensure_ascii=False)
    assert not [each for each in (guest.name_zh, host.name_zh, "own words") if each in told]


@pytest.mark.django_db
def test_a_guest_who_comes_next_is_not_named() -> None:
    world = make_world("alpha")
    now = world.tenants[0].booking.starts_at - clock.HOUR
    booking = air.upcoming([world.park], now)[0]
    assert booking.host is not None

    def told(own: set[int]) -> dict[str, Any]:
        rooms = air.rooms_of([world.park], (), [booking], now, Memory())
        return air.next_on_air([booking], rooms, own)[0]

    assert (told({booking.tenant_id})["host_zh"], told(set())["host_zh"]) == (booking.host.name_zh, "")


@pytest.mark.django_db
def test_the_wall_shows_who_is_at_work_not_who_went_home() -> None:
    world = make_world("alpha")
    mine, other = world.tenants
    start = clock.now() - 2 * clock.HOUR
    live = make_session(
        mine.tenant, host=mine.host, room=world.rooms[0], starts_at=start, state=SessionState.LIVE
    )
    HostShift.objects.filter(session=live).update(ends_at=clock.now() - clock.HOUR)
    HostShift.objects.create(session=live, host=other.host, starts_at=clock.now() - clock.HOUR)
    snapshot = wall_snapshot(world.park)
    assert snapshot["sessions"][0]["host"] == other.host.name_zh
    assert snapshot["rooms"][0]["host"] == other.host.name_zh
    assert snapshot["hosts"]["live"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_planned", [False, True])
def test_who_was_relieved_does_not_come_next_and_who_is_planned_later_does(is_planned: bool) -> None:
    world = make_world("alpha")
    mine, now = world.tenants[0], clock.now()
    relief, later = (make_host(mine.tenant, code) for code in ("relief", "later"))
    Booking.objects.exclude(pk=mine.booking.pk).update(state=BookingState.CANCELLED)
    booking = mine.booking
    booking.starts_at, booking.ends_at = now - clock.HOUR, now + 2 * clock.HOUR
    booking.blocked_from, booking.blocked_until = booking.starts_at, booking.ends_at
    booking.host, booking.state = mine.host, BookingState.CHECKED_IN
    booking.save()
    booking.shifts.all().delete()
    live = make_session(
        mine.tenant,
        host=mine.host,
        room=booking.room,
        starts_at=booking.starts_at,
        state=SessionState.LIVE,
        booking=booking,
    )
    HostShift.objects.filter(session=live).update(ends_at=now)
    HostShift.objects.create(session=live, host=relief, starts_at=now)
    if is_planned:
        soon = now + clock.HOUR
        for host, starts_at, ends_at in (
            (mine.host, booking.starts_at, soon),
            (later, soon, booking.ends_at),
        ):
            PlannedShift.objects.create(booking=booking, host=host, starts_at=starts_at, ends_at=ends_at)
    hosts = wall_snapshot(world.park)["hosts"]
    assert (hosts["live"], hosts["next"]) == (1, int(is_planned))


@pytest.mark.django_db
def test_a_reading_of_likes_alone_is_no_reading_of_the_audience() -> None:
    world = make_world("alpha")
    live = make_session(
        world.tenants[0].tenant, room=world.rooms[0], starts_at=clock.now() - clock.HOUR,
        state=SessionState.LIVE,
    )  # fmt: skip
    counted = clock.now() - clock.MINUTE
    AudienceSample.objects.create(session=live, source="a", at=counted, concurrent=500)
    AudienceSample.objects.create(session=live, source="b", at=clock.now(), likes=9)
    snapshot = wall_snapshot(world.park)
    assert snapshot["audience"] == 500
    assert snapshot["as_of"]["audience"] == counted.isoformat()
