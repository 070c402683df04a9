"""Hosts in the portal: the month, hours and absences, shifts of a booking, the cover of the brand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, HOUR, day_start, local, today
from core.models import User
from livestreams import services
from livestreams.choices import EngagementKind
from livestreams.hostcover import Days
from livestreams.models import Booking, Engagement, HostAbsence, HostShift, PlannedShift
from tests.factories import SYSTEM, TenantWorld, World, make_host, make_session


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    """Sentences are compared as they stand in the code."""
    owner.cookies["django_language"] = "en"


def test_the_page_shows_the_month_and_who_is_away(owner: Client, world: World, firm: TenantWorld) -> None:
    page = reverse("portal-hosts", args=[firm.tenant.code])
    rows = {row.host.code: row for row in owner.get(page).context["rows"]}
    assert set(rows) == {firm.host.code, firm.controller.code}
    assert rows[firm.host.code].agreed == 20
    services.absence_create(
        actor=SYSTEM,
        host=firm.host,
        kind="leave",
        starts_at=day_start(today()),
        ends_at=day_start(today() + DAY),
    )
    shown = owner.get(page)
    assert shown.context["away"] == {firm.host.pk}
    assert "away" in shown.text
    assert owner.get(f"{page}?month=2024-02-29").status_code == 200
    assert owner.get(f"{page}?month=nonsense").status_code == 200


def test_no_door_books_a_host_whose_engagement_has_ended(
    owner: Client, world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    Engagement.objects.filter(host=firm.host, to_day=None).update(to_day=today() + 9 * DAY)
    operator = browser_of(world.users[Role.PARK_MANAGER])
    operator.cookies["django_language"] = "en"

    def answers(day: date) -> list[Any]:
        room = world.rooms[0]
        text = f"{day:%Y-%m-%d}"
        wish = {"room": room.code, "host": firm.host.code, "day": text, "start": "09:00", "minutes": "60"}
        told = {"starts_at": f"{text}T11:00+08:00", "ends_at": f"{text}T12:00+08:00"}
        shown = {"room": room.pk, "tenant": firm.tenant.pk, "host": firm.host.pk}
        times = {
            f"{name}_{part}": value
            for name, hour in (("starts_at", "13:00"), ("ends_at", "14:00"))
            for part, value in ((0, text), (1, hour))
        }
        return [
            owner.post(reverse("portal-booking-new", args=[firm.tenant.code]), wish),
            owner.post(
                "/api/v1/bookings",
                {"tenant": firm.tenant.code, "room": room.code, "host": firm.host.code, **told},
                content_type="application/json",
                headers={"Idempotency-Key": str(uuid4())},
            ),
            operator.post(reverse("admin:livestreams_booking_add"), {**shown, **times}),
        ]

    before = Booking.objects.count()
    assert [answer.status_code for answer in answers(today() + 8 * DAY)] == [302, 201, 302]
    assert Booking.objects.count() == before + 3
    page, answer, form = answers(today() + 9 * DAY)
    assert (answer.status_code, answer.json()["code"]) == (409, "host_away")
    for shown in (page, form):
        assert "The host cannot be booked on this day." in shown.text
    assert Booking.objects.count() == before + 3


def test_an_agency_gets_the_numbers_of_its_hosts_and_no_bookings_of_others(
    world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    agency = world.tenants[1]
    starts_at = day_start(today() + 2 * DAY) + 9 * HOUR
    services.booking_create(
        actor=world.manager,
        room=world.rooms[0],
        tenant=firm.tenant,
        host=agency.controller,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        purpose="SECRET",
    )
    browser = browser_of(agency.users[Role.TENANT_OWNER])
    page = reverse("portal-hosts", args=[agency.tenant.code])
    shown = browser.get(f"{page}?month={local(starts_at):%Y-%m-%d}")
    rows = {row.host.code: row.planned for row in shown.context["rows"]}
    assert rows[agency.controller.code] == 1
    assert "SECRET" not in shown.text


def test_an_agency_reads_when_its_host_worked_for_others_and_not_what(
    world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    agency = world.tenants[1]
    session = make_session(
        firm.tenant,
        host=agency.controller,
        starts_at=day_start(today() - 2 * DAY) + 9 * HOUR,
        canary="SECRET",
    )
    make_session(
        agency.tenant, host=agency.controller, starts_at=day_start(today() - 3 * DAY) + 9 * HOUR, canary="OWN"
    )
    page = reverse("portal-host", args=[agency.tenant.code, agency.controller.uid])
    shown = browser_of(agency.users[Role.TENANT_OWNER]).get(page)
    assert session.shifts.get() in shown.context["worked"]
    assert "SECRET session" not in shown.text
    assert "OWN session" in shown.text


def test_leave_is_written_down_names_what_is_booked_and_is_taken_back(
    owner: Client, firm: TenantWorld
) -> None:
    host = reverse("portal-host", args=[firm.tenant.code, firm.host.uid])
    day = local(firm.booking.starts_at).date()
    posted = {"kind": "illness", "first_day": f"{day}", "last_day": f"{day}", "start": "", "end": ""}
    answer = owner.post(f"{host}away/", posted, follow=True)
    assert "still booked" in answer.text
    assert str(firm.booking.room) in answer.text
    absence = HostAbsence.objects.latest("pk")
    assert (absence.starts_at, absence.ends_at) == (day_start(day), day_start(day + DAY))
    assert "illness" in answer.text
    backwards = owner.post(f"{host}away/", {**posted, "last_day": f"{day - DAY}"})
    assert backwards.status_code == 400
    assert "ends after it begins" in backwards.text
    for name in ("last_day", "first_day"):
        endless = owner.post(f"{host}away/", {**posted, name: "9999-12-31"})
        assert endless.status_code == 400
        assert endless.context["form"].errors[name]
    owner.post(reverse("portal-absence-withdraw", args=[firm.tenant.code, absence.uid]))
    absence.refresh_from_db()
    assert absence.withdrawn_at is not None


def test_hours_are_written_line_by_line(owner: Client, firm: TenantWorld) -> None:
    host = reverse("portal-host", args=[firm.tenant.code, firm.host.uid])
    answer = owner.post(f"{host}hours/", {"weekly_hours": "1-5 09:00-18:00\n\n 6 20:00-02:00 "}, follow=True)
    firm.host.refresh_from_db()
    assert firm.host.weekly_hours == ["1-5 09:00-18:00", "6 20:00-02:00"]
    assert "Mon–Fri 09:00–18:00" in answer.text
    refused = owner.post(f"{host}hours/", {"weekly_hours": "Monday"})
    assert refused.status_code == 400
    assert "“Monday” cannot be read" in refused.text


def test_a_booking_outside_of_the_hours_says_so_in_the_form(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    services.host_update(actor=SYSTEM, host=firm.host, weekly_hours=["1-7 09:00-18:00"])
    posted = {
        "room": world.rooms[0].code,
        "day": f"{today() + 3 * DAY}",
        "start": "18:00",
        "minutes": "60",
        "host": firm.host.code,
    }
    answer = owner.post(reverse("portal-booking-new", args=[firm.tenant.code]), posted)
    assert answer.status_code == 409
    assert "The host can be booked at these times" in str(answer.context["form"].errors["host"])


def test_shifts_are_planned_by_the_clock_over_midnight_with_a_warning_of_gaps(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    starts_at = day_start(today() + 3 * DAY) + 22 * HOUR
    booking = services.booking_create(
        actor=firm.owner,
        room=world.rooms[0],
        tenant=firm.tenant,
        starts_at=starts_at,
        ends_at=starts_at + 4 * HOUR,
    )
    page = reverse("portal-booking-shifts", args=[firm.tenant.code, booking.uid])

    def plan(code: str, start: str, end: str) -> int:
        posted = {"host": code, "role": "host", "start": start, "end": end}
        return int(owner.post(page, posted).status_code)

    assert plan(firm.host.code, "22:00", "00:00") == 302
    assert plan(firm.controller.code, "01:00", "02:00") == 302
    spans = booking.shifts.order_by("starts_at").values_list("starts_at", "ends_at")
    assert list(spans) == [
        (starts_at, starts_at + 2 * HOUR),
        (starts_at + 3 * HOUR, starts_at + 4 * HOUR),
    ]
    shown = owner.get(page)
    assert "Nobody is planned before the camera" in shown.text
    assert "00:00–01:00" in shown.text
    whole = owner.get(reverse("portal-booking", args=[firm.tenant.code, booking.uid])).text
    assert f"{firm.host}, {firm.controller}" in whole
    assert plan(firm.host.code, "23:00", "00:30") == 409
    outside = owner.post(page, {"host": firm.host.code, "role": "host", "start": "01:30", "end": "03:00"})
    assert (outside.status_code, list(outside.context["form"].errors)) == (400, ["start"])
    first = booking.shifts.earliest("starts_at")
    owner.post(reverse("portal-shift-drop", args=[firm.tenant.code, first.uid]))
    assert PlannedShift.objects.get(pk=first.pk).released
    assert page in owner.get(reverse("portal-booking", args=[firm.tenant.code, booking.uid])).text


def test_a_brand_reads_its_cover_and_not_who_covers(
    owner: Client, world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    HostShift.objects.all().delete()
    Booking.objects.update(state="cancelled")
    PlannedShift.objects.update(released=True)
    own = make_host(world.tenants[1].tenant, "own-host", "OWNHOST")
    services.engagement_begin(
        actor=world.manager,
        host=own,
        kind=EngagementKind.PARK,
        park=world.park,
        from_day=today() - timedelta(days=30),
    )
    make_session(firm.tenant, host=own, starts_at=day_start(today() - 2 * DAY) + 9 * HOUR)
    shown = owner.get(reverse("portal-hosts", args=[firm.tenant.code]))
    (behind, _title), (ahead, _ahead) = shown.context["covers"]
    assert (behind.covered, behind.counted, ahead.covered) == (1, 365, 0)
    assert behind.missing[-1] == Days(today() - DAY, today() - DAY)
    assert "OWNHOST" not in shown.text
    agency = browser_of(world.tenants[1].users[Role.TENANT_OWNER])
    page = agency.get(reverse("portal-hosts", args=[world.tenants[1].tenant.code]))
    assert page.context["covers"] == []


def test_certificates_that_are_over_are_listed_and_the_gate_says_what_is_missing(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    services.certificate_record(
        actor=SYSTEM,
        host=firm.host,
        title="Expired one",
        issued_on=today() - 100 * DAY,
        expires_on=today() - DAY,
    )
    services.stage_create(
        actor=world.manager, park=world.park, number=2, name_zh="第二阶段", needs_sessions=99
    )
    page = owner.get(reverse("portal-hosts", args=[firm.tenant.code]))
    assert [str(validity) for _certificate, validity in page.context["due"]] == ["expired"]
    shown = owner.get(reverse("portal-host", args=[firm.tenant.code, firm.host.uid]))
    assert "99 sessions held; there are 1." in shown.text
    assert shown.text.count("expired") >= 1


def test_a_host_reads_its_own_page_and_plans_nothing(
    firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    browser = browser_of(firm.users[Role.HOST])
    browser.cookies["django_language"] = "en"
    assert [
        row.host for row in browser.get(reverse("portal-hosts", args=[firm.tenant.code])).context["rows"]
    ] == [firm.host]
    own = reverse("portal-host", args=[firm.tenant.code, firm.host.uid])
    shown = browser.get(own)
    assert shown.status_code == 200
    assert "Leave or illness" not in shown.text
    assert browser.post(f"{own}hours/", {"weekly_hours": ""}).status_code == 403
    other = reverse("portal-host", args=[firm.tenant.code, firm.controller.uid])
    assert browser.get(other).status_code == 404
