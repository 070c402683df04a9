"""What was sold by owner: rows add up to the counted figures, and a maker reads its own row alone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.channels import Against
from analytics.choices import PeriodKind
from analytics.collective import collective_result
from analytics.counting import drain_everything
from analytics.figures import tenant_figures
from analytics.periods import Period
from core.actors import Actor, user_actor
from core.choices import Role
from core.errors import NotFound
from supplychain.services import certificate_accept, certificate_add
from tenants.services import store_close, store_create, tenancy_move
from tests.analytics.browsers import browser_of
from tests.factories import SYSTEM, TenantWorld, World, make_world
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.both_databases
JUNE = Period(PeriodKind.MONTH, dt.date(2025, 6, 1))
NUMBERS = iter(range(10**9))


@pytest.fixture
def operator(world: World) -> TenantWorld:
    """Whose store sells for its neighbour."""
    world.tenants[0].store.members.add(world.tenants[1].tenant)
    return world.tenants[0]


@pytest.fixture
def maker(world: World, operator: TenantWorld) -> TenantWorld:
    """Goods of its own in the store: 100 paid, 30 back; beside 50 of the operator's."""
    maker = world.tenants[1]
    sell(operator, operator, "O", "50.00")
    sell(operator, maker, "M", "100.00", qty=4)
    refund = fact("R", "refunded", "30.00", ref_order_no="M", ref_line="1", **goods_of(maker))
    record(operator.tenant, refund)
    sell(maker, maker, "own", "7.00")
    return maker


def goods_of(owner: TenantWorld) -> dict[str, Any]:
    return {"sku_code": owner.skus[0].code, "owner": owner.tenant.code}


def sell(seller: TenantWorld, owner: TenantWorld, number: str, amount: str, **more: Any) -> None:
    record(seller.tenant, fact(number, amount=amount, **goods_of(owner), **more))


def result(of: TenantWorld) -> Any:
    return collective_result(SYSTEM, of.tenant, JUNE, Against.BEFORE)


def test_the_operator_reads_every_row(operator: TenantWorld, maker: TenantWorld) -> None:
    asked = {"tenant": operator.tenant.code, "period": "2025-06"}
    answer = browser_of(operator).get(reverse("api-owner-results"), asked).json()
    assert (answer["paid"], answer["refunds"], answer["sold_by"]) == ("150.00", "30.00", [])
    first, second = answer["owners"]
    assert (first["owner"], first["member"], first["share"]) == (maker.tenant.code, True, "66.67")
    assert (first["paid"], first["refunds"], first["net"]) == ("100.00", "30.00", "70.00")
    assert (first["units_paid"], first["units_refunded"]) == (4, 1)
    assert (second["owner"], second["member"], second["share"]) == (operator.tenant.code, False, "33.33")
    page = reverse("portal-owners", args=[operator.tenant.code])
    text = browser_of(operator).get(page, {"period": "2025-06"}).content.decode()
    assert str(maker.tenant) in text
    assert "66.67 %" in text
    assert "0 of 1 goods certified" in text


def test_a_maker_reads_its_own_row_and_nothing_else_of_the_store(
    operator: TenantWorld, maker: TenantWorld
) -> None:
    asked = {"tenant": maker.tenant.code, "period": "2025-06"}
    answer = browser_of(maker).get(reverse("api-owner-results"), asked).json()
    (own,) = answer["sold_by"]
    assert (own["seller"], own["paid"], own["net"]) == (operator.tenant.code, "100.00", "70.00")
    assert [row["owner"] for row in answer["owners"]] == [maker.tenant.code]
    assert answer["paid"] == "7.00"
    assert "50.00" not in str(answer)
    assert "150.00" not in str(answer)
    stranger = {"tenant": operator.tenant.code, "period": "2025-06"}
    assert browser_of(maker).get(reverse("api-owner-results"), stranger).status_code == 404


