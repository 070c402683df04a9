"""The demo parks against what was published of the real ones."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from analytics.choices import ValueSource
from analytics.demo.build import build_park
from analytics.demo.days import PlannedDay, plan_day
from analytics.demo.load import HISTORY_DAYS
from analytics.demo.plans import PLANS, SEED, TINY, ParkPlan
from analytics.models import IndicatorValue
from livestreams.models import LiveRoom
from parks.choices import UnitUseKind
from parks.geography import geography_load
from parks.models import Park, Unit, UnitUse
from tenants.choices import TenantKind
from tenants.models import Company, LeaseUnit, Tenant
from tests.factories import SYSTEM

PLAN = {plan.code: plan for plan in PLANS}
LAST_DAY = dt.date(2025, 5, 10)
FIRST_DAY = LAST_DAY - dt.timedelta(days=HISTORY_DAYS)


@pytest.fixture(scope="module")
def facts(shared_dir: Path) -> dict[str, dict[str, Any]]:
    """What was published of each park, by its key."""
    published = yaml.safe_load((shared_dir / "facts/parks.yaml").read_text("utf-8"))
    return {entry["key"]: entry for entry in published}


def days_of(plan: ParkPlan, last: dt.date = LAST_DAY) -> list[PlannedDay]:
    days = (FIRST_DAY + dt.timedelta(days=number) for number in range((last - FIRST_DAY).days + 1))
    return [plan_day(plan, day, seed=SEED, first_day=FIRST_DAY, last_day=LAST_DAY) for day in days]


def published(facts: dict[str, dict[str, Any]], park: str, name: str) -> int:
    return int(facts[park]["figures"][name][1])


def test_the_five_demo_parks_are_the_published_ones(facts: dict[str, dict[str, Any]]) -> None:
    assert {key for key, entry in facts.items() if entry["kind"] == "park"} == PLAN.keys()


@pytest.mark.django_db
def test_what_is_built_has_the_published_size(facts: dict[str, dict[str, Any]]) -> None:
    geography_load()
    built = {plan.code: build_park(plan, actor=SYSTEM, seed=SEED, until=LAST_DAY) for plan in PLANS}
    rooms = Counter(LiveRoom.objects.values_list("park__code", flat=True))
    firms = {code: len(each.tenants) for code, each in built.items()}
    assert rooms["shaxi"] == published(facts, "shaxi", "live_rooms") == 17
    assert len(PLAN["shaxi"].industries) == published(facts, "shaxi", "industries")
    assert rooms["yaowang"] == published(facts, "yaowang", "live_rooms_phase_1") == 200
    assert firms["humen"] > published(facts, "humen", "ecommerce_firms")
    mountain = built["phoenix-mountain"]
    assert len(mountain.tenants) > published(facts, "phoenix-mountain", "ecommerce_firms")
    abroad = [tenant for tenant in mountain.tenants if tenant.kind == TenantKind.CROSS_BORDER]
    assert len(abroad) > published(facts, "phoenix-mountain", "cross_border_firms")
    assert PLAN["phoenix-mountain"].floor_area_m2 > published(facts, "phoenix-mountain", "floor_area_m2")
    lettable = Unit.objects.filter(park=mountain.park, is_lettable=True).count()
    let = LeaseUnit.objects.filter(unit__park=mountain.park)
    share = Decimal(100 * let.count()) / lettable
    assert abs(share - published(facts, "phoenix-mountain", "occupancy_by_firms_pct")) < Decimal("0.5")
    assert set(let.values_list("lease__tenant", flat=True)) == {tenant.pk for tenant in mountain.tenants}
    [area] = let.filter(lease__tenant=mountain.tenants[0]).values_list("area_m2", flat=True)
    assert area == facts["phoenix-mountain"]["tenant_case"]["area_m2"]
    before = UnitUse.objects.filter(unit__park__code="humen", to_day__isnull=False)
    assert before.filter(use=UnitUseKind.FLAT).count() == 100
    photo = sum(before.filter(use=UnitUseKind.PHOTO_BASE).values_list("area_m2", flat=True))
    assert photo > published(facts, "humen", "photo_base_converted_m2")


def test_one_seller_has_the_published_orders_a_day(facts: dict[str, dict[str, Any]]) -> None:
    case = facts["phoenix-mountain"]["tenant_case"]
    orders = [
        len({item.fact.order_no for item in planned.facts if item.seller == 0 and item.fact.kind == "paid"})
        for planned in days_of(PLAN["phoenix-mountain"])
    ]
    assert mean(orders) == pytest.approx(case["orders_per_day_mean"], rel=0.05)
    assert max(orders) == pytest.approx(case["orders_per_day_max"], rel=0.05)


def test_the_first_host_of_shaxi_is_live_and_sells_as_published(facts: dict[str, dict[str, Any]]) -> None:
    case = facts["shaxi"]["host_case"]
    hours, sales = case["hours_per_session"], case["sales_per_session_cny"]
    for planned in days_of(PLAN["shaxi"], FIRST_DAY + dt.timedelta(days=4)):
        per_room = Counter(session.room for session in planned.sessions)
        assert per_room == dict.fromkeys(range(17), case["sessions_per_day"])
        for session in planned.sessions:
            assert hours[0] <= (session.ends_at - session.starts_at) / dt.timedelta(hours=1) <= hours[1]
        first = next(session for session in planned.sessions if session.room == 0)
        paid = sum(
            item.fact.amount
            for item in planned.facts
            if item.fact.kind == "paid" and item.fact.session_ref == first.live_id
        )
        assert sales[0] <= paid <= sales[1] * Decimal("1.01")


@pytest.mark.django_db
def test_the_panel_is_the_size_of_the_study_and_everything_says_that_it_is_invented(
    shared_dir: Path, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    call_command("demo", "--tiny", until="2025-05-10T12:30:00Z", verbosity=0)
    study = yaml.safe_load((shared_dir / "facts/eci_study.yaml").read_text("utf-8"))
    exports = IndicatorValue.objects.filter(indicator__code="EXP")
    assert exports.count() == study["descriptive"]["EXP"]["n"] == 300
    assert exports.values("place").distinct().count() == 30
    years = sorted(exports.values_list("period__year", flat=True).distinct())
    assert years == list(range(2013, 2023))
    assert mean(map(float, exports.values_list("value", flat=True))) == pytest.approx(
        study["descriptive"]["EXP"]["mean"], rel=0.005
    )
    assert not IndicatorValue.objects.filter(is_synthetic=False).exists()
    assert set(exports.values_list("source", flat=True)) == {ValueSource.SYNTHETIC}
    of_parks = IndicatorValue.objects.exclude(source=ValueSource.SYNTHETIC)
    assert set(of_parks.values_list("source", flat=True)) == {ValueSource.ROLLUP}
    assert Park.objects.get(code=TINY.code).is_synthetic
    assert not Tenant.objects.filter(is_synthetic=False).exists()
    assert not Company.objects.exclude(name_zh__contains="演示").exists()


def test_no_order_is_told_before_it_is_paid() -> None:
    """Else the ordered amount would be less than the paid one. Sources that tell only paid orders leave it empty."""
    kinds = {item.fact.kind for planned in days_of(TINY) for item in planned.facts}
    assert kinds == {"paid", "refunded", "cancelled"}
