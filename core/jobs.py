"""Jobs: long work with progress, cancel and resume after a dead worker.

A handler is `handler(context) -> dict` and is registered under its kind. It may be run twice: it commits
in steps that it can recognise (`context.checkpoint`), and calls `context.progress`, which also notices a
cancel and a take-over by another worker. That its worker lives is told beside it, however long a step is silent.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core import audit, clock, doorbell
from core.actors import Actor
from core.choices import JOB_OPEN, JobState
from core.errors import Conflict, DomainError
from core.models import Job
from core.scoping import get_visible

log = structlog.get_logger("livepark.jobs")

BEAT = timedelta(seconds=5)
SILENT_FOR = timedelta(seconds=30)
ATTEMPTS = 3


class JobCancelled(Exception):
    """Raised inside a handler when somebody asked for the job to stop."""


class JobTakenOver(Exception):
    """Raised inside a handler whose job another worker has taken over."""


@dataclass
class JobContext:
    """What a handler sees of its job."""

    job: Job
    attempt: int

    @property
    def params(self) -> dict[str, Any]:
        return self.job.params

    @property
    def checkpoint(self) -> dict[str, Any]:
        return self.job.checkpoint

    def held(self) -> QuerySet[Job]:
        """The row of the job, as long as no other worker has taken it over and it has not ended."""
        return Job.objects.filter(pk=self.job.pk, attempt=self.attempt, state=JobState.RUNNING)

    def progress(
        self, done: int, total: int = 0, message: str = "", checkpoint: dict[str, Any] | None = None
    ) -> None:
        """Report how far the work is, between steps and at least each second. Raises JobCancelled, JobTakenOver."""
        values: dict[str, Any] = {"done": done, "total": total or self.job.total}
        if message:
            values["message"] = message[:500]
        if checkpoint is not None:
            values["checkpoint"] = self.job.checkpoint = checkpoint
        if not self.held().filter(cancel_requested=False).update(**values):
            raise JobCancelled if self.held().exists() else JobTakenOver


Handler = Callable[[JobContext], dict[str, Any]]
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job; an app does so in the module its `ready` imports."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def job_start(
    *, actor: Actor, kind: str, params: dict[str, Any], node_id: int | None = None, message: str = ""
) -> Job:
    """Queue a job and ring the workers on commit."""
    if kind not in _handlers:
        raise ValueError(f"no handler for jobs of kind {kind}")
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind, params=params, node_id=node_id, created_by_id=actor.user_id, message=message
        )
        audit.record(actor=actor, verb="job.start", obj=job, node_id=node_id, after={"kind": kind})
        doorbell.ring(doorbell.JOBS)
    return job


def may_read_findings(actor: Actor, job: Job) -> bool:
    """Whether somebody may read what a job found and said: whoever started it, and the people of its own node.

    Those above see how far it is: the lines of a tenant's file are no business of the park's.
    """
    own = {grant.node_id for grant in actor.grants}
    mine = actor.user_id is not None and job.created_by_id == actor.user_id
    return actor.unrestricted or mine or job.node_id in own


def job_cancel(*, actor: Actor, uid: str) -> Job:
    """Ask a job to stop. A queued one stops at once, a running one at its next step."""
    with transaction.atomic():
        job = get_visible(Job, actor, "change", uid=uid)
        stopped = Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
            state=JobState.CANCELLED, finished_at=clock.now(), cancel_requested=True
        )
        if not stopped and not Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(
            cancel_requested=True
        ):
            raise Conflict(_("The job has already ended."), code="job_ended")
        audit.record(actor=actor, verb="job.cancel", obj=job, node_id=job.node_id)
    job.refresh_from_db()
    return job


def run_due(limit: int = 10) -> int:
    """Run queued jobs, and running ones whose worker has gone silent, one after the other; returns how many."""
    ran = 0
    while ran < limit and (context := _claim()) is not None:
        _run(context)
        ran += 1
    return ran


def _claim() -> JobContext | None:
    """Take the oldest due job: afterwards no other worker holds it (an old one notices at its next step)."""
    with transaction.atomic():
        due = Job.objects.filter(
            Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, heartbeat_at__lt=clock.now() - SILENT_FOR)
        ).order_by("id")
        if connection.vendor == "postgresql":
            due = due.select_for_update(skip_locked=True, of=("self",))
        job = due.first()
        if job is None:
            return None
        job.attempt += 1
        if job.attempt > ATTEMPTS:
            job.state, job.finished_at = JobState.FAILED, clock.now()
            job.message = _("Given up: its worker died %(n)d times.") % {"n": ATTEMPTS}
        else:
            job.state, job.heartbeat_at = JobState.RUNNING, clock.now()
        job.save()
        return JobContext(job, job.attempt) if job.state == JobState.RUNNING else _claim()


@contextmanager
def _heart(context: JobContext) -> Iterator[None]:
    """Tell on a connection of its own that the worker lives, while its own is in the middle of something."""
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(BEAT.total_seconds()):
            try:
                if not context.held().update(heartbeat_at=clock.now()):
                    break
            except DatabaseError:
                # The database is away, or SQLite's one writer is the job itself: the next beat tries again.
                log.warning("job cannot say that it lives", job=str(context.job.uid), exc_info=True)
                connection.close()
        connection.close()

    heart = threading.Thread(target=beat, name="livepark-heart", daemon=True)
    heart.start()
    try:
        yield
    finally:
        stopped.set()
        heart.join()


def _run(context: JobContext) -> None:
    try:
        with _heart(context):
            result = _handlers[context.job.kind](context)
    except JobTakenOver:
        log.info("job taken over", job=str(context.job.uid))
    except JobCancelled:
        _finish(context, JobState.CANCELLED, message=_("Cancelled."))
    except DomainError as error:
        _finish(
            context,
            JobState.FAILED,
            message=str(error),
            result={"code": error.code, "rows": [row.as_dict() for row in error.rows[:1000]]},
        )
    except Exception as error:
        # The job records why it failed and the worker lives on; the trace goes to the log, not to the user.
        log.exception("job failed", job=str(context.job.uid), kind=context.job.kind)
        code = traceback.extract_tb(error.__traceback__)[-1].name
        _finish(
            context,
            JobState.FAILED,
            message=_("The job failed inside (%(where)s); the log has the details.") % {"where": code},
        )
    else:
        _finish(context, JobState.DONE, result=result)


def _finish(context: JobContext, state: str, message: str = "", result: dict[str, Any] | None = None) -> None:
    values: dict[str, Any] = {"state": state, "finished_at": clock.now(), "heartbeat_at": clock.now()}
    if message:
        values["message"] = message[:500]
    if result is not None:
        values["result"] = result
    Job.objects.filter(pk=context.job.pk, attempt=context.attempt, state__in=JOB_OPEN).update(**values)
