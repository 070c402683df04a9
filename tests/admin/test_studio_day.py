"""The studio's day in the admin: what there is to do, and one tap for each thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, HOUR, MINUTE, business_day, day_start, now
from livestreams import services
from livestreams.models import Booking, Fault
from tests.factories import SYSTEM, World, make_item, make_room

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:rooms_studio")
AsRole = Callable[[str], Client]


@pytest.fixture
def as_role(world: World) -> AsRole:
    def open_for(role: str) -> Client:
        client = Client()
        client.force_login(world.users[role], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return open_for


@pytest.fixture
def studio(as_role: AsRole) -> Client:
    return as_role(Role.PARK_STUDIO)


def tap(browser: Client, model: str, pk: int, name: str, **fields: str) -> Any:
    """Press a button of the page, which comes back to it."""
    address = reverse(f"admin:livestreams_{model}_operation", args=(pk, name))
    page = browser.get(PAGE)
    assert address in page.content.decode(), f"no button {address}"
    answer = browser.post(address, {"back": PAGE, **fields})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert answer["Location"] == PAGE
    return browser.get(PAGE).context


def test_a_day_of_the_studio_tap_by_tap(world: World, studio: Client) -> None:
    mine, neighbour = world.tenants
    room = make_room(world.park, "alpha-studio")
    start = day_start(business_day(now()) + DAY) + 9 * HOUR
    morning, noon = (
        services.booking_create(
            actor=mine.owner,
            room=room,
            tenant=mine.tenant,
            starts_at=start + hours * HOUR,
            ends_at=start + (hours + 1) * HOUR,
        )
        for hours in (1, 3)
    )
    item = make_item(world.park, "cam-9", room=room)
    with time_machine.travel(morning.starts_at) as clock:
        services.booking_check_in(actor=mine.owner, booking=morning)
        loan = services.loan_begin(actor=SYSTEM, item=item, tenant=neighbour.tenant, due_at=now() + HOUR)
        visit = services.visit_announce(actor=mine.owner, tenant=mine.tenant, name="Guest")
        fault = services.fault_report(actor=mine.owner, booking=morning, kind="light", blocks=True)
        clock.shift(HOUR + MINUTE)
        context = studio.get(PAGE, {"day": business_day(now())}, headers={"Accept-Language": "en"}).context
        assert {noon, *Booking.objects.filter(room=room)} >= {
            row["booking"] for row in context["rows"] if row["booking"].room == room
        }
        obstacles = {row["booking"]: row["ready"] for row in context["rows"]}[noon].obstacles
        assert [each.kind for each in obstacles] == ["fault", "not_cleaned", "item_out"]
        assert [each.after for each in context["turnarounds"]] == [morning]
        assert (fault, [noon]) in context["faults"]
        assert next(each for each in context["loans"] if each == loan).is_overdue

        cleaner = world.users[Role.PARK_STUDIO]
        given = tap(studio, "booking", morning.pk, "cleaner", person=cleaner.username)
        assert [each.person for each in given["turnarounds"]] == [cleaner]
        assert tap(studio, "booking", morning.pk, "cleaned")["turnarounds"] == []
        assert loan not in tap(studio, "equipmentloan", loan.pk, "return", condition="good")["loans"]
        assert fault not in [each for each, _hit in tap(studio, "fault", fault.pk, "repaired")["faults"]]
        for point in ("scene", "light", "sound", "network"):
            context = tap(studio, "booking", noon.pk, "room-check", point=point, done="on")
        assert {row["booking"]: row["ready"].state for row in context["rows"]}[noon] == "ready"
        # a point that was ticked by a slip of the thumb is taken back by its own button
        forms = studio.get(PAGE).content.decode().split("<form ")
        light = next(
            each.partition("</form>")[0] for each in forms if 'value="light"' in each and "☑" in each
        )
        fields = dict(re.findall(r'name="(point|done|back)" value="([^"]*)"', light))
        context = tap(studio, "booking", noon.pk, "room-check", **fields)
        assert {row["booking"]: row["ready"].unchecked for row in context["rows"]}[noon] == ("light",)
        came = tap(studio, "visit", visit.pk, "arrive")
        assert next(each for each in came["visits"] if each == visit).arrived_at is not None
        left = tap(studio, "visit", visit.pk, "leave")
        assert next(each for each in left["visits"] if each == visit).left_at is not None


def test_a_fault_shows_whom_it_hits_and_what_is_free(world: World, studio: Client) -> None:
    booking, free = world.tenants[0].booking, make_room(world.park, "alpha-free", "ROOMTHATISFREE")
    fault = services.fault_report(
        actor=world.manager, kind="room", room=booking.room, blocks=True, text="Strom"
    )
    services.fault_take_up(actor=world.manager, fault=fault, until=booking.ends_at + HOUR)
    page = studio.get(reverse("admin:livestreams_fault_change", args=(fault.pk,))).content.decode()
    assert reverse("admin:livestreams_booking_operation", args=(booking.pk, "move")) in page
    assert str(free) in page


def test_taking_up_asks_whether_the_room_can_be_used(world: World, studio: Client) -> None:
    fault = services.fault_report(
        actor=world.tenants[0].owner,
        kind="light",
        room=world.rooms[1],
        tenant=world.tenants[0].tenant,
        blocks=True,
    )
    address = reverse("admin:livestreams_fault_operation", args=(fault.pk, "take-up"))
    form = studio.get(address, {"back": PAGE}).context["form"]
    assert form["blocks"].value() is True
    over = {"until_0": "2020-01-01", "until_1": "10:00", "blocks": "on", "back": PAGE}
    refused = studio.post(address, over)
    assert refused.status_code == 200
    assert "until" in refused.context["form"].errors
    assert f'name="back" value="{PAGE}"' in refused.content.decode()
    assert studio.post(address, {"back": PAGE, "blocks": "on"})["Location"] == PAGE
    fault.refresh_from_db()
    assert fault.window is not None


def test_nobody_says_that_an_item_came_back_in_order_before_somebody_did(
    world: World, studio: Client
) -> None:
    item = make_item(world.park, "cam-8")
    loan = services.loan_begin(actor=SYSTEM, item=item, tenant=world.tenants[0].tenant, due_at=now() + HOUR)
    address = reverse("admin:livestreams_equipmentloan_operation", args=(loan.pk, "return"))
    form = studio.get(address, {"back": PAGE}).context["form"]
    assert 'value="" selected' in str(form["condition"])
    refused = studio.post(address, {"back": PAGE, "condition": ""})
    assert "condition" in refused.context["form"].errors


def test_others_of_the_park_look_and_have_no_buttons(world: World, as_role: AsRole) -> None:
    viewer = as_role(Role.PARK_VIEWER)
    page = viewer.get(PAGE)
    assert page.status_code == 200
    assert not any(page.context["may"].values())
    assert "do/" not in page.content.decode()
    assert page.context["visits"] == []
    fault = Fault.objects.filter(park=world.park).first()
    assert fault is not None
    address = reverse("admin:livestreams_fault_operation", args=(fault.pk, "repaired"))
    assert viewer.post(address).status_code == 403


def test_only_pages_of_this_site_are_come_back_to(world: World, studio: Client) -> None:
    fault = services.fault_report(actor=world.manager, kind="light", room=world.rooms[0])
    address = reverse("admin:livestreams_fault_operation", args=(fault.pk, "repaired"))
    answer = studio.post(address, {"back": "https://elsewhere.example/"})
    assert answer["Location"] == reverse("admin:livestreams_fault_change", args=(fault.pk,))
