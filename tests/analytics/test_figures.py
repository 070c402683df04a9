"""Figures as doors show them: metrics, who sees whose, what waits to be counted, and what a bureau is told."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import pytest

from analytics import metrics, rollup
from analytics.figures import bureau_figures, park_figures, tenant_figures
from analytics.firmsums import MEASURES
from core.actors import user_actor
from core.choices import Role
from core.errors import InvalidInput, NotFound
from tenants.models import Tenant
from tests.analytics.ledger import tell
from tests.analytics.months import END, JULY, JUNE, sell, total
from tests.analytics.reference import Fact
from tests.factories import SYSTEM, World, make_tenant, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


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
