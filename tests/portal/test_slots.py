"""Asking the schedule in the portal: what was asked, what it got, and why not."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import jobs
from core.choices import Role
from core.clock import DAY, HOUR, day_start, today
from core.strict import instant
from livestreams import services
from livestreams.choices import BookingState
from livestreams.models import Booking, Host, SchedulePlan, SlotQuota, SlotRequest
from livestreams.planning import CrewShift, PlanRules
from tests.factories import TenantWorld, World


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    """Sentences are compared as they stand in the code."""
    read_in_english(owner)


def read_in_english(browser: Client) -> None:
    browser.cookies["django_language"] = "en"


def wish(**values: Any) -> dict[str, Any]:
    day = today() + 3 * DAY
    return {"day": f"{day}", "start": "14:00", "end": "16:00", "minutes": "120", "value": "100", **values}


def schedule(world: World) -> SchedulePlan:
    day = today() + 3 * DAY
    plan = services.plan_start(actor=world.manager, park=world.park, first_day=day, last_day=day, seconds=10)
    jobs.run_due()
    return services.plan_publish(actor=world.manager, plan=plan)


def test_what_was_asked_is_answered_on_the_page(owner: Client, world: World, firm: TenantWorld) -> None:
    address = reverse("portal-slot-new", args=[firm.tenant.code])
    page = reverse("portal-slots", args=[firm.tenant.code])
    for number in range(3):
        answer = owner.post(address, wish(value=str(100 + number), purpose=f"drop {number}"))
        assert answer["Location"] == page
    assert "waits for the next schedule" in owner.get(page).text
    schedule(world)
    shown = owner.get(page)
    answers = {row.purpose: found for row, found in shown.context["asked"]}
    assert [one["slot"].booking.starts_at for one in answers["drop 2"]] == [
        day_start(today() + 3 * DAY) + 14 * HOUR
    ]
    (refused,) = answers["drop 0"]
    assert refused["slot"].booking is None
    assert refused["obstacles"] == ["All rooms that would do are taken then."]
    assert any("one room more" in way for way in refused["ways"])
    assert refused["obstacles"][0] in shown.text


def test_whoever_asked_for_one_room_is_not_told_that_one_more_would_help(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    for number in range(2):
        wanted = wish(value=str(100 + number), purpose=f"drop {number}", room=world.rooms[0].code)
        owner.post(reverse("portal-slot-new", args=[firm.tenant.code]), wanted)
    schedule(world)
    shown = owner.get(reverse("portal-slots", args=[firm.tenant.code]))
    (refused,) = {row.purpose: found for row, found in shown.context["asked"]}["drop 0"]
    assert any(way.endswith("14:00 with this room free then.") for way in refused["ways"])
    assert not any("one room more" in way for way in refused["ways"])


def test_what_a_repair_gives_up_is_told_with_its_reasons(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    for number in range(2):
        owner.post(reverse("portal-slot-new", args=[firm.tenant.code]), wish(value=str(500 + number)))
    plan = schedule(world)
    repair = services.plan_repair(actor=world.manager, plan=plan, rooms=(world.rooms[0],))
    jobs.run_due()
    services.plan_publish(actor=world.manager, plan=repair)
    lost = SlotRequest.objects.get(value=500)
    assert set(lost.slots.values_list("booking__state", flat=True)) == {BookingState.CANCELLED, None}
    shown = owner.get(reverse("portal-slots", args=[firm.tenant.code]))
    answers = {row.value: found for row, found in shown.context["asked"]}
    (kept,), (given_up,) = answers[501], answers[500]
    assert (kept["slot"].booking.state, kept["obstacles"]) == (BookingState.CONFIRMED, [])
    assert given_up["slot"].booking is None
    assert given_up["obstacles"] == ["Given up by the repair.", "All rooms that would do are taken then."]
    assert " ".join(given_up["obstacles"]) in shown.text
    assert "· None" not in shown.text


def test_a_slot_that_the_firm_gave_back_is_not_shown_as_had(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    owner.post(reverse("portal-slot-new", args=[firm.tenant.code]), wish())
    slot = schedule(world).slots.get()
    page = reverse("portal-slots", args=[firm.tenant.code])
    assert "bi-check-circle" in owner.get(page).text
    assert slot.booking is not None
    services.booking_cancel(actor=firm.owner, booking=slot.booking)
    shown = owner.get(page).text
    assert "bi-check-circle" not in shown
    assert '<span class="pill">cancelled</span>' in shown


def test_a_proposal_is_not_shown_before_it_is_published(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    owner.post(reverse("portal-slot-new", args=[firm.tenant.code]), wish())
    day = today() + 3 * DAY
    services.plan_start(actor=world.manager, park=world.park, first_day=day, last_day=day, seconds=10)
    jobs.run_due()
    asked = dict(owner.get(reverse("portal-slots", args=[firm.tenant.code])).context["asked"])
    assert asked[SlotRequest.objects.latest("pk")] == []


def test_windows_of_several_days_and_past_midnight(owner: Client, firm: TenantWorld) -> None:
    last = today() + 5 * DAY
    owner.post(
        reverse("portal-slot-new", args=[firm.tenant.code]),
        wish(last_day=f"{last}", start="22:00", end="02:00"),
    )
    request = SlotRequest.objects.latest("pk")
    assert len(request.windows) == 3
    assert request.latest - request.earliest == 2 * DAY + 4 * HOUR


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"value": "0"}, "value"),
        ({"end": "15:00"}, None),
        ({"last_day": "2001-01-01"}, "last_day"),
        ({"day": "x"}, "day"),
    ],
)
def test_impossible_wishes_are_refused_where_they_stand(
    owner: Client, firm: TenantWorld, values: dict[str, str], field: str | None
) -> None:
    before = SlotRequest.objects.count()
    page = owner.post(reverse("portal-slot-new", args=[firm.tenant.code]), wish(**values))
    assert page.status_code == 400
    errors = page.context["form"].errors
    assert (field in errors) if field else errors
    assert SlotRequest.objects.count() == before


def test_a_firm_prefers_one_of_its_own_hosts_among_those_of_a_category(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    address = reverse("portal-slot-new", args=[firm.tenant.code])
    own, other = firm.host.code, world.tenants[1].host.code
    for values, said in (
        ({"category": "lamps", "preferred_host": other}, "This cannot be chosen"),
        ({"preferred_host": own}, "A host is preferred among those for a category"),
        ({"host": own, "preferred_host": own}, "A host is preferred among those for a category"),
    ):
        refused = owner.post(address, wish(**values))
        assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["preferred_host"])
        assert said in refused.context["form"].errors["preferred_host"][0]
    refused = owner.post(address, wish(category="lamps", preferred_host=firm.host.code))
    assert "This host is none for that category" in refused.text
    Host.objects.filter(pk=firm.host.pk).update(categories=["lamps"])
    made = owner.post(address, wish(category="lamps", preferred_host=firm.host.code))
    assert made.status_code == 302
    asked = SlotRequest.objects.latest("pk")
    assert (asked.category, asked.preferred_host) == ("lamps", firm.host)
    page = reverse("portal-slots", args=[firm.tenant.code])
    shown = owner.get(page).text
    assert f"preferably {firm.host}" in shown
    assert "not heeded" not in shown
    Host.objects.filter(pk=firm.host.pk).update(categories=["shoes"])
    assert "not heeded" in owner.get(page).text


def test_a_request_is_withdrawn(owner: Client, firm: TenantWorld) -> None:
    owner.post(reverse("portal-slot-new", args=[firm.tenant.code]), wish())
    request = SlotRequest.objects.latest("pk")
    owner.post(reverse("portal-slot-withdraw", args=[firm.tenant.code, request.uid]))
    request.refresh_from_db()
    assert request.withdrawn_at is not None


def test_the_operator_runs_reads_and_publishes_a_schedule(
    world: World, firm: TenantWorld, browser_of: Any
) -> None:
    for number in range(3):
        starts_at = day_start(today() + 3 * DAY) + 14 * HOUR
        services.slot_request_make(
            actor=firm.owner,
            tenant=firm.tenant,
            minutes=120,
            windows=[(starts_at, starts_at + timedelta(hours=2))],
            value=100 + number,
        )
    operator = browser_of(world.users[Role.PARK_STUDIO])
    read_in_english(operator)
    day = f"{today() + 3 * DAY}"
    values = {"park": world.park.pk, "first_day": day, "last_day": day, "seconds": 10, "seed": 0}
    made = operator.post(reverse("admin:livestreams_scheduleplan_add"), values)
    assert made.status_code == 302, made.context["adminform"].form.errors
    jobs.run_due()
    plan = SchedulePlan.objects.latest("pk")
    page = operator.get(
        reverse("admin:livestreams_scheduleplan_change", args=[plan.pk]), headers={"accept-language": "en"}
    )
    assert "Proven: no schedule is worth more." in page.text
    assert "2 placed · 1 left out" in page.text
    assert "All rooms that would do are taken then." in page.text
    operation = reverse("admin:livestreams_scheduleplan_operation", args=[plan.pk, "publish"])
    assert operator.post(operation).status_code == 302
    assert plan.slots.filter(booking__isnull=False).count() == 2
    repair = reverse("admin:livestreams_scheduleplan_operation", args=[plan.pk, "repair"])
    answer = operator.post(repair, {"rooms": [world.rooms[0].pk]})
    jobs.run_due()
    repaired = SchedulePlan.objects.latest("pk")
    assert answer["Location"] == reverse("admin:livestreams_scheduleplan_change", args=[repaired.pk])
    assert repaired.value == 102
    rows = operator.get(reverse("admin:livestreams_scheduleplan_changelist")).text
    assert not re.search(r"\b(plan|repair),", rows), "kinds read in words, without their codes"


def test_a_repair_names_the_bookings_that_it_leaves_in_the_failed_room(
    world: World, firm: TenantWorld, browser_of: Any
) -> None:
    day = day_start(today() + 3 * DAY)

    def by_hand(hour: int, room: int = 0) -> Booking:
        starts_at = day + hour * HOUR
        return services.booking_create(
            actor=firm.owner,
            room=world.rooms[room],
            tenant=firm.tenant,
            starts_at=starts_at,
            ends_at=starts_at + HOUR,
        )

    services.slot_request_make(
        actor=firm.owner,
        tenant=firm.tenant,
        minutes=120,
        windows=[(day + 14 * HOUR, day + 16 * HOUR)],
        room=world.rooms[0],
    )
    plan = schedule(world)
    planned = plan.slots.get().booking
    assert planned is not None
    assert planned.room == world.rooms[0]
    left, elsewhere, later = by_hand(9), by_hand(9, room=1), by_hand(24 + 9)
    services.plan_repair(actor=world.manager, plan=plan, rooms=(world.rooms[0],))
    jobs.run_due()
    operator = browser_of(world.users[Role.PARK_STUDIO])
    read_in_english(operator)
    address = reverse("admin:livestreams_scheduleplan_change", args=[SchedulePlan.objects.latest("pk").pk])
    page = operator.get(address).text

    def leads_to(booking: Booking) -> bool:
        return reverse("admin:livestreams_booking_operation", args=[booking.pk, "move"]) in page

    assert "The repair does not touch 1 booking in a failed room." in page
    assert [leads_to(each) for each in (left, planned, elsewhere, later)] == [True, False, False, False]
    services.booking_move(
        actor=world.manager,
        booking=left,
        room=world.rooms[1],
        starts_at=day + 18 * HOUR,
        ends_at=day + 19 * HOUR,
    )
    page = operator.get(address).text
    assert not leads_to(left)
    assert "does not touch" not in page


def test_the_operator_enters_staggered_shifts_of_make_up(world: World, browser_of: Any) -> None:
    """Shifts of six and a half hours, as the public case of 75 rooms has them."""
    operator = browser_of(world.users[Role.PARK_STUDIO])
    read_in_english(operator)
    day, add = f"{today() + 3 * DAY}", reverse("admin:livestreams_scheduleplan_add")
    values = {"park": world.park.pk, "first_day": day, "last_day": day, "seconds": 0, "seed": 0}
    makeup = {"makeup_minutes": 45, "makeup_wait_hours": 4, "makeup_percent": 60}
    for text, part in (
        ("3 06:00-12:30\n2 noon", "2 noon"),
        ("0 06:00-12:30", "from 1 to 1000"),
        ("1 06:00-25:00", "25:00"),
    ):
        answer = operator.post(add, {**values, "makeup_shifts": text})
        assert answer.status_code == 200, text
        refused = answer.context["adminform"].form.errors
        assert list(refused) == ["makeup_shifts"]
        assert part in refused["makeup_shifts"][0]
    text = "2 06:00-12:30\r\n\r\n 3  11:30–18:00 \n2 20：00 — 02：30\n1 17:30-24:00"
    made = operator.post(add, {**values, **makeup, "makeup_shifts": text})
    assert made.status_code == 302, made.context["adminform"].form.errors
    plan = SchedulePlan.objects.latest("pk")
    groups = (
        (time(6), time(12, 30), 2),
        (time(11, 30), time(18), 3),
        (time(20), time(2, 30), 2),
        (time(17, 30), time(0), 1),
    )
    wanted = PlanRules(makeup_shifts=tuple(CrewShift(*group) for group in groups), **makeup)
    assert PlanRules.from_dict(plan.rules) == wanted
    assert operator.post(add, values).status_code == 302
    assert PlanRules.from_dict(SchedulePlan.objects.latest("pk").rules) == PlanRules()


def test_rules_and_changes_read_in_the_words_of_the_form(world: World, browser_of: Any) -> None:
    operator = browser_of(world.users[Role.PARK_STUDIO])
    read_in_english(operator)
    day = today() + 3 * DAY
    shifts = (CrewShift(time(8), time(22), 2),)
    rules = PlanRules(quota_hours=40, makeup_shifts=shifts, makeup_wait_hours=2)
    plan = services.plan_start(
        actor=world.manager, park=world.park, first_day=day, last_day=day, seconds=0, rules=rules
    )
    jobs.run_due()
    plan.refresh_from_db()
    other = services.plan_what_if(actor=world.manager, plan=plan, rooms=(world.rooms[0],), more_rooms=2)

    def words(of: SchedulePlan) -> str:
        page = operator.get(reverse("admin:livestreams_scheduleplan_change", args=[of.pk])).text
        assert not {name for name in ("fair_bonus", "quota_hours", "makeup_", "more_rooms") if name in page}
        return page

    for line in (
        "hours of each firm at most: 40",
        "make-up artists: 2 · 08:00–22:00",
        "made up so many hours before at most: 2",
    ):
        assert f"<div>{line}</div>" in words(plan)
    assert "rest of a host between two sessions" not in words(plan)
    away = f"{world.rooms[0]} · {day:%m-%d} 00:00 – {day + DAY:%m-%d} 00:00"
    assert f"<div>rooms out of use: {away}</div>" in words(other)
    assert "<div>rooms more: 2</div>" in words(other)


def test_a_firm_reads_how_many_hours_schedules_give_it(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    SlotQuota.objects.filter(tenant=firm.tenant).update(week_hours=None)
    page = reverse("portal-slots", args=[firm.tenant.code])
    assert "hours a day at most" not in owner.get(page).text
    SlotQuota.objects.create(park=world.park, day_hours=6)
    shown = owner.get(page).text
    assert "You have 6 hours a day at most, all rooms together." in shown
    assert "a week at most" not in shown


def test_a_firm_asks_for_people_of_the_park_during_its_session(owner: Client, firm: TenantWorld) -> None:
    asked = wish(camera_people="2", control_people="1", camera_minutes="60")
    page = owner.post(reverse("portal-slot-new", args=[firm.tenant.code]), asked)["Location"]
    assert SlotRequest.objects.latest("pk").crews == [
        {"crew": "camera", "people": 2, "minutes": 60},
        {"crew": "control", "people": 1, "minutes": None},
    ]
    assert "camera crew × 2 (60 minutes)" in owner.get(page).text
    refused = owner.post(
        reverse("portal-slot-new", args=[firm.tenant.code]), {**asked, "camera_minutes": "999"}
    )
    assert "A crew is there for a part of the session" in refused.text


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"camera_people": "200"}, "camera_people"),
        ({"lighting_people": "x"}, "lighting_people"),
        ({"control_people": "1.5"}, "control_people"),
        ({"lighting_minutes": "60"}, "lighting_minutes"),
        ({"camera_people": "1", "lighting_minutes": "60"}, "lighting_minutes"),
    ],
)
def test_what_cannot_be_a_crew_is_shown_where_it_is_asked(
    owner: Client, firm: TenantWorld, wrong: dict[str, str], named: str
) -> None:
    refused = owner.post(reverse("portal-slot-new", args=[firm.tenant.code]), wish(**wrong))
    assert refused.status_code == 400
    assert list(refused.context["form"].errors) == [named]
    assert '<details class="mb-3" open>' in refused.text


def test_minutes_of_no_crew_are_refused_in_the_admin(
    world: World, firm: TenantWorld, browser_of: Any
) -> None:
    day = today() + 3 * DAY
    values = {"tenant": firm.tenant.pk, "minutes": 120, "value": 100, "camera_minutes": 60}
    spans = {"earliest_0": day, "earliest_1": "09:00", "latest_0": day, "latest_1": "14:00"}
    operator = browser_of(world.users[Role.PARK_STUDIO])
    refused = operator.post(reverse("admin:livestreams_slotrequest_add"), values | spans)
    assert refused.status_code == 200, "taken, with minutes of nobody"
    assert list(refused.context["adminform"].form.errors) == ["camera_minutes"]
    asked = operator.post(refused.request["PATH_INFO"], {**values, **spans, "camera_people": 2})
    assert asked.status_code == 302
    assert SlotRequest.objects.latest("pk").crews == [{"crew": "camera", "people": 2, "minutes": 60}]


def test_a_firm_asks_for_windows_of_other_days_and_hours(owner: Client, firm: TenantWorld) -> None:
    """As Chinese keyboards write them too; one after midnight ends on the next day, and what is none is named."""
    day = today() + 3 * DAY
    later = [
        f"{day + DAY} 20:00-01:00",
        f"{day + 4 * DAY} ０９：００～１２：００",
        f"{day + 5 * DAY} 20:00-24:00",
    ]
    address = reverse("portal-slot-new", args=[firm.tenant.code])
    assert owner.post(address, wish(more="\n".join(later))).status_code == 302
    at = day_start(day)
    assert [(instant(start), instant(end)) for start, end in SlotRequest.objects.latest("pk").windows] == [
        (at + 14 * HOUR, at + 16 * HOUR),
        (at + DAY + 20 * HOUR, at + DAY + 25 * HOUR),
        (at + 4 * DAY + 9 * HOUR, at + 4 * DAY + 12 * HOUR),
        (at + 5 * DAY + 20 * HOUR, at + 6 * DAY),
    ]
    named = f"{day + DAY:%m-%d} 20:00–01:00, {day + 4 * DAY:%m-%d} 09:00–12:00"
    assert named in owner.get(reverse("portal-slots", args=[firm.tenant.code])).text
    for wrong in ("tomorrow", f"{day} 25:00-26:00", "2026-13-01 09:00-12:00"):
        refused = owner.post(address, wish(more=wrong))
        assert refused.status_code == 400
        assert f"“{wrong}” is no window such as 2026-10-01 09:00-12:00." in refused.text
