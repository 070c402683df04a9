"""Drops of report files: kept, read by a job file by file, looked at, then taken in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from analytics.choices import ReadBy
from analytics.models import SessionReading
from analytics.services.reports.files import ReadFile, read_file
from analytics.services.reports.placing import Placed, place
from analytics.services.reports.writing import Writer, lock_reports
from core import audit, jobs, storage
from core.actors import Actor, system_actor, user_actor
from core.choices import JobState, UnresolvedKind
from core.errors import Conflict, InvalidInput
from core.locking import lock_rows, retried
from core.models import Job, Unresolved
from core.policy import ADD
from core.scoping import require
from core.words import ngettext
from supplychain.choices import SESSION_REPORT, ImportState
from supplychain.importing import Profile, SessionRow, session_profile
from supplychain.models import ImportBatch
from supplychain.services.imports import FOLDER, hashed, plain_name
from supplychain.services.loading import Progress
from tenants.models import Tenant

JOB_KIND = "session-reports"
MOST_FILES = 100
SHOWN_ROWS = 500


def reports_drop(
    *,
    actor: Actor,
    tenant: Tenant,
    files: Sequence[tuple[str, Iterable[bytes]]],
    profile: str = "",
    currency: str = "",
    timezone: str = "",
) -> Job:
    """Keep report files, and let a job look at them: nothing is stated before `reports_confirm`.

    The job's result says of each file what it holds, and of each row which session it is about. Raises InvalidInput
    without files or with too many, TooLarge.
    """
    batches = reports_keep(
        actor=actor, tenant=tenant, files=files, profile=profile, currency=currency, timezone=timezone
    )
    return jobs.job_start(
        actor=actor,
        kind=JOB_KIND,
        params={"batches": [batch.pk for batch in batches], "write": False},
        node_id=tenant.pk,
        message=ngettext("%(count)d file", "%(count)d files", len(batches)) % {"count": len(batches)},
    )


def reports_keep(
    *,
    actor: Actor,
    tenant: Tenant,
    files: Sequence[tuple[str, Iterable[bytes]]],
    profile: str = "",
    currency: str = "",
    timezone: str = "",
) -> list[ImportBatch]:
    """Keep the files of a drop as staged imports, all or none. An empty profile is found by the headers."""
    require(actor, ADD, SessionReading, tenant.pk)
    require(actor, ADD, ImportBatch, tenant.pk)
    if not 0 < len(files) <= MOST_FILES:
        message = _("Drop between 1 and %(most)d files at once.") % {"most": MOST_FILES}
        raise InvalidInput(message, code="files", field="file")
    if profile:
        session_profile(profile)
    batches: list[ImportBatch] = []
    try:
        for name, chunks in files:
            batches.append(_kept(tenant, name, chunks))
        with transaction.atomic():
            for batch in batches:
                batch.created_by_id, batch.profile = actor.user_id, profile
                batch.options = {"currency": currency, "timezone": timezone}
                batch.save()
    except Exception:
        for batch in batches:
            storage.discard(batch.stored_file)
        raise
    return batches


def _kept(tenant: Tenant, file_name: str, chunks: Iterable[bytes]) -> ImportBatch:
    digest, name = hashlib.sha256(), plain_name(file_name)
    suffix = PurePosixPath(name).suffix
    stored = storage.keep(
        FOLDER, hashed(chunks, digest), suffix=suffix, limit=settings.LIVEPARK_BYTES_PER_UPLOAD
    )
    return ImportBatch(
        tenant=tenant,
        source=SESSION_REPORT,
        file_name=name,
        file_hash=digest.hexdigest(),
        stored_file=stored,
    )


@retried
def reports_confirm(*, actor: Actor, job: Job) -> Job:
    """Let a job take what another has looked at; confirming twice gives the same job, unless that came to nothing.

    Conflict before it has looked.
    """
    require(actor, ADD, SessionReading, cast("int", job.node_id))
    with transaction.atomic():
        (held,) = lock_rows(Job.objects.filter(pk=job.pk, kind=JOB_KIND))
        if held.params["write"] or not held.result.get("files"):
            raise Conflict(_("There is nothing to confirm."), code="not_looked_at")
        return takings(held).first() or jobs.job_start(
            actor=actor,
            kind=JOB_KIND,
            params={**held.params, "write": True, "looked_at": held.pk},
            node_id=held.node_id,
            message=held.message,
        )


def takings(job: Job) -> QuerySet[Job]:
    """The jobs that take what a job has looked at, or did; those that failed or were stopped do not count."""
    found = Job.objects.filter(kind=JOB_KIND, node_id=job.node_id, params__looked_at=job.pk)
    return found.exclude(state__in=(JobState.FAILED, JobState.CANCELLED))


def reports_load(
    *, actor: Actor, tenant: Tenant, batches: Sequence[ImportBatch], write: bool, progress: Progress
) -> dict[str, Any]:
    """Read kept files and place their rows; with `write` take them, all files that are whole, in one transaction.

    Returns what became of files and rows. A file with a problem is refused whole; the others are not held up by it.
    """
    files = []
    for number, batch in enumerate(batches):
        progress(number, len(batches), batch.file_name)
        files.append(_read(number, batch))
    if not write:
        return reports_look(actor=actor, tenant=tenant, files=files)
    return _take(actor, tenant, files, batches)


def reports_look(*, actor: Actor, tenant: Tenant, files: Sequence[ReadFile]) -> dict[str, Any]:
    """What taking files would do, as JSON values; nothing is kept."""
    require(actor, ADD, SessionReading, tenant.pk)
    return _told(files, place(tenant, files))


def _read(number: int, batch: ImportBatch) -> ReadFile:
    profile: Profile[SessionRow] | None = session_profile(batch.profile) if batch.profile else None
    return read_file(
        number,
        batch.file_name,
        partial(_opened, batch.stored_file),
        profile=profile,
        currency=batch.options["currency"],
        timezone=batch.options["timezone"],
        batch=batch,
    )


def _opened(stored: str) -> BinaryIO:
    return cast("BinaryIO", storage.opened(stored))


@retried
def _take(
    actor: Actor, tenant: Tenant, files: Sequence[ReadFile], batches: Sequence[ImportBatch]
) -> dict[str, Any]:
    require(actor, ADD, SessionReading, tenant.pk)
    writer = Writer(actor, tenant)
    with transaction.atomic():
        lock_reports(tenant.pk)
        held = ImportBatch.objects.filter(pk__in=[batch.pk for batch in batches]).order_by("pk")
        if held.exclude(state=ImportState.STAGED).exists():
            return _held(tenant, held)
        placed = place(tenant, files)
        writer.write(placed, batches)
        for file, batch in zip(files, batches, strict=True):
            batch.state = ImportState.REFUSED if file.refused else ImportState.IMPORTED
            batch.profile = file.report.profile if file.report else batch.profile
            batch.report = file.as_dict()
            batch.save(update_fields=["state", "profile", "report", "updated_at"])
        audit.record(
            actor=actor,
            verb="reports.import",
            object_type=SessionReading._meta.label,
            node_id=tenant.pk,
            after={"files": len(files), "refused": sum(file.refused for file in files), **writer.counts},
        )
    for batch in batches:
        storage.discard(batch.stored_file)
    opened = {name: session.pk for name, session in writer.opened.items()}
    return _told(files, placed, opened) | {"counts": dict(writer.counts), "taken": True}


def _held(tenant: Tenant, batches: QuerySet[ImportBatch]) -> dict[str, Any]:
    """What batches hold that were taken before their job could say so; their files are gone."""
    readings = SessionReading.objects.filter(batch__in=batches)
    numbers = [batch.pk for batch in batches]
    asked = Unresolved.objects.filter(
        node_id=tenant.pk, kind=UnresolvedKind.REPORT, detail__batch__in=numbers
    )
    read, opened = readings.count(), readings.filter(how=ReadBy.OPENED).count()
    return {
        "files": [batch.report for batch in batches],
        "rows": [],
        "row_count": 0,
        "found": read - opened,
        "new": opened,
        "asked": asked.count(),
        "refused_files": sum(batch.state == ImportState.REFUSED for batch in batches),
        "taken": True,
        "counts": {"read": read},
    }


def _told(
    files: Sequence[ReadFile],
    placed: Sequence[Placed],
    opened: Mapping[tuple[str, str], int] = MappingProxyType({}),
) -> dict[str, Any]:
    """What was found, as JSON values: files, and rows with the session each is about, those opened by key."""
    rows = [
        {
            "file": files[one.stated.file].name,
            "line": one.stated.line_no,
            "platform": one.stated.row.platform,
            "key": one.stated.row.key,
            "account": one.stated.row.account_name or one.stated.row.account,
            "title": one.stated.row.title,
            "started_at": one.stated.row.occurred_at.isoformat(),
            "ended_at": one.stated.row.ended_at.isoformat() if one.stated.row.ended_at else None,
            "sales": str(one.stated.sales) if one.stated.sales is not None else None,
            "provisional": one.stated.row.provisional,
            "how": str(one.match.how or ""),
            "session": one.match.session or opened.get(_name(one)),
            "candidates": len(one.match.candidates),
        }
        for one in placed
    ]
    return {
        "files": [file.as_dict() for file in files],
        "rows": rows[:SHOWN_ROWS],
        "row_count": len(rows),
        "found": sum(one.match.session is not None for one in placed),
        "new": len({_name(one) for one in placed if one.match.how == ReadBy.OPENED}),
        "asked": len({_name(one) for one in placed if one.match.asked}),
        "refused_files": sum(file.refused for file in files),
        "taken": False,
    }


def _name(one: Placed) -> tuple[str, str]:
    return one.stated.row.platform, one.stated.row.key


@jobs.handles(JOB_KIND)
def run_reports_job(context: jobs.JobContext) -> dict[str, Any]:
    """Look at a drop or take it. Its person must still hold the right: that may have ended since."""
    person = context.job.created_by
    numbers = context.params["batches"]
    by_id = ImportBatch.objects.select_related("tenant").in_bulk(numbers)
    batches = [by_id[number] for number in numbers]
    result = reports_load(
        actor=user_actor(person) if person else system_actor("reports"),
        tenant=batches[0].tenant,
        batches=batches,
        write=context.params["write"],
        progress=context.progress,
    )
    context.progress(len(batches), len(batches))
    return result
