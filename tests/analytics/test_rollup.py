"""What each kind of line adds to which figure, and that counting again changes nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from decimal import Decimal

import pytest
from django.db import connection, transaction

from analytics import rollup
from analytics.models import DaySales, HourSales, MonthSales, SessionFigures, SpreadOrder
from core import clock
from supplychain.models import SalesEvent
from tenants.models import Tenant
from tests.analytics.ledger import NOON, Again, Sell, a_month_of_everything, assert_counted, dump, tell
from tests.analytics.reference import Book, Fact
from tests.factories import make_park, make_session, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def day(tenant: Tenant, number: int = 1) -> DaySales:
    return DaySales.objects.get(tenant=tenant, day=dt.date(2025, 6, number))


def test_what_each_kind_adds(tenant: Tenant, say: Sell, book: Book) -> None:
    say("created", "100", qty=3)
    say("paid", "100", qty=3)
    say("paid", "8", line_type="freight", line_no="f", qty=1)
    say("paid", "50", order_no="o2")
    say("refunded", "30", qty=1, ref_order_no="o1", ref_line="1")
    say("refunded", "5", qty=1)
    say("adjusted", "-7.5", order_no="j")
    assert rollup.drain() == 1
    row = day(tenant)
    assert (row.gmv_created, row.gmv_paid, row.refunds, row.adjustments) == (100, 158, 35, Decimal("-7.5"))
    assert (row.orders, row.refund_orders, row.units_paid, row.units_refunded) == (2, 1, 4, 2)
    assert (row.cancellations, row.lines) == (0, 7)
    assert_counted(book)


def test_a_refund_counts_on_the_day_it_succeeded(tenant: Tenant, say: Sell) -> None:
    say("refunded", "30", hours=24, ref_order_no="o1", ref_line="1")
    say("paid", "100")
    rollup.drain()
    assert (day(tenant, 1).gmv_paid, day(tenant, 1).refunds) == (100, 0)
    assert (day(tenant, 2).gmv_paid, day(tenant, 2).refunds) == (0, 30)
    month = MonthSales.objects.get(tenant=tenant)
    assert (month.gmv_paid, month.refunds, month.orders, month.refund_orders) == (100, 30, 1, 1)


def test_refunds_and_cancellations_cross_the_border_with_their_sale(
    tenant: Tenant, say: Sell, book: Book
) -> None:
    say("refunded", "3", hours=24, order_no="r1", ref_order_no="o1", ref_line="1")
    say("refunded", "4", hours=25, order_no="r2", ref_order_no="o2", ref_line="1")
    rollup.drain()
    assert day(tenant, 2).cross_border_refunds == 0
    # The sales come in after their refunds: the hours of the refunds are counted again.
    sale = say("paid", "10", customs_mode="9610")
    say("paid", "7", order_no="o1", line_no="2")
    say("paid", "20", order_no="o2")
    say("paid", "30", order_no="o3", customs_mode="9710")
    say("cancelled", "0", hours=2, order_no="o3")
    say("refunded", "1", hours=26, order_no="r3", customs_mode="9810")
    assert rollup.drain() == 4
    assert (day(tenant, 1).cross_border_paid, day(tenant, 1).cross_border_refunds) == (40, 30)
    assert (day(tenant, 2).refunds, day(tenant, 2).cross_border_refunds) == (8, 4)
    # Corrected to a domestic sale it takes its refund along.
    corrected = dataclasses.replace(sale, version=2, customs_mode="domestic")
    book.tell(corrected)
    tell(tenant, [corrected])
    rollup.drain()
    assert (day(tenant, 1).cross_border_paid, day(tenant, 2).cross_border_refunds) == (30, 1)
    assert_counted(book)


def taken_back(fact: Fact) -> Fact:
    """The version that an undo writes of a fact: it says nothing."""
    return dataclasses.replace(
        fact,
        version=fact.version + 1,
        kind="adjusted",
        amount=Decimal(0),
        qty=0,
        ref_order_no="",
        ref_line="",
    )


@pytest.mark.parametrize("refund_first", [True, False])
def test_a_refund_that_another_door_tells_crosses_the_border_with_its_payment(
    tenant: Tenant, again: Again, say: Sell, book: Book, refund_first: bool
) -> None:
    def refunded() -> Decimal:
        rollup.drain()
        assert_counted(book)
        return day(tenant, 2).cross_border_refunds

    back = {"hours": 24, "order_no": "r1", "ref_order_no": "o1", "ref_line": "1", "source": "crm"}
    if refund_first:
        refund = say("refunded", "3", **back)
        assert refunded() == 0
    sale = say("paid", "10", customs_mode="9610", source="erp")
    if not refund_first:
        rollup.drain()
        refund = say("refunded", "3", **back)
    assert (refunded(), day(tenant, 2).refunds) == (3, 3)
    sale = again(dataclasses.replace(sale, version=2, customs_mode="domestic"))
    assert refunded() == 0
    sale = again(dataclasses.replace(sale, version=3, customs_mode="1210"))
    assert refunded() == 3
    sale = again(taken_back(sale))
    assert refunded() == 0
    again(dataclasses.replace(sale, version=5, kind="paid", amount=Decimal(10), order_no="o2"))
    assert refunded() == 0
    refund = again(dataclasses.replace(refund, version=2, ref_order_no="o2"))
    assert refunded() == 3
    refund = again(taken_back(refund))
    assert (refunded(), day(tenant, 2).refunds) == (0, 0)


@pytest.mark.parametrize("customs_mode", ["9610", "domestic"])
def test_a_refund_of_a_number_that_two_doors_have_told_as_paid_is_of_neither(
    tenant: Tenant, again: Again, say: Sell, book: Book, customs_mode: str
) -> None:
    def refunded() -> list[Decimal]:
        rollup.drain()
        assert_counted(book)
        return [day(tenant, number).cross_border_refunds for number in (2, 3)]

    say("paid", "10", source="pos", customs_mode="9610")
    for hours, source in ((24, "crm"), (48, "pos")):
        say("refunded", "3", hours=hours, order_no="r1", ref_order_no="o1", source=source)
    assert refunded() == [3, 3]
    other = say("paid", "7", hours=1, source="erp", customs_mode=customs_mode)
    assert refunded() == [0, 3], "what a door has told as paid it gives back itself"
    again(taken_back(other))
    assert refunded() == [3, 3]


def test_two_platforms_numbers_are_of_two_orders(tenant: Tenant, say: Sell, book: Book) -> None:
    for source in ("douyin", "crm"):
        say("refunded", "3", hours=24, order_no="r1", ref_order_no="o1", source=source)
    say("paid", "10", source="taobao", customs_mode="9610")
    rollup.drain()
    assert (day(tenant, 2).refunds, day(tenant, 2).cross_border_refunds) == (6, 3)
    assert_counted(book)


@pytest.mark.parametrize("backwards", [False, True])
def test_what_several_doors_give_back_of_an_order_is_given_back_once(
    tenant: Tenant, say: Sell, book: Book, backwards: bool
) -> None:
    """A refund of the one stands against a cancellation of the other, whichever comes first, and the order is one."""
    told = [
        ("paid", "10", 0, "pos"),
        ("refunded", "4", 24, "crm"),
        ("cancelled", "0", 25, "erp"),  # of nothing that it knows of
        ("cancelled", "0", 26, "pos"),
        ("refunded", "1", 27, "crm"),
    ]
    for kind, amount, hours, source in reversed(told) if backwards else told:
        ref = {"ref_order_no": "o1", "ref_line": "1"} if kind == "refunded" else {}
        say(
            kind,
            amount,
            hours=hours,
            source=source,
            customs_mode="9610" if kind == "paid" else "domestic",
            **ref,
        )
        rollup.drain()
    row = day(tenant, 2)
    assert (row.refunds, row.cancellations, row.cross_border_refunds, row.refund_orders) == (10, 5, 10, 1)
    assert_counted(book)
    before = dump()
    rollup.rebuild()
    assert dump() == before


# Lines of one order as (kind, amount, line, hour); then what the cancellations at each hour are worth.
CANCELLATIONS = {
    "of an unpaid order": ([("created", "10", "1", 0), ("cancelled", "10", "1", 1)], {1: 0}),
    "of a paid line": ([("paid", "10", "1", 0), ("paid", "7", "2", 0), ("cancelled", "0", "1", 1)], {1: 10}),
    "of a whole order": ([("paid", "10", "1", 0), ("paid", "7", "2", 0), ("cancelled", "0", "", 1)], {1: 17}),
    "after a part was refunded": (
        [("paid", "10", "1", 0), ("refunded", "4", "1", 1), ("cancelled", "0", "1", 2)],
        {2: 6},
    ),
    "before the refund": (
        [("paid", "10", "1", 0), ("cancelled", "0", "1", 1), ("refunded", "4", "1", 2)],
        {1: 10},
    ),
    "after too much was refunded": (
        [("paid", "10", "1", 0), ("refunded", "14", "1", 1), ("cancelled", "0", "1", 2)],
        {2: 0},
    ),
    "a refund without a line stands against the whole order only": (
        [
            ("paid", "10", "1", 0),
            ("refunded", "4", "", 1),
            ("cancelled", "0", "1", 2),
            ("cancelled", "0", "", 3),
        ],
        {2: 10, 3: 0},
    ),
    "a line and then the rest": (
        [
            ("paid", "10", "1", 0),
            ("paid", "7", "2", 0),
            ("cancelled", "0", "1", 1),
            ("cancelled", "0", "", 2),
        ],
        {1: 10, 2: 7},
    ),
    "the whole and then a line": (
        [("paid", "10", "1", 0), ("cancelled", "0", "", 1), ("cancelled", "0", "1", 2)],
        {1: 10, 2: 0},
    ),
    "twice": (
        [("paid", "10", "1", 0), ("cancelled", "0", "1", 1), ("cancelled", "0", "1", 2)],
        {1: 10, 2: 0},
    ),
    "before it was paid, and again": (
        [("cancelled", "0", "1", 0), ("paid", "10", "1", 1), ("cancelled", "0", "1", 2)],
        {0: 0, 2: 10},
    ),
}


@pytest.mark.parametrize("case", CANCELLATIONS)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_cancellation_takes_back_what_was_paid(
    tenant: Tenant, say: Sell, book: Book, case: str, backwards: bool
) -> None:
    told, worth = CANCELLATIONS[case]
    for kind, amount, line, hour in reversed(told) if backwards else told:
        ref = {"ref_order_no": "o1", "ref_line": line} if kind == "refunded" else {}
        say(kind, amount, hours=hour, line_no=line, **ref)
        rollup.drain()
    first = clock.hour_of(NOON)
    hours = HourSales.objects.filter(tenant=tenant, slot__in=[first + hour for hour in worth])
    assert {row.slot - first: row.cancellations for row in hours} == worth
    assert_counted(book)


def test_a_correction_moves_a_line_to_another_month_and_amount(tenant: Tenant, say: Sell, book: Book) -> None:
    wrong = say("paid", "100", order_no="o1")
    rollup.drain()
    say("paid", "90", hours=24 * 30, external_id=wrong.external_id, version=2)
    say("paid", "95", hours=1, external_id=wrong.external_id, version=2)
    rollup.drain()
    assert [(row.month.month, row.gmv_paid) for row in MonthSales.objects.filter(tenant=tenant)] == [(7, 90)]
    assert_counted(book)


def test_an_order_paid_in_several_hours_days_and_sessions_is_one_order_of_each(tenant: Tenant) -> None:
    sessions = {session.pk: session for session in (make_session(tenant), make_session(tenant))}
    first, second = sessions
    facts = [
        Fact(
            tenant=tenant.pk, external_id=f"e{number}", version=1, kind="paid", amount=Decimal(1), order_no="o1",
            at=NOON + dt.timedelta(hours=hours), session=session,
        )
        for number, (hours, session) in enumerate([(0, first), (0, second), (1, first), (24, first), (24, 0)])
    ]  # fmt: skip
    book = Book()
    for fact in facts:
        book.tell(fact)
        tell(tenant, [fact], sessions)
        rollup.drain()
    assert_counted(book)
    assert sum(row.orders for row in HourSales.objects.all()) == 5
    assert [row.orders for row in DaySales.objects.order_by("day")] == [1, 1]
    assert MonthSales.objects.get().orders == 1
    assert {row.session_id: row.orders for row in SessionFigures.objects.all()} == {first: 1, second: 1}


def test_order_of_arrival_and_duplicates_do_not_matter(tenant: Tenant) -> None:
    facts = a_month_of_everything(tenant)
    dumps = []
    for seed in (1, 2, 3):
        dice = random.Random(seed)
        again = facts + dice.sample(facts, 40)
        dice.shuffle(again)
        undo = transaction.atomic()
        with undo:
            while again:
                batch, again = again[:50], again[50:]
                tell(tenant, batch)
                if dice.random() < 0.5:
                    rollup.drain()
            rollup.drain()
            dumps.append(dump())
            transaction.set_rollback(True)
    assert dumps[0] == dumps[1] == dumps[2]
    assert dumps[0]["SpreadOrder"]


def test_a_rebuild_gives_the_same_tables_whatever_they_held(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rollup.rebuilder.LINES_PER_TRANSACTION, connection.vendor, 100)
    other = make_tenant(make_park("elsewhere"), "other")
    book = Book()
    for seller in (tenant, other):
        facts = a_month_of_everything(seller)
        tell(seller, facts)
        for fact in facts:
            book.tell(fact)
    rollup.drain()
    before = dump()
    assert_counted(book)
    HourSales.objects.filter(channel="live").delete()
    DaySales.objects.update(gmv_paid=1)
    MonthSales.objects.create(tenant=other, month=dt.date(2020, 1, 1), lines=1)
    SpreadOrder.objects.all().delete()
    SessionFigures.objects.create(session=make_session(tenant), lines=9)
    steps: list[tuple[int, int, int]] = []
    assert rollup.rebuild(lambda *step: steps.append(step)) == SalesEvent.objects.count()
    assert dump() == before
    total = SalesEvent.objects.count()
    assert [step[:2] for step in steps] == [(total // 2, total), (total, total)]
