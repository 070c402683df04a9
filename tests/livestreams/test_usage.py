"""How rooms are used: against a count minute by minute, through the selector, and on the operator's pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.choices import Role
from core.clock import DAY, HOUR, SHANGHAI, local, today
from core.services import membership_grant
from livestreams import services
from livestreams.conflicts import Span
from livestreams.dayplan import ON_A_SCREEN, board
from livestreams.errors import BadTime, RoomUnavailable
from livestreams.models import Booking
from livestreams.selectors import free_windows, room_reports
from livestreams.usage import RoomFacts, heat_map, hours_of, room_use
from tests.factories import SYSTEM, World, make_room, make_world

At = Callable[..., datetime]
MINUTE = timedelta(minutes=1)
MONDAY = datetime(2025, 6, 2, tzinfo=SHANGHAI).astimezone(UTC)


def spans(most: int = 4) -> st.SearchStrategy[list[Span]]:
    one = st.tuples(st.integers(0, 600), st.integers(1, 300)).map(
        lambda found: Span(MONDAY + found[0] * MINUTE, MONDAY + (found[0] + found[1]) * MINUTE)
    )
    return st.lists(one, max_size=most)


def minutes(found: list[Span]) -> set[int]:
    return {
        number
        for span in found
        for number in range((span.start - MONDAY) // MINUTE, (span.end - MONDAY) // MINUTE)
    }


@given(spans(), spans(), spans(), spans())
def test_times_are_those_of_a_count_minute_by_minute(
    opened: list[Span], repaired: list[Span], booked: list[Span], live: list[Span]
) -> None:
    use = room_use(RoomFacts(opened, repaired, booked, live))
    could = minutes(opened) - minutes(repaired)
    assert use.opened == len(could) * MINUTE
    assert use.booked == len(could & minutes(booked)) * MINUTE
    assert use.live == len(could & minutes(live)) * MINUTE
    if could:
        share = Decimal(100 * len(could & minutes(live))) / len(could)
        assert use.utilisation == share.quantize(Decimal("0.1"))
    else:
        assert use.utilisation is None


@given(spans(1))
def test_hours_cut_a_span_and_lose_nothing(found: list[Span]) -> None:
    for span in found:
        pieces = list(hours_of(span))
        assert sum((length for _cell, length in pieces), timedelta(0)) == span.length
        assert all(length <= HOUR for _cell, length in pieces)
        at = local(span.start)
        assert pieces[0][0] == (at.weekday(), at.hour)


def test_the_heat_map_divides_by_the_hours_that_were_open() -> None:
    nine = MONDAY + 9 * HOUR
    rooms = [
        RoomFacts(opened=[Span(nine, nine + HOUR)], live=[Span(nine, nine + HOUR / 2)]),
        RoomFacts(opened=[Span(nine, nine + 2 * HOUR)]),
    ]
    heat = heat_map(rooms)
    assert (heat[0, 9], heat[0, 10], heat[0, 11]) == (Decimal("25.0"), Decimal("0.0"), None)


@pytest.fixture
def used(world: World, at: At) -> World:
    """A room open from eight to eight: live for three hours of its booking, one nobody came to, one in repair."""
    room = services.room_update(
        actor=world.manager, room=world.rooms[0], opens_at=time(8), closes_at=time(20)
    )
    mine = world.tenants[0]

    def book(hour: float, hours: float) -> Booking:
        return services.booking_create(
            actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(hour), ends_at=at(hour + hours)
        )

    kept, missed, end = book(9, 4), book(14, 2), at(12)
    services.maintenance_create(actor=world.manager, room=room, starts_at=at(18), ends_at=at(20))
    with time_machine.travel(at(9), tick=False):
        session = services.session_open(actor=mine.owner, tenant=mine.tenant, platform="douyin", booking=kept)
    with time_machine.travel(end, tick=False):
        services.session_end(actor=mine.owner, session=session)
    assert missed.room == kept.room
    return world


@pytest.mark.both_databases
def test_a_room_counts_from_the_day_it_opens_to_the_day_it_closes(world: World, at: At) -> None:
    room = services.room_create(actor=world.manager, park=world.park, code="new", name_zh="新间")
    assert room.opened_on == today()

    def opened(since: int) -> timedelta:
        with time_machine.travel(at(0, 4), tick=False):
            day = today()
            reports = room_reports(actor=world.manager, since=day + since * DAY, until=day)
        return next(report.use.opened for report in reports if report.room == room)

    assert opened(-30) == 4 * DAY
    services.room_update(actor=world.manager, room=room, opened_on=today() + DAY, closed_on=today() + 3 * DAY)
    assert opened(-30) == opened(-2) + DAY == 2 * DAY
    with pytest.raises(BadTime) as refused:
        services.room_update(actor=world.manager, room=room, opened_on=today() + 4 * DAY)
    assert refused.value.field == "opened_on"


@pytest.mark.both_databases
def test_nobody_books_a_room_before_it_opens(world: World, at: At) -> None:
    room = services.room_create(
        actor=world.manager, park=world.park, code="new", name_zh="新间", opened_on=today() + 2 * DAY
    )
    room.refresh_from_db()
    mine = world.tenants[0]
    (free,) = free_windows(actor=mine.owner, code=room.code, since=at(12, 1), until=at(12, 2))
    assert (free.span.start, free.span.end) == (at(0, 2), at(12, 2))
    with pytest.raises(RoomUnavailable):
        services.booking_create(
            actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(23, 1), ends_at=at(1, 2)
        )


@pytest.mark.both_databases
def test_the_board_shows_a_room_as_closed_while_it_is_not_in_use(world: World) -> None:
    days = {"opened_on": today() + 2 * DAY, "closed_on": today() + 4 * DAY}
    room = services.room_create(actor=world.manager, park=world.park, code="new", name_zh="新间", **days)
    room.refresh_from_db()

    def closed(day: int) -> list[tuple[str, str]]:
        told = board(day=today() + day * DAY, rooms=[room], bookings=[], repairs=[])["events"]
        return [(event["start"][11:16], event["end"][11:16]) for event in told if event["closed"]]

    assert [closed(day) for day in (1, 4)] == [[("00:00", "00:00")]] * 2
    assert [closed(day) for day in (2, 3)] == [[]] * 2


@pytest.mark.both_databases
def test_a_rooms_report_adds_up(used: World, at: At) -> None:
    day = today() + 2 * DAY
    with time_machine.travel(at(23), tick=False):
        services.release_expired()
        report = next(
            found
            for found in room_reports(actor=used.manager, since=day, until=day)
            if found.room == used.rooms[0]
        )
        neighbour = next(
            found
            for found in room_reports(actor=used.tenants[1].owner, since=day, until=day)
            if found.room == used.rooms[0]
        )
    use = report.use
    assert (use.opened, use.booked, use.live) == (10 * HOUR, 6 * HOUR, 3 * HOUR)
    assert (use.kept, use.no_shows) == (1, 1)
    assert (use.utilisation, use.booked_share, use.no_show_rate) == (
        Decimal("30.0"),
        Decimal("60.0"),
        Decimal("50.0"),
    )
    assert (neighbour.use.live, neighbour.use.booked) == (timedelta(0), timedelta(0)), "not theirs to see"


@pytest.mark.django_db
def test_times_that_make_no_sense_are_refused(world: World) -> None:
    for since, until in (
        (today(), today() - DAY),
        (today() - 200 * DAY, today()),
        (today() + DAY, today() + DAY),
    ):
        with pytest.raises(BadTime):
            room_reports(actor=world.manager, since=since, until=until)


@pytest.mark.django_db
def test_operators_see_board_and_use_of_their_parks_only(used: World) -> None:
    other = make_world("beta")
    browser = Client()
    browser.force_login(used.users[Role.PARK_STUDIO], backend="django.contrib.auth.backends.ModelBackend")
    day = today() + 2 * DAY
    page = browser.get(reverse("admin:rooms_board"), {"day": day.isoformat()})
    board = page.context["board"]
    assert {room["id"] for room in board["resources"]} == {room.code for room in used.rooms}
    begins = {event["start"][11:16]: event.get("closed", False) for event in board["events"]}
    assert begins == {"00:00": True, "09:00": False, "14:00": False, "18:00": False, "20:00": True}
    assert board["may_move"]
    assert other.canary not in page.content.decode()
    for query in ({}, {"since": "x\0"}, {"since": "2020-01-01"}, {"until": "9999-12-31"}, {"park": "beta"}):
        answer = browser.get(reverse("admin:rooms_usage"), query)
        assert answer.status_code == 200
        assert other.canary not in answer.content.decode()


@pytest.mark.django_db
def test_whoever_runs_two_parks_sees_both_on_one_board_or_one_alone(used: World) -> None:
    other, user = make_world("beta"), used.users[Role.PARK_STUDIO]
    membership_grant(actor=SYSTEM, user=user, role=Role.PARK_STUDIO, node=other.park.node)
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    board = browser.get(reverse("admin:rooms_board")).context["board"]
    assert {row["title"]: {room["id"] for room in row["children"]} for row in board["resources"]} == {
        f"{world.park.name} ({len(world.rooms)})": {room.code for room in world.rooms}
        for world in (used, other)
    }
    assert all(row["expanded"] for row in board["resources"])
    board = browser.get(reverse("admin:rooms_board"), {"park": other.park.code}).context["board"]
    assert {row["id"] for row in board["resources"]} == {room.code for room in other.rooms}
    for number in range(ON_A_SCREEN):
        make_room(other.park, f"more-{number}")
    board = browser.get(reverse("admin:rooms_board")).context["board"]
    assert not any(row["expanded"] for row in board["resources"]), "more than a screen holds is folded"
