"""The page of one outside host: what is kept of its sales, beside recounts in plain Python."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analytics.cash import cash_flow
from analytics.channels import Against
from analytics.choices import CashKind, PeriodKind, ResultPart
from analytics.collective import collective_result
from analytics.counting import drain_everything
from analytics.outsidehosts import outside_host, outside_hosts
from analytics.periods import Period
from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_start
from core.errors import InvalidInput, NotFound
from core.money import allocate
from livestreams.errors import WrongState
from supplychain.choices import StatementState
from supplychain.models import Agreement, ImportBatch, PayoutEntry
from supplychain.services import (
    agreement_end,
    placing,
    statement_approve,
    statement_count,
    statement_pay,
)
from supplychain.settlement.source import sold_under
from tenants.choices import Platform
from tests.analytics.outside import (
    JUNE,
    MAY,
    NOW,
    NUMBERS,
    _in_the_morning,
    agree,
    at_noon,
    firm,
    give_back,
    sell,
    settle,
    told,
    yuan,
)
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

__all__ = ["_in_the_morning", "firm"]

pytestmark = pytest.mark.both_databases
COMMISSION, SLOT_FEE, PLATFORM = ResultPart.COMMISSION, ResultPart.SLOT_FEE, ResultPart.PLATFORM


def test_the_page_is_a_recount(firm: TenantWorld) -> None:
    second = firm.skus[1].code
    sell(firm, "A", 2, "100.00")
    sell(firm, "A", 2, "50.00", line_no="2", sku_code=second)
    sell(firm, "B", 31, "30.00", sku_code=second)
    sell(firm, "B", 31, "20.00", line_no="2", host="daren-2")
    sell(firm, "C", 9, "70.00", occurred_at=dt.datetime(2025, 6, 9, 4, tzinfo=dt.UTC))
    sell(firm, "D", 9, "900.00", channel="product_card")
    give_back(firm, "A", "1", "10.00")
    give_back(firm, "A", "", "15.00")
    give_back(firm, "B", "1", "3.33")
    agree(firm)
    settle(firm, "A", "1", "-8.00")
    settle(firm, "A", "", "-2.50")
    settle(firm, "B", "1", "-1.25")
    settle(firm, "B", "2", "-99.00")
    settle(firm, "B", "", "-99.00")
    settle(firm, "C", "", "-99.00")
    host = told(firm)
    lines = {part: yuan(line.known) for part, line in host.account.lines.items()}
    net = Decimal(100 + 50 + 30) - Decimal("10.00") - Decimal("15.00") - Decimal("3.33")
    # Shares are cut by order, each month's rounded once.
    share = Decimal("0.18") * net
    platform = Decimal("8.00") + Decimal("2.50") + Decimal("1.25")
    assert (host.orders, host.name, yuan(host.account.paid), yuan(host.refunds)) == (
        2, "Xiaoman", Decimal(180), Decimal("28.33"),
    )  # fmt: skip
    assert lines[ResultPart.NET] == net
    assert abs(lines[COMMISSION] - share) <= Decimal("0.02")
    assert (lines[SLOT_FEE], lines[PLATFORM]) == (Decimal(200), platform)
    assert host.account.missing == []
    assert yuan(host.account.left) == net - lines[COMMISSION] - 200 - platform
    rows = {row.product: (yuan(row.paid), yuan(row.refunds), row.units_paid) for row in host.products}
    assert rows == {
        # What came back of all of A is of what was left of both its lines: 15 x 90/140 and 15 x 50/140.
        firm.skus[0].product: (Decimal(100), Decimal(10) + Decimal("9.6429"), 1),
        firm.skus[1].product: (Decimal(80), Decimal("3.33") + Decimal("5.3571"), 2),
    }
    other = told(firm, "daren-2")
    assert (yuan(other.account.net), yuan(other.account.lines[PLATFORM].known)) == (Decimal(20), Decimal(99))


PAYMENT = st.tuples(
    st.sampled_from(["daren-1", "daren-2", ""]), st.sampled_from([MAY, JUNE]), st.integers(0, 9_999)
)
PAID = st.lists(PAYMENT, min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(paid=[("daren-2", MAY, 500)], again=[], back=[(MAY, 300)])
@example(paid=[("daren-1", JUNE, 500), ("", MAY, 500)], again=[], back=[(JUNE, 300)])
@example(paid=[("daren-2", MAY, 1_000), ("daren-2", MAY, 1_000)], again=[], back=[(JUNE, 1), (JUNE, 1)])
@example(paid=[("daren-2", MAY, 500)], again=[("daren-2", MAY, 700)], back=[(JUNE, 300)])
@example(paid=[("daren-2", MAY, 500)], again=[("daren-2", JUNE, 700), ("", JUNE, 5)], back=[(MAY, 300)])
@given(
    paid=PAID,
    again=st.lists(PAYMENT, max_size=2),
    back=st.lists(st.tuples(st.sampled_from([MAY, JUNE]), st.integers(1, 9_999)), min_size=1, max_size=3),
)
def test_what_is_given_back_of_an_order_of_several_hosts_is_taken_back_once(
    firm: TenantWorld,
    paid: list[tuple[str, Period, int]],
    again: list[tuple[str, Period, int]],
    back: list[tuple[Period, int]],
) -> None:
    """The first line is paid again, whoever's account that payment names: a line is of who had its first one."""
    order, batch = f"O{next(NUMBERS)}", next(NUMBERS)
    accounts = {"daren-1": f"daren-1-{batch}", "daren-2": f"daren-2-{batch}", "": ""}
    paid = [(accounts[host], period, cents) for host, period, cents in [("daren-1", MAY, 1_000), *paid]]
    payments = [(str(number), 2, *each) for number, each in enumerate(paid, 1)]
    payments += [("1", 3, accounts[host], *rest) for host, *rest in again]
    for line, day, host, period, cents in payments:
        more: dict[str, Any] = {"occurred_at": at_noon(period, day), "line_no": line}
        more["external_id"] = f"{next(NUMBERS)}"
        if not host:
            more["channel"] = "product_card"
        sell(firm, order, 2, f"{cents / 100:.2f}", host=host, **more)
    paid[0] = (*paid[0][:2], paid[0][2] + sum(cents for _host, _period, cents in again))
    for period, cents in back:
        give_back(firm, order, "", f"{cents / 100:.2f}", period.first.month)
    placing.drain()
    # Each line gives back a part by what is left of it; what is more than all of them, by what was paid of it.
    parts, weights = [0] * len(paid), [line[2] * 100 for line in paid]
    for _period, cents in back:
        left = [weight - part for weight, part in zip(weights, parts, strict=True) if weight > part] or [0]
        goods = min(cents * 100, sum(left))
        more = iter(allocate(goods, left))
        of_goods = [next(more) if weight > part else 0 for weight, part in zip(weights, parts, strict=True)]
        rest = allocate(cents * 100 - goods, weights)
        parts = [sum(each) for each in zip(parts, of_goods, rest, strict=True)]
    assert sum(parts) == sum(cents for _period, cents in back) * 100
    for host in (accounts["daren-1"], accounts["daren-2"]):
        lines = [(line, part) for line, part in zip(paid, parts, strict=True) if line[0] == host]
        # A page has the lines that were paid in its period.
        for period in (MAY, JUNE):
            mine = [(line[2] * 100, part) for line, part in lines if line[1] == period]
            row = {each.ref: each for each in outside_hosts(SYSTEM, firm.tenant, period)}.get(host)
            assert (row is None) == (not mine)
            if row is not None:
                page = outside_host(SYSTEM, firm.tenant, host, period)
                expected = sum(sold for sold, _part in mine), sum(part for _sold, part in mine)
                assert expected == (row.gross, row.refunds) == (page.account.paid, page.refunds)
                assert page.account.net == sum(each.net for each in page.products)
        # Statements take back the same, those of an agreement on some days of the lines that were paid on them.
        for first, end in ((MAY.first, None), (MAY.first, JUNE.first), (JUNE.first, None)):
            agreement = Agreement(
                seller=firm.tenant, sales="outside", outside_ref=host, from_day=first, to_day=end
            )
            sales = [sale for sale in sold_under(agreement).sales if sale.order[1] == order]
            agreed = [
                (line[2] * 100, part)
                for line, part in lines
                if first <= line[1].first and (end is None or line[1].first < end)
            ]
            assert sum(sale.paid for sale in sales) == sum(sold for sold, _part in agreed)
            if (end is None and first == MAY.first) or not any(period == MAY for period, _cents in back):
                assert sum(sale.refunds for sale in sales) == sum(part for _sold, part in agreed)


