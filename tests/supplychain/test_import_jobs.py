"""Imports as people do them: look first, confirm, watch the job, put the rows right that were not taken."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection

from core import clock, jobs, storage
from core.choices import JobState
from core.errors import Conflict, NotFound, Refused, TooLarge
from core.jobs import job_pause, job_resume
from core.models import ExchangeRate, Job, Membership
from supplychain.importing import FileError
from supplychain.models import ImportBatch, SalesEvent
from supplychain.services import import_confirm, import_stage, loading
from supplychain.services.imports import first_rejects
from supplychain.services.progress import JobProgress
from supplychain.services.rejects import rejects_told
from tests import factories
from tests.factories import TenantWorld
from tests.supplychain import files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
HEADER = "订单号,时间,数量,金额,SKU编码,收货人姓名,备注\n"
WITH_BUYERS = f"""{HEADER}A1,2025-06-01 10:00:00,1,10.00,S1,王小明,=1+1
A1,2025-06-01 10:00:00,-x,10.00,S1,王小明,=cmd|x
A2,2025-06-01 11:00:00,1,20.00,S1,李雷,
"""


@pytest.fixture
def mine() -> TenantWorld:
    return factories.make_world("alpha").tenants[0]


@pytest.fixture
def stage(mine: TenantWorld) -> Callable[..., ImportBatch]:
    def do(content: bytes | str, name: str = "orders.csv", **options: object) -> ImportBatch:
        body = content.encode() if isinstance(content, str) else content
        return import_stage(
            actor=mine.owner, tenant=mine.tenant, file_name=name, chunks=[body[:7], body[7:]], **options
        )

    return do


def run(job: Job) -> Job:
    assert jobs.run_due() >= 1
    job.refresh_from_db()
    return job


def kept_files() -> set[str]:
    return set(default_storage.listdir("imports")[1]) if default_storage.exists("imports") else set()


def test_look_confirm_read_the_report(
    mine: TenantWorld, stage: Callable[..., ImportBatch], tmp_path: Path
) -> None:
    batch = stage(files.orders_file(tmp_path / "f.csv", 3).read_bytes(), "C:\\Users\\王\\五月 订单.csv")
    assert (batch.file_name, batch.profile, batch.state, len(batch.file_hash)) == (
        "五月 订单.csv",
        "generic",
        "staged",
        64,
    )
    assert (batch.report["rows"], batch.report["sums"], batch.report["complete"]) == (
        6,
        {"paid": {"CNY": "60.00"}},
        True,
    )
    assert batch.report["sample"][0]["order_no"] == "X0"
    assert not SalesEvent.objects.exists()
    job = import_confirm(actor=mine.owner, batch=batch)
    assert import_confirm(actor=mine.owner, batch=batch).pk == job.pk
    job = run(job)
    assert (job.state, job.result["stored"], job.result_file) == (JobState.DONE, 6, "")
    batch.refresh_from_db()
    assert (batch.state, batch.report["stored"]) == ("imported", 6)
    assert SalesEvent.objects.count() == 6
    with pytest.raises(NotFound):
        storage.opened(batch.stored_file)
    with pytest.raises(Conflict):
        import_confirm(actor=mine.owner, batch=batch)


def test_the_same_file_again_is_known(
    mine: TenantWorld, stage: Callable[..., ImportBatch], tmp_path: Path
) -> None:
    content = files.orders_file(tmp_path / "f.csv", 3).read_bytes()
    for stored in (6, 0):
        job = run(import_confirm(actor=mine.owner, batch=stage(content)))
        assert (job.state, job.result["stored"], job.result["duplicates"]) == (
            JobState.DONE,
            stored,
            6 - stored,
        )


def test_a_look_adds_up_no_two_currencies_and_names_the_rate_that_is_missing(
    mine: TenantWorld, stage: Callable[..., ImportBatch]
) -> None:
    text = (
        "订单号,时间,数量,金额,币种\n"
        "A1,2025-06-01 10:00:00,1,100.00,USD\nA2,2025-06-01 10:00:00,1,50.00,CNY\nA3,2025-06-02 10:00:00,1,7.00,USD\n"
    )
    ExchangeRate.objects.create(currency="USD", day="2025-06-02", cny_per_unit="7.2", source="t")
    batch = stage(text)
    assert batch.report["sums"] == {"paid": {"USD": "7.00", "CNY": "50.00"}}, "of what would be taken"
    (problem,) = batch.report["problems"]
    assert (batch.report["bad_rows"], problem["row"], problem["code"]) == (1, 2, "no_rate")
    assert [fact["order_no"] for fact in batch.report["sample"]] == ["A2", "A3"]
    told = run(import_confirm(actor=mine.owner, batch=batch))
    batch.refresh_from_db()
    assert (told.state, batch.report["problems"]) == (JobState.FAILED, [problem])
    ExchangeRate.objects.create(currency="USD", day="2025-05-30", cny_per_unit="7.2", source="t")
    assert stage(text).report["bad_rows"] == 0


def test_the_error_file_of_a_look_is_that_of_the_import_that_leaves_its_orders_out(
    mine: TenantWorld, stage: Callable[..., ImportBatch]
) -> None:
    batch = stage(WITH_BUYERS)
    looked = first_rejects(batch)
    lines = b"".join(rejects_told(BytesIO(looked))).decode("utf-8-sig").splitlines()
    assert len(lines) == 3, "the bad row, and the good one of its order"
    assert "王小明" not in looked.decode()
    job = run(import_confirm(actor=mine.owner, batch=batch, skip_bad_rows=True))
    with storage.opened(job.result_file) as kept:
        assert kept.read() == looked
    batch.refresh_from_db()
    with pytest.raises(NotFound):
        first_rejects(batch)
    with pytest.raises(Conflict):
        first_rejects(stage(f"{HEADER}A9,2025-06-01 10:00:00,1,10.00,S1,,\n"))


def test_reports_from_before_learn_which_currency_their_sums_are_in(mine: TenantWorld) -> None:
    migration = import_module("supplychain.migrations.0023_sums_of_imports_by_currency")
    old = {"currency": "USD", "sums": {"paid": "5.00"}}
    new = {"currency": "CNY", "sums": {"paid": {"USD": "5.00", "CNY": "1.00"}}}
    rows = [
        ImportBatch.objects.create(tenant=mine.tenant, source="file", file_name="f", report=report)
        for report in (old, new, {})
    ]
    migration.sums_name_their_currency(apps, SimpleNamespace(connection=connection))
    for row in rows:
        row.refresh_from_db()
    assert [row.report for row in rows] == [old | {"sums": {"paid": {"USD": "5.00"}}}, new, {}]


def test_rows_not_taken_come_back_as_a_file(mine: TenantWorld, stage: Callable[..., ImportBatch]) -> None:
    batch = stage(WITH_BUYERS)
    assert (batch.report["dropped"], batch.report["bad_rows"]) == (["收货人姓名"], 1)
    job = run(import_confirm(actor=mine.owner, batch=batch))
    assert (job.state, job.result["code"]) == (JobState.FAILED, "refused_rows")
    batch.refresh_from_db()
    assert (batch.state, batch.report["problems"][0]["row"]) == ("refused", 3)
    assert not SalesEvent.objects.exists()

    job = run(import_confirm(actor=mine.owner, batch=batch, skip_bad_rows=True))
    assert (job.state, job.result["stored"], job.result["left_out"]) == (JobState.DONE, 1, 1)
    assert [event.order_no for event in SalesEvent.objects.all()] == ["A2"]
    text = b"".join(rejects_told(storage.opened(job.result_file))).decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    assert rows[0][:-1] == ["订单号", "时间", "数量", "金额", "SKU编码", "备注"]
    assert [row[5] for row in rows[1:]] == ["'=1+1", "'=cmd|x"]
    assert all(row[-1] for row in rows)
    assert "王小明" not in text
    job = run(import_confirm(actor=mine.owner, batch=stage(text.replace("-x", "1"))))
    assert (job.state, job.result["stored"]) == (JobState.DONE, 2)
    assert sorted(event.order_no for event in SalesEvent.objects.all()) == ["A1", "A1", "A2"]


def test_a_file_that_cannot_be_read_leaves_nothing(
    stage: Callable[..., ImportBatch], settings: object
) -> None:
    before = kept_files()
    with pytest.raises(FileError):
        stage("a,b\n1,2\n")
    settings.LIVEPARK_BYTES_PER_UPLOAD = 10  # type: ignore[attr-defined]
    with pytest.raises(TooLarge):
        stage(WITH_BUYERS)
    assert kept_files() == before
    assert not ImportBatch.objects.exists()


def test_a_right_that_ended_meanwhile_stops_the_job(
    mine: TenantWorld, stage: Callable[..., ImportBatch], tmp_path: Path
) -> None:
    job = import_confirm(actor=mine.owner, batch=stage(files.orders_file(tmp_path / "f.csv", 3).read_bytes()))
    Membership.objects.update(ended_at=clock.now())
    job = run(job)
    assert job.state == JobState.FAILED
    assert not SalesEvent.objects.exists()


def test_a_stranger_neither_stages_nor_confirms(mine: TenantWorld, stage: Callable[..., ImportBatch]) -> None:
    stranger = factories.make_world("beta").tenants[0].owner
    batch = stage(HEADER + "A,1,2025-06-01 10:00:00,1,10.00,S\n")
    with pytest.raises(Refused):
        import_stage(actor=stranger, tenant=mine.tenant, file_name="f.csv", chunks=[b"x"])
    with pytest.raises(Refused):
        import_confirm(actor=stranger, batch=batch)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What jobs say of their progress; every step is told."""
    seen: list[str] = []
    tell = jobs.JobContext.progress

    def progress(self: jobs.JobContext, done: int, total: int = 0, message: str = "", **more: object) -> None:
        seen.append(message)
        tell(self, done, total, message)

    monkeypatch.setattr(jobs.JobContext, "progress", progress)
    monkeypatch.setattr("supplychain.services.progress.EVERY_SECONDS", 0)
    monkeypatch.setattr("supplychain.services.spool.CHUNK", 500)
    yield seen
    connection.close()


