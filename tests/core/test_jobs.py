"""Jobs: progress, cancel, failure that is told, and take-over of what a dead worker left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.utils.translation import override

from core import clock, jobs
from core.actors import user_actor
from core.choices import JobState
from core.errors import Conflict, InvalidInput, NotFound, RowError
from core.jobs import JobContext, job_cancel, job_pause, job_resume, job_start, run_due
from core.models import AuditEntry, Job
from core.words import gettext
from tests.factories import SYSTEM, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_handlers", {})

    @jobs.handles("count")
    def count(context: JobContext) -> dict[str, int]:
        start = context.checkpoint.get("at", 0)
        for step in range(start, context.params["to"]):
            if step == context.params.get("cancel_at"):
                Job.objects.filter(pk=context.job.pk).update(cancel_requested=True)
            if step == context.params.get("pause_at") and context.attempt == 1:
                job_pause(actor=SYSTEM, uid=str(context.job.uid))
            if step == context.params.get("lose_at") and context.attempt == 1:
                raise WorkerDiedError
            context.progress(step + 1, context.params["to"], f"step {step + 1}", checkpoint={"at": step + 1})
        return {"counted": context.params["to"], "from": start}

    @jobs.handles("refuse")
    def refuse(context: JobContext) -> dict[str, int]:
        raise InvalidInput("two rows are wrong", rows=[RowError(3, "amount", "bad", "not a number")])

    @jobs.handles("break")
    def broken(context: JobContext) -> dict[str, int]:
        return {"never": 1 // context.params["zero"]}

    @jobs.handles("fill")
    def fill(context: JobContext) -> dict[str, int]:
        return {"written": Path("/dev/full").write_text("x")}

    @jobs.handles("cut")
    def cut(context: JobContext) -> dict[str, int]:
        if context.attempt == 1:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            finally:
                connection.close()
        return {"attempt": context.attempt}


class WorkerDiedError(BaseException):
    """Ends a handler the way a kill does: nothing behind it runs."""


def start(kind: str = "count", **params: int) -> Job:
    return job_start(actor=SYSTEM, kind=kind, params=params)


def test_a_job_runs_once_and_tells_how_far_it_is() -> None:
    job = start(to=3)
    assert run_due() == 1
    assert run_due() == 0
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.result, job.message) == (
        JobState.DONE,
        3,
        3,
        {"counted": 3, "from": 0},
        "step 3",
    )


def test_a_running_job_stops_at_its_next_step() -> None:
    job = start(to=5, cancel_at=2)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.done) == (JobState.CANCELLED, 2)


def test_a_running_job_waits_from_its_next_step_and_goes_on_from_its_checkpoint() -> None:
    job = start(to=5, pause_at=2)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.done, job.pause_requested) == (JobState.PAUSED, 2, False)
    Job.objects.update(heartbeat_at=clock.now() - 2 * jobs.SILENT_FOR)
    assert run_due() == 0, "nobody takes over what waits"
    assert job_pause(actor=SYSTEM, uid=str(job.uid)).state == JobState.PAUSED
    assert job_resume(actor=SYSTEM, uid=str(job.uid)).state == JobState.QUEUED
    assert run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"counted": 5, "from": 2})
    for late in (job_pause, job_resume):
        with pytest.raises(Conflict):
            late(actor=SYSTEM, uid=str(job.uid))
    verbs = AuditEntry.objects.order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["job.start", "job.pause", "job.pause", "job.resume"]


def test_a_queued_job_waits_at_once_and_a_waiting_one_can_be_stopped() -> None:
    job = start(to=1)
    assert job_pause(actor=SYSTEM, uid=str(job.uid)).state == JobState.PAUSED
    assert run_due() == 0
    stopped = job_cancel(actor=SYSTEM, uid=str(job.uid))
    assert (stopped.state, bool(stopped.finished_at)) == (JobState.CANCELLED, True)
    with pytest.raises(Conflict):
        job_resume(actor=SYSTEM, uid=str(job.uid))


def test_pausing_wears_out_no_attempts() -> None:
    job = start(to=1)
    for _time in range(2 * jobs.ATTEMPTS):
        context = jobs._claim()
        assert context is not None
        job_pause(actor=SYSTEM, uid=str(job.uid))
        with pytest.raises(jobs.JobPaused):
            context.progress(0)
        jobs._wait(context)
        job_resume(actor=SYSTEM, uid=str(job.uid))
    run_due()
    job.refresh_from_db()
    assert job.state == JobState.DONE


@pytest.mark.parametrize(
    ("meanwhile", "ends"), [(job_resume, JobState.DONE), (job_cancel, JobState.CANCELLED)]
)
def test_who_thinks_better_of_a_pause_is_heard(meanwhile: Callable[..., Job], ends: str) -> None:
    job = start(to=1)
    context = jobs._claim()
    assert context is not None
    job_pause(actor=SYSTEM, uid=str(job.uid))
    with pytest.raises(jobs.JobPaused):
        context.progress(0)
    meanwhile(actor=SYSTEM, uid=str(job.uid))
    jobs._wait(context)
    run_due()
    job.refresh_from_db()
    assert job.state == ends


def test_what_a_dead_worker_left_is_taken_over_from_its_checkpoint() -> None:
    job = start(to=5, lose_at=3)
    with pytest.raises(WorkerDiedError):
        run_due()
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    assert run_due() == 0, "its worker may still be alive"
    Job.objects.update(heartbeat_at=clock.now() - jobs.SILENT_FOR - timedelta(seconds=1))
    assert run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.attempt) == (JobState.DONE, {"counted": 5, "from": 3}, 2)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_job_whose_database_restarts_is_taken_over_and_not_failed() -> None:
    job = start("cut")
    run_due()
    job.refresh_from_db()
    assert (job.state, job.message) == (JobState.RUNNING, "")
    Job.objects.update(heartbeat_at=clock.now() - jobs.SILENT_FOR - timedelta(seconds=1))
    assert run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"attempt": 2})


@pytest.mark.django_db(transaction=True)
def test_a_silent_step_of_a_living_worker_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SILENT_FOR", timedelta(seconds=1))
    monkeypatch.setattr(jobs, "BEAT", timedelta(seconds=0.2))

    @jobs.handles("brood")
    def brood(context: JobContext) -> dict[str, bool]:
        time.sleep(2.5)
        return {"taken": jobs._claim() is not None}

    job = start("brood")
    assert run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.attempt) == (JobState.DONE, {"taken": False}, 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "livepark-heart"]


def test_what_a_job_says_is_read_in_the_language_of_each_reader() -> None:
    """Also while it holds SQLite's one writer, and can write nothing down."""
    job = start(to=1)
    told = {"en": "Too many writers at once. Please try again.", "zh-hans": "同时写入过多，请重试。"}
    context = jobs._claim()
    assert context is not None
    with override("en"):
        context.progress(1, 2, gettext(told["en"]))
    for language, text in told.items():
        with override(language):
            assert Job.objects.get(pk=job.pk).message == text
    with override("zh-hans"):
        context.heed(2, 2, gettext(told["en"]))
    try:
        for language, text in told.items():
            with override(language):
                shown = jobs.seen(Job.objects.get(pk=job.pk))
                assert (shown.done, shown.message) == (2, text)
    finally:
        jobs._told_aside.clear()