def test_people_of_a_park_read_it_from_the_firms_coming_on(operator: TenantWorld, maker: TenantWorld) -> None:
    beta = make_world("beta")
    for one in (operator, maker):
        tenancy_move(actor=SYSTEM, tenant=one.tenant, park=beta.park, from_day=dt.date(2025, 6, 20))
    late = {"occurred_at": dt.datetime(2025, 6, 25, 4, tzinfo=dt.UTC)}
    sell(operator, maker, "late", "9.00", **late)

    def read(of: TenantWorld) -> list[tuple[str, Decimal]]:
        found = collective_result(beta.manager, of.tenant, JUNE, Against.BEFORE)
        return [(row.maker.code, row.paid) for row in (*found.rows, *found.sold_by)]

    assert read(operator) == read(maker) == [(maker.tenant.code, Decimal(9))]
    assert result(operator).mix.total.now == 159


def test_periods_that_are_cut_when_the_firm_came_say_so(world: World, operator: TenantWorld) -> None:
    operator.tenant.tenancies.update(from_day=dt.date(2025, 5, 20))
    july = Period(PeriodKind.MONTH, dt.date(2025, 7, 1))

    def read_from(actor: Actor, period: Period) -> dt.date | None:
        return collective_result(actor, operator.tenant, period, Against.BEFORE).read_from

    assert read_from(world.manager, JUNE) == dt.date(2025, 5, 20)
    assert read_from(world.manager, july) is read_from(operator.owner, JUNE) is None
    manager = Client()
    manager.force_login(world.users[Role.PARK_MANAGER], backend="django.contrib.auth.backends.ModelBackend")
    manager.cookies["django_language"] = "en"
    asked = {"tenant": operator.tenant.code, "period": "2025-06"}
    assert manager.get(reverse("api-owner-results"), asked).json()["read_from"] == "2025-05-20"


def test_people_of_a_park_read_it_to_the_day_before_the_firm_left(
    world: World, operator: TenantWorld, maker: TenantWorld
) -> None:
    """What was sold in no park is read in by a firm once it has come back."""
    tenancies = operator.tenant.tenancies
    tenancies.update(from_day=dt.date(2025, 4, 1), to_day=dt.date(2025, 6, 20))
    sell(operator, maker, "outside", "9.00", occurred_at=dt.datetime(2025, 6, 25, 4, tzinfo=dt.UTC))
    found = collective_result(world.manager, operator.tenant, JUNE, Against.BEFORE)
    whole = collective_result(operator.owner, operator.tenant, JUNE, Against.BEFORE)
    assert (whole.mix.total.now - found.mix.total.now, whole.read_from) == (9, None)
    assert found.read_from == dt.date(2025, 5, 1)


def test_a_park_reads_nothing_of_before_a_maker_came_that_sold_nothing_itself(
    world: World, operator: TenantWorld
) -> None:
    """No day of the maker's own says that it was not there yet when the store sold its goods."""
    newcomer = world.tenants[1]
    newcomer.tenant.tenancies.update(from_day=dt.date(2025, 6, 20))
    sell(operator, newcomer, "before", "100.00")
    sell(operator, newcomer, "after", "9.00", occurred_at=dt.datetime(2025, 6, 25, 4, tzinfo=dt.UTC))

    def read(actor: Actor) -> list[Decimal]:
        found = collective_result(actor, newcomer.tenant, JUNE, Against.BEFORE)
        return [row.paid for row in found.sold_by]

    assert read(world.manager) == [Decimal(9)]
    assert read(newcomer.owner) == read(newcomer.tool) == read(SYSTEM) == [Decimal(109)]


def test_who_is_no_member_of_the_store_is_told_nothing(operator: TenantWorld, maker: TenantWorld) -> None:
    operator.store.members.clear()
    assert result(maker).sold_by == ()
    assert [row.is_member for row in result(operator).rows] == [False, False]


