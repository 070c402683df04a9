"""The park's guarantee of own hosts to a brand: which days are covered, and which are missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, SHANGHAI, today
from livestreams import services
from livestreams.choices import EngagementKind, ShiftRole
from livestreams.hostcover import BrandCover, Days, brand_covers
from livestreams.models import Booking, Host, HostShift, PlannedShift
from tenants.services import tenancy_move
from tests.factories import SYSTEM, World, make_host, make_park, make_session

pytestmark = pytest.mark.both_databases
At = Callable[..., datetime]
NOON = datetime(2025, 6, 20, 12, tzinfo=SHANGHAI)


def at(day: date, hour: float = 20) -> datetime:
    return datetime.combine(day, time(0), SHANGHAI) + timedelta(hours=hour)


def own_host(world: World, from_day: date, to_day: date | None = None) -> Host:
    """A host of the second tenant, an agency, whom the park calls its own."""
    host = make_host(world.tenants[1].tenant, f"own-{from_day}")
    services.engagement_begin(
        actor=world.manager,
        host=host,
        kind=EngagementKind.PARK,
        park=world.park,
        from_day=from_day,
        to_day=to_day,
    )
    return host


def cover(world: World) -> BrandCover:
    (found,) = brand_covers(actor=world.tenants[0].owner)
    assert found.tenant == world.tenants[0].tenant
    return found


@pytest.fixture
def brand(world: World) -> World:
    """The world at a noon in June, without what its first tenant has booked."""
    PlannedShift.objects.all().delete()
    return world


@pytest.fixture(scope="module", autouse=True)
def _noon() -> object:
    with time_machine.travel(NOON, tick=False):
        yield


def test_nothing_is_covered_without_an_own_host(brand: World) -> None:
    make_session(brand.tenants[0].tenant, host=brand.tenants[0].host, starts_at=at(today() - 3 * DAY))
    found = cover(brand)
    assert (found.behind.counted, found.behind.covered, found.ahead.covered) == (365, 0, 0)
    assert found.behind.missing == (Days(today() - 365 * DAY, today() - DAY),)
    assert found.ahead.missing == (Days(today(), today() + 364 * DAY),)
    assert str(found.ahead.percent) == "0.0"


def test_a_shift_over_midnight_covers_both_days_and_one_until_midnight_one(brand: World) -> None:
    host = own_host(brand, today() - 100 * DAY)
    tenant = brand.tenants[0].tenant
    make_session(tenant, host=host, starts_at=at(today() - 10 * DAY, 22), hours=4)
    make_session(tenant, host=host, starts_at=at(today() - 5 * DAY, 22), hours=2)
    found = cover(brand).behind
    assert found.covered == 3
    assert found.missing == (
        Days(today() - 365 * DAY, today() - 11 * DAY),
        Days(today() - 8 * DAY, today() - 6 * DAY),
        Days(today() - 4 * DAY, today() - DAY),
    )
    assert sum(days.count for days in found.missing) == 362


def test_only_days_of_the_engagement_and_only_this_brands_count(brand: World) -> None:
    host = own_host(brand, today() - 6 * DAY, today() - 4 * DAY)
    mine, other = (each.tenant for each in brand.tenants)
    for back in (7, 6, 5, 4):
        make_session(mine, host=host, starts_at=at(today() - back * DAY))
    make_session(other, host=host, starts_at=at(today() - 5 * DAY, 8))
    assert cover(brand).behind.covered == 2
    assert brand_covers(actor=brand.tenants[1].owner) == []  # an agency is promised nothing


def test_bookings_ahead_count_when_they_are_certain(brand: World) -> None:
    host = own_host(brand, today() - DAY)
    mine = brand.tenants[0]

    def book(day: int, **more: object) -> Booking:
        starts_at = at(today() + day * DAY)
        return services.booking_create(
            actor=brand.manager,
            room=brand.rooms[0],
            tenant=mine.tenant,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
            **more,
        )

    book(0, host=host)
    book(3, host=host)
    book(4, host=host, hold=True)
    services.booking_cancel(actor=brand.manager, booking=book(5, host=host))
    shared = book(6)
    services.shift_plan(
        actor=brand.manager, booking=shared, host=host, starts_at=shared.starts_at, ends_at=shared.ends_at
    )
    found = cover(brand).ahead
    assert found.covered == 3
    assert found.missing[:2] == (
        Days(today() + DAY, today() + 2 * DAY),
        Days(today() + 4 * DAY, today() + 5 * DAY),
    )


def test_a_day_behind_needs_more_than_a_booking(brand: World) -> None:
    host = own_host(brand, today() - 30 * DAY)
    mine = brand.tenants[0]
    with time_machine.travel(NOON - 5 * DAY):
        booking = services.booking_create(
            actor=brand.manager,
            room=brand.rooms[0],
            tenant=mine.tenant,
            host=host,
            starts_at=at(today() + DAY),
            ends_at=at(today() + DAY, 22),
        )
    assert cover(brand).behind.covered == 0  # nobody came
    Booking.objects.filter(pk=booking.pk).update(state="completed")
    assert cover(brand).behind.covered == 1


def test_a_bookings_host_covers_nothing_where_others_stand_before_the_camera(brand: World) -> None:
    own, other = own_host(brand, today() - 30 * DAY), brand.tenants[0].host
    mine = brand.tenants[0]

    def book(day: date) -> Booking:
        return services.booking_create(
            actor=brand.manager,
            room=brand.rooms[0],
            tenant=mine.tenant,
            host=own,
            starts_at=at(day),
            ends_at=at(day, 22),
        )

    with time_machine.travel(NOON - 5 * DAY):
        behind = book(today() + DAY)
    Booking.objects.filter(pk=behind.pk).update(state="completed")
    session = make_session(mine.tenant, booking=behind, starts_at=behind.starts_at)
    assert cover(brand).behind.covered == 1  # nobody told a shift
    desk = HostShift.objects.create(
        session=session,
        host=make_host(mine.tenant, "desk"),
        role=ShiftRole.CONTROLLER,
        starts_at=session.started_at,
        ends_at=session.ended_at,
    )
    assert cover(brand).behind.covered == 1  # beside the camera
    HostShift.objects.filter(pk=desk.pk).update(role=ShiftRole.HOST)
    assert cover(brand).behind.covered == 0
    ahead = book(today() + 3 * DAY)
    assert cover(brand).ahead.covered == 1
    planned = services.shift_plan(
        actor=brand.manager, booking=ahead, host=other, starts_at=ahead.starts_at, ends_at=ahead.ends_at
    )
    assert cover(brand).ahead.covered == 0
    services.shift_drop(actor=brand.manager, shift=planned)
    assert cover(brand).ahead.covered == 1


def test_days_before_the_brand_came_do_not_count(brand: World) -> None:
    host = own_host(brand, today() - 300 * DAY)
    tenant = brand.tenants[0].tenant
    make_session(tenant, host=host, starts_at=at(today() - 20 * DAY))
    new = make_park("newpark", "newpark")
    tenancy_move(actor=SYSTEM, tenant=tenant, park=new, from_day=today() - 10 * DAY)
    found = cover(brand)
    assert (found.behind.counted, found.behind.covered) == (10, 0)
    assert found.behind.missing == (Days(today() - 10 * DAY, today() - DAY),)


def test_a_park_sees_all_its_brands_and_no_others(brand: World) -> None:
    assert [row.tenant for row in brand_covers(actor=brand.manager, park=brand.park)] == [
        brand.tenants[0].tenant
    ]
    other = make_park("elsewhere")
    assert brand_covers(actor=brand.manager, park=other) == []


def test_the_page_of_all_brands_has_the_days_without_below_their_own_heading(
    brand: World, client: Client
) -> None:
    """Behind stands before ahead in the shares, and so it does in the days that are missing."""
    own_host(brand, today() - 100 * DAY)
    client.force_login(brand.users[Role.PARK_MANAGER])
    client.cookies["django_language"] = "en"
    page = client.get(reverse("admin:hosts_cover")).text
    heads = re.findall("<th>(.*?)</th>", page)
    cells = re.findall("<td>(.*?)</td>", page, re.DOTALL)[: len(heads)]
    assert [head.split()[-1] for head in heads[1:]] == ["behind", "ahead"] * 2
    for cell, first in zip(cells[3:], (today() - 365 * DAY, today()), strict=True):
        assert f"<summary>{first} …</summary>" in cell