def test_what_nobody_agreed_on_is_open(firm: TenantWorld) -> None:
    sell(firm, "A", 2, "100.00")
    sell(firm, "B", 3, "50.00")
    host = told(firm)
    open_ones = {line.part: line.units for line in host.account.missing}
    assert open_ones == {PLATFORM: None, COMMISSION: None, SLOT_FEE: None}
    assert yuan(host.account.left) == 150
    # What a platform settled has its commission in it; nobody knows of a slot fee.
    settle(firm, "A", "", "-8.00")
    settle(firm, "B", "", "-4.00")
    host = told(firm)
    assert [line.part for line in host.account.missing] == [SLOT_FEE]
    assert yuan(host.account.left) == 138
    # An agreement of a part of the month leaves the rest open.
    agree(firm, from_day=dt.date(2025, 5, 3), slot_fee=Decimal(0))
    with translation.override("en"):
        host = told(firm)
    assert yuan(host.account.lines[COMMISSION].known) == 9
    assert [line.part for line in host.account.missing] == [SLOT_FEE]
    (open_one,) = host.account.lines[SLOT_FEE].missing
    assert open_one.note == "1 order"


def test_fees_alone_do_not_settle_an_order(firm: TenantWorld) -> None:
    sell(firm, "A", 2, "100.00")
    settle(firm, "A", "", "-8.00")
    assert PLATFORM not in {line.part for line in told(firm).account.missing}
    sell(firm, "B", 2, "100.00")
    batch = ImportBatch.objects.get(tenant=firm.tenant, file_name="s.csv")
    PayoutEntry.objects.create(
        tenant=firm.tenant, platform=Platform.DOUYIN, external_id="fee", kind="commission", order_no="B",
        amount=Decimal(-1), occurred_at=NOW, business_day=NOW.date(), import_batch=batch,
    )  # fmt: skip
    line = told(firm).account.lines[PLATFORM]
    assert (line.units, yuan(line.known)) == (None, 9)


