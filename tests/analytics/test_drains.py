"""A drain that dies, fails, waits or runs beside others loses nothing and counts nothing twice."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, transaction
from structlog.testing import capture_logs

from analytics import rollup
from analytics.models import DaySales
from analytics.rollup import drainer, sql
from analytics.rollup.recount import fill_buckets, work_tables
from core import buckets, clock, planner
from core.clock import HOUR
from core.draining import Bucket, drain_family
from core.locking import advisory_lock
from core.models import BucketFailure, BucketMark
from supplychain.models import SalesEvent
from supplychain.services import attribution_set
from tenants.models import Tenant
from tests.analytics.ledger import NOON, Sell, a_month_of_everything, assert_counted, dump, tell
from tests.analytics.reference import Book, Fact
from tests.factories import SYSTEM, make_park, make_session, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


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


def test_what_is_told_while_its_hour_is_counted_is_counted_next_time(
    say: Sell, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drain forgets the marks that it saw, not those of the hours that it counted."""
    say("paid", "100")
    recount = drainer.recount_buckets

    def told_right_after(cursor: object) -> None:
        recount(cursor)
        say("paid", "50")

    with monkeypatch.context() as patch:
        patch.setattr(drainer, "recount_buckets", told_right_after)
        assert rollup.drain() == 1
    assert buckets.pending() == 1
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
    assert [day.lines for day in DaySales.objects.order_by("day")] == [3, 1]
    # Not due yet: nothing is tried. When it is due and fails again, the next try comes later.
    assert rollup.drain() == 0
    BucketFailure.objects.update(retry_at=clock.now())
    rollup.drain()
    failure.refresh_from_db()
    assert failure.attempts == 2


def test_a_bucket_that_fails_for_days_stops_no_other_one(tenant: Tenant, say: Sell) -> None:
    for _twice in range(2):
        say("paid", "600000000000000", order_no="large")
    say("paid", "10", hours=1)
    BucketFailure.objects.create(
        family=buckets.SALES,
        node_id=tenant.pk,
        slot=clock.hour_of(NOON),
        attempts=60,
        error="?",
        retry_at=clock.now(),
    )
    assert rollup.drain() == 1
    failure = BucketFailure.objects.get()
    assert failure.attempts == 61
    assert clock.now() < failure.retry_at <= clock.now() + HOUR


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
    assert not buckets.pending()


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
    assert not buckets.pending()


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


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(90)
def test_a_vacuum_while_much_is_told_does_not_make_the_count_compare_all_with_all(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds pages without a row, and says so to the planner until the next one."""
    monkeypatch.setattr(planner, "_looked", {})
    monkeypatch.setattr("analytics.rollup.recount.STATEMENT_SECONDS", 3)
    live = make_session(tenant)
    facts = [
        Fact(
            tenant=tenant.pk, external_id=f"e{number}", version=1, kind="paid", order_no=f"o{number}", line_no="1",
            at=NOON + dt.timedelta(minutes=number), amount=Decimal(1),
        )
        for number in range(3_000)
    ]  # fmt: skip
    with transaction.atomic():
        tell(tenant, facts)
        told = list(SalesEvent.objects.values_list("pk", flat=True))
        attribution_set(actor=SYSTEM, seller=tenant, event_ids=told, session=live, rule="manual")

        def vacuums() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "VACUUM supplychain_salesevent, supplychain_saleseventkey, supplychain_attribution"
                )
                cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'supplychain_salesevent'")
                assert cursor.fetchone() == (0,)
                done.append(True)
            connection.close()

        done: list[bool] = []
        thread = threading.Thread(target=vacuums)
        thread.start()
        thread.join()
        assert done
    with capture_logs() as logs:
        assert rollup.drain() == 50
    assert not [entry for entry in logs if entry["log_level"] == "warning"], logs
    assert planner.look_again() == []


@pytest.mark.postgres
def test_a_batch_that_takes_too_long_makes_the_next_ones_smaller(tenant: Tenant) -> None:
    """One statement is given up, not one for each half; and the run goes on although its time is over."""
    buckets.mark("slow", [(tenant.pk, slot) for slot in range(40)])
    tried: list[int] = []

    def count_together(some: list[Bucket]) -> int:
        tried.append(len(some))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '200ms'")
            cursor.execute("SELECT pg_sleep(%s)", [0.5 if len(some) > 8 else 0])
            cursor.execute("SET LOCAL statement_timeout = 0")
            BucketMark.objects.filter(family="slow", slot__in=[slot for _tenant, slot in some]).delete()
        return len(some)

    with capture_logs() as logs:
        assert drain_family("slow", count_together, most=32, seconds=0.1) == 8
    assert tried == [32, 16, 8]
    told = [(entry["log_level"], entry["buckets"]) for entry in logs if "buckets" in entry]
    assert told == [("warning", 32), ("warning", 16)]
    tried.clear()
    assert drain_family("slow", count_together, most=6) == 32
    assert tried == [6, 6, 6, 6, 6, 2]
    assert not BucketFailure.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_bucket_is_to_blame_for_a_database_that_restarts(tenant: Tenant) -> None:
    """And the run ends there: with the next batch it would be as with this one."""
    buckets.mark("any", [(tenant.pk, slot) for slot in range(3)])
    tried: list[int] = []

    def count_together(some: list[Bucket]) -> int:
        tried.append(len(some))
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        finally:
            connection.close()
        return 0

    assert drain_family("any", count_together, most=2) == 0
    assert tried == [2]
    assert not BucketFailure.objects.exists()
    assert BucketMark.objects.filter(family="any").count() == 3


@pytest.mark.postgres
def test_the_statement_of_a_worker_that_is_gone_ends_soon(tenant: Tenant) -> None:
    """It holds its locks until it ends, and whoever wants them waits."""
    gone = connection.copy("gone")
    with gone.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(77)")
    gone.connection.pgconn.send_query(b"SELECT pg_sleep(300)")
    gone.connection.pgconn.finish()
    ends = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < ends:
            cursor.execute("SELECT pg_try_advisory_xact_lock(77)")
            if cursor.fetchone() == (True,):
                return
            time.sleep(0.5)
    raise AssertionError("it still runs")
