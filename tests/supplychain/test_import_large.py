"""Large files on PostgreSQL, which are stored while they are read: the same comes of them as of any other file."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import translation

from core.models import AuditEntry, BucketMark
from supplychain.importing import FileError
from supplychain.models import SalesEvent, SalesEventKey
from supplychain.services import loading
from supplychain.services.loading import Outcome, Plan, load
from tenants.models import Tenant
from tests import factories
from tests.supplychain import files
from tests.supplychain.ledger import SYSTEM, fact, record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
ROWS = 60
READ, BOTH, STORED = "Read ", "Read and stored", "Stored"


@pytest.fixture
def seller() -> Tenant:
    return factories.make_tenant(factories.make_park("alpha"), "alpha-a")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Have the files of this test be large, or not."""

    def choose(large: bool) -> None:
        monkeypatch.setattr(loading, "LARGE", 0 if large else 1 << 40)
        monkeypatch.setattr(loading, "ROWS_AT_ONCE", 10)
        monkeypatch.setattr(loading, "STEP", 10)

    return choose


def body(tmp_path: Path, change: Callable[[list[str]], None] = lambda _lines: None) -> bytes:
    lines = files.orders_file(tmp_path / "f.csv", ROWS // 2).read_text(encoding="utf-8").splitlines()
    change(lines)
    return "\n".join([*lines, ""]).encode()


def come(seller: Tenant, content: bytes, told: list[str] | None = None, **options: Any) -> Outcome:
    with translation.override("en"):
        return load(
            Plan(seller=seller, open=lambda: io.BytesIO(content)),
            actor=SYSTEM,
            progress=lambda _done, _total, message: told.append(message) if told is not None else None,
            **options,
        )


def ledger(seller: Tenant) -> list[tuple[Any, ...]]:
    events = SalesEvent.objects.filter(seller=seller).order_by("external_id", "version")
    return list(events.values_list("external_id", "version", "kind", "amount", "occurred_at", "sku_code"))


def said(told: list[str]) -> set[str]:
    """What kinds of steps were told."""
    return {next(kind for kind in (BOTH, STORED, READ) if message.startswith(kind)) for message in told}


def test_a_large_file_is_stored_while_it_is_read(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path
) -> None:
    large(True)
    threads = set(threading.enumerate())
    told: list[str] = []
    outcome = come(seller, body(tmp_path), told)
    # SQLite has one writer, which is not to wait for who reads.
    assert said(told) == ({BOTH} if connection.vendor == "postgresql" else {READ, STORED})
    assert (outcome.counts["stored"], outcome.file.rows, outcome.refused) == (ROWS, ROWS, False)
    assert set(threading.enumerate()) == threads
    assert SalesEventKey.objects.count() == ROWS
    other = factories.make_tenant(factories.make_park("beta"), "beta-a")
    large(False)
    again = come(other, body(tmp_path))
    assert ledger(seller) == ledger(other)
    assert again.as_dict() == outcome.as_dict()
    (mine, theirs) = AuditEntry.objects.filter(verb="sales.import").order_by("pk")
    assert mine.after == theirs.after


def test_a_workbook_holds_nothing_while_it_is_read(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path
) -> None:
    large(True)
    book = openpyxl.Workbook()
    for line in csv.reader(body(tmp_path).decode().splitlines()):
        book.active.append(line)
    book.save(tmp_path / "f.xlsx")
    told: list[str] = []
    outcome = come(seller, (tmp_path / "f.xlsx").read_bytes(), told)
    assert (outcome.counts["stored"], said(told)) == (ROWS, {READ, STORED})


@pytest.mark.postgres
def test_a_reader_may_be_silent_for_as_long_as_it_likes(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path
) -> None:
    large(True)
    limits = set()

    def progress(_done: int, _total: int, _message: str) -> None:
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW {limit}")
                limits.add((limit, *cursor.fetchone()))

    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 60000")
        content = body(tmp_path)
        load(Plan(seller=seller, open=lambda: io.BytesIO(content)), actor=SYSTEM, progress=progress)
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)
        cursor.execute("RESET idle_in_transaction_session_timeout")
    assert {told for _limit, told in limits} == {"0"}


def _no_number(lines: list[str]) -> None:
    lines[55] = lines[55].replace("10.00", "ten")


def _to_come(lines: list[str]) -> None:
    lines[55] = lines[55].replace("2025-06-01", "2099-06-01")


