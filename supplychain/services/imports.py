"""Imports as people see them: stage a file and look at it, confirm, let a job do it, read the report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

import msgspec
from django.conf import settings
from django.db import transaction

from core import audit, jobs, storage
from core.actors import Actor, system_actor, user_actor
from core.choices import JOB_OPEN
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.models import Job
from core.policy import ADD, CHANGE
from core.scoping import require
from core.words import gettext as _
from core.words import ngettext
from supplychain.choices import ImportState
from supplychain.importing import PAYOUT_PROFILES, Mapping, Profile, mapping_profile, profile
from supplychain.models import ImportBatch
from supplychain.services.loading import Outcome, Plan, Progress, customs_of, load
from supplychain.services.looking import Look
from supplychain.services.payouts import payouts_load
from supplychain.services.progress import JobProgress
from supplychain.services.rejects import rejects_file
from tenants.models import Tenant

FOLDER = "imports"
JOB_KIND = "sales-import"


def import_stage(
    *,
    actor: Actor,
    tenant: Tenant,
    file_name: str,
    chunks: Iterable[bytes],
    profile: Profile[Any] | None = None,
    mapping: Mapping | None = None,
    currency: str = "",
    timezone: str = "",
    customs_mode: str = "",
) -> ImportBatch:
    """Keep a file and look at its first rows; nothing enters the ledger. The batch's `report` is the preview.

    Without a profile the mapping decides, or else the headers. The report counts rows and facts, has the sums by kind
    and currency (as strings), names dropped columns and problems with their lines, what the ledger will not take
    among them, and shows the first facts (`sample`); `complete` says whether those were all rows. For the customs
    mode see `customs_of`.

    Raises FileError, TooLarge, or Refused without the right to import.
    """
    require(actor, ADD, ImportBatch, tenant.pk)
    digest = hashlib.sha256()
    name = plain_name(file_name)
    suffix = PurePosixPath(name).suffix
    stored = storage.keep(
        FOLDER, hashed(chunks, digest), suffix=suffix, limit=settings.LIVEPARK_BYTES_PER_UPLOAD
    )
    try:
        with _opened(stored) as stream:
            look = Look(
                tenant,
                stream,
                profile=profile,
                mapping=mapping,
                currency=currency,
                timezone=timezone,
                customs_of=customs_of(tenant, customs_mode),
            )
        with transaction.atomic():
            batch = ImportBatch.objects.create(
                tenant=tenant,
                created_by_id=actor.user_id,
                source=look.profile.source,
                profile=look.profile.code,
                file_name=name,
                file_hash=digest.hexdigest(),
                stored_file=stored,
                options={
                    "currency": currency,
                    "timezone": timezone,
                    "customs_mode": look.outcome.file.customs_mode,
                    "mapping": msgspec.to_builtins(mapping) if mapping is not None else None,
                },
                report=look.as_dict(),
            )
            after = {"file": name, "hash": batch.file_hash, "profile": batch.profile}
            audit.record(actor=actor, verb="import.stage", obj=batch, node_id=tenant.pk, after=after)
    except Exception:
        storage.discard(stored)
        raise
    return batch


def first_rejects(batch: ImportBatch) -> bytes:
    """The rows that a look at a file finds bad, as `rejects_file`; what came right meanwhile is not among them.

    Raises NotFound where the upload is gone, and Conflict where nothing is wrong any more.
    """
    with _opened(batch.stored_file) as stream:
        look = Look(batch.tenant, stream, **_reading(batch))
        if not look.outcome.bad:
            raise Conflict(_("Nothing is wrong with this file any more: import it."), code="nothing_wrong")
        return b"".join(look.rejects(stream))


@retried
def import_confirm(*, actor: Actor, batch: ImportBatch, skip_bad_rows: bool = False) -> Job:
    """Let a job import a staged or refused file; confirming twice gives the same job.

    With a bad row nothing is imported, unless `skip_bad_rows` says to take the orders that have none. The job's
    result is the report; its result file holds the rows that were not taken. Conflict where it is imported already.
    """
    require(actor, CHANGE, ImportBatch, batch.tenant_id)
    with transaction.atomic():
        held = lock_row(ImportBatch, batch.pk)
        if held.state == ImportState.IMPORTED:
            raise Conflict(_("This file is imported already."), code="imported")
        running = Job.objects.filter(kind=JOB_KIND, state__in=JOB_OPEN, params__batch=held.pk).first()
        return running or jobs.job_start(
            actor=actor,
            kind=JOB_KIND,
            params={"batch": held.pk, "skip_bad_rows": skip_bad_rows},
            node_id=held.tenant_id,
            message=held.file_name,
        )


def import_run(
    *, actor: Actor, batch: ImportBatch, skip_bad_rows: bool = False, progress: Progress
) -> tuple[dict[str, Any], str]:
    """Import a staged file now; returns the report and the name of the kept file of rows not taken ("": none).

    A batch that is imported already gives its report again. What is refused leaves the batch refused, with
    the report that says why, and its file for another try.
    """
    batch.refresh_from_db()
    if batch.state == ImportState.IMPORTED:
        storage.discard(batch.stored_file)
        return batch.report, ""
    if batch.profile in PAYOUT_PROFILES:
        outcome = payouts_load(
            actor=actor, batch=batch, opened=_opened, skip_bad_rows=skip_bad_rows, progress=progress
        )
    else:
        outcome = load(
            plan_of(batch), actor=actor, batch=batch, skip_bad_rows=skip_bad_rows, progress=progress
        )
    rejects = _keep_rejects(batch, outcome)
    if outcome.refused:
        with transaction.atomic():
            batch.state, batch.report = ImportState.REFUSED, {**outcome.as_dict(), "complete": True}
            batch.save(update_fields=["state", "report", "updated_at"])
            after = {"rows": outcome.file.rows, "bad_rows": len(outcome.bad)}
            audit.record(actor=actor, verb="import.refuse", obj=batch, node_id=batch.tenant_id, after=after)
    else:
        # The upload holds what the ledger must not: it goes once it is no longer needed.
        storage.discard(batch.stored_file)
    return batch.report, rejects


def plan_of(batch: ImportBatch) -> Plan:
    """How a staged file is to be read."""
    return Plan(seller=batch.tenant, open=partial(_opened, batch.stored_file), **_reading(batch))


def _reading(batch: ImportBatch) -> dict[str, Any]:
    """What was chosen or found out when the file came."""
    mapping = batch.options["mapping"]
    own = msgspec.convert(mapping, Mapping) if mapping is not None else None
    known = PAYOUT_PROFILES.get(batch.profile)
    return {
        "profile": mapping_profile(own) if own is not None else known or profile(batch.profile),
        "mapping": own,
        "currency": batch.options["currency"],
        "timezone": batch.options["timezone"],
        "customs_of": lambda _profile: batch.options.get("customs_mode", ""),
    }


def _keep_rejects(batch: ImportBatch, outcome: Outcome) -> str:
    if not outcome.bad:
        return ""
    with _opened(batch.stored_file) as stream:
        rows = rejects_file(stream, outcome.profile, outcome.bad, outcome.left_out)
        return storage.keep(FOLDER, rows, suffix=".csv", limit=2 * settings.LIVEPARK_BYTES_PER_UPLOAD)


def _opened(stored: str) -> BinaryIO:
    return cast("BinaryIO", storage.opened(stored))


def hashed(chunks: Iterable[bytes], digest: Any) -> Iterator[bytes]:
    """The chunks as they come, each counted into the digest."""
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def plain_name(file_name: str) -> str:
    """The last part of a file's name, printable and short enough to keep."""
    name = PurePosixPath(file_name.replace("\\", "/")).name
    return "".join(char for char in name if char.isprintable())[-200:] or "upload"


# The job


@jobs.handles(JOB_KIND)
def run_import_job(context: jobs.JobContext) -> dict[str, Any]:
    """Import the batch of a job. Its person must still hold the right: that may have ended since."""
    batch = ImportBatch.objects.select_related("tenant").get(pk=context.params["batch"])
    person = context.job.created_by
    with JobProgress(context) as progress:
        report, rejects = import_run(
            actor=user_actor(person) if person else system_actor("import"),
            batch=batch,
            skip_bad_rows=context.params["skip_bad_rows"],
            progress=progress,
        )
    if rejects:
        Job.objects.filter(pk=context.job.pk).update(result_file=rejects)
    if report["refused"]:
        message = ngettext(
            "%(count)d row is refused, so nothing is imported.",
            "%(count)d rows are refused, so nothing is imported.",
            report["bad_rows"],
        )
        raise InvalidInput(message % {"count": report["bad_rows"]}, code="refused_rows")
    return report
