"""Jobs: long work with progress, pause, cancel and resume after a dead worker.

A handler is `handler(context) -> dict` and is registered under its kind. It may be run twice: it commits
in steps that it can recognise (`context.checkpoint`), and calls `context.progress`, which also notices a
pause, a cancel and a take-over by another worker. That its worker lives is told beside it, however long a step is
silent.

A paused job holds nothing, neither a worker nor a transaction: its handler was left at a step, and is run again,
from its checkpoint, when somebody lets it go on.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation

from core import audit, clock, doorbell
from core.actors import Actor
from core.choices import JOB_OPEN, JobState
from core.errors import Conflict, DomainError, NoRoom
from core.locking import is_full, is_gone, retried
from core.models import Job
from core.scoping import get_visible
from core.words import gettext as _
from core.words import worded

log = structlog.get_logger("livepark.jobs")

BEAT = timedelta(seconds=5)
SILENT_FOR = timedelta(seconds=30)
ATTEMPTS = 3


class JobCancelled(Exception):
    """Raised inside a handler when somebody asked for the job to stop."""


class JobPaused(Exception):
    """Raised inside a handler when somebody asked for the job to wait."""


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
        """Report how far the work is, between steps and at least each second.

        Raises JobCancelled, JobPaused or JobTakenOver.
        """
        values: dict[str, Any] = {"done": done, "total": total or self.job.total}
        if message:
            values["message"] = message
        if checkpoint is not None:
            values["checkpoint"] = self.job.checkpoint = checkpoint
        if not self.held().filter(cancel_requested=False, pause_requested=False).update(**values):
            asked = self.held().values_list("cancel_requested", flat=True).first()
            if asked is None:
                raise JobTakenOver
            raise JobCancelled if asked else JobPaused

    def heed(self, done: int, total: int, message: str) -> None:
        """Report how far the work is at a step that cannot write it down, as it holds SQLite's one writer itself.

        Those who look from within this process see it (`seen`). Where somebody waits for the writer it stops; what they
        say is read once the handler was left. Raises JobPaused.
        """
        _told_aside[self.job.pk] = (done, total, message)
        if self.job.pk in _waited_for:
            raise JobPaused


Handler = Callable[[JobContext], dict[str, Any]]
_handlers: dict[str, Handler] = {}
_never_run: dict[str, Callable[[Job], object]] = {}
_waited_for: set[int] = set()
"""Jobs to which somebody in this process is about to say something."""
_told_aside: dict[int, tuple[int, int, str]] = {}
"""How far jobs of this process are that cannot write it down."""


def handles(kind: str, *, never_run: Callable[[Job], object] | None = None) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job; an app does so in the module its `ready` imports.

    `never_run` is told, in its transaction, of a job that is cancelled before a worker has it (again).
    """

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        if never_run is not None:
            _never_run[kind] = never_run
        return handler

    return register


@retried
def job_start(
    *, actor: Actor, kind: str, params: dict[str, Any], node_id: int | None = None, message: str = ""
) -> Job:
    """Queue a job and ring the workers on commit.

    It speaks the language in which it was asked for; what it says in `core.words` is read in that of each reader.
    """
    if kind not in _handlers:
        raise ValueError(f"no handler for jobs of kind {kind}")
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            params=params,
            node_id=node_id,
            created_by_id=actor.user_id,
            language=translation.get_language() or "",
            message=message,
        )
        audit.record(actor=actor, verb="job.start", obj=job, node_id=node_id, after={"kind": kind})
        doorbell.ring(doorbell.JOBS)
    return job


def seen(job: Job) -> Job:
    """The job for somebody's eyes: with how far it is by now, also while it holds SQLite's one writer."""
    aside = _told_aside.get(job.pk)
    if aside is not None and job.state == JobState.RUNNING:
        job.done, job.total, job.message = *aside[:2], worded(aside[2])
    return job


def may_read_findings(actor: Actor, job: Job) -> bool:
    """Whether somebody may read what a job found and said: whoever started it, and the people of its own node.

    Those above see how far it is: the lines of a tenant's file are no business of the park's.
    """
    own = {grant.node_id for grant in actor.grants}
    mine = actor.user_id is not None and job.created_by_id == actor.user_id
    return actor.unrestricted or mine or job.node_id in own


@contextmanager
def heeded(job: Job) -> Iterator[None]:
    """While this lasts, a job of this process that holds SQLite's one writer lets go of it (`JobContext.heed`): for
    whoever begins a transaction in which the job is told something.
    """
    _waited_for.add(job.pk)
    try:
        yield
    finally:
        _waited_for.discard(job.pk)


@contextmanager
def _told(actor: Actor, uid: str, verb: str, *, heed: bool = True) -> Iterator[Job]:
    """The job that is told something, in one transaction. With `heed` it lets go of SQLite's one writer first."""
    job = get_visible(Job, actor, "change", uid=uid)
    with heeded(job) if heed else nullcontext(), transaction.atomic():
        yield job
        audit.record(actor=actor, verb=verb, obj=job, node_id=job.node_id)
    job.refresh_from_db()


