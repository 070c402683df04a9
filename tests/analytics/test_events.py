"""Figures of festivals: who may know whose amounts, targets, the board, what stays afterwards, and the report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from analytics.events import board_of, decay_of, figures_of, report_of
from analytics.events.campaign import campaign_of
from analytics.events.takings import Takings
from analytics.firmsums import MEASURES
from analytics.models import DaySales, SessionFigures, SpreadOrder
from analytics.trust.audience import most_counted
from analytics.wall.snapshot import wall_snapshot
from core import clock
from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_start, today
from core.records import record_close
from livestreams.models import AudienceSample
from livestreams.readings import Reading
from parks.models import Event
from parks.services import event_update, venue_add
from tenants.choices import WallVisibility
from tenants.models import Tenancy, Tenant
from tenants.services import entry_withdraw, event_enter
from tests.factories import SYSTEM, World, make_session, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def sell(tenant: Tenant, paid: str, day: Any = None, **more: Any) -> None:
    """Counted figures of a day, as the roll-up leaves them."""
    values = {"gmv_paid": Decimal(paid), "orders": 3, "units_paid": 4, "lines": 3, **more}
    DaySales.objects.create(tenant=tenant, day=day or today(), **values)


def choose(tenant: Tenant, visibility: str) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(wall_visibility=visibility)


@pytest.fixture
def alpha() -> World:
    return make_world("alpha")


@pytest.fixture
def beta(alpha: World) -> World:
    """A second world whose park is a sub venue of the first one's event, with both of its tenants in it."""
    world = make_world("beta")
    venue_add(actor=SYSTEM, event=alpha.event, park_code="beta")
    for mine in world.tenants:
        event_enter(actor=mine.owner, event=alpha.event, tenant=mine.tenant)
    return world


def ranking(event: Event, actor: Any) -> list[tuple[str, Decimal | None]]:
    return [(place.tenant.code, place.amount) for place in board_of(event, actor).places]


def test_each_tenant_is_shown_by_its_own_choice(alpha: World, beta: World) -> None:
    shown, hidden = (each.tenant for each in alpha.tenants)
    ranked, other = (each.tenant for each in beta.tenants)
    for tenant, amount in ((shown, "100"), (hidden, "900"), (ranked, "500"), (other, "200")):
        sell(tenant, amount)
    choose(hidden, WallVisibility.HIDDEN)
    choose(ranked, WallVisibility.RANK)
    hall = [("beta-a", None), ("beta-b", Decimal(200)), ("alpha-a", Decimal(100))]
    assert ranking(alpha.event, None) == hall
    assert ranking(alpha.event, alpha.manager) == hall
    assert ranking(alpha.event, beta.manager) == [("beta-a", Decimal(500)), *hall[1:]]
    assert ranking(alpha.event, beta.tenants[0].owner) == [("beta-a", Decimal(500)), *hall[1:]]
    assert ranking(alpha.event, beta.tenants[1].owner) == hall


def test_sums_go_over_those_whose_amounts_may_be_known(alpha: World, beta: World) -> None:
    ranked, other = (each.tenant for each in beta.tenants)
    sell(alpha.tenants[0].tenant, "100", refunds=Decimal(10))
    sell(ranked, "500")
    sell(other, "200")
    choose(ranked, WallVisibility.RANK)
    hall, organiser, venue = (board_of(alpha.event, actor) for actor in (None, alpha.manager, beta.manager))
    assert (hall.sums["gmv_paid"], hall.counted, hall.tenants) == (300, 3, 4)
    assert (organiser.sums["gmv_paid"], organiser.counted) == (300, 3)
    assert (venue.sums["gmv_paid"], venue.counted) == (800, 4)
    assert [(place.park.code, place.amount, place.counted, place.tenants) for place in hall.venues] == [
        ("beta", 200, 1, 2),
        ("alpha", 100, 2, 2),
    ]
    assert [place.is_main for place in hall.venues] == [False, True]


def test_progress_is_counted_from_the_first_day_on_and_against_each_target(alpha: World) -> None:
    event, tenant = alpha.event, alpha.tenants[0].tenant
    sell(tenant, "999", event.first_day - DAY)
    sell(tenant, "60", event.first_day)
    sell(tenant, "40", refunds=Decimal(20))
    SpreadOrder.objects.bulk_create(
        SpreadOrder(
            tenant=tenant, what=SpreadOrder.PAID, source="t", order_no="O1", slot=clock.hour_of(day_start(day)),
            day=day, channel="live", session_key=0,
        )
        for day in (event.first_day, today())
    )  # fmt: skip
    event = event_update(
        actor=alpha.manager,
        event=event,
        target_gmv_paid=Decimal(400),
        target_net_sales=Decimal(160),
        target_orders=5,
    )
    reached = {each.metric.code: (each.value, each.share) for each in board_of(event, None).progress}
    assert reached == {
        "gmv_paid": (Decimal(100), Decimal("0.25")),
        "net_sales": (Decimal(80), Decimal("0.5")),
        "orders": (5, Decimal(1)),
    }


