"""What each kind of line adds to which figure, and that counting again changes nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, transaction

from analytics import rollup
from analytics.models import DaySales, HourSales, MonthSales, SessionFigures, SpreadOrder
from analytics.rollup import sql
from analytics.rollup.recount import fill_buckets, work_tables
from core import buckets, clock
from core.locking import advisory_lock
from core.models import BucketFailure, BucketMark
from supplychain.models import SalesEvent
from tenants.models import Tenant
from tests.analytics.ledger import assert_counted, tell
from tests.analytics.reference import Book, Fact
from tests.factories import make_park, make_session, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NOON = dt.datetime(2025, 6, 1, 4, 0, tzinfo=dt.UTC)
Sell = Callable[..., Fact]


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(make_park("park"), "seller")


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def say(tenant: Tenant, book: Book) -> Sell:
    """Tell one line to the ledger and to the reference: `say("paid", "10", hours=1, order_no="o1")`."""

    def line(kind: str, amount: str, *, hours: float = 0, **values: object) -> Fact:
        number = sum(len(versions) for versions in book.told.values())
        given = {"external_id": f"e{number}", "version": 1, "order_no": "o1", "line_no": "1", **values}
        at = NOON + dt.timedelta(hours=hours)
        fact = Fact(tenant=tenant.pk, kind=kind, amount=Decimal(amount), at=at, **given)  # type: ignore[arg-type]
        book.tell(fact)
        tell(tenant, [fact])
        return fact

    return line


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


def a_month_of_everything(tenant: Tenant, seed: int = 0, number: int = 200) -> list[Fact]:
    dice = random.Random(seed)
    facts = []
    for place in range(number):
        kind = dice.choice(["created", "paid", "paid", "paid", "refunded", "cancelled", "adjusted"])
        order = f"o{dice.randrange(number // 5)}"
        facts.append(
            Fact(
                tenant=tenant.pk,
                external_id=f"e{place if place % 10 else 0}",
                version=1 if place % 10 else 1 + place // 10,
                kind=kind,
                at=NOON + dt.timedelta(minutes=dice.randrange(40 * 24 * 60)),
                order_no=order,
                line_no=dice.choice(["", "1", "2"]),
                ref_order_no=order if kind == "refunded" else "",
                ref_line=dice.choice(["", "1"]) if kind == "refunded" else "",
                amount=Decimal(dice.randrange(100_000)) / 100,
                channel=dice.choice(["live", "shop"]),
                qty=dice.randrange(5),
            )
        )
    return facts


def dump() -> dict[str, list[tuple[object, ...]]]:
    """Every counted table in the order of its keys, without row ids."""
    models = (HourSales, DaySales, MonthSales, SessionFigures, SpreadOrder)
    return {
        model.__name__: sorted(
            model.objects.values_list(*[f.attname for f in model._meta.concrete_fields if f.attname != "id"]),
            key=str,
        )
        for model in models
    }


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


def test_a_drain_that_dies_leaves_everything_as_it_was(
    tenant: Tenant, say: Sell, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    say("paid", "100")
    rollup.drain()
    say("paid", "50", hours=1)
    before = dump()

    def dies(_cursor: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("analytics.rollup.recount.replace_levels", dies)
        with pytest.raises(SystemExit):
            rollup.drain()
    assert (dump(), buckets.pending()) == (before, 1)
    assert rollup.drain() == 1
    assert_counted(book)


def test_a_bucket_that_cannot_be_counted_is_set_aside_and_the_others_go_on(tenant: Tenant, say: Sell) -> None:
    for hour in (0, 1, 2, 50):
        say("paid", "10", hours=hour)
    for _twice in range(2):
        say("paid", "600000000000000", hours=100, order_no="large")
    assert rollup.drain() == 4
    failure = BucketFailure.objects.get()
    assert (failure.node_id, failure.slot, failure.attempts) == (tenant.pk, clock.hour_of(NOON) + 100, 1)
    assert failure.error
    assert clock.now() < failure.retry_at
    assert buckets.pending() == 1
    assert (day(tenant, 1).lines, day(tenant, 3).lines) == (3, 1)
    # Not due yet: nothing is tried. When it is due and fails again, the next try comes later.
    assert rollup.drain() == 0
    BucketFailure.objects.update(retry_at=clock.now())
    rollup.drain()
    failure.refresh_from_db()
    assert failure.attempts == 2


def test_a_bucket_that_is_mended_is_no_failure_any_more(tenant: Tenant, say: Sell) -> None:
    fact = say("paid", "10")
    BucketFailure.objects.create(
        family=buckets.SALES, node_id=tenant.pk, slot=fact.hour, attempts=3, error="?", retry_at=clock.now()
    )
    assert rollup.drain() == 1
    assert not BucketFailure.objects.exists()


def test_the_time_of_a_drain_can_be_bounded(say: Sell) -> None:
    say("paid", "10")
    assert rollup.drain(seconds=0) == 0
    assert buckets.pending() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_tenant_whose_figures_are_locked_waits_for_the_next_drain(tenant: Tenant, say: Sell) -> None:
    say("paid", "10")
    held, done = threading.Event(), threading.Event()

    def holds() -> None:
        with transaction.atomic():
            advisory_lock(rollup.tenant_lock(tenant.pk))
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=holds)
    thread.start()
    assert held.wait(10)
    assert rollup.drain() == 0
    done.set()
    thread.join()
    assert rollup.drain() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("commits", [True, False])
def test_a_drainer_on_its_own_connection_leaves_what_a_writer_has_not_committed(
    tenant: Tenant, say: Sell, book: Book, commits: bool
) -> None:
    """It counts what was told before, nothing of the open transaction, and the rest when that has committed."""
    say("paid", "10")
    counted: list[int] = []

    def drains() -> None:
        counted.append(rollup.drain())
        connection.close()

    def drain_elsewhere() -> int:
        thread = threading.Thread(target=drains)
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "the drainer waits for the writer"
        return counted[-1]

    with transaction.atomic():
        tell(tenant, [late := uncommitted(tenant)])
        assert drain_elsewhere() == 1
        assert DaySales.objects.get(tenant=tenant).gmv_paid == Decimal(10)
        transaction.set_rollback(not commits)
    if commits:
        book.tell(late)
    assert drain_elsewhere() == commits
    assert_counted(book)
    assert not BucketMark.objects.exists()


def uncommitted(tenant: Tenant) -> Fact:
    return Fact(
        tenant=tenant.pk,
        external_id="late",
        version=1,
        kind="paid",
        at=NOON,
        order_no="o9",
        line_no="1",
        amount=Decimal("2.50"),
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_writers_drainers_and_a_rebuild_at_once() -> None:
    """Two tenants sell in the same sessions while three drainers run and everything is rebuilt: nothing is lost."""
    park = make_park("park")
    sellers = [make_tenant(park, name) for name in ("one", "two")]
    live = make_session(sellers[0])
    live.shown_tenants.create(tenant=sellers[1])
    told = {seller: a_month_of_everything(seller, seed) for seed, seller in enumerate(sellers)}
    told = {
        seller: [Fact(**{**fact.__dict__, "session": live.pk}) for fact in facts]
        for seller, facts in told.items()
    }
    writing = threading.Event()
    errors: list[BaseException] = []

    def in_thread(work: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:
                errors.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def write(seller: Tenant) -> None:
        for start in range(0, len(told[seller]), 5):
            tell(seller, told[seller][start : start + 5], {live.pk: live})

    def keep_draining() -> None:
        while not writing.is_set():
            rollup.drain()

    writers = [in_thread(lambda seller=seller: write(seller)) for seller in sellers]  # type: ignore[misc]
    drainers = [in_thread(keep_draining) for _number in range(3)]
    rebuilding = in_thread(lambda: [rollup.rebuild() for _twice in range(2)] and None)
    for thread in (*writers, rebuilding):
        thread.join()
    writing.set()
    for thread in drainers:
        thread.join()
    assert not errors, errors
    rollup.drain()
    book = Book()
    for facts in told.values():
        for fact in facts:
            book.tell(fact)
    assert_counted(book)
    counted = dump()
    rollup.rebuild()
    assert dump() == counted
    assert not BucketMark.objects.exists()


@pytest.mark.postgres
def test_a_bucket_is_counted_without_reading_the_whole_ledger(tenant: Tenant) -> None:
    """A long history must not make today's hour dearer: the planner has to know how few buckets there are."""
    tell(
        tenant,
        [
            Fact(
                tenant=tenant.pk,
                external_id=f"e{number}",
                version=1,
                kind="paid",
                at=NOON + dt.timedelta(hours=number // 10),
                order_no=f"o{number}",
                line_no="1",
                amount=Decimal(1),
            )
            for number in range(5_000)
        ],
    )
    with transaction.atomic(), work_tables() as cursor:
        cursor.execute("ANALYZE supplychain_salesevent")
        fill_buckets(cursor, [(tenant.pk, clock.hour_of(NOON))])
        cursor.execute(f"EXPLAIN {sql.FACTS_OF_BUCKETS}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on supplychain_salesevent" not in plan, plan
