"""Refunds of more than was paid are kept, and told wherever the order is read."""

from __future__ import annotations

import io
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import ExchangeRate, User
from supplychain.exceeding import exceeding, mark
from supplychain.facts import SaleFact
from supplychain.importing import Standing
from supplychain.models import SalesEvent
from supplychain.services.loading import Plan, load, wait_patiently
from supplychain.services.standing import give_way
from tenants.services import tenant_update
from tests import factories
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.exports import sample, table
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class GivenUp(Exception): ...


@pytest.fixture
def firm(world: World) -> TenantWorld:
    return world.tenants[0]


def back(amount: str, line: str = "1", number: int = 1, **fields: object) -> SaleFact:
    return fact(
        "A1",
        "refunded",
        amount,
        external_id=f"back:{line}:{number}",
        line_no=line,
        ref_order_no="A1",
        ref_line=line,
        **fields,
    )


def freight(amount: str, line: str = "") -> SaleFact:
    return fact("A1", "paid", amount, line_no=line, line_type="freight")


def dollars(kind: str, day: int, amount: str) -> SaleFact:
    more = {"ref_order_no": "A1", "ref_line": "1"} if kind == "refunded" else {}
    at = fact().occurred_at.replace(day=day)
    return fact("A1", kind, None, currency="USD", amount_foreign=Decimal(amount), occurred_at=at, **more)


PAID = fact("A1", amount="66.00")
OTHER = fact("A1", amount="100.00", line_no="2")


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        ((PAID, back("66.00")), set()),
        ((PAID, back("88.00")), {"1"}),
        ((PAID, back("40.00"), back("26.01", number=2)), {"1"}),
        ((PAID, OTHER, back("88.00")), {"1"}),
        ((PAID, OTHER, back("66.00"), back("100.00", "2")), set()),
        ((PAID, OTHER, back("66.00"), back("100.00", "2"), back("0.01", "")), {"1", "2", ""}),
        ((PAID, OTHER, back("166.00", "")), set()),
        # The freight of an order may come back with one of its lines, once.
        ((PAID, freight("5.00"), back("71.00")), set()),
        ((PAID, OTHER, freight("5.00", "2"), back("71.00")), set()),
        ((PAID, OTHER, freight("5.00"), back("71.00"), back("105.00", "2")), {"1", "2"}),
        # What is not known was perhaps paid for.
        ((back("88.00"),), set()),
        ((OTHER, back("88.00")), set()),
        ((fact("A1", amount="66.00", line_no=""), back("88.00")), {"1"}),
        ((fact("A1", "created", "66.00"), back("88.00")), set()),
        # A correction counts instead of what it corrects.
        ((PAID, back("88.00"), fact("A1", amount="90.00", version=2)), set()),
        ((PAID, back("60.00"), back("88.00", version=2)), {"1"}),
        # The same dollars are not more because a dollar was worth more on the day of the refund.
        ((dollars("paid", 1, "10.00"), dollars("refunded", 2, "10.00")), set()),
        ((dollars("paid", 1, "10.00"), dollars("refunded", 1, "10.01")), {"1"}),
    ],
)
def test_more_came_back_than_was_paid(
    firm: TenantWorld, facts: tuple[SaleFact, ...], lines: set[str]
) -> None:
    for day, rate in (("2025-06-01", "7"), ("2025-06-02", "8")):
        ExchangeRate.objects.create(currency="USD", day=day, cny_per_unit=rate, source="t")
    assert record(firm.tenant, *facts).counts["stored"] == len(facts)
    assert exceeding({(firm.tenant.pk, number) for number in ("A1", "A2", "")}) == {
        ((firm.tenant.pk, "test", "A1"), line): {"test"} for line in lines
    }
    rows = list(SalesEvent.objects.filter(seller=firm.tenant, order_no="A1").current())
    mark(rows)
    told = {(row.kind, row.ref_line) for row in rows if row.exceeds}  # type: ignore[attr-defined]
    assert told == {("refunded", line) for line in lines}


def test_what_others_paid_under_the_same_number_is_theirs(firm: TenantWorld) -> None:
    other = factories.make_world("beta").tenants[0]
    record(firm.tenant, PAID, back("88.00"))
    record(other.tenant, fact("A1", amount="100.00"))
    mine, theirs = (firm.tenant.pk, "A1"), (other.tenant.pk, "A1")
    assert exceeding({mine}) == exceeding({mine, theirs}) == {((firm.tenant.pk, "test", "A1"), "1"): {"test"}}
    assert exceeding({theirs}) == {}