def test_statements_are_what_they_say_and_the_rest_is_not_stated(firm: TenantWorld) -> None:
    sell(firm, "A", 2, "100.00")
    agreement = agree(firm, guarantee=Decimal(40), clawback_days=60)
    before = told(firm)
    assert {source.kind for source in before.account.lines[COMMISSION].sources} == {"agreement"}
    assert yuan(before.account.lines[COMMISSION].known) == 40  # 18, filled up
    assert before.account.provisional
    statement_count(actor=SYSTEM, agreement=agreement, month=MAY.first)
    sell(firm, "B", 3, "100.00")
    more = told(firm)  # so much more to share is so much less to fill up
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=MAY.first)
    assert statement.version == 2
    statement_approve(actor=user_actor(firm.users[Role.TENANT_OWNER]), statement=statement)
    after = told(firm)
    assert {source.uid for source in after.account.lines[COMMISSION].sources} == {str(statement.uid)}
    assert (after.account.left, after.account.provisional) == (more.account.left, False)
    assert yuan(after.account.lines[COMMISSION].known) == 40
    give_back(firm, "A", "1", "10.00")
    late = told(firm)
    said, rest = late.account.lines[COMMISSION].sources
    # The guarantee of June is not known before June is over.
    assert (yuan(said.units or 0), yuan(rest.units or 0), rest.provisional) == (40, Decimal("-1.80"), True)
    june = told(firm, period=JUNE)
    assert (yuan(june.account.lines[SLOT_FEE].known), june.account.lines[COMMISSION].known) == (200, 0)


