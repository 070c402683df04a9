"""What a room is, told where it is chosen, and rooms chosen by their scene."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, HOUR, day_start, local, today
from livestreams.models import Booking, LiveRoom, WaitlistEntry
from livestreams.services import offer_waitlist, waitlist_join
from tests.factories import TenantWorld, World


@pytest.fixture
def scenes(owner: Client, world: World) -> list[LiveRoom]:
    """Two rooms that are not alike, read in English."""
    owner.cookies["django_language"] = "en"
    for room, scene in zip(world.rooms, ("kitchen", "catwalk"), strict=False):
        room.scene = scene
        room.equipment, room.industries = ["two cameras", f"{scene} light"], ["food & drink"]
        room.opens_at, room.closes_at, room.setup_minutes = time(8), time(22, 30), 25
        room.save()
    return world.rooms[:2]


@pytest.fixture
def day() -> date:
    return today() + 3 * DAY


@pytest.mark.parametrize("page", ["portal-rooms", "portal-booking-new", "portal-wait", "portal-slot-new"])
def test_a_room_says_what_it_is_where_it_is_chosen(
    owner: Client, scenes: list[LiveRoom], firm: TenantWorld, page: str
) -> None:
    shown = owner.get(reverse(page, args=[firm.tenant.code])).text
    for room in scenes:
        for word in (
            room.scene,
            f"two cameras, {room.scene} light",
            "food &amp; drink",
            "08:00–22:30",
            "set-up 25 minutes",
        ):
            assert word in shown, word


def test_a_room_is_told_where_a_booking_is_moved_to(
    owner: Client, scenes: list[LiveRoom], firm: TenantWorld
) -> None:
    shown = owner.get(reverse("portal-booking-place", args=[firm.tenant.code, firm.booking.uid])).text
    assert "two cameras, catwalk light" in shown


def test_the_form_offers_the_rooms_of_a_scene(
    owner: Client, scenes: list[LiveRoom], firm: TenantWorld
) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])

    def offered(**query: str) -> tuple[set[str], str]:
        form = owner.get(address, query).context["form"]
        return {room.scene for room in form.fields["room"].queryset}, str(form["room"].value())

    assert offered(scene="catwalk") == ({"catwalk"}, scenes[1].code)
    assert {"kitchen", "catwalk"} <= offered(scene="no such")[0]
    page = owner.get(address, {"day": "2030-01-01", "scene": "catwalk"}).text
    assert "?day=2030-01-01&amp;scene=kitchen" in page
    assert [plan.room.scene for plan, _bar in rooms_shown(owner, firm, scene="catwalk")] == ["catwalk"]


def test_a_booking_tells_what_its_room_is(owner: Client, scenes: list[LiveRoom], firm: TenantWorld) -> None:
    scenes[0].hourly_rate = Decimal(80)
    scenes[0].save()
    booking = Booking.objects.filter(tenant=firm.tenant, room=scenes[0]).latest("pk")
    shown = owner.get(reverse("portal-booking", args=[firm.tenant.code, booking.uid])).text
    for word in ("two cameras, kitchen light", "for food &amp; drink", "08:00–22:30", "set-up 25 minutes"):
        assert word in shown, word
    assert re.search(r"80(\.00)?/h", shown)


def test_a_refused_booking_still_chooses_among_scenes(
    owner: Client, world: World, scenes: list[LiveRoom], firm: TenantWorld, day: date
) -> None:
    """The choice keeps when it was wanted; a wrong booking is refused with it as well as one that is taken."""
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    wanted = {"room": scenes[0].code, "day": f"{day}", "start": "14:00", "minutes": "60"}
    assert owner.post(address, wanted).status_code == 302
    for values in (wanted, {**wanted, "room": "no such"}):
        refused = owner.post(f"{address}?scene=kitchen", values)
        assert refused.status_code in (400, 409)
        links = dict(refused.context["scenes"].links())
        kept = {"scene=catwalk", f"day={day}", "start=14%3A00", "minutes=60"}
        assert set(links["catwalk"].removeprefix("?").split("&")) == kept
        assert "nav-link active" in refused.text


def rooms_shown(owner: Client, firm: TenantWorld, **query: str) -> Any:
    return owner.get(reverse("portal-rooms", args=[firm.tenant.code]), query).context["plans"]


def test_nobody_chooses_among_one_scene(owner: Client, world: World, firm: TenantWorld) -> None:
    LiveRoom.objects.filter(park=world.park).update(scene="kitchen")
    for page in ("portal-rooms", "portal-booking-new"):
        assert "scene=" not in owner.get(reverse(page, args=[firm.tenant.code])).text


def test_whoever_waits_for_a_scene_is_offered_a_room_of_it(
    owner: Client, world: World, scenes: list[LiveRoom], firm: TenantWorld, day: date
) -> None:
    address = reverse("portal-wait", args=[firm.tenant.code])
    wish = {"day": f"{day}", "start": "14:00", "end": "16:00", "minutes": "120"}
    assert owner.get(address, {"scene": "catwalk"}).context["form"]["scene"].value() == "catwalk"
    refused = owner.post(address, {**wish, "scene": "no such scene"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["scene"])
    assert owner.post(address, {**wish, "scene": "catwalk"}).status_code == 302
    entry = WaitlistEntry.objects.latest("pk")
    assert entry.scene == "catwalk"
    offer_waitlist()
    entry.refresh_from_db()
    offer = entry.booking
    assert offer is not None
    assert offer.room == scenes[1]


def test_what_is_held_for_a_firm_is_confirmed_on_its_first_page(
    owner: Client, world: World, scenes: list[LiveRoom], firm: TenantWorld, day: date, browser_of: Any
) -> None:
    first = reverse("portal-today", args=[firm.tenant.code])
    starts_at = day_start(day) + 14 * HOUR
    waitlist_join(
        actor=firm.owner,
        tenant=firm.tenant,
        earliest=starts_at,
        latest=starts_at + 2 * HOUR,
        minutes=120,
        purpose="offered",
    )
    assert "offered" not in [entry.purpose for entry in owner.get(first).context["offers"]]
    offer_waitlist()
    page = owner.get(first)
    (offer,) = [entry for entry in page.context["offers"] if entry.purpose == "offered"]
    confirm = reverse("portal-booking-confirm", args=[firm.tenant.code, offer.booking.uid])
    assert f'action="{confirm}"' in page.text
    assert f"held for you until {local(offer.booking.hold_expires_at):%H:%M}" in page.text
    neighbour = world.tenants[1]
    seen = browser_of(neighbour.users[Role.TENANT_OWNER]).get(
        reverse("portal-today", args=[neighbour.tenant.code])
    )
    assert offer not in seen.context["offers"]
    owner.post(confirm)
    assert offer not in owner.get(first).context["offers"]