@retried
def job_cancel(*, actor: Actor, uid: str) -> Job:
    """Ask a job to stop. A queued or paused one stops at once, a running one at its next step."""
    with _told(actor, uid, "job.cancel") as job:
        row = Job.objects.filter(pk=job.pk)
        ends = {"state": JobState.CANCELLED, "finished_at": clock.now(), "cancel_requested": True}
        if row.filter(state__in=(JobState.QUEUED, JobState.PAUSED)).update(**ends):
            if job.kind in _never_run:
                _never_run[job.kind](job)
        elif not row.filter(state=JobState.RUNNING).update(cancel_requested=True):
            raise _has_ended()
    return job


@retried
def job_pause(*, actor: Actor, uid: str) -> Job:
    """Ask a job to wait. A queued one does at once, a running one from its next step; pausing twice changes nothing."""
    with _told(actor, uid, "job.pause") as job:
        row = Job.objects.filter(pk=job.pk, cancel_requested=False)
        if not (
            row.filter(state=JobState.QUEUED).update(state=JobState.PAUSED)
            or row.filter(state=JobState.RUNNING).update(pause_requested=True)
            or row.filter(state=JobState.PAUSED).exists()
        ):
            raise _has_ended()
    return job


@retried
def job_resume(*, actor: Actor, uid: str) -> Job:
    """Let a job that is paused or was given up go on, from its checkpoint. Conflict where it is neither.

    One that was asked to pause and has not come to a step since simply goes on.
    """
    with _told(actor, uid, "job.resume", heed=False) as job:
        _go_on(job)
    return job


def job_go_on(*, actor: Actor, job: Job) -> None:
    """What job_resume does, for callers that hold the transaction and know that the actor may change what it is for."""
    _go_on(job)
    audit.record(actor=actor, verb="job.resume", obj=job, node_id=job.node_id)


def _queued_again() -> dict[str, Any]:
    """Workers that paused have not died: the job may lose as many as a new one before it is given up."""
    return {
        "state": JobState.QUEUED,
        "last_attempt": F("attempt") + ATTEMPTS,
        "heartbeat_at": clock.now(),
    }


def _go_on(job: Job) -> None:
    row = Job.objects.filter(pk=job.pk)
    anew = {**_queued_again(), "pause_requested": False}
    given_up = row.filter(state=JobState.FAILED, attempt__gt=F("last_attempt"))
    if not (
        row.filter(state=JobState.PAUSED).update(**anew)
        or given_up.update(**anew, message="", finished_at=None, cancel_requested=False)
        or row.filter(state=JobState.RUNNING, pause_requested=True).update(pause_requested=False)
    ):
        raise Conflict(_("The job is neither paused nor given up."), code="job_not_paused")
    doorbell.ring(doorbell.JOBS)


def _has_ended() -> Conflict:
    return Conflict(_("The job has already ended."), code="job_ended")


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
        if job.attempt > job.last_attempt:
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
    with _language_of(context.job):
        _handle(context)


def _language_of(job: Job) -> translation.override:
    """While this lasts, the language in which the job was asked for is spoken."""
    return translation.override(job.language or settings.LANGUAGE_CODE)


def _handle(context: JobContext) -> None:
    try:
        with _heart(context):
            result = _handlers[context.job.kind](context)
    except JobTakenOver:
        log.info("job taken over", job=str(context.job.uid))
    except JobPaused:
        _wait(context)
    except JobCancelled:
        _finish(context, JobState.CANCELLED, message=_("Cancelled."))
    except DomainError as error:
        _finish(
            context,
            JobState.FAILED,
            message=error.sentence,
            result={"code": error.code, "rows": [row.as_dict() for row in error.rows[:1000]]},
        )
    except Exception as error:
        if is_gone(error):
            # As if the worker had died: who looks next goes on from the last checkpoint.
            log.warning("job left to the next worker", job=str(context.job.uid), exc_info=True)
            connection.close_if_unusable_or_obsolete()
            return
        if is_full(error):
            log.exception("no room for a job", job=str(context.job.uid), kind=context.job.kind)
            said = _("A disk of this site is full. Tell who runs it; once there is room, start this again.")
            _finish(context, JobState.FAILED, message=said, result={"code": NoRoom.code, "rows": []})
            return
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
    finally:
        _told_aside.pop(context.job.pk, None)


def _wait(context: JobContext) -> None:
    """Let the job wait, unless somebody thought better of it since its handler noticed: then it goes on, or ends."""
    held = context.held().filter(cancel_requested=False)
    if held.filter(pause_requested=True).update(
        state=JobState.PAUSED, pause_requested=False, message=_("Paused.")
    ):
        return
    if not held.update(**_queued_again()):
        _finish(context, JobState.CANCELLED, message=_("Cancelled."))


def _finish(context: JobContext, state: str, message: str = "", result: dict[str, Any] | None = None) -> None:
    values: dict[str, Any] = {"state": state, "finished_at": clock.now(), "heartbeat_at": clock.now()}
    if message:
        values["message"] = message
    if result is not None:
        values["result"] = result
    Job.objects.filter(pk=context.job.pk, attempt=context.attempt, state__in=JOB_OPEN).update(**values)
