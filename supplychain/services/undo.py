"""Taking back an import: new facts say what the ledger would hold without it.

Each fact of the file that still counts is superseded by one that says nothing and, above that, by what the other
files say of it. Where it is nothing that counts, versions of imports begin anew: the same file, or a corrected one
with the same ids, can be imported again as if it were the first.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import transaction

from core import audit, clock, jobs
from core.actors import Actor, system_actor, user_actor
from core.choices import JOB_OPEN
from core.errors import Conflict
from core.locking import lock_row, retried
from core.models import Job
from core.policy import CHANGE
from core.scoping import require
from core.words import gettext as _
from supplychain.choices import ImportState
from supplychain.facts import SaleFact
from supplychain.importing import PAYOUT_PROFILES
from supplychain.models import ImportBatch, SalesEvent
from supplychain.services.loading import Progress, taken_back_so_far, wait_patiently
from supplychain.services.payouts import payouts_take_back
from supplychain.services.progress import JobProgress
from supplychain.services.references import QUERY_SIZE, lock_facts
from supplychain.services.resolution import REFERENCES, close_answered
from supplychain.services.sales import record_facts
from supplychain.services.undone import UNDO, Undone

JOB_KIND = "sales-undo"


@retried
def import_undo(*, actor: Actor, batch: ImportBatch) -> Job:
    """Let a job take back an import; asking twice gives the same job. Conflict where there is nothing to take back."""
    require(actor, CHANGE, ImportBatch, batch.tenant_id)
    with transaction.atomic():
        held = lock_row(ImportBatch, batch.pk)
        _check(held)
        running = Job.objects.filter(kind=JOB_KIND, state__in=JOB_OPEN, params__batch=held.pk).first()
        return running or jobs.job_start(
            actor=actor,
            kind=JOB_KIND,
            params={"batch": held.pk},
            node_id=held.tenant_id,
            message=held.file_name,
        )


def _check(batch: ImportBatch) -> None:
    if batch.state != ImportState.IMPORTED or batch.profile == UNDO:
        raise Conflict(_("Only an imported file can be taken back."), code="not_imported")
    if "undone" in batch.report:
        raise Conflict(_("This import has been taken back already."), code="undone")


@retried
def undo_run(*, actor: Actor, batch: ImportBatch, progress: Progress) -> dict[str, Any]:
    """Take back an import now, whole or not at all; returns how many facts were taken back and restated.

    What other imports say of the same facts stays or comes to count again. Conflict where the ledger does not
    take that any more.
    """
    require(actor, CHANGE, ImportBatch, batch.tenant_id)
    with transaction.atomic():
        wait_patiently()
        lock_facts(batch.tenant, alone=True)
        held = lock_row(ImportBatch, batch.pk)
        _check(held)
        undo = ImportBatch.objects.create(
            tenant=batch.tenant,
            created_by_id=actor.user_id,
            source=held.source,
            profile=UNDO,
            file_name=held.file_name,
            options={"undoes": held.pk},
            state=ImportState.IMPORTED,
        )
        take_back = payouts_take_back if held.profile in PAYOUT_PROFILES else _take_back
        counts = take_back(held, undo, progress)
        found = {
            "at": clock.now().isoformat(),
            "taken_back": counts["nothing"],
            "restated": counts["restated"],
        }
        undo.report = {"undoes": str(held.uid), **found}
        undo.save(update_fields=["report", "updated_at"])
        held.report = {**held.report, "undone": found}
        held.save(update_fields=["report", "updated_at"])
        audit.record(actor=actor, verb="import.undo", obj=held, node_id=held.tenant_id, after=found)
    return found


def _take_back(batch: ImportBatch, undo: ImportBatch, progress: Progress) -> Counter[str]:
    counts: Counter[str] = Counter()
    past = Undone(batch.tenant, batch.source)
    rows = SalesEvent.objects.filter(seller=batch.tenant, import_batch=batch).order_by("pk")
    total, done, last = rows.count(), 0, 0
    named: dict[str, set[str]] = {kind: set() for kind in REFERENCES}
    while chunk := list(rows.filter(pk__gt=last).values_list("pk", "external_id")[:QUERY_SIZE]):
        last = chunk[-1][0]
        facts: list[SaleFact] = []
        for events in past.histories([name for _pk, name in chunk]).values():
            if all(event.import_batch_id != undo.pk for event in events):  # another version came before
                facts += past.without(events, counts)
                for kind, column in REFERENCES.items():
                    named[kind].update(getattr(event, column) for event in events)
        result = record_facts(batch.tenant, batch.source, list(enumerate(facts)), undo)
        if result.refused:
            message = _("The import cannot be taken back: %(reason)s")
            raise Conflict(message % {"reason": result.refused[0].message}, code="undo_refused")
        done += len(chunk)
        progress(done, total, taken_back_so_far(done, total))
    close_answered(batch.tenant, named)  # what only the file named is no question any more
    return counts


@jobs.handles(JOB_KIND)
def run_undo_job(context: jobs.JobContext) -> dict[str, Any]:
    """Take back the import of a job. Its person must still hold the right: that may have ended since."""
    batch = ImportBatch.objects.select_related("tenant").get(pk=context.params["batch"])
    if "undone" in batch.report:  # by this job, before its worker died
        return dict(batch.report["undone"])
    person = context.job.created_by
    actor = user_actor(person) if person else system_actor("import")
    with JobProgress(context) as progress:
        return undo_run(actor=actor, batch=batch, progress=progress)
