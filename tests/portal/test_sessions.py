"""Sessions in the portal: going live by hand, the list of what was, and what a page says of one."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from analytics.choices import Witness
from analytics.services import session_claim
from analytics.trust.gathering import gather
from core.clock import DAY, HOUR, now, today
from livestreams.choices import Delivery, SessionState
from livestreams.models import Booking, LiveSession
from livestreams.services import booking_create
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World
from tests.portal.booking import soon


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