@pytest.mark.parametrize("withheld", [True, False])
def test_a_share_that_the_platform_withholds_is_taken_off_once(firm: TenantWorld, withheld: bool) -> None:
    agreement = agree(firm, withheld=withheld)
    sell(firm, "A", 2, "60.00")
    statement_count(actor=SYSTEM, agreement=agreement, month=MAY.first)
    sell(firm, "B", 2, "40.00")
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=MAY.first)
    assert (statement.version, statement.total, statement.withheld, statement.to_pay) == (
        (2, 218, 18, 200) if withheld else (2, 218, 0, 218)
    )
    statement_approve(actor=user_actor(firm.users[Role.TENANT_OWNER]), statement=statement)
    # The platform kept 6 for itself and, if it withholds it, the share.
    for order, kept in (("A", "-14.40" if withheld else "-3.60"), ("B", "-9.60" if withheld else "-2.40")):
        settle(firm, order, "", kept)
    account = told(firm).account
    lines = [yuan(account.lines[part].known) for part in (PLATFORM, COMMISSION, SLOT_FEE)]
    assert lines == ([24, 0, 200] if withheld else [6, 18, 200])
    assert (yuan(account.left), account.missing) == (Decimal(100) - 6 - 18 - 200, [])
    assert len(account.lines[COMMISSION].sources) == 1
    flow = cash_flow(SYSTEM, firm.tenant, Period(PeriodKind.MONTH, dt.date(2025, 7, 1)))
    (owed,) = (
        entry
        for day in flow.calendar.days
        for entry in day.entries
        if (entry.kind, entry.uid) == (CashKind.STATEMENT, str(statement.uid))
    )
    assert yuan(owed.amount) == (-200 if withheld else -218)


def test_a_statement_of_which_the_platform_withholds_all_is_no_cash(firm: TenantWorld) -> None:
    agreement = agree(firm, withheld=True, slot_fee=Decimal(0))
    sell(firm, "A", 2, "100.00")
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=MAY.first)
    assert (statement.withheld, statement.to_pay) == (statement.total, 0)
    owner = user_actor(firm.users[Role.TENANT_OWNER])
    approved = statement_approve(actor=owner, statement=statement)
    with pytest.raises(WrongState) as refused:
        statement_pay(actor=owner, statement=approved)
    assert (refused.value.code, approved.next_states) == ("withheld", (StatementState.INVOICED,))
    flow = cash_flow(SYSTEM, firm.tenant, Period(PeriodKind.MONTH, dt.date(2025, 7, 1)))
    entries = [*flow.calendar.undated, *(entry for day in flow.calendar.days for entry in day.entries)]
    assert str(statement.uid) not in {entry.uid for entry in entries}


def test_a_platform_withholds_what_is_paid_to_an_outside_host_alone(firm: TenantWorld) -> None:
    for wrong in ({"seller_pays": False}, {"kind": "service", "sales": "all", "slot_fee": Decimal(0)}):
        with pytest.raises(InvalidInput) as refused:
            agree(firm, withheld=True, **wrong)
        assert refused.value.code == "withheld"
        signed = agree(firm, **wrong)
        with pytest.raises(IntegrityError), transaction.atomic():
            Agreement.objects.filter(pk=signed.pk).update(withheld=True)


def test_slot_fees_come_back_of_months_that_are_over(firm: TenantWorld) -> None:
    sell(firm, "A", 2, "100.00")
    agree(firm, guaranteed_sales=Decimal(1000))
    assert yuan(told(firm).account.lines[SLOT_FEE].known) == 200 * 100 / 1000
    assert yuan(told(firm, period=JUNE).account.lines[SLOT_FEE].known) == 200


def test_other_agreements_take_nothing_of_it(world: World, firm: TenantWorld) -> None:
    sell(firm, "A", 2, "100.00")
    agree(firm, host="daren-2")
    agree(world.tenants[1])
    proposed = agree(firm)
    Agreement.objects.filter(pk=proposed.pk).update(state="proposed")
    assert told(firm).account.lines[COMMISSION].known == 0
    Agreement.objects.filter(pk=proposed.pk).update(state="signed")
    with time_machine.travel(dt.datetime(2025, 5, 20, tzinfo=dt.UTC), tick=False):
        agreement_end(actor=SYSTEM, agreement=proposed, to_day=dt.date(2025, 6, 1))
    assert yuan(told(firm).account.lines[COMMISSION].known) == 18
    assert told(firm, period=JUNE).account.lines[SLOT_FEE].known == 0


