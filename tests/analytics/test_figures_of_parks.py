"""A park reads what firms sold while they sat in it: of before, after and between nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from analytics import metrics
from analytics.figures import By, park_figures, tenant_figures
from analytics.models import DaySales, MonthSales, PeriodClose
from analytics.services import period_close
from core import buckets
from core.actors import Actor, user_actor
from core.choices import Role
from core.errors import NotFound
from core.scoping import visible_to
from parks.models import Park
from tenants.models import Tenancy, Tenant, VerifiedFigure
from tenants.services import tenancy_move, tenant_leave
from tests.analytics.months import END, JULY, JUNE, in_august, sell
from tests.factories import SYSTEM, make_park, make_tenant, make_user, make_world

__all__ = ["in_august"]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


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