def test_progress_is_told_while_reading_and_while_writing(
    mine: TenantWorld, stage: Callable[..., ImportBatch], tmp_path: Path, told: list[str]
) -> None:
    run(
        import_confirm(
            actor=mine.owner, batch=stage(files.orders_file(tmp_path / "f.csv", 1500).read_bytes())
        )
    )
    assert sum("3000" in message for message in told) >= (2 if connection.vendor == "postgresql" else 1)
    assert len(told) >= (9 if connection.vendor == "postgresql" else 3)


def test_whoever_looks_sees_how_much_is_stored(
    mine: TenantWorld,
    stage: Callable[..., ImportBatch],
    tmp_path: Path,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = import_confirm(
        actor=mine.owner, batch=stage(files.orders_file(tmp_path / "f.csv", 1500).read_bytes())
    )
    tell, looked = JobProgress._tell, []

    def look(self: JobProgress, done: int, total: int, message: str) -> None:
        tell(self, done, total, message)
        if connection.in_atomic_block:
            row = self._aside.submit(lambda: jobs.seen(Job.objects.get(pk=job.pk))).result()
            looked.append((row.done, row.total))

    monkeypatch.setattr(JobProgress, "_tell", look)
    job = run(job)
    assert looked == [(done, 3000) for done in range(500, 3001, 500)]
    assert jobs.seen(job).message == job.message, "nothing is left of it"


# SQLite has one writer: while the import writes, nobody can ask it to stop.
@pytest.mark.parametrize(
    ("writing", "large"),
    [
        (False, False),
        pytest.param(True, False, marks=pytest.mark.postgres),
        pytest.param(True, True, marks=pytest.mark.postgres),
    ],
)
def test_a_cancelled_import_leaves_nothing(
    mine: TenantWorld,
    stage: Callable[..., ImportBatch],
    tmp_path: Path,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    writing: bool,
    large: bool,
) -> None:
    if large:  # stored while it is read
        monkeypatch.setattr(loading, "LARGE", 0)
    job = import_confirm(
        actor=mine.owner, batch=stage(files.orders_file(tmp_path / "f.csv", 1500).read_bytes())
    )
    tell = JobProgress._tell

    def stop(self: JobProgress, done: int, total: int, message: str) -> None:
        if connection.in_atomic_block is writing:
            self._aside.submit(Job.objects.filter(pk=job.pk).update, cancel_requested=True).result()
        tell(self, done, total, message)

    monkeypatch.setattr(JobProgress, "_tell", stop)
    assert run(job).state == JobState.CANCELLED
    assert not SalesEvent.objects.exists()
    assert ImportBatch.objects.get().state == "staged"


@pytest.mark.parametrize(
    ("writing", "large"),
    [(False, False), (True, False), pytest.param(True, True, marks=pytest.mark.postgres)],
)
def test_a_paused_import_holds_nothing_and_goes_on(
    mine: TenantWorld,
    stage: Callable[..., ImportBatch],
    tmp_path: Path,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    writing: bool,
    large: bool,
) -> None:
    if large:  # stored while it is read
        monkeypatch.setattr(loading, "LARGE", 0)
    job = import_confirm(
        actor=mine.owner, batch=stage(files.orders_file(tmp_path / "f.csv", 1500).read_bytes())
    )
    tell = JobProgress._tell

    def pause(self: JobProgress, done: int, total: int, message: str) -> None:
        if connection.in_atomic_block is writing and Job.objects.filter(pk=job.pk, attempt=1).exists():
            asked = self._aside.submit(job_pause, actor=mine.owner, uid=str(job.uid))
            while not asked.done() and job.pk not in jobs._waited_for:
                time.sleep(0.01)
            if not writing or connection.vendor == "postgresql":
                asked.result()  # elsewhere they wait for the one writer, which is the import
        tell(self, done, total, message)

    monkeypatch.setattr(JobProgress, "_tell", pause)
    assert run(job).state == JobState.PAUSED
    assert not connection.in_atomic_block
    assert not SalesEvent.objects.exists()
    assert ImportBatch.objects.get().state == "staged"
    job_resume(actor=mine.owner, uid=str(job.uid))
    assert run(job).state == JobState.DONE
    assert SalesEvent.objects.count() == 3000


def test_a_job_whose_worker_died_after_the_commit_gives_its_report(
    mine: TenantWorld, stage: Callable[..., ImportBatch], tmp_path: Path
) -> None:
    job = run(
        import_confirm(actor=mine.owner, batch=stage(files.orders_file(tmp_path / "f.csv", 3).read_bytes()))
    )
    Job.objects.update(state=JobState.RUNNING, heartbeat_at=clock.now() - timedelta(minutes=5), result={})
    job = run(job)
    assert (job.state, job.result["stored"], job.attempt) == (JobState.DONE, 6, 2)
    assert SalesEvent.objects.count() == 6
