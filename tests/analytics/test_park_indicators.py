"""The park-born series: from order lines, sessions and leases to vintages of towns, cities and provinces."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import Error, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import services
from analytics.choices import ValueSource, Withheld
from analytics.models import IndicatorValue, ParkValue
from analytics.parkseries.proof import still_holds
from analytics.selectors.park_series import parks_behind
from analytics.services import park_indicators_publish
from analytics.tasks import publish_indicators
from config.beat import BEAT
from core import jobs
from core.actors import NOBODY, user_actor
from core.choices import JobState, Role
from core.errors import Refused
from core.models import AuditEntry, BucketMark, Job, ScopeNode
from parks.models import Park
from supplychain.models import SalesEvent
from tenants.models import Tenant
from tenants.services import tenancy_move
from tests.analytics.months import numbers
from tests.analytics.months import told as sell
from tests.factories import (
    SYSTEM,
    make_park,
    make_province,
    make_session,
    make_tenant,
    make_town,
    make_user,
    make_world,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

MAY, JUNE, JULY, YEAR = dt.date(2025, 5, 1), dt.date(2025, 6, 1), dt.date(2025, 7, 1), dt.date(2025, 1, 1)


@pytest.fixture(autouse=True)
def in_july() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(dt.datetime(2025, 7, 15, 4, tzinfo=dt.UTC)) as clock:
        yield clock


def publish() -> dict[str, int]:
    """How many values of places came out how, the unchanged ones left out."""
    counts = park_indicators_publish(actor=SYSTEM)
    del counts["unchanged"]
    return dict(counts)


def value_of(
    place: ScopeNode, code: str, first: dt.date = JUNE, kind: str = "month"
) -> IndicatorValue | None:
    """The value in force."""
    rows = IndicatorValue.objects.filter(
        indicator__code=f"park_{code}", place=place, period_kind=kind, period=first
    )
    return rows.order_by("published_on", "seq").last()


def shown(place: ScopeNode, code: str, first: dt.date = JUNE, kind: str = "month") -> Decimal | str | None:
    """The value in force, or why it is withheld; None where nothing was ever published."""
    found = value_of(place, code, first, kind)
    return found and (found.withheld or found.value)


def firms_of(park: Park, *letters: str) -> list[Tenant]:
    return [make_tenant(park, f"{park.code}-{letter}") for letter in letters]


def levels(park: Park) -> tuple[ScopeNode, ...]:
    return park.town.city.province.node, park.town.city.node, park.town.node


def test_lines_become_values_of_town_city_and_province_to_the_cent() -> None:
    park = make_park("east")
    firms = firms_of(park, "a", "b", "c")
    for firm, amount in zip(firms, ("100.10", "200.20", "300.30"), strict=True):
        sell(firm, amount)
    sell(firms[0], "0.01", MAY)
    for firm, amount in zip(firms, ("20.01", "30.02", "0.02"), strict=True):
        sell(firm, amount, kind="refunded", order_no=f"r-{firm.code}")
    publish()
    for place in levels(park):
        assert shown(place, "gmv_paid") == Decimal("600.60")
        assert shown(place, "net_sales") == Decimal("550.55")
        assert shown(place, "orders") == 3
        assert shown(place, "gmv_paid", MAY) == Withheld.FEW_FIRMS
        assert shown(place, "gmv_paid", dt.date(2025, 4, 1), "quarter") == Decimal("600.61")
        assert shown(place, "gmv_paid", YEAR, "year") == Decimal("600.61")
        assert shown(place, "tenants") == 3
    found = value_of(park.town.node, "gmv_paid")
    assert found is not None
    assert (found.source, found.is_preliminary, found.is_synthetic) == (ValueSource.ROLLUP, False, False)
    assert (found.lineage["parks"], found.lineage["firms"], found.lineage["lines"]) == (1, 3, 6)
    year = value_of(park.town.node, "gmv_paid", YEAR, "year")
    assert year is not None
    assert year.is_preliminary
    nation = park.town.city.province.node.parent
    assert nation is not None
    assert not IndicatorValue.objects.filter(place__in=[nation, park.node]).exists()


def test_nothing_is_said_of_a_place_without_parks() -> None:
    park, empty = make_park("east"), make_town(make_province("west", "west"), "west")
    for firm in firms_of(park, "a", "b", "c"):
        sell(firm, "1")
    publish()
    assert not IndicatorValue.objects.filter(place__path__startswith=empty.city.province.node.path).exists()
    assert IndicatorValue.objects.filter(value=0, indicator__code="park_gmv_paid").count() == 0


def test_a_single_firm_is_withheld_and_said_and_its_park_knows_it() -> None:
    world = make_world("alpha")
    own = [mine.tenant for mine in world.tenants]
    sell(own[0], "5")
    sell(own[1], "7")
    publish()
    place = world.town.node
    assert shown(place, "gmv_paid") == Withheld.FEW_FIRMS
    third = make_tenant(world.park, "third")
    sell(third, "100")
    publish()
    assert shown(place, "gmv_paid") == Withheld.DOMINANT_FIRM
    assert shown(place, "orders") == 3
    found = value_of(place, "gmv_paid")
    assert found is not None
    assert found.value is None
    [part] = parks_behind(world.manager, found)
    assert (part.value, part.withheld, part.row.firms) == (112, "", 3)
    bureau = user_actor(world.users[Role.PROVINCE_ANALYST])
    [part] = parks_behind(bureau, found)
    assert (part.value, part.withheld) == (None, Withheld.DOMINANT_FIRM)
    beta = make_world("beta")
    for actor in (beta.manager, world.tenants[0].owner, user_actor(beta.users[Role.PROVINCE_ANALYST])):
        assert parks_behind(actor, found) == []


def test_publishing_twice_adds_nothing(in_july: time_machine.Coordinates) -> None:
    park = make_park("east")
    for firm in firms_of(park, "a", "b", "c"):
        sell(firm, "1")
    assert publish()["new"] > 0
    before = (IndicatorValue.objects.count(), ParkValue.objects.count(), AuditEntry.objects.count())
    assert publish() == {}
    in_july.shift(dt.timedelta(days=1))
    assert publish() == {}
    assert (IndicatorValue.objects.count(), ParkValue.objects.count(), AuditEntry.objects.count()) == before


def test_a_late_refund_restates_a_closed_period_beside_what_was_published(
    in_july: time_machine.Coordinates,
) -> None:
    park = make_park("east")
    firms = firms_of(park, "a", "b", "c")
    for firm in firms:
        sell(firm, "100.50", order_no=firm.code)
        sell(firm, "1", kind="refunded", order_no=f"r-{firm.code}", ref_order_no=firm.code)
        sell(firm, "10", JULY)
    publish()
    place, old = park.town.node, value_of(park.town.node, "net_sales")
    in_july.shift(dt.timedelta(days=1))
    sell(firms[0], "0.25", kind="refunded", order_no="r", ref_order_no=firms[0].code)
    counts = publish()
    assert set(counts) == {"restated", "goes_on"}
    new = value_of(place, "net_sales")
    assert old is not None
    assert new is not None
    old.refresh_from_db()
    assert (old.value, new.value) == (Decimal("298.50"), Decimal("298.25"))
    assert new.lineage["change"] == "-0.25"
    assert new.lineage["before"] == "2025-07-15 · 1"
    assert (new.published_on, new.seq, new.is_preliminary) == (dt.date(2025, 7, 16), 1, False)
    assert shown(place, "gmv_paid") == Decimal("301.50")
    year = value_of(place, "net_sales", YEAR, "year")
    assert year is not None
    assert (year.value, year.is_preliminary) == (Decimal("328.25"), True)
    with pytest.raises(Error), transaction.atomic():
        IndicatorValue.objects.filter(pk=old.pk).update(value=1)


def test_a_period_that_ends_becomes_final_without_a_change_of_value(
    in_july: time_machine.Coordinates,
) -> None:
    park = make_park("east")
    for firm in firms_of(park, "a", "b", "c"):
        sell(firm, "10", JULY)
    publish()
    first = value_of(park.town.node, "gmv_paid", JULY)
    in_july.move_to(dt.datetime(2025, 8, 1, 4, tzinfo=dt.UTC))
    assert publish()["closed"] > 0
    last = value_of(park.town.node, "gmv_paid", JULY)
    assert first is not None
    assert last is not None
    assert (first.is_preliminary, last.is_preliminary) == (True, False)
    assert (first.value, last.value, last.lineage["change"]) == (30, 30, "0.00")


def test_what_cannot_be_counted_yet_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    park = make_park("east")
    firms = firms_of(park, "a", "b", "c")
    for firm in firms:
        sell(firm, "1")
    publish()
    sell(firms[0], "1")
    with monkeypatch.context() as patch:
        patch.setattr("analytics.rollup.drain", lambda **_limits: 0)
        assert BucketMark.objects.exists()
        assert publish()["waiting"] > 0
        assert shown(park.town.node, "gmv_paid") == 3
    assert publish()["restated"] > 0
    assert shown(park.town.node, "gmv_paid") == 4


def test_the_tenancy_of_the_day_says_the_place_and_orders_count_once() -> None:
    province = make_province("gd", "gd")
    east, west = (make_park(name, town=make_town(province, name)) for name in ("east", "west"))
    mover, *_others = firms_of(east, "a", "b", "c")
    firms_of(west, "x", "y", "z")
    for tenant in Tenant.objects.all():
        sell(tenant, "10", MAY, order_no=f"long-{tenant.code}")
    tenancy_move(actor=SYSTEM, tenant=mover, park=west, from_day=dt.date(2025, 6, 10))
    for tenant in Tenant.objects.all():
        for day in (dt.date(2025, 6, 9), dt.date(2025, 6, 10)):
            sell(tenant, "10", day, order_no=f"long-{tenant.code}")
    publish()
    assert [shown(park.town.node, "gmv_paid") for park in (east, west)] == [50, 70]
    assert [shown(park.town.node, "orders") for park in (east, west)] == [3, 4]
    assert shown(province.node, "orders") == 6
    assert shown(province.node, "orders", YEAR, "year") == 6
    assert shown(province.node, "gmv_paid", YEAR, "year") == 180
    assert [shown(park.town.node, "tenants") for park in (east, west)] == [Withheld.FEW_FIRMS, 4]


def test_live_sessions_and_cross_border_sales_are_counted() -> None:
    park = make_park("east")
    firms = firms_of(park, "a", "b", "c")
    night = dt.datetime(2025, 6, 30, 15, tzinfo=dt.UTC)  # an hour before midnight in Shanghai
    for firm in firms:
        make_session(firm, starts_at=night, hours=3)
        sell(firm, "20", customs_mode="9610", order_no=firm.code)
        sell(firm, "1000")
        sell(firm, "5", kind="refunded", order_no=f"r-{firm.code}", ref_order_no=firm.code)
    publish()
    place = park.town.node
    assert [shown(place, "live_sessions", month) for month in (JUNE, JULY)] == [3, 0]
    assert [shown(place, "live_hours", month) for month in (JUNE, JULY)] == [3, 6]
    assert shown(place, "cross_border_net") == 45
    assert shown(place, "live_hours", YEAR, "year") == 9


def test_synthetic_parks_stamp_the_series() -> None:
    province = make_province("gd", "gd")
    real, drawn = (make_park(name, town=make_town(province, name)) for name in ("real", "drawn"))
    Park.objects.filter(pk=drawn.pk).update(is_synthetic=True)
    for park in (real, drawn):
        for firm in firms_of(park, "a", "b", "c"):
            sell(firm, "1")
    publish()
    stamps = {place.code: value_of(place, "gmv_paid").is_synthetic for place in (
        real.town.node, drawn.town.node, province.node)}  # type: ignore[union-attr]  # fmt: skip
    assert stamps == {"real-town": False, "drawn-town": True, province.node.code: True}


def test_a_value_is_traced_to_parks_and_hashed_lines(in_july: time_machine.Coordinates) -> None:
    park = make_park("east")
    firms = firms_of(park, "a", "b", "c")
    for firm in firms:
        sell(firm, "1")
    publish()
    for kind in ("month", "quarter", "year"):
        row = ParkValue.objects.get(
            indicator__code="park_gmv_paid",
            period_kind=kind,
            period={"month": JUNE, "quarter": dt.date(2025, 4, 1)}.get(kind, YEAR),
        )
        assert still_holds(row)
    month = ParkValue.objects.get(indicator__code="park_gmv_paid", period_kind="month", period=JUNE)
    assert (month.firms, month.lines) == (3, 3)
    in_july.shift(60)
    sell(firms[0], "1")
    assert still_holds(month), "lines that were told later are not of this count"
    month.lines_hash = month.lines_hash[::-1]
    assert not still_holds(month)
    out = StringIO()
    call_command(
        "indicators", "trace", "park_gmv_paid", place="east-town", period="2025-06", format="json", stdout=out
    )
    told = json.loads(out.getvalue())
    assert (told["value"]["value"], told["parks"][0]["lines"]) == ("3", 3)


def test_it_runs_by_itself_once_a_day_as_a_job(in_july: time_machine.Coordinates) -> None:
    assert BEAT[publish_indicators.name] > 0
    for firm in firms_of(make_park("east"), "a", "b", "c"):
        sell(firm, "1")
    publish_indicators()
    publish_indicators()
    [job] = Job.objects.filter(kind="analytics.publish")
    jobs.run_due()
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert job.result["new"] > 0
    in_july.shift(dt.timedelta(days=1))
    publish_indicators()
    assert Job.objects.filter(kind="analytics.publish").count() == 2


def test_only_who_may_add_values_publishes() -> None:
    world = make_world("alpha")
    for actor in (NOBODY, world.manager, user_actor(make_user("town", Role.TOWN_ANALYST, world.town.node))):
        with pytest.raises(Refused):
            services.park_indicators_publish(actor=actor)
    assert not IndicatorValue.objects.filter(source=ValueSource.ROLLUP).exists()


SALES = st.lists(
    st.tuples(
        st.integers(0, 8),
        st.decimals(min_value="0.01", max_value="9999", places=2),
        st.sampled_from(["paid", "paid", "paid", "refunded"]),
        st.sampled_from([MAY, JUNE, dt.date(2025, 6, 30), JULY]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales=SALES, moves=st.dictionaries(st.integers(0, 8), st.integers(0, 2), max_size=2))
def test_published_and_withheld_together_are_the_ledger(sales: list, moves: dict[int, int]) -> None:
    with transaction.atomic():
        _the_ledger_is_told_whole(sales, moves)
        transaction.set_rollback(True)


def _the_ledger_is_told_whole(sales: list, moves: dict[int, int]) -> None:
    province = make_province(f"p{next(numbers)}", "p")
    parks = [
        make_park(f"{province.node.code}-{n}", town=make_town(province, f"{province.node.code}-{n}"))
        for n in range(3)
    ]
    firms = [
        firm
        for park, letters in zip(parks, ("abcde", "fgh", "i"), strict=True)
        for firm in firms_of(park, *letters)
    ]
    for firm, amount, kind, day in sales:
        sell(firms[firm], str(amount), day, kind=kind)
    for firm, park in moves.items():
        if firms[firm].node.parent_id != parks[park].pk:
            tenancy_move(
                actor=SYSTEM,
                tenant=firms[firm],
                park=parks[park],
                from_day=dt.date(2025, 6, 15) + dt.timedelta(days=firm),
            )
            firms[firm] = Tenant.objects.get(pk=firms[firm].pk)
    publish()
    facts = SalesEvent.objects.filter(seller__in=firms).values_list("kind", "amount")
    ledger = sum(amount if kind == "paid" else -amount for kind, amount in facts)
    for kind in ("month", "quarter", "year"):
        exact = ParkValue.objects.filter(park__in=parks, indicator__code="park_net_sales", period_kind=kind)
        assert sum(row.value for row in exact) == ledger
        for level in (lambda park: park.town.node, lambda park: province.node):
            told = IndicatorValue.objects.filter(
                place__in={level(park) for park in parks}, indicator__code="park_net_sales", period_kind=kind
            )
            hidden = [row for row in told if row.withheld]
            kept_back = sum(
                part.value
                for row in hidden
                for part in exact
                if part.period == row.period and part.park.node.path.startswith(row.place.path)
            )
            assert sum(row.value for row in told if not row.withheld) + kept_back == ledger