def test_goods_of_others_are_told_by_their_owner(world: World, firm: TenantWorld) -> None:
    theirs = world.tenants[1].skus[0]
    firm.store.members.add(world.tenants[1].tenant)
    sell(firm, "A", 2, "100.00", sku_code=theirs.code, owner=world.tenants[1].tenant.code)
    sell(firm, "B", 2, "7.00", sku_code="")
    first, second = told(firm).products
    assert (first.product, first.owner, second.product, second.owner) == (
        None, world.tenants[1].tenant, None, None,
    )  # fmt: skip


def test_what_is_given_back_is_of_the_goods_that_are_left(world: World, firm: TenantWorld) -> None:
    """The first line came back already: what comes back of the order is of the other. Results by owner say the same."""
    other = world.tenants[1]
    firm.store.members.add(other.tenant)
    theirs = {"sku_code": other.skus[0].code, "owner": other.tenant.code}
    sell(firm, "G", 2, "40.00", **theirs)
    sell(firm, "G", 2, "40.00", line_no="2", host="daren-2")
    sell(firm, "G", 2, "5.00", line_no="f", host="daren-2", line_type="freight", sku_code="")
    give_back(firm, "G", "1", "40.00", 5)
    give_back(firm, "G", "", "45.00", 5)
    first, second = told(firm), told(firm, "daren-2")
    assert [yuan(each.account.net) for each in (first, second)] == [0, 0]
    rows = {row.owner or row.product: yuan(row.refunds) for row in (*first.products, *second.products)}
    assert rows == {other.tenant: Decimal(40), firm.skus[0].product: Decimal(40)}, "freight is of no host"
    drain_everything()
    by_owner = collective_result(SYSTEM, firm.tenant, MAY, Against.BEFORE).rows
    assert {row.maker: row.refunds for row in by_owner}[other.tenant] == rows[other.tenant]
    agreement = Agreement(
        seller=firm.tenant, sales="outside", outside_ref="daren-1", from_day=MAY.first, to_day=None
    )
    assert sum(sale.refunds for sale in sold_under(agreement).sales) == 400_000


def test_whose_line_it_is_is_looked_up_by_its_order(firm: TenantWorld) -> None:
    """Not among all that the seller ever sold, for each line: SQLite did that, where the seller is named twice."""
    sell(firm, "Q", 2, "40.00")
    agreement = Agreement(
        seller=firm.tenant, sales="outside", outside_ref="daren-1", from_day=MAY.first, to_day=None
    )
    with CaptureQueriesContext(connection) as asked:
        (sale,) = sold_under(agreement).sales
    assert sale.paid == 400_000
    (lines,) = [query["sql"] for query in asked.captured_queries if "= 'daren-1'" in query["sql"]]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {lines}")
            plan = [step for *_places, step in cursor.fetchall()]
        (first, earlier) = [step for step in plan if "supplychain_sales_" in step]
        assert first.startswith("SEARCH supplychain_salesevent "), first
        assert "supplychain_sales_order (seller_id=? AND order_no=?)" in earlier, plan


def test_what_comes_back_of_goods_that_cost_nothing_is_of_their_line(firm: TenantWorld) -> None:
    """All of the order was paid with a coupon of the platform, and 3 yuan come back of the whole of it."""
    sell(firm, "Z", 2, "0.00")
    give_back(firm, "Z", "", "3.00", 5)
    assert yuan(told(firm).account.net) == Decimal(-3)


