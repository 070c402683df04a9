"""Another room or time, two bookings that change places, a hold, days that a series leaves out: through the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.admin import site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from core.choices import Role
from core.clock import DAY, HOUR, MINUTE, day_start, local, today
from core.models import User
from core.services import membership_grant
from core.templatetags.portal import money
from livestreams import services
from livestreams.choices import BookingState
from livestreams.models import Booking, BookingSeries
from tests.factories import SYSTEM, TenantWorld, World, make_user

DAY_AHEAD = 3 * DAY
WEEKDAYS_ZH = [f"星期{day}" for day in "一二三四五六日"]
BrowserOf = Callable[[User], Client]


def book(
    world: World, firm: TenantWorld, hour: float, *, room: int = 0, minutes: int = 120, hold: bool = False
) -> Booking:
    starts_at = day_start(today() + DAY_AHEAD) + hour * HOUR
    return services.booking_create(
        actor=firm.owner,
        room=world.rooms[room],
        tenant=firm.tenant,
        starts_at=starts_at,
        ends_at=starts_at + minutes * MINUTE,
        hold=hold,
    )


def page_of(firm: TenantWorld, name: str, booking: Booking) -> str:
    return reverse(f"portal-booking-{name}", args=[firm.tenant.code, booking.uid])


def place(world: World, start: str, minutes: int, room: int = 0) -> dict[str, Any]:
    return {
        "room": world.rooms[room].code,
        "day": f"{today() + DAY_AHEAD:%Y-%m-%d}",
        "start": start,
        "minutes": f"{minutes}",
    }


def test_a_booking_moves_to_another_room_and_time(owner: Client, world: World, firm: TenantWorld) -> None:
    booking = book(world, firm, 9, minutes=75)
    address = page_of(firm, "place", booking)
    form = owner.get(address).context["form"]
    assert {name: str(form[name].value()) for name in form.fields} == place(world, "09:00", 75)
    assert (75, "1:15") in form.fields["minutes"].choices
    done = owner.post(address, place(world, "14:30", 75, room=1))
    assert done["Location"] == page_of(firm, "confirm", booking).removesuffix("confirm/")
    booking.refresh_from_db()
    assert booking.room == world.rooms[1]
    assert f"{local(booking.starts_at):%H:%M} {local(booking.ends_at):%H:%M}" == "14:30 15:45"


def test_a_taken_place_offers_what_is_free_and_one_tap_moves(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    booking, _other = book(world, firm, 9), book(world, firm, 14)
    address = page_of(firm, "place", booking)
    refused = owner.post(address, place(world, "14:00", 120))
    assert refused.status_code == 409
    window = refused.context["alternatives"][0]
    chosen = {"room": window["room"].code, "minutes": window["minutes"]}
    times = {"day": f"{window['start']:%Y-%m-%d}", "start": f"{local(window['start']):%H:%M}"}
    assert owner.post(address, chosen | times).status_code == 302
    booking.refresh_from_db()
    assert (booking.room, booking.starts_at) == (window["room"], window["start"])


def test_the_page_says_what_leaving_late_costs(
    owner: Client, world: World, firm: TenantWorld, browser_of: BrowserOf
) -> None:
    """Not to one who manages the park as well, and gives nothing up."""
    world.park.settings.late_cancel_percent = 50
    world.park.settings.save()
    booking = book(world, firm, 9)
    assert owner.get(page_of(firm, "place", booking)).context["leaving"] == 0
    with time_machine.travel(booking.starts_at - 2 * HOUR, tick=False):
        page = owner.get(page_of(firm, "place", booking))
        assert page.context["leaving"] == booking.price / 2 > 0
        both = make_user("both", Role.TENANT_OWNER, firm.tenant.node)
        membership_grant(actor=SYSTEM, user=both, role=Role.PARK_MANAGER, node=world.park.node)
        assert browser_of(both).get(page_of(firm, "place", booking)).context["leaving"] == 0
        owner.post(page_of(firm, "place", booking), place(world, "14:00", 120))
    booking.refresh_from_db()
    assert booking.given_up == booking.price / 2


def test_what_cancelling_costs_is_said_before(owner: Client, world: World, firm: TenantWorld) -> None:
    """With what was given up by an earlier move; of a series for all that are given back at once."""
    world.park.settings.late_cancel_percent = 50
    world.park.settings.save()
    day = today() + DAY_AHEAD
    series = services.series_create(
        actor=firm.owner,
        room=world.rooms[0],
        tenant=firm.tenant,
        first_day=day,
        last_day=day + DAY,
        weekdays=range(7),
        start=time(14),
        minutes=120,
    )
    first, second = series.bookings.order_by("starts_at")
    shown = reverse("portal-booking", args=[firm.tenant.code, first.uid])
    assert "仍需支付" not in owner.get(shown).text
    with time_machine.travel(first.starts_at - 2 * HOUR, tick=False):
        half = money(first.price / 2)
        assert owner.get(shown).text.count(f"仍需支付 {half}") == 2, "it alone, and all from here on"
        Booking.objects.filter(pk=second.pk).update(given_up=Decimal(70))
        assert f"仍需支付 {money(first.price / 2 + 70)}" in owner.get(shown).text
        services.booking_cancel(actor=firm.owner, booking=first)
        services.booking_cancel(actor=firm.owner, booking=second)
    assert [row.due for row in series.bookings.order_by("starts_at")] == [first.price / 2, 70]


def test_two_bookings_of_the_firm_change_places(
    owner: Client, world: World, firm: TenantWorld, browser_of: BrowserOf
) -> None:
    one, other = book(world, firm, 9), book(world, firm, 14, room=1)
    foreign = book(world, world.tenants[1], 18)
    page = owner.get(page_of(firm, "swap", one))
    offered = list(page.context["form"].fields["other"].queryset)
    assert other in offered
    assert not {one, foreign} & set(offered)
    gone = book(world, firm, 20, room=1)
    services.booking_cancel(actor=firm.owner, booking=gone)
    refused = owner.post(page_of(firm, "swap", one), {"other": str(gone.uid)})
    assert refused.context["form"].errors["other"] == ["此项不可选，或已不能再选。请重新从列表中选择。"]
    for wrong in (str(one.uid), str(foreign.uid), "", "no uid"):
        assert owner.post(page_of(firm, "swap", one), {"other": wrong}).status_code == 400
    assert owner.post(page_of(firm, "swap", one), {"other": str(other.uid)}).status_code == 302
    places = {
        row.pk: (row.room_id, local(row.starts_at).hour)
        for row in Booking.objects.filter(pk__in=[one.pk, other.pk])
    }
    assert places == {one.pk: (world.rooms[1].pk, 14), other.pk: (world.rooms[0].pk, 9)}
    neighbour = browser_of(world.tenants[1].users[Role.TENANT_OWNER])
    for name in ("swap", "place"):
        assert neighbour.get(page_of(firm, name, one)).status_code == 404
        assert browser_of(firm.users[Role.TENANT_FINANCE]).get(page_of(firm, name, one)).status_code == 403


@pytest.mark.parametrize("on_its_own_page", [True, False])
@pytest.mark.parametrize("minutes", [120, 240, 75])
def test_a_refused_swap_offers_what_is_free_for_the_one_that_stays(
    owner: Client, world: World, firm: TenantWorld, on_its_own_page: bool, minutes: int
) -> None:
    """Its host works elsewhere at the time of the other, whichever of the two the page is of, and however long."""
    one, other = book(world, firm, 9), book(world, firm, 14, room=1, minutes=minutes)
    services.booking_move(actor=firm.owner, booking=one, host=firm.host)
    elsewhere = book(world, world.tenants[1], 14)
    Booking.objects.filter(pk=elsewhere.pk).update(host=firm.host)
    page, wanted = (one, other) if on_its_own_page else (other, one)
    owner.cookies["django_language"] = "en"
    refused = owner.post(page_of(firm, "swap", page), {"other": str(wanted.uid)})
    assert refused.status_code == 409
    window, text = refused.context["alternatives"][0], refused.content.decode()
    assert f"Free instead for {one.room}, " in text
    assert f'action="{page_of(firm, "place", one)}"' in text
    tapped = {"room": window["room"].code, "minutes": window["minutes"]}
    times = {"day": f"{local(window['start']):%Y-%m-%d}", "start": f"{local(window['start']):%H:%M}"}
    assert owner.post(page_of(firm, "place", one), tapped | times).status_code == 302
    price = one.price
    one.refresh_from_db()
    assert (one.room, one.starts_at) == (window["room"], window["start"])
    assert (one.ends_at - one.starts_at, one.price) == (2 * HOUR, price)


def test_a_hold_that_ran_out_reads_so_and_one_that_was_given_back_does_not(
    owner: Client, world: World, firm: TenantWorld, browser_of: BrowserOf
) -> None:
    ran_out, given_back = book(world, firm, 9, hold=True), book(world, firm, 14, hold=True)
    services.booking_cancel(actor=firm.owner, booking=given_back)
    assert ran_out.hold_expires_at is not None
    with time_machine.travel(ran_out.hold_expires_at):
        services.release_expired()
    manager = browser_of(world.users[Role.PARK_MANAGER])
    for browser in (owner, manager):
        browser.cookies["django_language"] = "zh-hans"
    for booking, words in ((ran_out, "预留已过期"), (given_back, "已取消")):
        booking.refresh_from_db()
        assert booking.state == BookingState.CANCELLED
        shown = owner.get(page_of(firm, "place", booking).removesuffix("place/")).text
        assert re.search(f'class="pill[^"]*">{words}<', shown)
        with override("zh-hans"):
            assert site._registry[Booking].offered_as(booking).endswith(f" · {words}")
        change = manager.get(reverse("admin:livestreams_booking_change", args=[booking.pk])).text
        assert ("预留已过期" in change) == (booking == ran_out)
    assert "预留已过期" in manager.get(reverse("admin:livestreams_booking_changelist")).text


def test_a_held_room_shows_until_when_and_is_confirmed(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    owner.cookies["django_language"] = "en"
    owner.post(address, place(world, "14:00", 120) | {"hold": "on", "purpose": "perhaps"})
    booking = Booking.objects.get(purpose="perhaps")
    assert booking.state == BookingState.HELD
    assert booking.hold_expires_at is not None
    until = f"until {local(booking.hold_expires_at):%H:%M}"
    shown = page_of(firm, "place", booking).removesuffix("place/")
    for page in (shown, reverse("portal-bookings", args=[firm.tenant.code])):
        assert until in owner.get(page).content.decode()
    owner.cookies["django_language"] = "zh-hans"
    assert f"预留至 {local(booking.hold_expires_at):%H:%M}" in owner.get(shown).content.decode()
    owner.post(page_of(firm, "confirm", booking))
    booking.refresh_from_db()
    assert (booking.state, booking.hold_expires_at) == (BookingState.CONFIRMED, None)


def test_a_series_leaves_named_days_out(owner: Client, world: World, firm: TenantWorld) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    days = [today() + DAY_AHEAD + weeks * 7 * DAY for weeks in range(4)]
    wish = place(world, "14:00", 120) | {"repeat_until": f"{days[-1]}", "purpose": "weekly"}
    for wrong in ("tomorrow", f"{days[1]}, 2026-13-01", ",".join([f"{days[1]}"] * 101)):
        page = owner.post(address, wish | {"skip": wrong})
        assert page.status_code == 400
        assert page.context["form"].errors.keys() == {"skip"}
    held = owner.post(address, wish | {"hold": "on"})
    assert held.status_code == 400, "a series was held"
    assert held.context["form"].errors.keys() == {"repeat_until"}
    assert not BookingSeries.objects.filter(purpose="weekly").exists()
    owner.post(address, wish | {"skip": f"{days[1]}，{days[2]}"})
    series = BookingSeries.objects.get(purpose="weekly")
    assert [local(row.starts_at).date() for row in series.bookings.order_by("starts_at")] == [
        days[0],
        days[3],
    ]
    assert [left["day"] for left in series.skipped] == [f"{days[1]}", f"{days[2]}"]


def test_what_cannot_be_moved_says_so(owner: Client, world: World, firm: TenantWorld) -> None:
    booking = book(world, firm, 9)
    services.booking_cancel(actor=firm.owner, booking=booking)
    assert owner.post(page_of(firm, "place", booking), place(world, "14:00", 120)).status_code == 409


def test_a_booking_of_a_series_says_so_and_leads_to_all_of_them(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    """Which of how many it is, those given back not counted; the series says which days were left out, and why."""
    days = [today() + DAY_AHEAD + weeks * 7 * DAY for weeks in range(4)]
    series = services.series_create(
        actor=firm.owner,
        room=world.rooms[0],
        tenant=firm.tenant,
        first_day=days[0],
        last_day=days[3],
        weekdays=[days[0].weekday()],
        start=time(14),
        minutes=120,
        skip=[days[1]],
    )
    first, second, last = series.bookings.order_by("starts_at")
    services.booking_cancel(actor=firm.owner, booking=first)
    owner.cookies["django_language"] = "zh-hans"
    named = f"每{WEEKDAYS_ZH[days[0].weekday()]} 14:00–16:00"
    listed = owner.get(reverse("portal-bookings", args=[firm.tenant.code])).content.decode()
    assert "系列，第 1/2 场" in listed
    assert "系列，第 2/2 场" in listed
    whole = reverse("portal-series", args=[firm.tenant.code, series.uid])
    for booking, said in ((first, "系列"), (second, "系列，第 1/2 场"), (last, "系列，第 2/2 场")):
        shown = owner.get(reverse("portal-booking", args=[firm.tenant.code, booking.uid])).content.decode()
        assert f'<a href="{whole}">{named}</a>' in shown
        assert said in shown
    today_page = owner.get(reverse("portal-today", args=[firm.tenant.code])).text
    assert "系列，第 1/2 场" in today_page
    page = owner.get(whole).content.decode()
    assert named in page
    for booking in (first, second, last):
        assert f'href="{reverse("portal-booking", args=[firm.tenant.code, booking.uid])}"' in page
    left_out = re.search(rf"{days[1]}</span>[^<]*<span class=\"muted\">([^<]*)<", page)
    assert left_out is not None
    assert left_out[1] == "按要求"


def test_a_move_is_refused_that_gives_up_more_than_was_agreed_to(
    world: World, firm: TenantWorld, browser_of: BrowserOf
) -> None:
    """What it costs is said when it is asked for, whatever a page showed before. The park pays nothing."""
    world.park.settings.late_cancel_percent = 50
    world.park.settings.save()
    booking, other = book(world, firm, 14), book(world, firm, 20)
    half = booking.price / 2
    owner, manager = browser_of(firm.users[Role.TENANT_OWNER]), browser_of(world.users[Role.PARK_MANAGER])

    def moved(browser: Client, starts_at: datetime, **more: str) -> Any:
        ends_at = starts_at + 2 * HOUR
        return browser.post(
            f"/api/v1/bookings/{booking.uid}/move",
            {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat(), **more},
            content_type="application/json",
        )

    def stands() -> tuple[datetime, Decimal]:
        booking.refresh_from_db()
        return booking.starts_at, booking.given_up

    here, there = booking.starts_at, booking.starts_at + 3 * HOUR
    with time_machine.travel(here - 25 * HOUR, tick=False):
        assert moved(owner, here, may_give_up="0.00").status_code == 200, "its free hours last"
    with time_machine.travel(here - 23 * HOUR, tick=False):
        assert moved(owner, other.starts_at, may_give_up="0.00").json()["code"] == "overlap", (
            "nothing to ask yet"
        )
        for agreed in ("0.00", f"{half - Decimal('0.01'):.2f}"):
            refused = moved(owner, there, may_give_up=agreed)
            assert (refused.status_code, refused.json()["code"]) == (409, "gives_up")
            assert refused.json()["gives_up"] == f"{half:.2f}"
            assert money(half) in refused.json()["detail"]
            assert stands() == (here, 0)
        assert moved(owner, there, may_give_up=f"{half:.2f}").status_code == 200
        assert stands() == (there, half)
    with time_machine.travel(there - 23 * HOUR, tick=False):
        assert moved(manager, here, may_give_up="0.00").status_code == 200
        assert stands() == (here, half)
        later = here - HOUR
        assert moved(owner, later).status_code == 200, "who does not ask agrees to all"


def test_what_leaving_costs_is_asked_once_for_all_that_may_be_left(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    """As many statements for a series of many as of few."""
    world.park.settings.late_cancel_percent = 50
    world.park.settings.save()
    day = today() + DAY_AHEAD

    def asked(addresses: list[str], at: datetime) -> list[int]:
        found = []
        with time_machine.travel(at, tick=False):
            for address in addresses:
                with CaptureQueriesContext(connection) as queries:
                    assert owner.get(address).status_code == 200
                found.append(len(queries))
        return found

    series = [
        services.series_create(
            actor=firm.owner,
            room=world.rooms[1],
            tenant=firm.tenant,
            first_day=day,
            last_day=day + days * DAY,
            weekdays=range(7),
            start=time(hour),
            minutes=60,
        )
        for days, hour in ((1, 9), (12, 12))
    ]
    Booking.objects.filter(series__in=series).update(free_until=day_start(today()))
    pages = [
        reverse("portal-booking", args=[firm.tenant.code, each.bookings.order_by("starts_at")[0].uid])
        for each in series
    ]
    owner.get(pages[0])
    few, many = asked(pages, day_start(today()) + 12 * HOUR)
    assert many == few