@pytest.mark.parametrize(
    ("closed_on", "paid"),
    [
        (dt.date(2025, 6, 1), []),
        (dt.date(2025, 6, 2), [100]),
        (dt.date(2025, 6, 20), [100]),
        (dt.date(2025, 6, 21), [109]),
        (dt.date(2025, 7, 1), [109]),
    ],
)
def test_a_store_has_its_members_until_it_closes(
    operator: TenantWorld, maker: TenantWorld, closed_on: dt.date, paid: list[int]
) -> None:
    """What it sold before stays told, in the period in which it closed and in those before."""
    sell(operator, maker, "late", "9.00", occurred_at=dt.datetime(2025, 6, 20, 4, tzinfo=dt.UTC))
    store_close(actor=SYSTEM, store=operator.store, closed_on=closed_on)
    assert [row.paid for row in result(maker).sold_by] == paid
    assert any(row.is_member for row in result(operator).rows) == bool(paid)


def test_of_two_stores_the_one_that_is_open_longer_counts(operator: TenantWorld, maker: TenantWorld) -> None:
    second = store_create(
        actor=SYSTEM, tenant=operator.tenant, platform="taobao", account="second", name_zh="二店"
    )
    second.members.add(maker.tenant)
    for closed_on, paid in ((dt.date(2025, 6, 2), [100]), (dt.date(2025, 6, 1), [])):
        store_close(actor=SYSTEM, store=second, closed_on=closed_on)
        store_close(actor=SYSTEM, store=operator.store, closed_on=dt.date(2025, 5, 1))
        assert [row.paid for row in result(maker).sold_by] == paid


def test_the_mark_is_for_goods_with_certificates(
    world: World, operator: TenantWorld, maker: TenantWorld
) -> None:
    manager = user_actor(world.users[Role.PARK_MANAGER])
    assert not any(row.bears_mark for row in result(operator).rows)
    paper = certificate_add(
        actor=SYSTEM,
        product=maker.skus[0].product,
        kind="inspection",
        number="Q-1",
        issuer="CQC",
        valid_from=dt.date(2025, 1, 1),
    )
    certificate_accept(actor=manager, certificate=paper)
    assert [row.bears_mark for row in result(operator).rows] == [True, False]


def test_hosts_and_strangers_are_turned_away(operator: TenantWorld, maker: TenantWorld) -> None:
    page = reverse("portal-owners", args=[operator.tenant.code])
    assert browser_of(operator, Role.HOST).get(page).status_code == 403
    assert browser_of(maker).get(page).status_code == 404
    assert Client().get(reverse("api-owner-results"), {"tenant": operator.tenant.code}).status_code == 401
    for user in (operator.users[Role.HOST], maker.users[Role.TENANT_OWNER]):
        with pytest.raises(NotFound):
            collective_result(user_actor(user), operator.tenant, JUNE, Against.BEFORE)


KINDS = st.sampled_from(("paid", "refunded", "cancelled", "freight"))
LINE = st.tuples(KINDS, st.integers(0, 1), st.integers(0, 3), st.decimals(0, 10**4, places=4))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, max_size=8))
def test_the_rows_add_up_to_the_counted_figures(
    world: World, operator: TenantWorld, lines: list[tuple[str, int, int, Decimal]]
) -> None:
    told = []
    batch = next(NUMBERS)
    for place, (what, whose, order, amount) in enumerate(lines):
        number, kind, more = f"P{batch}-{order}", what, goods_of(world.tenants[whose])
        if what == "freight":
            kind, more = "paid", {"line_type": "freight"}
        elif what == "refunded":
            number, more = f"{number}-r{place}", {**more, "ref_order_no": number, "ref_line": "1"}
        elif what == "cancelled":
            more = {**more, "amount": "0"}
        told.append(fact(number, kind, external_id=f"{batch}:{place}", **{"amount": str(amount), **more}))
    if told:
        record(operator.tenant, *told)
    drain_everything()
    found = result(operator)
    (row,) = tenant_figures(
        tenant=operator.tenant, actor=SYSTEM, since=JUNE.first, until=JUNE.last, by="total"
    )
    assert sum(each.paid for each in found.rows) == found.mix.total.now == row.values["gmv_paid"]
    assert sum(each.refunds for each in found.rows) == found.refunds == row.values["refunds"]
