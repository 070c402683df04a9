"""Figures as doors show them: metrics, scoping, parks by tenancy, bureaus, closed months, commands."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from analytics import closing, metrics, rollup
from analytics.figures import By, bureau_figures, park_figures, tenant_figures
from analytics.firmsums import MEASURES
from analytics.models import DaySales, MonthSales, PeriodClose
from analytics.services import figures_rebuild, period_close
from core import buckets, jobs
from core.actors import Actor, user_actor
from core.choices import JobState, Role
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.models import AuditEntry, Job
from core.scoping import visible_to
from parks.models import Park
from tenants.models import Tenancy, Tenant, VerifiedFigure
from tenants.services import tenancy_move, tenant_leave
from tests.analytics.ledger import tell
from tests.analytics.reference import Fact
from tests.api.conftest import Caller
from tests.factories import SYSTEM, World, make_park, make_tenant, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

JUNE, JULY = dt.date(2025, 6, 1), dt.date(2025, 7, 1)
END = dt.date(2025, 7, 31)
numbers = iter(range(1_000_000))


def sell(
    tenant: Tenant, amount: str, day: dt.date = JUNE, *, kind: str = "paid", order: str = "", **more: object
) -> None:
    """One line at noon in Shanghai, counted at once."""
    told(tenant, amount, day, kind=kind, order=order, **more)
    rollup.drain()


def told(
    tenant: Tenant, amount: str, day: dt.date = JUNE, *, kind: str = "paid", order: str = "", **more: object
) -> None:
    """One line at noon in Shanghai, yet to be counted."""
    number = next(numbers)
    at = dt.datetime(day.year, day.month, day.day, 4, tzinfo=dt.UTC)
    values = {"order_no": order or f"o{number}", "line_no": "1", **more}
    fact = Fact(
        tenant=tenant.pk,
        external_id=f"e{number}",
        version=1,
        kind=kind,
        at=at,
        amount=Decimal(amount),
        **values,
    )  # type: ignore[arg-type]
    tell(tenant, [fact])


def total(tenant: Tenant, since: dt.date = JUNE, until: dt.date = END) -> dict[str, metrics.Value]:
    [row] = tenant_figures(actor=SYSTEM, tenant=tenant, since=since, until=until, by="total")
    return row.values


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(make_park("park"), "seller")


@pytest.fixture
def in_august() -> Iterator[None]:
    with time_machine.travel(dt.datetime(2025, 8, 2, 4, tzinfo=dt.UTC)):
        yield


# --- metrics


def test_every_metric_is_complete_and_computed() -> None:
    sums: dict[str, Decimal | int] = dict.fromkeys(MEASURES, 0)
    sums.update(
        gmv_paid=Decimal("100.0000"), refunds=Decimal("33.3300"), orders=3, refund_orders=1, units_paid=7
    )
    values = metrics.compute_all(sums)
    assert set(values) == set(metrics.REGISTRY) - {"verified_net"}
    assert all(
        metric.label and metric.formula and set(metric.needs) <= set(MEASURES)
        for metric in metrics.REGISTRY.values()
    )
    assert {code: metrics.as_text(value) for code, value in values.items() if value} == {
        "gmv_paid": "100.00",
        "refunds": "33.33",
        "net_sales": "66.67",
        "orders": "3",
        "refund_orders": "1",
        "units_paid": "7",
        "refund_rate_amount": "0.3333",
        "refund_rate_orders": "0.333333",
        "aov_order": "33.3333",
        "unit_price": "14.2857",
    }
    assert metrics.compute_all(dict.fromkeys(MEASURES, 0))["aov_order"] is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234.5000", "1234.50"),
        ("0.0001", "0.0001"),
        ("-7", "-7.00"),
        ("100000000000.1200", "100000000000.12"),
    ],
)
def test_amounts_are_printed_exactly(value: str, text: str) -> None:
    assert metrics.as_text(Decimal(value)) == text


# --- whose figures


def test_orders_of_a_range_are_counted_once(tenant: Tenant) -> None:
    for day in (JUNE, JUNE + dt.timedelta(days=1), JULY):
        sell(tenant, "10", day, order="one")
    sell(tenant, "10", JULY, order="two")
    sell(tenant, "1", JULY, kind="refunded", order="r", ref_order_no="one")
    by_month = tenant_figures(actor=SYSTEM, tenant=tenant, since=JUNE, until=END, by="month")
    assert [(row.period, row.values["orders"]) for row in by_month] == [(JUNE, 1), (JULY, 2)]
    assert (total(tenant)["orders"], total(tenant)["refund_orders"]) == (2, 1)
    assert total(tenant, since=dt.date(2025, 6, 2))["orders"] == 2
    assert total(tenant, until=dt.date(2025, 6, 2))["orders"] == 1


def test_who_sees_a_tenants_figures() -> None:
    alpha, beta = make_world("alpha"), make_world("beta")
    tenant = alpha.tenants[0].tenant
    sell(tenant, "10")
    for actor in (alpha.tenants[0].owner, alpha.tenants[0].tool, alpha.manager):
        [row] = tenant_figures(actor=actor, tenant=tenant, since=JUNE, until=END)
        assert row.values["gmv_paid"] == 10
    host = user_actor(alpha.tenants[0].users[Role.HOST])
    analyst = user_actor(alpha.users[Role.PROVINCE_ANALYST])
    for actor in (alpha.tenants[1].owner, beta.manager, beta.tenants[0].tool, host, analyst):
        with pytest.raises(NotFound):
            tenant_figures(actor=actor, tenant=tenant, since=JUNE, until=END)
    for actor in (beta.manager, alpha.tenants[0].owner, analyst):
        with pytest.raises(NotFound):
            park_figures(actor=actor, parks=[alpha.park], since=JUNE, until=END)
    with pytest.raises(InvalidInput):
        tenant_figures(actor=SYSTEM, tenant=tenant, since=END, until=JUNE)


def test_what_waits_to_be_counted_is_said(tenant: Tenant) -> None:
    sell(tenant, "10")
    fact = Fact(
        tenant=tenant.pk, external_id="late", version=1, kind="paid", amount=Decimal(5), order_no="late",
        at=dt.datetime(2025, 6, 2, tzinfo=dt.UTC),
    )  # fmt: skip
    before = dt.datetime.now(dt.UTC)
    tell(tenant, [fact])
    rows = tenant_figures(actor=SYSTEM, tenant=tenant, since=JUNE, until=END)
    assert [(row.period.day, row.dirty, row.values["gmv_paid"]) for row in rows] == [(1, 0, 10), (2, 1, 0)]
    waiting = rows[1].as_of
    assert before <= waiting < dt.datetime.now(dt.UTC)
    rollup.drain()
    assert tenant_figures(actor=SYSTEM, tenant=tenant, since=JUNE, until=END)[1].as_of > waiting


def test_a_parks_sums_follow_the_tenancies_of_each_day(tenant: Tenant) -> None:
    old, new = Park.objects.get(), make_park("newer")
    neighbour = make_tenant(old, "neighbour")
    for day in (JUNE, JULY):
        sell(tenant, "10", day, order="long")
        sell(neighbour, "1", day)
    tenancy_move(actor=SYSTEM, tenant=tenant, park=new, from_day=JULY)
    assert buckets.pending() == 0  # nothing is counted again: the sums ask who sat where

    def paid(park: Park) -> list[tuple[dt.date, metrics.Value, metrics.Value]]:
        rows = park_figures(actor=SYSTEM, parks=[park], since=JUNE, until=END, by="month")
        return [(row.period, row.values["gmv_paid"], row.values["orders"]) for row in rows]

    assert paid(old) == [(JUNE, 11, 2), (JULY, 1, 1)]
    assert paid(new) == [(JULY, 10, 1)]


def test_people_of_a_park_read_a_tenant_from_its_coming_on(in_august: None) -> None:
    alpha, beta = make_world("alpha"), make_world("beta")
    tenant, middle = alpha.tenants[0].tenant, dt.date(2025, 7, 10)
    days = (JUNE, JULY, middle, END, dt.date(2025, 8, 1))
    for day in days:
        sell(tenant, "10", day, order="long")
    for month in (JUNE, JULY):
        period_close(actor=SYSTEM, tenant=tenant, month=month)
    sell(tenant, "1", JUNE, order="late")
    sell(tenant, "2", END, order="late")
    tenancy_move(actor=SYSTEM, tenant=tenant, park=beta.park, from_day=middle)

    def read(actor: Actor, by: By) -> list[tuple[dt.date, metrics.Value, metrics.Value, metrics.Value]]:
        rows = tenant_figures(actor=actor, tenant=tenant, since=JUNE, until=days[-1], by=by)
        shown = ("gmv_paid", "orders", "verified_net")
        return [(row.period, *(row.values[code] for code in shown)) for row in rows]

    assert read(beta.manager, "day") == [(middle, 10, 1, None), (END, 12, 2, None), (days[-1], 10, 1, 10)]
    assert read(beta.manager, "month") == [(JULY, 22, 2, None), (days[-1], 10, 1, 10)]
    assert read(beta.manager, "total") == [(middle, 32, 2, None)]
    assert read(alpha.tenants[0].owner, "month") == [
        (JUNE, 11, 2, 10),
        (JULY, 32, 2, 30),
        (days[-1], 10, 1, 10),
    ]
    with pytest.raises(NotFound):
        read(alpha.manager, "day")

    def seen(actor: Actor, model: Any, field: str) -> list[dt.date]:
        rows = visible_to(model.objects.filter(tenant=tenant), actor).distinct()
        return list(rows.order_by(field).values_list(field, flat=True))

    assert seen(alpha.manager, DaySales, "day") == list(days[:2])
    assert seen(beta.manager, DaySales, "day") == list(days[2:])
    for model, field in ((MonthSales, "month"), (PeriodClose, "month"), (VerifiedFigure, "period")):
        assert seen(alpha.manager, model, field)[:1] == [JUNE]
        assert JULY not in seen(alpha.manager, model, field) + seen(beta.manager, model, field)
        assert JULY in seen(alpha.tenants[0].owner, model, field)
    assert seen(beta.manager, MonthSales, "month") == [days[-1]]


def test_people_of_a_park_read_nothing_of_what_a_firm_sold_while_it_was_in_none(in_august: None) -> None:
    """It left, sold outside of any park, and came back: of the days between the park is told nothing."""
    park = make_park("park")
    tenant = make_tenant(park, "seller")
    manager, owner = (
        user_actor(make_user(role, role, node))
        for role, node in ((Role.PARK_MANAGER, park.node), (Role.TENANT_OWNER, tenant.node))
    )
    gone, outside, back = (dt.date(2025, 7, day) for day in (3, 5, 10))
    tenant_leave(actor=SYSTEM, tenant=tenant, day=gone)
    for day in (JUNE, JULY, outside, outside + dt.timedelta(days=1), back, END):
        sell(tenant, "10", day, order="long")
    for month in (JUNE, JULY):
        period_close(actor=SYSTEM, tenant=tenant, month=month)
    sell(tenant, "7", outside, order="late")
    tenancy_move(actor=SYSTEM, tenant=tenant, park=park, from_day=back)

    def read(actor: Actor, by: By, since: dt.date, until: dt.date = END) -> list[Any]:
        rows = tenant_figures(actor=actor, tenant=tenant, since=since, until=until, by=by)
        shown = ("gmv_paid", "orders", "verified_net")
        return [(row.period, *(row.values[code] for code in shown)) for row in rows]

    for since in (JUNE, JULY, gone, outside):
        assert read(manager, "day", since) == [(back, 10, 1, None), (END, 10, 1, None)]
        assert read(manager, "month", since) == [(JULY, 20, 1, None)]
        assert read(manager, "total", since) == [(back, 20, 1, None)]
    assert read(manager, "month", JUNE, gone) == [(JUNE, 10, 1, 10), (JULY, 10, 1, None)]
    assert read(manager, "total", gone, outside) == [(gone, 0, 0, None)]
    assert read(owner, "month", JUNE) == [(JUNE, 10, 1, 10), (JULY, 57, 2, 50)]
    # A month has no part that the park could read alone.
    for model, field in ((MonthSales, "month"), (PeriodClose, "month"), (VerifiedFigure, "period")):
        rows = model.objects.filter(tenant=tenant)
        assert {JUNE, JULY} <= set(visible_to(rows, owner).values_list(field, flat=True))
        assert set(visible_to(rows, manager).values_list(field, flat=True)) == {JUNE}


@pytest.mark.usefixtures("in_august")
def test_a_park_goes_on_reading_what_a_firm_did_there_whatever_comes_after_it_left() -> None:
    """Refunds come for weeks: they lie on days of no park, and hide none of those before."""
    park = make_park("park")
    tenant = make_tenant(park, "seller")
    manager = user_actor(make_user("manager", Role.PARK_MANAGER, park.node))
    sell(tenant, "10", JUNE, order="one")
    sell(tenant, "20", JULY, order="two")
    tenant_leave(actor=SYSTEM, tenant=tenant, day=dt.date(2025, 7, 3))
    sell(tenant, "20", dt.date(2025, 7, 20), kind="refunded", order="back", ref_order_no="two")

    def read(by: By, since: dt.date = JUNE) -> list[tuple[dt.date, metrics.Value, metrics.Value]]:
        rows = tenant_figures(actor=manager, tenant=tenant, since=since, until=END, by=by)
        return [(row.period, row.values["gmv_paid"], row.values["net_sales"]) for row in rows]

    assert read("day") == [(JUNE, 10, 10), (JULY, 20, 20)]
    assert read("month") == [(JUNE, 10, 10), (JULY, 20, 20)]
    assert read("total") == [(JUNE, 30, 30)]
    assert read("day", dt.date(2025, 7, 3)) == []
    assert set(
        visible_to(MonthSales.objects.filter(tenant=tenant), manager).values_list("month", flat=True)
    ) == {JUNE}


@pytest.mark.usefixtures("in_august")
def test_people_of_a_park_read_nothing_of_before_a_tenant_came_to_any() -> None:
    """A firm that brings its history sold on days on which it sat in no park: an order may lie on both sides."""
    world = make_world("alpha")
    tenant = world.tenants[0].tenant
    for day in (5, 6):
        sell(tenant, "10", dt.date(2025, 6, day), order="long")
    period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
    Tenancy.objects.filter(tenant=tenant).update(from_day=dt.date(2025, 6, 10))

    def read(actor: Actor, by: By) -> list[tuple[metrics.Value, ...]]:
        rows = tenant_figures(actor=actor, tenant=tenant, since=JUNE, until=END, by=by)
        return [tuple(row.values[code] for code in ("gmv_paid", "orders", "verified_net")) for row in rows]

    assert read(world.manager, "month") == []
    sell(tenant, "10", dt.date(2025, 6, 12), order="long")
    assert read(world.manager, "month") == read(world.manager, "total") == [(10, 1, None)]
    assert read(world.tenants[0].owner, "month") == read(world.tenants[0].owner, "total") == [(30, 1, 20)]


def test_a_bureau_sees_no_single_firm() -> None:
    world: World = make_world("alpha")
    analyst = user_actor(world.users[Role.PROVINCE_ANALYST])
    firms = [one.tenant for one in world.tenants]

    def june() -> dict[str, object]:
        [row] = bureau_figures(actor=analyst, place=world.city.node, since=JUNE, until=JUNE)
        return {"firms": row.firms, "paid": row.values["gmv_paid"], "why": row.withheld.get("gmv_paid")}

    for firm in firms:
        sell(firm, "10")
    assert june() == {"firms": 2, "paid": None, "why": "few_firms"}
    firms.append(make_tenant(world.park, "third"))
    sell(firms[2], "10")
    assert june() == {"firms": 3, "paid": 30, "why": None}
    sell(firms[2], "71")
    assert june() == {"firms": 3, "paid": None, "why": "dominant_firm"}
    [row] = bureau_figures(actor=analyst, place=world.city.node, since=JUNE, until=JUNE)
    assert (row.values["lines"], row.values["orders"], row.values["aov_order"]) == (4, 4, None)
    # Two firms with refunds: each knows its own, and the sum tells it the other's.
    assert row.values["refunds"] == 0
    for firm in firms[:2]:
        sell(firm, "3", kind="refunded", ref_order_no="x")
    [row] = bureau_figures(actor=analyst, place=world.city.node, since=JUNE, until=JUNE)
    assert (row.firms, row.values["refunds"], row.withheld["refunds"]) == (3, None, "few_firms")


def test_a_bureau_stays_in_its_place() -> None:
    alpha, beta = make_world("alpha"), make_world("beta")
    analyst = user_actor(make_user("city", Role.CITY_ANALYST, alpha.city.node))
    for place in (alpha.province.node, beta.city.node, alpha.park.node):
        with pytest.raises(NotFound):
            bureau_figures(actor=analyst, place=place, since=JUNE, until=END)
    sell(alpha.tenants[0].tenant, "1")
    assert len(bureau_figures(actor=analyst, place=alpha.town.node, since=JUNE, until=END)) == 1


def test_a_bureau_cannot_take_one_range_from_another() -> None:
    """A day on which one firm sold alone would else be the total of two days less that of one."""
    world = make_world("alpha")
    analyst = user_actor(world.users[Role.PROVINCE_ANALYST])
    firms = [*(one.tenant for one in world.tenants), make_tenant(world.park, "third")]
    for firm in firms:
        sell(firm, "10")
    second = JUNE + dt.timedelta(days=1)
    sell(firms[0], "7", second)
    sell(firms[0], "3", JULY)

    def told(since: dt.date, until: dt.date) -> dict[dt.date, tuple[metrics.Value, str | None]]:
        rows = bureau_figures(actor=analyst, place=world.city.node, since=since, until=until)
        return {row.period: (row.values["gmv_paid"], row.withheld.get("gmv_paid")) for row in rows}

    june = {JUNE: (Decimal(37), None)}
    for since, until in itertools.product((JUNE, second), (second, dt.date(2025, 6, 29))):
        assert told(since, until) == june
    assert told(second, JULY) == told(JUNE, END) == june | {JULY: (None, "few_firms")}
    for by in ("day", "total"):
        with pytest.raises(InvalidInput):
            bureau_figures(actor=analyst, place=world.city.node, since=JUNE, until=END, by=by)


# --- closed months


@pytest.mark.usefixtures("in_august")
def test_a_closed_month_stands_and_its_change_is_carried_on(tenant: Tenant) -> None:
    sell(tenant, "100", JUNE, order="o1")
    close = period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
    assert (close.figures["values"]["verified_net"], close.lines, close.seq) == ("100.00", 1, 1)
    assert closing.is_reproducible(close)
    assert closing.adjustments(tenant.pk) == []
    # A cancellation that comes in later lowers June as it is now, not as it was closed.
    sell(tenant, "0", JUNE, kind="cancelled", order="o1", line_no="")
    sell(tenant, "40", JULY)
    verified = {
        row.period: (row.values["net_sales"], row.values["verified_net"])
        for row in tenant_figures(actor=SYSTEM, tenant=tenant, since=JUNE, until=END, by="month")
    }
    assert verified == {JUNE: (0, 100), JULY: (40, 40)}
    assert total(tenant)["verified_net"] == 140
    assert total(tenant, since=dt.date(2025, 6, 2))["verified_net"] is None
    change = closing.adjustment(tenant.pk, JUNE)
    assert change
    assert (change.closed, change.live, change.open) == (100, 0, -100)
    assert [(each.kind, each.facts, each.corrections) for each in closing.came_later(close)] == [
        ("cancelled", 1, 0)
    ]
    assert closing.is_reproducible(close)
    # The next close carries it, and nothing is open any more.
    july = period_close(actor=SYSTEM, tenant=tenant, month=JULY)
    assert july.figures["adjustments"] == {"2025-06-01": "-100.00"}
    change = closing.adjustment(tenant.pk, JUNE)
    assert change
    assert (change.carried, change.open) == (-100, 0)
    told = Caller(user=make_user("auditor", Role.TENANT_FINANCE, tenant.node)).get("closed-months")
    names = ("month", "verified_net", "live", "carried", "open")
    assert [tuple(row[name] for name in names) for row in told.json()["results"]] == [
        ("2025-07-01", "40.00", "40.00", "0.00", "0.00"),
        ("2025-06-01", "100.00", "0.00", "-100.00", "0.00"),
    ]
    pushed = VerifiedFigure.objects.filter(tenant=tenant).values_list(
        "metric", "period", "value", "source_hash"
    )
    assert set(pushed) == {
        ("verified_net", JUNE, 100, close.lines_hash),
        ("verified_net", JULY, 40, july.lines_hash),
        ("verified_net_adjustment", JULY, -100, july.lines_hash),
    }
    assert AuditEntry.objects.filter(verb="period.close", node_id=tenant.pk).count() == 2


@pytest.mark.usefixtures("in_august")
def test_the_admin_says_what_came_after_a_close_and_who_closed(client: Client) -> None:
    world = make_world("alpha")
    tenant, money = world.tenants[0].tenant, world.users[Role.PARK_FINANCE]
    sell(tenant, "100", JUNE, order="o1")
    close = period_close(actor=user_actor(money), tenant=tenant, month=JUNE)
    sell(tenant, "0", JUNE, kind="cancelled", order="o1", line_no="")
    rollup.drain()
    client.force_login(money)
    client.cookies["django_language"] = "en"
    every = client.get(reverse("admin:analytics_periodclose_changelist")).text
    assert [text for text in (">100.00<", ">-100.00<", money.username) if text not in every] == []
    page = reverse("admin:analytics_periodclose_change", args=[close.pk])
    one = client.get(page).text
    for text in ("still open: the next close carries it: -100.00", "cancelled · 1 fact", 'href="?recount=1"'):
        assert text in one
    proof = "still gives the very lines"
    assert proof not in one, "a month of lines is read only when somebody asks"
    assert proof in client.get(page, {"recount": "1"}).text


@pytest.mark.usefixtures("in_august")
def test_what_cannot_be_closed() -> None:
    world = make_world("alpha")
    tenant = world.tenants[0].tenant
    with pytest.raises(InvalidInput):
        period_close(actor=SYSTEM, tenant=tenant, month=dt.date(2025, 8, 1))
    with pytest.raises(InvalidInput):
        period_close(actor=SYSTEM, tenant=tenant, month=dt.date(2025, 6, 2))
    with pytest.raises(Refused):
        period_close(actor=world.tenants[0].owner, tenant=tenant, month=JUNE)
    period_close(actor=user_actor(world.users[Role.PARK_FINANCE]), tenant=tenant, month=JUNE)
    with pytest.raises(Conflict) as again:
        period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
    assert again.value.code == "period_closed"
    assert PeriodClose.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.usefixtures("in_august")
@pytest.mark.django_db(transaction=True)
def test_a_month_is_closed_with_the_lines_that_are_being_told(tenant: Tenant) -> None:
    """Whoever tells a line holds up the close of its seller: else it would be missing in what is frozen."""
    sell(tenant, "100")

    def close() -> PeriodClose:
        try:
            return period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            told(tenant, "20")
            closing_it = pool.submit(close)
            wait([closing_it], 1)
            assert not closing_it.done()
        closed = closing_it.result()
    assert (closed.figures["values"]["verified_net"], closed.lines) == ("120.00", 2)


@pytest.mark.usefixtures("in_august")
def test_a_month_that_cannot_be_counted_is_not_closed(tenant: Tenant) -> None:
    for _twice in range(2):
        sell(tenant, "600000000000000", order="large")
    with pytest.raises(Conflict) as error:
        period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
    assert error.value.code == "uncountable"


# --- commands and jobs


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_figures_command_prints_exact_rows_and_a_total(tenant: Tenant) -> None:
    sell(tenant, "10.1234")
    sell(tenant, "0.1", JULY)
    sell(tenant, "4", JULY, kind="refunded", order="r", ref_order_no="x")
    span = ("figures", "--tenant", "seller", "--since", "2025-06-01", "--until", "2025-07-31")
    answer = json.loads(run(*span, "--by", "month", "--format", "json"))
    assert [(row["period"], row["gmv_paid"], row["net_sales"], row["orders"]) for row in answer["rows"]] == [
        ("2025-06", "10.1234", "10.1234", 1),
        ("2025-07", "0.10", "-3.90", 1),
    ]
    assert (answer["total"]["net_sales"], answer["total"]["refund_rate_amount"]) == ("6.2234", "0.391259")
    table = run(*span).splitlines()
    assert {"gmv_paid", "net_sales", "verified_net"} <= set(table[0].split())
    assert [line.split()[0] for line in table[1:3]] == ["2025-06-01", "2025-07-01"]
    assert "6.2234" in table[3]
    assert len(set(map(len, table[1:3]))) == 1


@pytest.mark.parametrize(
    "changed",
    [{"--tenant": "nobody"}, {"--since": "2025-02-30"}, {"--until": "20250601"}, {"--until": "2025-05-31"}],
)
def test_the_figures_command_says_what_is_wrong(tenant: Tenant, changed: dict[str, str]) -> None:
    given = {"--tenant": "seller", "--since": "2025-06-01", "--until": "2025-06-30", **changed}
    with pytest.raises(CommandError) as error:
        run("figures", *[part for pair in given.items() for part in pair])
    assert str(error.value)


def test_the_rollup_command_drains_and_rebuilds(tenant: Tenant) -> None:
    fact = Fact(
        tenant=tenant.pk, external_id="one", version=1, kind="paid", amount=Decimal(5), order_no="o1",
        at=dt.datetime(2025, 6, 2, tzinfo=dt.UTC),
    )  # fmt: skip
    tell(tenant, [fact])
    assert "1" in run("rollup")
    assert total(tenant)["gmv_paid"] == 5
    assert "1" in run("rollup", "--rebuild")
    assert total(tenant)["gmv_paid"] == 5


def test_a_rebuild_is_a_job_of_the_operator(tenant: Tenant) -> None:
    sell(tenant, "5")
    with pytest.raises(Refused):
        figures_rebuild(actor=make_world("alpha").manager)
    printed = run("rollup", "--rebuild", "--as-job")
    job = Job.objects.get(kind="analytics.rebuild")
    assert str(job.uid) in printed
    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, job.done, job.result) == (JobState.DONE, 1, {"lines": 1})