def test_who_withdrew_or_sat_elsewhere_does_not_count(alpha: World) -> None:
    first, second = alpha.tenants
    sell(first.tenant, "70")
    sell(second.tenant, "30")
    entry_withdraw(actor=second.owner, entry=second.entry)
    assert board_of(alpha.event, None).sums["gmv_paid"] == 70
    first.tenant.tenancies.update(from_day=today() + DAY)
    assert board_of(alpha.event, None).sums["gmv_paid"] == 0
    assert ranking(alpha.event, alpha.manager) == []


def test_what_stays_is_told_as_a_share_of_the_base(alpha: World) -> None:
    tenant = alpha.tenants[0].tenant
    event = event_update(
        actor=alpha.manager,
        event=alpha.event,
        first_day=today() - 6 * DAY,
        main_from=today() - 5 * DAY,
        main_until=today() - 4 * DAY,
    )
    for offset in range(1, 29):
        sell(tenant, "100", event.first_day - offset * DAY)
    sell(tenant, "5000", event.first_day - 29 * DAY)
    for day, paid in ((event.main_from, "500"), (event.main_until, "300"), (today() - 3 * DAY, "180")):
        sell(tenant, paid, day)
    sell(tenant, "120", today() - 1 * DAY)
    sell(tenant, "77", today())
    decay = decay_of(event, None)
    assert (decay.base, decay.main, decay.lift) == (100, 400, 4)
    assert [(day.day, day.amount, day.share) for day in decay.days] == [
        (today() - 3 * DAY, 180, Decimal("1.8")),
        (today() - 2 * DAY, 0, 0),
        (today() - 1 * DAY, 120, Decimal("1.2")),
    ]
    DaySales.objects.filter(day__lt=event.first_day - 8 * DAY).delete()
    assert decay_of(event, None).base == 100
    DaySales.objects.filter(day__lt=event.first_day - 6 * DAY).delete()
    assert decay_of(event, None).base is None
    assert [day.share for day in decay_of(event, None).days] == [None, None, None]


def test_what_stays_tells_no_park_of_days_in_another(alpha: World, beta: World) -> None:
    """A firm that shows no amounts came here for the festival: its days before, at another venue, are not told here."""
    tenant, event = alpha.tenants[0].tenant, alpha.event
    choose(tenant, WallVisibility.RANK)
    tenant.tenancies.update(from_day=event.first_day)
    before = event.first_day - DAY
    Tenancy.objects.create(tenant=tenant, park=beta.park, from_day=before - 30 * DAY, to_day=event.first_day)
    for offset in range(10):
        sell(tenant, "100", before - offset * DAY)
    sell(tenant, "900", event.first_day)
    assert tenant.pk in Takings(event, alpha.manager).known
    assert decay_of(event, alpha.manager).base is None
    assert decay_of(event, SYSTEM).base == 100


def test_the_report_of_520_says_what_its_figures_stand_on() -> None:
    """家520购物节: two hours with 180,000 entries, 2,500 items and 1.5 million CNY in the whole day."""
    sums = dict.fromkeys(MEASURES, 0) | {
        "gmv_paid": Decimal(1_500_000), "orders": 2_000, "units_paid": 2_500, "event_tenants": 12, "event_items": 40,
        "event_sessions": 1, "event_live_hours": Decimal(2), "event_entries": 180_000, "event_live_paid": Decimal(0),
        "event_sessions_counting": 1, "event_counting_paid": Decimal(0),
    }  # fmt: skip
    told = {figure.metric.code: figure for figure in figures_of(sums)}
    assert told["unit_price"].value == 600
    assert told["paid_per_thousand_entries"].value == Decimal("8333.3333")
    assert told["units_per_thousand_entries"].value == Decimal("13.8889")
    assert told["live_paid_per_thousand_entries"].value == 0
    assert all(str(figure.metric.formula) for figure in told.values())
    sums["event_entries"] = 0
    assert {figure.metric.code for figure in figures_of(sums) if figure.value is None} == {
        "paid_per_thousand_entries",
        "live_paid_per_thousand_entries",
        "units_per_thousand_entries",
    }


