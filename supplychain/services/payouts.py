"""A platform's settlement as facts beside the ledger: imported whole or not at all, and taken back by facts as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from core.actors import Actor
from core.clock import business_day
from core.errors import RowError
from core.locking import retried
from core.policy import ADD
from core.portions import in_turn
from core.scoping import require
from core.words import gettext as _
from supplychain.choices import PayoutKind
from supplychain.importing import PAYOUT_PROFILES, PayoutLine, iter_payouts
from supplychain.models import ImportBatch, PayoutEntry
from supplychain.services.lines import CONFLICT, DUPLICATE, STORED
from supplychain.services.loading import (
    Outcome,
    Progress,
    keep,
    read_so_far,
    stored_so_far,
    taken_back_so_far,
    wait_patiently,
)
from supplychain.services.references import lock_facts

ROWS_AT_ONCE = 500
ENTRIES_AT_ONCE = 5_000
# What is stored of a line as it is.
COLUMNS = (
    "platform",
    "external_id",
    "kind",
    "account",
    "order_no",
    "line_no",
    "amount",
    "occurred_at",
    "ordered_at",
    "about",
    "finer",
)

Rows = list[tuple[int, list[PayoutLine]]]
Open = Callable[[str], BinaryIO]


def payouts_load(
    *, actor: Actor, batch: ImportBatch, opened: Open, skip_bad_rows: bool = False, progress: Progress
) -> Outcome:
    """Import a staged settlement. A bad row refuses the file, or is left out with `skip_bad_rows`.

    What is known already is a duplicate; what says something else of a payout than before is a bad row, since the
    platform does not change what it paid. Raises FileError, Refused without the right to add payouts.
    """
    require(actor, ADD, PayoutEntry, batch.tenant_id)
    outcome = _read(batch, opened, progress)
    if outcome.bad and not skip_bad_rows:
        outcome.refused = True
        return outcome
    return _write(outcome, actor, batch, opened, skip_bad_rows, progress)


def _read(batch: ImportBatch, opened: Open, progress: Progress) -> Outcome:
    profile = PAYOUT_PROFILES[batch.profile]
    bad: dict[int, list[RowError]] = {}
    with opened(batch.stored_file) as stream:
        file = iter_payouts(stream, profile, **_reading(batch))
        for result in file:
            if result.problems:
                bad[result.line_no] = result.problems
            if file.report.rows % ROWS_AT_ONCE == 0:
                progress(0, file.report.rows, read_so_far(file.report.rows))
    return Outcome(profile, file.report, bad)


def _reading(batch: ImportBatch) -> dict[str, str]:
    return {name: batch.options[name] for name in ("currency", "timezone")}


@retried
def _write(
    outcome: Outcome, actor: Actor, batch: ImportBatch, opened: Open, skip_bad_rows: bool, progress: Progress
) -> Outcome:
    found = Outcome(outcome.profile, outcome.file, dict(outcome.bad))
    done = 0
    with transaction.atomic(), opened(batch.stored_file) as stream:
        wait_patiently()
        lock_facts(batch.tenant, alone=True)
        good = (
            (result.line_no, result.facts)
            for result in iter_payouts(stream, outcome.profile, **_reading(batch))
            if not result.problems
        )
        for rows in in_turn(good, ROWS_AT_ONCE):
            _store(batch, rows, found)
            done += len(rows)
            progress(done, outcome.file.rows, stored_so_far(done, outcome.file.rows))
        found.refused = bool(found.bad) and not skip_bad_rows
        if found.refused:
            transaction.set_rollback(True)
        else:
            keep(batch.tenant, batch, found, actor, "payouts.import")
    return found


def _store(batch: ImportBatch, rows: Rows, found: Outcome) -> None:
    """Keep what is new of some rows; each row is kept whole or not at all."""
    latest = _latest(batch, [line.external_id for _line_no, lines in rows for line in lines])
    fresh: list[PayoutEntry] = []
    for line_no, lines in rows:
        known = [latest.get(line.external_id) for line in lines]
        if any(
            old is not None and not _says_nothing(old) and not _same(old, line)
            for old, line in zip(known, lines, strict=True)
        ):
            message = _("An earlier file says something else of this payout; take that import back first.")
            found.bad[line_no] = [RowError(line_no, "", CONFLICT, message)]
            found.counts[CONFLICT] += 1
            continue
        for old, line in zip(known, lines, strict=True):
            if old is not None and not _says_nothing(old):
                found.counts[DUPLICATE] += 1
                continue
            entry = _entry(batch, line, 1 if old is None else old.version + 1)
            latest[line.external_id] = entry
            fresh.append(entry)
    PayoutEntry.objects.bulk_create(fresh)
    found.counts[STORED] += len(fresh)


def _latest(batch: ImportBatch, names: Sequence[str]) -> dict[str, PayoutEntry]:
    rows = PayoutEntry.objects.filter(
        tenant=batch.tenant_id, platform=PAYOUT_PROFILES[batch.profile].source, external_id__in=names
    )
    return {entry.external_id: entry for entry in rows.order_by("version")}


def _says_nothing(entry: PayoutEntry) -> bool:
    return entry.kind == PayoutKind.VOID


def _same(entry: PayoutEntry, line: PayoutLine) -> bool:
    return all(
        _to_the_minute(getattr(entry, name)) == _to_the_minute(getattr(line, name)) for name in COLUMNS
    )


def _to_the_minute(value: object) -> object:
    """Files that a spreadsheet saved have no seconds."""
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value


def _entry(batch: ImportBatch, line: PayoutLine, version: int) -> PayoutEntry:
    return PayoutEntry(
        tenant_id=batch.tenant_id,
        import_batch=batch,
        version=version,
        business_day=business_day(line.occurred_at),
        **{name: getattr(line, name) for name in COLUMNS},
    )


def payouts_take_back(batch: ImportBatch, undo: ImportBatch, progress: Progress) -> Counter[str]:
    """Put above each entry of an import one that says nothing; the transaction and the lock are the caller's."""
    counts: Counter[str] = Counter()
    rows = PayoutEntry.objects.filter(import_batch=batch).order_by("pk")
    total, last = rows.count(), 0
    while chunk := list(rows.filter(pk__gt=last)[:ENTRIES_AT_ONCE]):
        last = chunk[-1].pk
        PayoutEntry.objects.bulk_create(
            PayoutEntry(
                tenant_id=entry.tenant_id,
                import_batch=undo,
                version=entry.version + 1,
                business_day=entry.business_day,
                **{name: getattr(entry, name) for name in COLUMNS} | {"kind": PayoutKind.VOID, "amount": 0},
            )
            for entry in chunk
        )
        counts["nothing"] += len(chunk)
        progress(counts["nothing"], total, taken_back_so_far(counts["nothing"], total))
    return counts