def test_what_is_still_to_come_back_is_told_day_by_day(firm: TenantWorld) -> None:
    for number in range(20):
        at = day_start((NOW - (70 - number) * DAY).date()) + 12 * HOUR
        for order in range(5):
            record(firm.tenant, fact(f"{number}-{order}", amount="100.00", occurred_at=at))
        for order, days, amount in ((0, 2, "25.00"), (1, 9, "50.00"), (2, 29, "10.00")):
            back = {"ref_order_no": f"{number}-{order}", "ref_line": "1", "line_no": ""}
            record(
                firm.tenant,
                fact(f"R{number}-{order}", "refunded", amount, occurred_at=at + days * DAY, **back),
            )
    for order, day, amount in (
        ("A", 19, "100.00"),
        ("B", 14, "200.00"),
        ("C", 6, "400.00"),
        ("D", 1, "9.00"),
    ):
        at = day_start(dt.date(2025, 6, day)) + 12 * HOUR
        sell(firm, order, 1, amount, occurred_at=at)
    # All of it came back, of each line on its day.
    sell(firm, "F", 1, "100.00", occurred_at=at_noon(JUNE, 17))
    sell(firm, "F", 1, "100.00", occurred_at=at_noon(JUNE, 1), line_no="2")
    give_back(firm, "F", "", "200.00")
    sell(firm, "E", 2, "800.00", occurred_at=dt.datetime(2025, 3, 10, 4, tzinfo=dt.UTC))
    give_back(firm, "D", "1", "9.00")
    drain_everything()
    # Paid yesterday: 85 of 500 are still to come; six days ago 60; two weeks ago 10. All days of the past are alike.
    expected = Decimal(100) * 85 / 500 + Decimal(200) * 60 / 500 + Decimal(400) * 10 / 500
    host = told(firm, period=JUNE)
    assert host.expected is not None
    assert host.watched == 30
    assert {yuan(getattr(host.expected, name)) for name in ("low", "middle", "high")} == {expected}
    assert host.kept_then is not None
    assert yuan(host.kept_then.middle) == yuan(host.account.left) - expected
    march = told(firm, period=Period(PeriodKind.MONTH, dt.date(2025, 3, 1))).expected
    assert march is not None
    assert (march.low, march.high) == (0, 0)  # older than days are watched


def test_a_young_firm_is_told_that_it_is_not_known(firm: TenantWorld) -> None:
    sell(firm, "A", 19, "100.00", occurred_at=NOW - DAY)
    drain_everything()
    host = told(firm, period=JUNE)
    assert (host.expected, host.kept_then) == (None, None)


LINE = st.tuples(
    st.sampled_from(("paid", "refunded", "whole", "cancelled")),
    st.integers(0, 3),
    st.integers(1, 2),
    st.sampled_from(("daren-1", "daren-2")),
    st.sampled_from((5, 6)),
    st.decimals(0, 10**4, places=4),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, min_size=1, max_size=10), st.integers(0, 3))
def test_the_parts_add_up(firm: TenantWorld, drawn: list[Any], settled: int) -> None:
    batch = next(NUMBERS)
    hosts = {name: f"{name}-{batch}" for name in ("daren-1", "daren-2")}
    for what, number, line, host, month, amount in drawn:
        order, at = f"P{batch}-{number}", dt.datetime(2025, month, 9, 4, tzinfo=dt.UTC)
        if what in ("refunded", "whole"):
            give_back(firm, order, str(line) if what == "refunded" else "", str(amount), month)
            continue
        sku = firm.skus[line - 1].code
        values: dict[str, Any] = {"line_no": str(line), "occurred_at": at, "external_id": f"{next(NUMBERS)}"}
        if what == "cancelled":
            record(firm.tenant, fact(order, "cancelled", "0", **values))
        else:
            sell(firm, order, 9, str(amount), hosts[host], sku_code=sku, **values)
    settle(firm, f"P{batch}-{settled}", "", "-1.2345")
    agree(firm, hosts["daren-1"], tiers=[(Decimal(0), Decimal("7.77")), (Decimal(100), Decimal(3))])
    placing.drain()
    for period in (MAY, JUNE):
        rows = {row.ref: row for row in outside_hosts(SYSTEM, firm.tenant, period)}
        for ref in hosts.values():
            try:
                host = outside_host(SYSTEM, firm.tenant, ref, period)
            except NotFound:
                assert ref not in rows
                continue
            account = host.account
            signed = [
                (source.units or 0) * (1 if part == ResultPart.NET else -1)
                for part, line in account.lines.items()
                for source in line.sources
            ]
            assert account.left == sum(signed)
            assert account.net == account.paid - host.refunds == sum(row.net for row in host.products)
            row = rows.get(ref)
            assert (account.paid, host.refunds, host.orders) == (
                (row.gross, row.refunds, row.orders) if row else (0, 0, 0)
            )
