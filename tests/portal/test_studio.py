"""The studio's day in the portal and at the door: two taps for a fault, one for another room, visitors announced."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, HOUR, local, now, today
from core.models import User
from livestreams import services
from livestreams.choices import BookingState
from livestreams.models import Booking, EquipmentLoan, Fault, Visit
from tests.factories import TenantWorld, World, make_item, make_room

pytestmark = pytest.mark.django_db
Browsers = Callable[[User], Client]


def page_of(firm: TenantWorld, name: str, **more: object) -> str:
    return reverse(f"portal-{name}", kwargs={"tenant": firm.tenant.code, **more})


@pytest.fixture
def booking(firm: TenantWorld) -> Booking:
    return firm.booking


# --- faults -------------------------------------------------------------------------------------------------


def test_a_fault_takes_two_taps_from_the_page_of_a_booking(
    owner: Client, firm: TenantWorld, booking: Booking
) -> None:
    page = owner.get(page_of(firm, "booking", uid=booking.uid)).content.decode()
    link = f"{reverse('door-fault', args=[booking.room.code])}?booking={booking.uid}"
    assert f'href="{link}' in page
    form = owner.get(link).content.decode()
    assert form.count('name="kind"') == 7
    with time_machine.travel(booking.starts_at):
        sent = {"booking": booking.uid, "kind": "light", "back": page_of(firm, "booking", uid=booking.uid)}
        answer = owner.post(reverse("door-fault", args=[booking.room.code]), sent)
        assert answer["Location"] == sent["back"]
        fault = Fault.objects.latest("id")
        assert (fault.room, fault.booking, fault.tenant, fault.blocks) == (
            booking.room,
            booking,
            firm.tenant,
            False,
        )
        owner.post(reverse("door-fault", args=[booking.room.code]), {"kind": "room", "blocks": "on"})
        at_the_door = Fault.objects.latest("id")
        assert at_the_door.booking == booking  # the one that runs here
        assert at_the_door.window is not None


def test_the_door_takes_no_other_site_no_foreign_booking_and_no_unknown_kind(
    owner: Client, world: World, booking: Booking
) -> None:
    address = reverse("door-fault", args=[booking.room.code])
    elsewhere = owner.post(address, {"kind": "light", "back": "https://elsewhere.example/"})
    assert elsewhere["Location"] == reverse("door", args=[booking.room.code])
    number = Fault.objects.count()
    other = world.tenants[1].booking
    assert owner.post(address, {"kind": "light", "booking": other.uid}).status_code == 404
    assert owner.post(address, {"kind": "light", "booking": "x"}).status_code == 404
    assert owner.post(address, {"kind": "fire"}).status_code == 400
    assert Fault.objects.count() == number


def test_a_host_reports_from_its_own_booking(world: World, firm: TenantWorld, browser_of: Browsers) -> None:
    host = browser_of(firm.users[Role.HOST])
    host.cookies["django_language"] = "en"
    host.post(
        reverse("door-fault", args=[firm.booking.room.code]), {"kind": "sound", "booking": firm.booking.uid}
    )
    assert Fault.objects.latest("id").reported_by == firm.users[Role.HOST]
    assert "sound" in host.get(page_of(firm, "studio")).content.decode()


def test_a_firm_sees_its_own_faults_and_loans_and_no_others(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    neighbour = world.tenants[1]
    for mine, words in ((firm, "mine is dark"), (neighbour, "theirs is dark")):
        fault = services.fault_report(
            actor=mine.owner, kind="light", room=world.rooms[0], tenant=mine.tenant, text=words
        )
        item = make_item(world.park, f"lent-{mine.tenant.code}", words)
        services.loan_begin(actor=world.manager, item=item, tenant=mine.tenant, due_at=now() + HOUR)
    services.fault_close(actor=world.manager, fault=fault, note="their note")
    page = owner.get(page_of(firm, "studio")).content.decode()
    assert page.count("mine is dark") == 2
    for foreign in ("theirs is dark", "their note"):
        assert foreign not in page
    assert EquipmentLoan.objects.out().count() == 4


# --- readiness ------------------------------------------------------------------------------------------------


def test_a_room_out_of_use_offers_what_is_free_and_one_tap_moves(
    owner: Client, world: World, firm: TenantWorld, booking: Booking
) -> None:
    address = page_of(firm, "booking", uid=booking.uid)
    owner.cookies["django_language"] = "en"
    make_room(world.park, "alpha-free")
    with time_machine.travel(booking.starts_at - 3 * HOUR):
        services.fault_report(
            actor=world.manager, kind="network", room=booking.room, blocks=True, text="internal"
        )
        page = owner.get(address)
        offered = page.context["studio"]["instead"]
        assert "Out of use by a fault: network" in page.content.decode()
        assert "internal" not in page.content.decode()
        booking.refresh_from_db()
        assert booking.state == BookingState.CONFIRMED
        window = next(window for window in offered if window.room != booking.room)
        sent = {"room": window.room.code, "starts_at": local(window.span.start).isoformat()}
        assert f'value="{sent["starts_at"]}"' in page.content.decode()
        owner.post(page_of(firm, "booking-move", uid=booking.uid), sent)
        booking.refresh_from_db()
        assert booking.room == window.room
        assert owner.get(address).context["studio"]["instead"] == []
        for wrong in ({}, {**sent, "starts_at": "soon"}):
            owner.post(page_of(firm, "booking-move", uid=booking.uid), wrong)
        was = (booking.room_id, booking.starts_at)
        booking.refresh_from_db()
        assert (booking.room_id, booking.starts_at) == was


def test_nothing_is_said_of_the_room_of_a_booking_that_is_over(
    owner: Client, firm: TenantWorld, booking: Booking
) -> None:
    address = page_of(firm, "booking", uid=booking.uid)
    assert owner.get(address).context["studio"]["ready"].unchecked
    with time_machine.travel(booking.ends_at + DAY):
        assert owner.get(address).context["studio"] is None


# --- visitors -------------------------------------------------------------------------------------------------


def test_visitors_are_announced_and_withdrawn(owner: Client, firm: TenantWorld, booking: Booking) -> None:
    form = owner.get(page_of(firm, "visit-new"), {"booking": booking.uid}).context["form"]
    assert form["booking"].value() == str(booking.uid)
    sent = {"name": "王小明", "people": "3", "booking": booking.uid, "day": "", "plate": "粤C12345"}
    assert owner.post(page_of(firm, "visit-new"), sent)["Location"] == page_of(firm, "visits")
    visit = Visit.objects.latest("id")
    assert (visit.day, visit.people, visit.booking) == (local(booking.starts_at).date(), 3, booking)
    assert "王小明" in owner.get(page_of(firm, "visits")).content.decode()
    owner.post(page_of(firm, "visit-withdraw", uid=visit.uid))
    assert "王小明" not in owner.get(page_of(firm, "visits")).content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"people": "0"}, "people"),
        ({"people": "３"}, "people"),
        ({"day": "2020-01-01"}, "day"),
        ({"booking": "x"}, "booking"),
    ],
)
def test_what_the_form_refuses(owner: Client, firm: TenantWorld, wrong: dict, field: str) -> None:
    sent = {"name": "Guest", "people": "1", "day": today().isoformat(), **wrong}
    answer = owner.post(page_of(firm, "visit-new"), sent)
    assert answer.status_code == 400
    assert field in answer.context["form"].errors


def test_who_holds_no_right_gets_neither_page(world: World, firm: TenantWorld, browser_of: Browsers) -> None:
    money = browser_of(firm.users[Role.TENANT_FINANCE])
    assert money.get(page_of(firm, "visits")).status_code == 403
    assert money.get(page_of(firm, "studio")).status_code == 200
    stranger = browser_of(world.tenants[1].users[Role.TENANT_OWNER])
    assert stranger.get(page_of(firm, "studio")).status_code == 404