def test_a_report_is_counted_from_sessions_items_and_days(alpha: World) -> None:
    first, second = alpha.tenants
    sell(first.tenant, "1200")
    noon = day_start(today())
    session = make_session(first.tenant, starts_at=noon, live_id="in", hours=2)
    make_session(first.tenant, starts_at=day_start(alpha.event.first_day) - DAY, live_id="before")
    uncounted = make_session(first.tenant, starts_at=noon + timedelta(hours=3), live_id="uncounted", hours=2)
    SessionFigures.objects.create(session=session, gmv_paid=Decimal(900))
    SessionFigures.objects.create(session=uncounted, gmv_paid=Decimal(49_000))
    for minute, entered in ((0, 10), (1, 3_000), (2, 500)):
        at = noon + timedelta(minutes=minute)
        AudienceSample.objects.create(session=session, source="douyin", at=at, entered=entered)
    AudienceSample.objects.create(session=session, source="other", at=noon, entered=99)
    # A tool that read on when the session was over, and one that took back what it had said.
    AudienceSample.objects.create(session=session, source="late", at=session.ended_at + HOUR, entered=9_000)
    AudienceSample.objects.create(session=uncounted, source="back", at=uncounted.started_at, entered=70)
    AudienceSample.objects.create(
        session=uncounted, source="back", at=uncounted.started_at, version=2, likes=70
    )
    choose(second.tenant, WallVisibility.RANK)
    report = report_of(alpha.event, first.owner)
    told = {figure.metric.code: figure.value for figure in report.figures}
    assert told["event_tenants"] == 2
    assert told["event_items"] == 2
    # The session of every world, of yesterday, counts as well.
    assert (told["event_sessions"], told["event_live_hours"]) == (3, 6)
    assert (told["event_sessions_counting"], told["event_entries"]) == (1, 3_500)
    assert (told["event_live_paid"], told["event_counting_paid"]) == (49_900, 900)
    assert told["live_paid_per_thousand_entries"] == Decimal("257.1429")
    labels = {figure.metric.code: str(figure.metric.label) for figure in report.figures}
    assert labels["event_live_hours"] == "直播时长（小时）", "the figure itself has no unit"
    resting = {figure.metric.code for figure in report.figures if figure.ground}
    assert {figure.ground for figure in report.figures if figure.metric.code in resting} == {
        "3 场直播中有 1 场统计进入人次"
    }
    with override("en"):
        report = report_of(alpha.event, first.owner)
    assert {figure.ground for figure in report.figures} == {"", "1 of 3 sessions count entries"}
    assert {code for code in told if "entries" in code} == resting
    assert report.board.counted == 1


def test_entries_are_the_rises_of_the_best_counter() -> None:
    at = [datetime(2020, 5, 20, 20, minute, tzinfo=UTC) for minute in range(3)]

    def track(*entered: int) -> list[Reading]:
        return [Reading(instant, entered=value) for instant, value in zip(at, entered, strict=False)]

    assert most_counted([track(5, 90, 20), track(80)], "entered") == 110
    # Two readings that crossed on their way are no counter that began anew.
    assert most_counted([track(180_000, 179_995, 180_010)], "entered") == 180_010
    assert most_counted([track(7)], "likes") is most_counted([], "entered") is None


def test_the_wall_tells_of_the_phase_and_when_it_changes(alpha: World, beta: World) -> None:
    event = alpha.event
    sell(alpha.tenants[0].tenant, "25000")
    sell(alpha.tenants[1].tenant, "7777")
    choose(alpha.tenants[1].tenant, WallVisibility.RANK)
    record_close(actor=SYSTEM, row=beta.event)
    campaign = wall_snapshot(beta.park)["campaign"]
    assert campaign == wall_snapshot(alpha.park)["campaign"]
    assert (campaign["phase"], campaign["next"]) == ("main", "end")
    assert campaign["next_at"] == day_start(event.last_day + DAY).isoformat()
    assert campaign["progress"] == [
        {"code": "gmv_paid", "target": "100000.00", "value": "25000.00", "share": "0.25"}
    ]
    assert campaign["summed"] == {"tenants": 3, "of": 4}
    told = {
        offset: (found["phase"], found["next"])
        for offset in (-20, -3, -1, 1, 2)
        if (found := campaign_of(alpha.park, today() + offset * DAY)) is not None
    }
    assert told == {-3: ("before", "warm_up"), -1: ("warm_up", "main"), 1: ("main", "end")}
    for mine in beta.tenants:
        entry_withdraw(actor=mine.owner, entry=event.entries.get(tenant=mine.tenant))
    assert campaign_of(beta.park, today()) is None, "a park is named as a venue by anybody"
    assert campaign_of(alpha.park, today()) is not None
    record_close(actor=SYSTEM, row=event)
    assert wall_snapshot(alpha.park)["campaign"] is None


def test_money_of_which_nothing_came_yet_is_money(alpha: World) -> None:
    """The wall of a festival that has just begun: its page takes apart what stands before and after the point."""
    campaign = wall_snapshot(alpha.park)["campaign"]
    assert campaign["progress"] == [
        {"code": "gmv_paid", "target": "100000.00", "value": "0.00", "share": "0.00"}
    ]


def test_an_analyst_reads_what_the_hall_reads(alpha: World) -> None:
    sell(alpha.tenants[0].tenant, "100")
    choose(alpha.tenants[0].tenant, WallVisibility.RANK)
    analyst = user_actor(alpha.users[Role.PROVINCE_ANALYST])
    assert ranking(alpha.event, analyst) == [("alpha-a", None)]
