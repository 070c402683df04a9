"""Bookings and the day of the rooms: through the pages, by the services' rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core.choices import Role
from core.clock import DAY, HOUR, MINUTE, day_start, today
from core.models import User
from livestreams.choices import BookingState, WaitState
from livestreams.models import Booking, WaitlistEntry
from livestreams.services import (
    booking_cancel,
    booking_create,
    offer_waitlist,
    release_expired,
    waitlist_join,
)
from tests.factories import TenantWorld, World, make_world
from tests.portal.booking import day, soon, wish

__all__ = ["day"]


def test_a_room_is_booked_in_local_time(owner: Client, world: World, firm: TenantWorld, day: date) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    page = owner.post(address, wish(world, day, host=firm.host.code, purpose="summer drop"))
    booking = Booking.objects.get(purpose="summer drop")
    assert page["Location"] == reverse("portal-booking", args=[firm.tenant.code, booking.uid])
    assert booking.starts_at == day_start(day) + 14 * HOUR
    assert booking.ends_at == booking.starts_at + 2 * HOUR
    assert (booking.tenant, booking.host) == (firm.tenant, firm.host)


def test_a_booking_after_midnight_is_of_the_day_that_has_begun_in_the_park(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    owner.cookies["django_language"] = "en"
    page = owner.post(address, wish(world, day, start="01:00"))
    shown = owner.get(page["Location"]).content.decode()
    assert re.search(r"([\d-]+) (\w+)\s+01:00–", shown).groups() == (day.isoformat(), f"{day:%a}")


def test_a_taken_room_offers_free_windows_that_one_tap_books(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    owner.post(address, wish(world, day))
    refused = owner.post(address, wish(world, day, start="15:00"))
    assert refused.status_code == 409
    windows = refused.context["alternatives"]
    assert windows
    for window in windows[:1]:
        again = wish(
            world,
            window["start"].date(),
            room=window["room"].code,
            start=f"{window['start']:%H:%M}",
            minutes=window["minutes"],
        )
        assert owner.post(address, again).status_code == 302


def test_a_room_is_booked_every_week_and_the_rest_given_back(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    owner.post(address, wish(world, day + 7 * DAY))
    weekly = wish(world, day, repeat_until=f"{day + 20 * DAY:%Y-%m-%d}", purpose="weekly")
    refused = owner.post(address, weekly)
    assert refused.status_code == 409
    (_headline, left) = refused.context["form"].non_field_errors()
    assert left.startswith(f"{day + 7 * DAY:%Y-%m-%d}: ")
    page = owner.post(address, {**weekly, "skip_taken": "on"}, follow=True)
    assert f"{day + 7 * DAY:%Y-%m-%d}" in page.content.decode()
    made = Booking.objects.filter(purpose="weekly").order_by("starts_at")
    assert [booking.starts_at for booking in made] == [
        day_start(day + days * DAY) + 14 * HOUR for days in (0, 14)
    ]
    seen = [owner.get(reverse("portal-booking", args=[firm.tenant.code, one.uid])) for one in made]
    assert [page.context["series_ahead"] for page in seen] == [2, 1]
    owner.post(reverse("portal-booking-cancel-series", args=[firm.tenant.code, made[1].uid]))
    assert list(made.values_list("state", flat=True)) == [BookingState.CONFIRMED, BookingState.CANCELLED]
    owner.post(reverse("portal-booking-cancel-series", args=[firm.tenant.code, made[0].uid]))
    assert set(made.values_list("state", flat=True)) == {BookingState.CANCELLED}


def test_whoever_finds_a_room_taken_waits_for_it_and_confirms(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    other = world.tenants[1]
    starts_at = day_start(day) + 14 * HOUR
    taken = booking_create(
        actor=other.owner,
        room=world.rooms[0],
        tenant=other.tenant,
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
    )
    refused = owner.post(reverse("portal-booking-new", args=[firm.tenant.code]), wish(world, day))
    form = owner.get(refused.context["wait_from"]).context["form"]
    values = {field.html_name: str(field.value() or "") for field in form}
    assert (values["room"], values["start"], values["end"]) == (world.rooms[0].code, "13:00", "17:00")
    values |= {"start": "14:00", "end": "16:00"}
    assert owner.post(reverse("portal-wait", args=[firm.tenant.code]), values).status_code == 302
    booking_cancel(actor=other.owner, booking=taken)
    assert offer_waitlist() == 1
    page = owner.get(reverse("portal-bookings", args=[firm.tenant.code]))
    offer = next(entry.booking for entry in page.context["waiting"] if entry.booking)
    assert (offer.room, offer.starts_at) == (world.rooms[0], starts_at)
    owner.post(reverse("portal-booking-confirm", args=[firm.tenant.code, offer.uid]))
    offer.refresh_from_db()
    assert offer.state == BookingState.CONFIRMED
    with translation.override("zh-hans"):
        assert offer.waited.state.label == "已确认"


def test_whoever_finds_a_room_taken_at_midnight_waits_for_that_night(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    other, starts_at = world.tenants[1], day_start(day) + 15 * MINUTE
    booking_create(
        actor=other.owner,
        room=world.rooms[0],
        tenant=other.tenant,
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
    )
    refused = owner.post(
        reverse("portal-booking-new", args=[firm.tenant.code]), {**wish(world, day), "start": "00:15"}
    )
    form = owner.get(refused.context["wait_from"]).context["form"]
    values = {field.html_name: str(field.value() or "") for field in form}
    assert owner.post(reverse("portal-wait", args=[firm.tenant.code]), values).status_code == 302
    entry = firm.tenant.waitlist.latest("pk")
    assert (entry.earliest, entry.latest) == (starts_at - HOUR, starts_at + 3 * HOUR)


@pytest.fixture
def offered(world: World, firm: TenantWorld, day: date) -> WaitlistEntry:
    """A firm that waits and is offered what it waits for, a week ahead."""
    starts_at = day_start(day + 7 * DAY) + 14 * HOUR
    entry = waitlist_join(
        actor=firm.owner,
        tenant=firm.tenant,
        room=world.rooms[0],
        earliest=starts_at,
        latest=starts_at + 2 * HOUR,
        minutes=120,
    )
    offer_waitlist()
    entry.refresh_from_db()
    assert entry.state == WaitState.OFFERED
    return entry


def test_whoever_misses_an_offer_reads_so_and_waits_again(
    owner: Client, firm: TenantWorld, offered: WaitlistEntry
) -> None:
    assert offered.booking is not None
    until = offered.booking.hold_expires_at
    assert until is not None
    bookings = reverse("portal-bookings", args=[firm.tenant.code])
    with time_machine.travel(until + MINUTE):
        release_expired()
        page = owner.get(bookings)
        assert offered in page.context["waiting"]
        assert "现已不在候补中" in page.content.decode()
        again = re.search(r'href="([^"]*/bookings/wait/[?][^"]*)"', page.content.decode())
        assert again is not None
        form = owner.get(unescape(again[1])).context["form"]
        values = {field.html_name: str(field.value() or "") for field in form}
        assert owner.post(reverse("portal-wait", args=[firm.tenant.code]), values).status_code == 302
        second = firm.tenant.waitlist.latest("pk")
        assert second != offered
        same = ("room", "earliest", "latest", "minutes")
        assert [getattr(second, name) for name in same] == [getattr(offered, name) for name in same]
        waiting = owner.get(bookings).context["waiting"]
        assert (second in waiting, offered in waiting) == (True, False), "who waits again is not told to"
        second.delete()
        assert offered in owner.get(bookings).context["waiting"]
    with time_machine.travel(until + 3 * DAY):
        assert offered not in owner.get(bookings).context["waiting"]


def test_who_gives_an_offer_back_has_missed_nothing(
    owner: Client, firm: TenantWorld, offered: WaitlistEntry
) -> None:
    assert offered.booking is not None
    booking_cancel(actor=firm.owner, booking=offered.booking)
    waiting = owner.get(reverse("portal-bookings", args=[firm.tenant.code])).context["waiting"]
    assert offered not in waiting


def test_the_browser_takes_every_minute_that_a_booking_may_begin_at(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    """Browsers count steps from the value that is shown: from 17:41 by quarters nobody gets to 18:00."""
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    shown = owner.get(address, {"room": world.rooms[0].code, "day": f"{day}", "start": "17:41"})
    field = str(shown.context["form"]["start"])
    assert 'value="17:41"' in field
    assert "step=" not in field
    assert owner.post(address, wish(world, day, start="17:41")).status_code == 302


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day": "2020-01-01"}, "start"),
        ({"day": "no day"}, "day"),
        ({"start": "25:00"}, "start"),
        ({"minutes": "1"}, "minutes"),
        ({"room": "a\0b"}, "room"),
        ({"day": "0001-01-01"}, "day"),
        ({"repeat_until": "2020-01-01"}, "repeat_until"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    owner: Client, world: World, firm: TenantWorld, day: date, change: dict[str, str], field: str
) -> None:
    before = Booking.objects.count()
    page = owner.post(reverse("portal-booking-new", args=[firm.tenant.code]), wish(world, day, **change))
    assert page.status_code == 400
    assert list(page.context["form"].errors) == [field]
    assert Booking.objects.count() == before


def test_foreign_rooms_and_hosts_are_refused_like_absent_ones(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    stranger = make_world("beta")
    address = reverse("portal-booking-new", args=[firm.tenant.code])

    def refusal(**change: str) -> dict[str, list[str]]:
        return dict(owner.post(address, wish(world, day, **change)).context["form"].errors)

    assert refusal(room=stranger.rooms[0].code) == refusal(room="no-such-room")
    assert refusal(host=stranger.tenants[0].host.code) == refusal(host="no-such-host")
    assert refusal(host=world.tenants[1].host.code) == refusal(host="no-such-host")


def test_the_day_of_the_rooms_shows_what_is_taken_and_never_by_whom(
    world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    other = world.tenants[1]
    Booking.objects.filter(pk=firm.booking.pk).update(purpose="SECRETPURPOSE")
    booked = today() + DAY
    page = browser_of(other.users[Role.TENANT_OWNER]).get(
        reverse("portal-rooms", args=[other.tenant.code]), {"day": f"{booked:%Y-%m-%d}"}
    )
    plans = {plan.room.pk: plan for plan, _bar in page.context["plans"]}
    taken = plans[firm.booking.room_id]
    assert taken.mine == []
    assert any(
        span.start <= firm.booking.starts_at and span.end >= firm.booking.ends_at for span in taken.taken
    )
    assert "SECRETPURPOSE" not in page.text
    assert firm.host.name_zh not in page.text
    assert str(firm.booking.uid) not in page.text


@pytest.mark.parametrize("day", ["", "yesterday", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_any_text_for_a_day_shows_a_day(owner: Client, firm: TenantWorld, day: str) -> None:
    page = owner.get(reverse("portal-rooms", args=[firm.tenant.code]), {"day": day})
    assert page.status_code == 200
    assert page.context["day"] == today()


def test_a_booking_is_cancelled_by_its_tenant_alone(
    owner: Client, world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    def cancel(client: Client, tenant: TenantWorld) -> int:
        return client.post(
            reverse("portal-booking-cancel", args=[tenant.tenant.code, firm.booking.uid])
        ).status_code

    other = world.tenants[1]
    assert cancel(browser_of(other.users[Role.TENANT_OWNER]), other) == 404
    assert cancel(browser_of(firm.users[Role.TENANT_FINANCE]), firm) == 403
    assert cancel(owner, firm) == 302
    firm.booking.refresh_from_db()
    assert firm.booking.state == BookingState.CANCELLED


def test_the_host_checks_in_on_the_phone_and_sees_own_bookings_only(
    world: World, firm: TenantWorld, browser_of: Callable[[User], Client], owner: Client, day: date
) -> None:
    booking = soon(firm)
    owner.post(reverse("portal-booking-new", args=[firm.tenant.code]), wish(world, day))
    host = browser_of(firm.users[Role.HOST])
    listed = host.get(reverse("portal-bookings", args=[firm.tenant.code])).context["rows"]
    assert listed == [booking]
    page = host.get(reverse("portal-booking", args=[firm.tenant.code, booking.uid]))
    assert page.context["open_for_check_in"]
    assert not page.context["can_cancel"]
    host.post(reverse("portal-booking-check-in", args=[firm.tenant.code, booking.uid]))
    booking.refresh_from_db()
    assert booking.state == BookingState.CHECKED_IN


def test_an_agencys_host_sees_and_checks_in_bookings_of_other_tenants(
    world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    other = world.tenants[1]
    booking = soon(firm)
    Booking.objects.filter(pk=booking.pk).update(host=other.host)
    host = browser_of(other.users[Role.HOST])
    code = other.tenant.code
    assert booking in host.get(reverse("portal-bookings", args=[code])).context["rows"]
    day = host.get(reverse("portal-rooms", args=[code]))
    assert [plan.mine for plan, _bar in day.context["plans"] if plan.room == booking.room] == [[booking]]
    host.post(reverse("portal-booking-check-in", args=[code, booking.uid]))
    booking.refresh_from_db()
    assert booking.state == BookingState.CHECKED_IN
    owner = browser_of(other.users[Role.TENANT_OWNER])
    assert owner.get(reverse("portal-booking", args=[code, booking.uid])).status_code == 404


def test_what_a_service_refuses_is_said_where_the_button_stands(owner: Client, firm: TenantWorld) -> None:
    address = reverse("portal-booking-check-in", args=[firm.tenant.code, firm.booking.uid])
    page = owner.post(address, follow=True)
    assert page.redirect_chain[-1][0] == reverse("portal-booking", args=[firm.tenant.code, firm.booking.uid])
    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    away = owner.post(address, {"back": "https://evil.example/"})
    assert away["Location"].startswith("/portal/")


@pytest.mark.parametrize(
    ("page", "values"),
    [
        ("portal-booking-new", {"day": "9999-12-31", "start": "23:30"}),
        ("portal-booking-new", {"day": "9999-12-30", "repeat_until": "9999-12-31"}),
        ("portal-wait", {"day": "9999-12-31", "start": "23:00", "end": "01:00"}),
        ("portal-slot-new", {"day": "9999-12-31", "start": "23:00", "end": "01:00", "value": "1"}),
    ],
)
def test_a_day_out_of_all_reason_is_refused_in_the_form(
    owner: Client, world: World, firm: TenantWorld, day: date, page: str, values: dict[str, str]
) -> None:
    refused = owner.post(reverse(page, args=[firm.tenant.code]), wish(world, day) | values)
    assert refused.status_code == 400
    assert refused.context["form"].errors