def test_the_old_worker_notices_that_it_was_replaced() -> None:
    job = start(to=1)
    old = jobs._claim()
    assert old is not None
    Job.objects.update(heartbeat_at=clock.now() - 2 * jobs.SILENT_FOR)
    assert run_due() == 1
    with pytest.raises(jobs.JobTakenOver):
        old.progress(1)
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_a_job_that_kills_its_workers_is_given_up() -> None:
    job = start(to=1)
    Job.objects.update(
        state=JobState.RUNNING, attempt=jobs.ATTEMPTS, heartbeat_at=clock.now() - 2 * jobs.SILENT_FOR
    )
    assert run_due() == 0
    with override("en"):
        job.refresh_from_db()
    assert (job.state, job.message) == (JobState.FAILED, "Given up: its worker died 3 times.")
    assert job.given_up

    again = job_resume(actor=SYSTEM, uid=str(job.uid))
    assert (again.state, again.message, again.finished_at) == (JobState.QUEUED, "", None)
    assert again.last_attempt - again.attempt == jobs.ATTEMPTS
    assert run_due() == 1
    job.refresh_from_db()
    assert job.state == JobState.DONE
    with pytest.raises(Conflict):
        job_resume(actor=SYSTEM, uid=str(job.uid))


def test_a_refusal_keeps_its_rows_and_a_bug_keeps_its_secrets() -> None:
    refused, broken = start("refuse"), start("break", zero=0)
    run_due()
    refused.refresh_from_db()
    broken.refresh_from_db()
    assert refused.state == broken.state == JobState.FAILED
    for ended in (refused, broken):
        with pytest.raises(Conflict):
            job_resume(actor=SYSTEM, uid=str(ended.uid))
    assert refused.result["rows"] == [{"row": 3, "field": "amount", "code": "bad", "message": "not a number"}]
    assert "ZeroDivision" not in broken.message


def test_a_job_says_that_a_disk_is_full() -> None:
    job = start("fill")
    run_due()
    job.refresh_from_db()
    assert (job.state, job.result["code"]) == (JobState.FAILED, "disk_full")
    assert job.message.startswith("本站磁盘已满")


def test_only_those_who_may_cancel_a_job() -> None:
    world = make_world("alpha")
    owner = world.tenants[0].owner
    job = job_start(actor=owner, kind="count", params={"to": 1}, node_id=world.tenants[0].tenant.pk)
    for actor in (world.tenants[1].owner, user_actor(make_user("stranger"))):
        for service in (job_cancel, job_pause, job_resume):
            with pytest.raises(NotFound):
                service(actor=actor, uid=str(job.uid))
    assert job_cancel(actor=owner, uid=str(job.uid)).state == JobState.CANCELLED
    with pytest.raises(Conflict):
        job_cancel(actor=owner, uid=str(job.uid))
    assert run_due() == 0
    assert AuditEntry.objects.filter(verb="job.cancel").count() == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_stops_a_job_waits_for_another_turn_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    job, record, busy = start(to=1), jobs.audit.record, iter([True, False])

    def recorded(**values: object) -> None:
        if next(busy):
            raise OperationalError("database is locked")
        record(**values)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs.audit, "record", recorded)
    assert job_cancel(actor=SYSTEM, uid=str(job.uid)).state == JobState.CANCELLED
