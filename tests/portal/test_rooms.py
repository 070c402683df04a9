"""Bookings, the day of the rooms, going live by hand: through the pages, by the services' rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics.choices import Witness
from analytics.services import session_claim
from analytics.trust.gathering import gather
from core.choices import Role
from core.clock import DAY, HOUR, MINUTE, day_start, now, today
from core.models import User
from livestreams.choices import BookingState, Delivery, SessionState
from livestreams.models import Booking, LiveSession
from livestreams.services import booking_cancel, booking_create, offer_waitlist
from livestreams.usual import habit, next_free
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World, make_world


@pytest.fixture
def day() -> date:
    """A day on which nothing is booked yet."""
    return today() + 3 * DAY


def wish(world: World, on: date, **values: Any) -> dict[str, Any]:
    return {
        "room": world.rooms[0].code,
        "day": f"{on:%Y-%m-%d}",
        "start": "14:00",
        "minutes": "120",
        **values,
    }


def test_a_room_is_booked_in_local_time(owner: Client, world: World, firm: TenantWorld, day: date) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    page = owner.post(address, wish(world, day, host=firm.host.code, purpose="summer drop"))
    booking = Booking.objects.get(purpose="summer drop")
    assert page["Location"] == reverse("portal-booking", args=[firm.tenant.code, booking.uid])
    assert booking.starts_at == day_start(day) + 14 * HOUR
    assert booking.ends_at == booking.starts_at + 2 * HOUR
    assert (booking.tenant, booking.host) == (firm.tenant, firm.host)


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


def test_the_form_offers_the_usual_room_and_length_as_soon_as_they_can_be_had(
    owner: Client, world: World, firm: TenantWorld, day: date
) -> None:
    address = reverse("portal-booking-new", args=[firm.tenant.code])
    Booking.objects.filter(tenant=firm.tenant).update(state=BookingState.CANCELLED)
    usual, other = world.rooms[1], world.rooms[0]
    for days, room, hours in ((9, usual, 3), (10, usual, 3), (11, other, 1)):
        starts_at = day_start(day + days * DAY) + 9 * HOUR
        booking_create(
            actor=firm.owner,
            room=room,
            tenant=firm.tenant,
            starts_at=starts_at,
            ends_at=starts_at + hours * HOUR,
        )
    # somebody else has all rooms for the whole day and ten minutes of the next
    neighbour = world.tenants[1]
    for room in world.rooms:
        booking_create(
            actor=neighbour.owner,
            room=room,
            tenant=neighbour.tenant,
            starts_at=day_start(day),
            ends_at=day_start(day + DAY) + 10 * MINUTE,
        )

    def offered(query: str = "") -> dict[str, str]:
        form = owner.get(f"{address}?day={day}{query}").context["form"]
        return {name: str(form[name].value()) for name in ("room", "day", "start", "minutes")}

    values = {
        "room": usual.code,
        "day": f"{day + DAY}",
        "start": "09:00",
        "minutes": "180",
    }
    assert offered() == values
    assert offered(f"&room={other.code}")["room"] == other.code
    assert offered("&start=07:30&minutes=60") == {
        **values,
        "day": f"{day}",
        "start": "07:30",
        "minutes": "60",
    }
    for nonsense in ("&minutes=x", "&minutes=9999999", "&room=no%00room"):
        assert offered(nonsense) == values
    assert owner.post(address, values).status_code == 302


@pytest.mark.parametrize(
    ("begins", "usual", "proposed"),
    [
        # the hour near which most begin, on the next evening on which it is free
        ((19.5, 20.25, 20.75, 3), time(20, 15), 44.25),
        # also around midnight, where tomorrow is near today
        ((23.75, 0.25, 0.5, 12), time(0, 30), 24.5),
        # at no hour in particular: as soon as can be, a quarter for the set-up after whoever is there
        ((3, 9, 15, 21), None, 24.25),
        ((), None, 24.25),
    ],
)
def test_a_time_is_proposed_at_the_usual_hour_and_the_soonest_only_without_one(
    world: World,
    firm: TenantWorld,
    day: date,
    begins: tuple[float, ...],
    usual: time | None,
    proposed: float,
) -> None:
    room, neighbour = world.rooms[0], world.tenants[1]
    Booking.objects.filter(tenant=firm.tenant).update(state=BookingState.CANCELLED)
    midnight = day_start(day)
    for number, hour in enumerate(begins, start=10):
        start = midnight + 2 * number * DAY + hour * HOUR
        booking_create(
            actor=firm.owner, room=room, tenant=firm.tenant, starts_at=start, ends_at=start + 2 * HOUR
        )
    booking_create(
        actor=neighbour.owner,
        room=room,
        tenant=neighbour.tenant,
        starts_at=midnight + 18 * HOUR,
        ends_at=midnight + 24 * HOUR,
    )
    found = habit(Booking.objects.filter(tenant=firm.tenant), [120])
    assert (found.minutes, found.begins) == (120, usual)
    window = next_free([room], 2 * HOUR, midnight + 20 * HOUR, found.begins)
    assert window is not None
    assert window.span.start == midnight + proposed * HOUR


def test_a_neighbour_that_is_free_earlier_is_proposed_before_the_usual_room(
    world: World, firm: TenantWorld, day: date
) -> None:
    usual, other = world.rooms[:2]
    Booking.objects.all().update(state=BookingState.CANCELLED)
    midnight, neighbour = day_start(day), world.tenants[1]
    booking_create(
        actor=neighbour.owner,
        room=usual,
        tenant=neighbour.tenant,
        starts_at=midnight + HOUR,
        ends_at=midnight + 2 * DAY + 12 * HOUR,
    )
    for begins, hour in ((time(20), 20), (None, 1)):
        window = next_free([usual, other], 2 * HOUR, midnight + HOUR, begins)
        assert window is not None
        assert (window.room, window.span.start) == (other, midnight + hour * HOUR), begins
        window = next_free([usual, other], 2 * HOUR, midnight + 2 * DAY + 13 * HOUR, begins)
        assert window is not None
        assert window.room == usual, "the first of those that are free on one day"


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


def soon(firm: TenantWorld) -> Booking:
    """The firm's booking, begun ten minutes ago."""
    starts_at = now() - HOUR / 6
    Booking.objects.filter(pk=firm.booking.pk).update(
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
        blocked_from=starts_at,
        blocked_until=starts_at + 2 * HOUR,
    )
    firm.booking.refresh_from_db()
    return firm.booking


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


