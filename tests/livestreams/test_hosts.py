"""Hosts as a park has them: whose they are, their followers, when they can be booked, what they did in a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import translation

from core.clock import DAY, HOUR, SHANGHAI, business_day, day_start, now, today
from core.errors import Conflict, DomainError, InvalidInput, Refused
from core.models import AuditEntry
from livestreams import services
from livestreams.choices import AbsenceKind, EngagementKind
from livestreams.conflicts import Span
from livestreams.errors import BadTime, HostAway, WrongState
from livestreams.hostfigures import host_months
from livestreams.hosthours import in_words, spans_of
from livestreams.models import (
    Booking,
    Engagement,
    FollowerReading,
    Host,
    HostAccount,
    HostShift,
    SchedulePlan,
)
from livestreams.planning import PlanRules, problem_of
from tests.factories import SYSTEM, World, make_host, make_record_of, make_session

pytestmark = pytest.mark.both_databases
At = Callable[..., datetime]
MONDAY = date(2025, 6, 2)


def at_clock(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(0), SHANGHAI) + timedelta(hours=hour)


def book(world: World, starts_at: datetime, ends_at: datetime, host: Host | None = None) -> Booking:
    mine = world.tenants[0]
    return services.booking_create(
        actor=mine.owner,
        room=world.rooms[0],
        tenant=mine.tenant,
        host=host,
        starts_at=starts_at,
        ends_at=ends_at,
    )


# --- hours as they are written ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "8 09:00-18:00", "1 25:00-26:00", "1-5 9:00-18:00", "5-1 09:00-18:00", "１ 09:00-18:00", "1 09:00"],
)
def test_hours_that_cannot_be_read_are_refused_with_their_text(world: World, text: str) -> None:
    mine = world.tenants[0]
    with pytest.raises(InvalidInput) as refusal:
        services.host_update(actor=mine.owner, host=mine.host, weekly_hours=["1 09:00-18:00", text])
    assert refusal.value.field == "weekly_hours"
    assert f"“{text}”" in str(refusal.value)


def test_hours_up_to_midnight_are_told_as_they_are_written() -> None:
    with translation.override("en"):
        told = [in_words(text) for text in ("3 00:00-24:00", "6-7 20:00-00:00", "1-5 09:00-18:00")]
    assert told == ["Wed 00:00–24:00", "Sat–Sun 20:00–24:00", "Mon–Fri 09:00–18:00"]


def test_hours_of_a_week_mean_these_spans() -> None:
    week = Span(day_start(MONDAY), day_start(MONDAY + 7 * DAY))
    assert spans_of([], week) == [week]
    spans = spans_of(["1-2 09:00-12:00", "2 11:00-14:00", "7 22:00-02:00", "4 00:00-24:00"], week)
    assert spans == [
        # the night of the Sunday before reaches into Monday
        Span(at_clock(MONDAY, 0), at_clock(MONDAY, 2)),
        Span(at_clock(MONDAY, 9), at_clock(MONDAY, 12)),
        Span(at_clock(MONDAY, 24 + 9), at_clock(MONDAY, 24 + 14)),
        Span(at_clock(MONDAY, 72), at_clock(MONDAY, 96)),
        Span(at_clock(MONDAY, 144 + 22), at_clock(MONDAY, 168)),
    ]


# --- engagements -----------------------------------------------------------------------------------------


def test_a_host_is_one_parties_at_a_time(world: World) -> None:
    host = make_host(world.tenants[0].tenant, "h")
    first = services.engagement_begin(
        actor=world.tenants[0].owner, host=host, kind=EngagementKind.EMPLOYEE, from_day=date(2025, 1, 1)
    )
    again = {"host": host, "kind": EngagementKind.AGENCY, "from_day": date(2025, 6, 1)}
    with pytest.raises(Conflict) as refusal:
        services.engagement_begin(actor=SYSTEM, **again)
    assert refusal.value.code == "engaged"
    services.engagement_end(actor=world.tenants[0].owner, engagement=first, to_day=date(2025, 6, 1))
    assert services.engagement_begin(actor=SYSTEM, **again).pk
    with pytest.raises(BadTime):
        services.engagement_end(actor=SYSTEM, engagement=first, to_day=date(2025, 1, 1))


def test_only_the_park_calls_a_host_its_own(world: World) -> None:
    host = make_host(world.tenants[0].tenant, "h")
    own = {"host": host, "kind": EngagementKind.PARK, "from_day": date(2025, 1, 1)}
    with pytest.raises(Refused):
        services.engagement_begin(actor=world.tenants[0].owner, park=world.park, **own)
    for wrong in (own, {**own, "kind": EngagementKind.EMPLOYEE, "park": world.park}):
        with pytest.raises(InvalidInput):
            services.engagement_begin(actor=world.manager, **wrong)
    engagement = services.engagement_begin(actor=world.manager, park=world.park, **own)
    with pytest.raises(Refused):
        services.engagement_end(actor=world.tenants[0].owner, engagement=engagement)
    assert Engagement.objects.get(host=host).park == world.park


# --- followers -------------------------------------------------------------------------------------------


def test_followers_are_kept_by_day_and_corrected_by_another_version(world: World) -> None:
    mine = world.tenants[0]
    account = mine.host.accounts.get()

    def read(*pairs: tuple[int, int]) -> services.BatchCounts:
        readings = [services.Followers(today() - back * DAY, number) for back, number in pairs]
        return services.followers_record(actor=mine.tool, account=account, readings=readings)

    assert read((2, 100), (1, 110)) == services.BatchCounts(2, 0, 0)
    assert read((2, 100), (1, 115)) == services.BatchCounts(0, 1, 1)
    shown = type(account).objects.with_followers().get(pk=account.pk)
    assert (shown.followers, shown.followers_on) == (115, today() - DAY)
    services.account_close(actor=mine.owner, account=account)
    with pytest.raises(BadTime) as closed:
        read((1, 116), (0, 117))
    assert [(row.row, row.code) for row in closed.value.rows] == [(2, "account_closed")]
    services.account_reopen(actor=mine.owner, account=account)
    services.account_begin(actor=mine.owner, account=account, opened_on=today())
    with pytest.raises(BadTime) as early:
        read((1, 116), (0, 117))
    assert [row.row for row in early.value.rows] == [1]
    services.account_begin(actor=mine.owner, account=account)
    before = FollowerReading.objects.count()
    with pytest.raises(BadTime) as refusal:
        read((0, 1), (-1, 2))
    assert [row.row for row in refusal.value.rows] == [2]
    assert FollowerReading.objects.count() == before
    with pytest.raises(Exception, match="append-only"):
        FollowerReading.objects.update(followers=0)


def test_a_host_has_an_account_once_and_takes_it_to_the_next_firm(world: World) -> None:
    mine, other = world.tenants
    services.account_create(actor=mine.owner, host=mine.host, platform="jd", account="x")
    with pytest.raises(Conflict) as refusal:
        services.account_create(actor=mine.owner, host=mine.host, platform="jd", account="x")
    assert refusal.value.code == "account_taken"
    # Whether somebody else has it on record is not said: the agency before, for example.
    assert services.account_create(actor=other.owner, host=other.host, platform="jd", account="x").pk


def test_an_account_goes_from_host_to_host_of_a_firm_by_the_day(world: World) -> None:
    mine = world.tenants[0]
    new, actor, named = make_host(mine.tenant, "new"), mine.owner, {"platform": "jd", "account": "x"}
    first = services.account_create(actor=actor, host=mine.host, **named)
    assert (first.opened_on, first.is_held_on(date(2001, 1, 1))) == (None, True)
    with pytest.raises(Conflict) as held:
        services.account_create(actor=actor, host=new, **named)
    assert held.value.code == "account_taken"
    services.account_close(actor=actor, account=first, closed_on=today() - DAY)
    second = services.account_create(actor=actor, host=new, **named)
    first.refresh_from_db()
    days = (today() - 2 * DAY, today() - DAY)
    assert [[row.is_held_on(day) for day in days] for row in (first, second)] == [
        [True, False],
        [False, True],
    ]
    for overlapping in (None, today() - 2 * DAY):
        with pytest.raises(Conflict):
            services.account_begin(actor=actor, account=second, opened_on=overlapping)
    with pytest.raises(Conflict):
        services.account_reopen(actor=actor, account=first)
    with pytest.raises(BadTime) as order:
        services.account_close(actor=actor, account=second, closed_on=today() - 2 * DAY)
    assert order.value.field == "closed_on"
    services.account_close(actor=actor, account=second, closed_on=today() - DAY)
    assert services.account_reopen(actor=actor, account=first).is_held, "the second never had it"
    services.account_close(actor=actor, account=first)
    third = services.account_create(actor=actor, host=mine.host, **named)
    assert third.opened_on == today(), "it comes back to who had it"
    services.account_begin(actor=actor, account=third, opened_on=today() + DAY)
    held_on = [HostAccount.objects.held_on(day).filter(account="x", tenant=mine.tenant) for day in days]
    assert [list(rows) for rows in held_on] == [[first], [first]]
    verbs = AuditEntry.objects.filter(verb__startswith="host_account.").values_list("verb", flat=True)
    assert set(verbs) == {f"host_account.{verb}" for verb in ("create", "begin", "close", "reopen")}


def test_the_database_refuses_two_hosts_of_a_firm_on_one_account(world: World) -> None:
    mine, other = world.tenants
    new = make_host(mine.tenant, "new")
    account = HostAccount.objects.create(host=mine.host, platform="jd", account="x", opened_on=today())
    HostAccount.objects.create(host=other.host, platform="jd", account="x")
    HostAccount.objects.create(host=new, platform="douyin", account="x")
    HostAccount.objects.create(host=new, platform="jd", account="x", closed_on=today())
    for values in ({}, {"opened_on": today() - DAY}, {"opened_on": today(), "closed_on": today() + DAY}):
        with pytest.raises(IntegrityError, match="livestreams_account_one_host"), transaction.atomic():
            HostAccount.objects.create(host=new, platform="jd", account="x", **values)
    with pytest.raises(IntegrityError, match="livestreams_account_one_host"), transaction.atomic():
        HostAccount.objects.filter(pk=account.pk).update(opened_on=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        HostAccount.objects.filter(pk=account.pk).update(closed_on=today() - DAY)


# --- when a host can be booked ---------------------------------------------------------------------------


def test_a_booking_outside_of_the_hours_names_the_hours(world: World, at: At) -> None:
    mine = world.tenants[0]
    services.host_update(actor=mine.owner, host=mine.host, weekly_hours=["1-7 09:00-18:00"])
    with pytest.raises(HostAway) as refusal:
        book(world, at(17), at(19), host=mine.host)
    assert (refusal.value.status, refusal.value.code, refusal.value.field) == (409, "host_away", "host")
    assert "09:00–" in str(refusal.value)
    assert "18:00" in str(refusal.value)
    for window in refusal.value.extra["alternatives"]:
        booked = book(
            world,
            datetime.fromisoformat(window["starts_at"]),
            datetime.fromisoformat(window["ends_at"]),
            host=mine.host,
        )
        services.booking_cancel(actor=world.manager, booking=booked)
    assert refusal.value.extra["alternatives"]
    assert book(world, at(16), at(18), host=mine.host).pk
    assert book(world, at(19), at(20)).pk  # without a host the room is free


def test_an_absence_takes_a_host_away_until_it_is_withdrawn(world: World, at: At) -> None:
    mine = world.tenants[0]
    absence = services.absence_create(
        actor=mine.owner, host=mine.host, kind=AbsenceKind.ILLNESS, starts_at=at(12), ends_at=at(15)
    )
    with pytest.raises(HostAway) as refusal:
        book(world, at(11), at(13), host=mine.host)
    assert "12:00" in str(refusal.value)
    assert "ill" not in str(refusal.value)
    moving = book(world, at(9), at(12), host=mine.host)
    with pytest.raises(HostAway):
        services.booking_move(actor=mine.owner, booking=moving, starts_at=at(14), ends_at=at(17))
    services.absence_withdraw(actor=mine.owner, absence=absence)
    assert book(world, at(12.5), at(13), host=mine.host).pk
    with pytest.raises(WrongState):
        services.absence_withdraw(actor=mine.owner, absence=absence)


def test_a_host_is_booked_until_its_engagement_ends_and_again_from_the_next(world: World, at: At) -> None:
    mine = world.tenants[0]
    Engagement.objects.filter(host=mine.host).delete()
    book(world, at(10), at(11), mine.host)  # without any engagement: bound to no days
    first = today() - 300 * DAY
    held = services.engagement_begin(
        actor=mine.owner, host=mine.host, kind=EngagementKind.AGENCY, from_day=first
    )
    kept = book(world, at(12), at(13), mine.host)
    services.engagement_end(actor=mine.owner, engagement=held, to_day=business_day(at(12)))
    for write in (
        lambda: book(world, at(14), at(15), mine.host),
        lambda: services.booking_move(
            actor=mine.owner, booking=kept, starts_at=at(16), ends_at=at(17), room=world.rooms[0]
        ),
    ):
        with pytest.raises(HostAway) as refusal:
            write()
        assert (refusal.value.status, refusal.value.code, refusal.value.field) == (409, "host_away", "host")
    services.engagement_begin(
        actor=mine.owner,
        host=mine.host,
        kind=EngagementKind.EMPLOYEE,
        from_day=business_day(at(12)) + DAY,
    )
    with pytest.raises(HostAway):
        book(world, at(14), at(15), mine.host)
    book(world, at(14) + DAY, at(15) + DAY, mine.host)


def test_absences_have_an_order_and_an_end(world: World, at: At) -> None:
    mine = world.tenants[0]
    for starts_at, ends_at in ((at(9), at(9)), (at(9), at(8)), (at(9), at(9) + 400 * DAY)):
        with pytest.raises(BadTime):
            services.absence_create(
                actor=mine.owner, host=mine.host, kind=AbsenceKind.LEAVE, starts_at=starts_at, ends_at=ends_at
            )


def test_a_series_leaves_out_the_days_of_an_absence(world: World, at: At) -> None:
    mine = world.tenants[0]
    services.absence_create(
        actor=mine.owner, host=mine.host, kind=AbsenceKind.LEAVE, starts_at=at(0, 3), ends_at=at(24, 3)
    )
    series = services.series_create(
        actor=mine.owner,
        room=world.rooms[0],
        tenant=mine.tenant,
        host=mine.host,
        first_day=today() + 2 * DAY,
        last_day=today() + 4 * DAY,
        weekdays=range(7),
        start=time(9),
        minutes=60,
        skip_taken=True,
    )
    assert series.skipped == [{"day": str(today() + 3 * DAY), "reason": "host_away"}]
    assert series.bookings.count() == 2


def test_the_waitlist_offers_nothing_while_the_host_is_away(world: World, at: At) -> None:
    mine = world.tenants[0]
    services.absence_create(
        actor=mine.owner, host=mine.host, kind=AbsenceKind.LEAVE, starts_at=at(0), ends_at=at(13)
    )
    entry = services.waitlist_join(
        actor=mine.owner,
        tenant=mine.tenant,
        room=world.rooms[0],
        host=mine.host,
        earliest=at(9),
        latest=at(16),
        minutes=60,
    )
    services.offer_waitlist()
    entry.refresh_from_db()
    assert entry.booking is not None
    assert entry.booking.starts_at == at(13)


def test_the_schedule_takes_the_hours_as_the_hosts_windows(world: World, at: At) -> None:
    mine = world.tenants[0]
    services.host_update(actor=mine.owner, host=mine.host, weekly_hours=["1-7 10:00-14:00"])
    services.absence_create(
        actor=mine.owner, host=mine.host, kind=AbsenceKind.LEAVE, starts_at=at(12), ends_at=at(13)
    )
    plan = SchedulePlan(
        park=world.park,
        first_day=today() + 2 * DAY,
        last_day=today() + 2 * DAY,
        starts_at=at(0),
        rules=PlanRules().as_dict(),
    )
    (person,) = [host for host in problem_of(plan).hosts if host.key == mine.host.code]
    assert person.windows == ((20, 24), (26, 28))


# --- a month ---------------------------------------------------------------------------------------------


@time_machine.travel(datetime(2025, 6, 20, 4, tzinfo=SHANGHAI))
def test_a_month_says_what_was_agreed_planned_and_held(world: World) -> None:
    mine = world.tenants[0]
    host = make_host(mine.tenant, "h")
    make_record_of(host, "h")
    room = world.rooms[1]
    starts = [at_clock(date(2025, 6, 10) + number * DAY, 20) for number in range(3)]
    for starts_at in starts:
        make_session(mine.tenant, host=host, room=room, starts_at=starts_at, hours=3)
    # Over midnight at the end of the month before: held where it began, its hours are those of each.
    night = make_session(
        mine.tenant, host=host, room=room, starts_at=at_clock(date(2025, 5, 31), 23), hours=2
    )
    HostShift.objects.create(
        session=night,
        host=host,
        role="host",
        starts_at=at_clock(date(2025, 6, 1), 1),
        ends_at=at_clock(date(2025, 6, 1), 2),
    )
    book(world, at_clock(date(2025, 6, 25), 9), at_clock(date(2025, 6, 25), 11), host=host)
    gone = book(world, at_clock(date(2025, 6, 26), 9), at_clock(date(2025, 6, 26), 11), host=host)
    services.booking_cancel(actor=world.manager, booking=gone)
    book(world, at_clock(date(2025, 7, 1), 9), at_clock(date(2025, 7, 1), 11), host=host)
    (june,) = host_months(actor=mine.owner, hosts=Host.objects.filter(pk=host.pk), month=today())
    assert (june.agreed, june.planned, june.held, june.left) == (20, 1, 3, 17)
    assert str(june.host_hours) == "11.0"
    (may,) = host_months(actor=mine.owner, hosts=Host.objects.filter(pk=host.pk), month=date(2025, 5, 1))
    assert (may.held, str(may.host_hours)) == (1, "1.0")
    assert (
        host_months(actor=world.tenants[1].owner, hosts=Host.objects.filter(pk=host.pk), month=today()) == []
    )


def test_bookings_made_before_stay_when_the_host_falls_ill(world: World, at: At) -> None:
    mine = world.tenants[0]
    booked = book(world, at(9), at(11), host=mine.host)
    services.absence_create(
        actor=mine.owner, host=mine.host, kind=AbsenceKind.ILLNESS, starts_at=at(0), ends_at=at(24)
    )
    assert Booking.objects.get(pk=booked.pk).host == mine.host
    with pytest.raises(DomainError):
        services.booking_move(actor=mine.owner, booking=booked, starts_at=at(12), ends_at=at(14))
    assert now() < at(9) - HOUR
