"""The exchange in the portal and the admin: found, asked for, answered, used."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, HOUR, day_start, local, today
from livestreams import services
from livestreams.choices import BookingState, ExchangeState, FaultKind
from livestreams.models import Booking, ExchangeOffer, ExchangeRequest, Fault, LiveSession
from parks.models import Park
from tests.factories import (
    SYSTEM,
    TenantWorld,
    World,
    make_host,
    make_park,
    make_room,
    make_tenant,
    make_user,
)

Browsers = Any


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    owner.cookies["django_language"] = "en"


@pytest.fixture
def far(world: World) -> Any:
    """Another park of the town, with a room."""
    park = make_park("far", town=world.town)
    return make_room(park, "far-room")


@pytest.fixture
def nine() -> datetime:
    return day_start(today() + 3 * DAY) + 9 * HOUR


def page(firm: TenantWorld, name: str, **kwargs: Any) -> str:
    return reverse(name, kwargs={"tenant": firm.tenant.code, **kwargs})


def offer(actor: Any, world: World, nine: datetime, **values: Any) -> ExchangeOffer:
    given = {"hourly_rate": Decimal(70), "places": [world.park.code], **values}
    return services.exchange_offer_make(actor=actor, starts_at=nine - HOUR, ends_at=nine + 10 * HOUR, **given)


def test_a_room_is_found_asked_for_and_used(
    owner: Client, firm: TenantWorld, world: World, far: Any, nine: datetime, browser_of: Browsers
) -> None:
    manager = make_user("far-manager", Role.PARK_MANAGER, far.park.node)
    desk = browser_of(manager)
    made = desk.post(
        reverse("admin:livestreams_exchangeoffer_add"),
        {
            "room": far.pk,
            "starts_at_0": f"{local(nine):%Y-%m-%d}",
            "starts_at_1": "08:00",
            "ends_at_0": f"{local(nine):%Y-%m-%d}",
            "ends_at_1": "19:00",
            "hourly_rate": "70",
            "places": [world.park.code],
        },
    )
    assert made.status_code == 302, made.context["errors"]
    given = ExchangeOffer.objects.get(room=far)
    eve = owner.get(page(firm, "portal-exchange"), {"day": f"{local(nine) - 2 * DAY:%Y-%m-%d}"}).text
    assert f'href="?day={local(nine):%Y-%m-%d}&amp;' in eve
    shown = owner.get(page(firm, "portal-exchange"), {"day": f"{local(nine):%Y-%m-%d}"}).text
    ask = page(firm, "portal-exchange-ask", uid=given.uid)
    assert "08:00–19:00" in shown
    assert ask in shown
    form = {"day": f"{local(nine):%Y-%m-%d}", "start": "09:00", "minutes": "120", "host": firm.host.code}
    assert owner.post(ask, form)["Location"] == page(firm, "portal-exchange")
    request = ExchangeRequest.objects.get(offer=given)
    assert "waits for an answer" in owner.get(page(firm, "portal-exchange")).text
    accept = reverse("admin:livestreams_exchangerequest_operation", args=[request.pk, "accept"])
    assert accept in desk.get(reverse("admin:livestreams_exchangerequest_change", args=[request.pk])).text
    assert desk.post(accept).status_code == 302
    booking = Booking.objects.get(loan=request)
    with time_machine.travel(nine - 3 * HOUR):
        early = owner.post(reverse("door-fault", args=[far.code]), {"kind": FaultKind.LIGHT})
        assert early.status_code == 302
        assert Fault.objects.get(room=far, kind=FaultKind.LIGHT).tenant == firm.tenant, (
            "before the door opens"
        )
    with time_machine.travel(nine):
        detail = page(firm, "portal-booking", uid=booking.uid)
        opened = owner.get(detail).text
        assert "On loan from" in opened
        assert "100.00" not in opened, "what the giving park's own tenants pay is not told"
        assert "obs-server" in opened or "OBS" in opened
        door = owner.get(reverse("door", args=[far.code]))
        assert door.status_code == 200
        report = reverse("door-fault", args=[far.code])
        assert f"{report}?booking={booking.uid}" in opened
        assert owner.get(report, {"booking": booking.uid, "back": detail}).status_code == 200
        told = owner.post(report, {"booking": booking.uid, "back": detail, "kind": FaultKind.SOUND})
        assert told["Location"] == detail
        fault = Fault.objects.get(room=far, kind=FaultKind.SOUND)
        assert (fault.park, fault.tenant, fault.booking) == (far.park, firm.tenant, booking)
        assert owner.get(reverse("door-sign", args=[far.code])).status_code == 404
        assert owner.post(page(firm, "portal-booking-check-in", uid=booking.uid))["Location"] == detail
        live = owner.post(
            page(firm, "portal-session-new"),
            {"platform": "douyin", "booking": str(booking.uid), "delivery": "phone", "market": "CN"},
        )
        assert live.status_code == 302
    with time_machine.travel(booking.ends_at + 2 * DAY):
        assert owner.get(reverse("door", args=[far.code])).status_code == 404, "lent once, not for good"
    booking.refresh_from_db()
    assert booking.state == BookingState.CHECKED_IN
    assert LiveSession.objects.get(booking=booking).park == world.park


def test_a_day_that_is_free_ends_at_24(
    owner: Client, firm: TenantWorld, world: World, far: Any, nine: datetime
) -> None:
    services.exchange_offer_make(
        actor=SYSTEM,
        room=far,
        starts_at=nine,
        ends_at=nine + 3 * DAY,
        hourly_rate=Decimal(70),
        places=[world.park.code],
    )
    shown = owner.get(page(firm, "portal-exchange"), {"day": f"{local(nine) + DAY:%Y-%m-%d}"}).text
    assert "00:00–24:00" in shown


def test_a_clash_is_409_with_free_times_one_tap_away(
    owner: Client, firm: TenantWorld, world: World, far: Any, nine: datetime
) -> None:
    given = offer(SYSTEM, world, nine, room=far, is_instant=True)
    ask = page(firm, "portal-exchange-ask", uid=given.uid)
    form = {"day": f"{local(nine):%Y-%m-%d}", "start": "09:00", "minutes": "120"}
    booked = owner.post(ask, form)
    assert booked["Location"] == page(firm, "portal-booking", uid=Booking.objects.get(room=far).uid)
    clash = owner.post(ask, form)
    assert clash.status_code == 409
    windows = clash.context["alternatives"]
    assert windows
    again = owner.post(ask, {**form, "start": f"{local(windows[0]['starts_at']):%H:%M}"})
    assert again.status_code == 302
    answer = owner.post(
        "/api/v1/exchange-requests",
        {
            "offer": str(given.uid),
            "tenant": firm.tenant.code,
            "starts_at": local(nine).isoformat(),
            "ends_at": local(nine + HOUR).isoformat(),
        },
        content_type="application/json",
    )
    assert answer.status_code == 409
    assert answer.json()["alternatives"][0]["room"] == far.code


def test_a_firm_lends_its_host(
    owner: Client, firm: TenantWorld, world: World, far: Any, nine: datetime, browser_of: Browsers
) -> None:
    other = make_tenant(far.park, "far-firm")
    theirs = browser_of(make_user("far-owner", Role.TENANT_OWNER, other.node))
    form = {
        "host": firm.host.code,
        "first_day": f"{today()}",
        "last_day": f"{today() + 9 * DAY}",
        "hourly_rate": "60",
        "places": [world.town.node.code],
    }
    asked = owner.get(page(firm, "portal-exchange-offer-new")).context["form"].fields
    assert asked["places"].choices[0][0] == world.town.node.code
    assert asked["parks"].choices == [("far", f"{far.park.name} · {world.town.name}")], "others, by name"
    assert owner.post(page(firm, "portal-exchange-offer-new"), {**form, "places": []}).status_code == 400
    Park.objects.filter(pk=far.park.pk).update(is_synthetic=True)
    assert "parks" not in owner.get(page(firm, "portal-exchange-offer-new")).context["form"].fields, "made up"
    Park.objects.filter(pk=far.park.pk).update(is_synthetic=False)
    wrong = owner.post(page(firm, "portal-exchange-offer-new"), {**form, "others": "far，nowhere"})
    assert list(wrong.context["form"].errors) == ["others"]
    assert "nowhere" in str(wrong.context["form"].errors["others"])
    assert re.search(
        r"<details[^>]* open>\s*<summary>[^<]*</summary>\s*<div id=\"div_id_others\"", wrong.text
    )
    named = {**form, "places": [], "parks": ["far"], "host": make_host(firm.tenant, "named").code}
    assert owner.post(page(firm, "portal-exchange-offer-new"), named).status_code == 302
    told = ExchangeOffer.objects.get(host__code="named").places.get()
    assert told == far.park.node
    assert owner.post(page(firm, "portal-exchange-offer-new"), form).status_code == 302
    given = ExchangeOffer.objects.get(host=firm.host)
    ask = reverse("portal-exchange-ask", args=[other.code, given.uid])
    wish = {"day": f"{local(nine):%Y-%m-%d}", "start": "09:00", "minutes": "60", "room": far.code}
    for start in ("09:00", "12:00"):
        assert theirs.post(ask, {**wish, "start": start}).status_code == 302
    first, second = ExchangeRequest.objects.filter(offer=given).order_by("pk")
    lend = page(firm, "portal-exchange-lend")
    assert "far-firm" in owner.get(lend).text
    accept = page(firm, "portal-exchange-request-accept", uid=first.uid)
    assert owner.post(accept)["Location"] == lend
    decline = page(firm, "portal-exchange-request-decline", uid=second.uid)
    assert owner.get(decline).status_code == 200
    assert owner.post(decline, {"reason": "on a shoot"}).status_code == 302
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (ExchangeState.ACCEPTED, ExchangeState.DECLINED)
    assert Booking.objects.get(loan=first).host == firm.host
    told = theirs.get(reverse("portal-exchange", args=[other.code])).text
    assert "on a shoot" in told
    assert (
        theirs.post(reverse("portal-exchange-request-accept", args=[other.code, second.uid])).status_code
        == 404
    )


def test_nobody_elses_offer_has_a_page(
    owner: Client, firm: TenantWorld, world: World, far: Any, nine: datetime
) -> None:
    hidden = offer(SYSTEM, world, nine, room=far, places=["far"])
    assert owner.get(page(firm, "portal-exchange-ask", uid=hidden.uid)).status_code == 404
    assert owner.get(f"/api/v1/exchange-offers/{hidden.uid}").status_code == 404
    own = offer(SYSTEM, world, nine, host=make_host(firm.tenant, "lent-host"), places=["far"])
    assert owner.get(f"/api/v1/exchange-offers/{own.uid}").status_code == 200
    times = owner.get(
        f"/api/v1/exchange-offers/{own.uid}/free-times",
        {"since": local(nine).isoformat(), "until": local(nine + HOUR).isoformat()},
    ).json()["results"]
    assert times == [{"starts_at": local(nine).isoformat(), "ends_at": local(nine + HOUR).isoformat()}]


def test_a_month_stands_in_the_admin(world: World, browser_of: Browsers) -> None:
    desk = browser_of(world.users[Role.PARK_MANAGER])
    answer = desk.get(reverse("admin:exchange_month"))
    assert answer.status_code == 200
    assert answer.context["month"].rooms_lent == 0