@pytest.mark.parametrize("skip_bad_rows", [False, True])
@pytest.mark.parametrize("change", [_no_number, _to_come])
def test_a_bad_row_near_the_end_has_the_file_read_whole_first(
    seller: Tenant,
    large: Callable[[bool], None],
    tmp_path: Path,
    change: Callable[[list[str]], None],
    skip_bad_rows: bool,
) -> None:
    """Its order begins with the row before: nothing of that may stay."""
    content = body(tmp_path, change)
    large(False)
    other = factories.make_tenant(factories.make_park("beta"), "beta-a")
    expected = come(other, content, skip_bad_rows=skip_bad_rows)
    large(True)
    outcome = come(seller, content, skip_bad_rows=skip_bad_rows)
    assert outcome.as_dict() == expected.as_dict()
    assert outcome.refused is not skip_bad_rows
    assert list(outcome.bad) == [56]
    assert ledger(seller) == ledger(other)
    assert len(ledger(seller)) == (ROWS - 2 if skip_bad_rows else 0)


@pytest.mark.parametrize("skip_bad_rows", [False, True])
def test_what_the_ledger_knows_otherwise_is_reviewed(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path, skip_bad_rows: bool
) -> None:
    large(True)
    come(seller, body(tmp_path))
    before = ledger(seller)

    def change(lines: list[str]) -> None:
        lines[55] = lines[55].replace("10.00", "11.00")
        lines.append("Y1,0,2025-06-01 10:00:00,1,10.00,S1")

    told: list[str] = []
    outcome = come(seller, body(tmp_path, change), told, skip_bad_rows=skip_bad_rows)
    assert READ not in said(told) or connection.vendor == "sqlite"
    assert [problem.code for problem in outcome.problems] == ["event_conflict"]
    assert (outcome.counts["conflict"], outcome.counts["duplicate"]) == (1, ROWS - 1)
    assert len(ledger(seller)) == len(before) + skip_bad_rows


def test_an_order_of_another_door_leaves_nothing_of_itself(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path
) -> None:
    """A tool has told of it as paid; the file is a platform's."""
    record(seller, fact("X27"), source="jushuitan")
    with (Path(loading.__file__).parents[1] / "importing/examples/douyin-orders.csv").open("rb") as file:
        content = file.read()
    number = content.decode("utf-8-sig").splitlines()[1].split(",")[0].strip("\t\"'=")
    record(seller, fact(number), source="erp")
    results = []
    for size in (False, True):
        large(size)
        results.append(come(seller, content, dry_run=True, skip_bad_rows=True).as_dict())
    assert results[0] == results[1]
    assert {problem["code"] for problem in results[0]["problems"]} == {"told_live"}


def test_a_file_that_ends_badly_leaves_nothing(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large(True)
    content = body(tmp_path)
    monkeypatch.setattr("supplychain.importing.readers.MAX_LINE", 2000)
    with pytest.raises(FileError, match="more than 2000 characters"):
        come(seller, content + b"X" * 3000)
    assert not ledger(seller)
    assert not BucketMark.objects.exists()


def test_whoever_stops_it_finds_nothing(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path
) -> None:
    large(True)
    threads = set(threading.enumerate())

    class StoppedError(Exception):
        pass

    def stop(done: int, total: int, _message: str) -> None:
        if done > total // 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        load(
            Plan(seller=seller, open=lambda: io.BytesIO(body(tmp_path))),
            actor=SYSTEM,
            progress=stop,
        )
    assert not ledger(seller)
    assert set(threading.enumerate()) == threads


@pytest.mark.postgres
def test_a_transaction_that_is_to_be_run_again_is_that_of_a_file_read_whole(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path
) -> None:
    """The server gives up the first one, as it does to end a deadlock."""
    large(True)
    told: list[str] = []

    def give_up(_done: int, _total: int, message: str) -> None:
        told.append(message)
        if len(told) == 3:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")

    with translation.override("en"):
        plan = Plan(seller=seller, open=lambda: io.BytesIO(body(tmp_path)))
        outcome = load(plan, actor=SYSTEM, progress=give_up)
    assert (outcome.counts["stored"], len(ledger(seller))) == (ROWS, ROWS)
    assert said(told[:3]) == {BOTH}
    assert said(told[3:]) == {READ, STORED}


@pytest.mark.postgres
def test_what_no_other_try_would_mend_is_raised(
    seller: Tenant, large: Callable[[bool], None], tmp_path: Path
) -> None:
    large(True)

    def fail(*_step: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$")

    with pytest.raises(OperationalError, match="full"):
        load(Plan(seller=seller, open=lambda: io.BytesIO(body(tmp_path))), actor=SYSTEM, progress=fail)
    assert not ledger(seller)


@pytest.mark.postgres
def test_an_import_leaves_nothing_to_be_checked_at_its_end(seller: Tenant) -> None:
    nobody = SalesEventKey(
        seller_id=0, source="test", external_id="A1", version=1, content_hash=b"x" * 16, slot=0
    )

    def store() -> None:
        with transaction.atomic():
            loading.wait_patiently()
            nobody.save(force_insert=True)
            transaction.set_rollback(True)  # what only the commit would say is not said

    with pytest.raises(IntegrityError, match="foreign key"):
        store()