@pytest.mark.parametrize(
    ("told", "amount", "paid", "exceeds"),
    [
        # Two platforms' numbers are of two orders, each with its own payment.
        ("douyin", "120.00", {"douyin": "100.00", "kuaishou": "50.00"}, True),
        ("kuaishou", "50.01", {"douyin": "100.00", "kuaishou": "50.00"}, True),
        ("douyin", "100.00", {"douyin": "100.00", "kuaishou": "50.00"}, False),
        ("douyin", "120.00", {"kuaishou": "50.00"}, False),
        # Another door's refund is of the only order that it may be of; of two nothing can be said.
        ("jushuitan", "100.01", {"douyin": "100.00"}, True),
        ("jushuitan", "100.00", {"douyin": "100.00"}, False),
        ("jushuitan", "999.00", {"douyin": "100.00", "kuaishou": "50.00"}, False),
    ],
)
def test_a_refund_is_held_against_the_payments_of_its_own_order(
    firm: TenantWorld, told: str, amount: str, paid: dict[str, str], exceeds: bool
) -> None:
    record(firm.tenant, back(amount), source=told)
    for source, one in paid.items():
        record(firm.tenant, fact("A1", amount=one), source=source)
    rows = list(SalesEvent.objects.current())
    mark(rows)
    assert {(row.kind, row.source): row.exceeds for row in rows} == {  # type: ignore[attr-defined]
        ("refunded", told): exceeds,
        **{("paid", source): False for source in paid},
    }


def test_two_doors_of_one_order_give_back_what_was_paid_once(firm: TenantWorld) -> None:
    for source in ("jushuitan", "douyin"):
        record(firm.tenant, back("60.00"), source=source)
    record(firm.tenant, fact("A1", amount="100.00"), source="douyin")
    order = (firm.tenant.pk, "douyin", "A1")
    assert exceeding({(firm.tenant.pk, "A1")}) == {(order, "1"): {"jushuitan", "douyin"}}


def test_refunds_of_many_firms_are_held_against_payments_at_once(firm: TenantWorld) -> None:
    for mine in (firm, *factories.make_world("beta").tenants):
        record(mine.tenant, PAID, back("88.00"))
    rows = list(SalesEvent.objects.current())
    with CaptureQueriesContext(connection) as asked:
        mark(rows)
    assert len(asked) == 2
    assert {row.kind for row in rows if row.exceeds} == {"refunded"}  # type: ignore[attr-defined]


def test_the_park_s_screen_of_a_shared_line_says_so(firm: TenantWorld) -> None:
    record(firm.tenant, PAID, back("88.00"))
    tenant_update(actor=firm.owner, tenant=firm.tenant, shares_orders_with_park=True)
    browser = Client()
    browser.force_login(
        User.objects.get(username="alpha-park_manager"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    told = {}
    for event in SalesEvent.objects.filter(seller=firm.tenant, order_no="A1"):
        page = browser.get(reverse("admin:supplychain_salesevent_change", args=[event.pk])).text
        told[event.kind] = "lp-yes" in page.split("退款超过实付")[1][:500]
    assert told == {"paid": False, "refunded": True}


def test_an_import_says_so_whichever_file_comes_last(firm: TenantWorld) -> None:
    orders, after = sample("douyin-orders.csv"), sample("douyin-after-sales.csv")
    row = after[1]
    row["退商品金额（元）"] = "9999.00"
    (sold,) = [each for each in orders if each["子订单编号"] == row["商品单号"]]
    said = []
    for rows in ([row], [sold], [row]):
        text = table(rows).encode()
        outcome = load(
            Plan(seller=firm.tenant, open=lambda text=text: io.BytesIO(text)),  # type: ignore[misc]
            actor=SYSTEM,
            progress=lambda *_: None,
        )
        said.append(outcome.file.notes["refund_exceeds"])
    assert said == [0, 1, 1]


@pytest.mark.postgres
@pytest.mark.parametrize("believed", [None, 0], ids=["unseen", "believed empty"])
def test_in_a_long_import_the_same_orders_cost_the_same_to_look_up(
    firm: TenantWorld, believed: int | None
) -> None:
    """Also where a vacuum came by while nothing was committed, and wrote down that there is nothing."""

    def rows_read() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
                "WHERE relname = 'supplychain_salesevent'"
            )
            return int(cursor.fetchone()[0])

    wait_patiently()
    # As after a long file that was given up: the index of order numbers is higher than the others, to no use.
    with suppress(GivenUp), transaction.atomic():
        record(
            firm.tenant, *[fact(f"given up, with a number as long as they get: {n:>17}") for n in range(8000)]
        )
        raise GivenUp
    sales = [fact(f"A{number}") for number in range(4000)]
    refunds = [fact(f"A{n}", "refunded", ref_order_no=f"A{n}", ref_line="1") for n in range(0, 4000, 4)]
    record(firm.tenant, *sales, *refunds)
    orders = {f"A{number}" for number in range(400)}
    if believed is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_class SET reltuples = %s, relpages = 60 WHERE relname LIKE 'supplychain_sales%%'",
                [believed],
            )
    before = rows_read()
    exceeding({(firm.tenant.pk, number) for number in orders})
    give_way(
        firm.tenant,
        "test",
        lambda told: Standing((told.order_no,), finer=False),
        list(enumerate(sales[:400])),
    )
    assert rows_read() - before <= 5 * len(orders)