def test_a_phone_session_goes_live_and_ends(owner: Client, firm: TenantWorld) -> None:
    booking = soon(firm)
    form = {
        "platform": "douyin",
        "delivery": "phone",
        "market": "CN",
        "booking": str(booking.uid),
        "title": "evening",
    }
    address = reverse("portal-session-new", args=[firm.tenant.code])
    ruined = owner.post(address, {**form, "platform_live_id": "7.31246E+18"})
    assert ruined.context["form"].has_error("platform_live_id", "id_ruined")
    page = owner.post(address, form)
    session = LiveSession.objects.get(title="evening")
    assert page["Location"] == reverse("portal-session", args=[firm.tenant.code, session.uid])
    assert (session.room_id, session.state) == (booking.room_id, SessionState.LIVE)
    today_page = owner.get(reverse("portal-today", args=[firm.tenant.code]))
    assert list(today_page.context["live"]) == [session]
    owner.post(reverse("portal-session-end", args=[firm.tenant.code, session.uid]))
    session.refresh_from_db()
    assert session.state == SessionState.ENDED
    page = owner.get(reverse("portal-today", args=[firm.tenant.code]))
    assert booking not in page.context["bookings"], "it ended early and does not come next"
    bookings = reverse("portal-bookings", args=[firm.tenant.code])
    assert [booking in owner.get(bookings, query).context["rows"] for query in ({}, {"past": ""})] == [
        False,
        True,
    ]


def test_an_open_session_says_which_booking_of_the_room_ends_it(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    booking, other = soon(firm), world.tenants[1]
    form = {"platform": "douyin", "delivery": "phone", "market": "CN", "booking": str(booking.uid)}
    owner.cookies["django_language"] = "en"
    address = owner.post(reverse("portal-session-new", args=[firm.tenant.code]), form)["Location"]
    assert "this session ends as that booking goes on air" not in owner.get(address).text
    after = (booking.ends_at + HOUR).replace(second=0, microsecond=0)
    booking_create(
        actor=other.owner, room=booking.room, tenant=other.tenant, starts_at=after, ends_at=after + HOUR
    )
    shown = owner.get(address)
    assert shown.context["next_in_room"] == after
    assert "this session ends as that booking goes on air" in shown.text
    assert str(other.tenant) not in shown.text
    LiveSession.objects.update(delivery=Delivery.NODE)
    assert owner.get(address).context["next_in_room"] is None, "its node cuts it at the end of its slot"
    LiveSession.objects.update(delivery=Delivery.PHONE)
    LiveSession.objects.update(state=SessionState.ENDED, ended_at=now())
    assert owner.get(address).context["next_in_room"] is None


def test_sessions_are_filtered_and_paged_in_few_queries(
    owner: Client, firm: TenantWorld, django_assert_max_num_queries: Any
) -> None:
    address = reverse("portal-sessions", args=[firm.tenant.code])
    owner.get(address)  # the first visit remembers the firm
    with django_assert_max_num_queries(6):
        page = owner.get(address, {"since": f"{today() - 2 * DAY}", "platform": "douyin", "state": "ended"})
    assert [session for session, _figures in page.context["rows"]] == [firm.session]
    assert owner.get(address, {"since": f"{today()}"}).context["rows"] == []
    for bad in (
        {"since": "x"},
        {"since": "0001-01-01"},
        {"platform": "radio"},
        {"page": "x"},
        {"page": "99999"},
    ):
        assert owner.get(address, bad).status_code == 200


def test_a_session_without_a_booking_says_so_and_is_borne_out_by_no_check_in(
    owner: Client, firm: TenantWorld, world: World
) -> None:
    """Also where the firm was checked in elsewhere at the time."""
    session, page = firm.session, reverse("portal-session", args=[firm.tenant.code, firm.session.uid])
    booked = Booking.objects.filter(pk=firm.booking.pk)
    booked.update(checked_in_at=min(session.created_at, firm.booking.starts_at) - HOUR)
    row = LiveSession.objects.filter(pk=session.pk)
    row.update(booking=firm.booking, room=firm.booking.room)
    park = Client()
    park.force_login(world.users["park_manager"])
    lists = (
        (owner, reverse("portal-sessions", args=[firm.tenant.code])),
        (park, reverse("admin:livestreams_livesession_changelist")),
    )

    def told() -> list[int]:
        tool = Caller(user=firm.users["tenant_owner"])
        (shown,) = [
            each for each in tool.get("live-sessions").json()["results"] if each["uid"] == str(session.uid)
        ]
        return [shown["unbooked"], *(client.get(address).text.count("无预约") for client, address in lists)]

    assert "无预约" not in owner.get(page).text
    of_others = told()[2]
    assert told() == [False, 0, of_others]
    session_claim(actor=SYSTEM, session=session, minutes=60)

    def witnesses() -> set[str]:
        (found,) = gather([LiveSession.objects.select_related("booking").get(pk=session.pk)])
        return {each.witness for each in found.evidence.air}

    assert Witness.CHECK_IN in witnesses()
    row.update(booking=None)
    assert "无预约" in owner.get(page).text
    assert told() == [True, 1, of_others + 1]
    assert Witness.CHECK_IN not in witnesses()


def test_a_session_shows_its_audience_in_local_time(owner: Client, firm: TenantWorld) -> None:
    page = owner.get(reverse("portal-session", args=[firm.tenant.code, firm.session.uid]))
    audience = page.context["audience"]
    assert audience["peak"] == 100
    assert audience["series"][0]["data"][0][0].endswith("T12:00:00")


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
