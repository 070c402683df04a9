"""A file of sales into the ledger: read it all, sort out what is bad, then write everything in one transaction.

Nothing of a file can be seen before all of it can. Reading reports progress and may be stopped at any time; a
process that dies leaves nothing behind, and the next run begins again.

On PostgreSQL a large file without bad rows, as most are, is written while it is read: while the database works, so does
a thread that reads on. With the first bad row that comes to nothing, and the file is read whole first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from core import audit
from core.actors import Actor
from core.ahead import ahead
from core.errors import RowError
from core.locking import is_transient, retried
from core.policy import ADD
from core.scoping import require
from core.words import gettext as _
from core.words import ngettext, said
from supplychain.choices import ImportState
from supplychain.exceeding import OrderLine, exceeding
from supplychain.facts import SaleFact
from supplychain.importing import (
    PROFILES,
    CustomsOf,
    FileReport,
    Mapping,
    Profile,
    SalesFile,
    iter_facts,
)
from supplychain.importing.mapping import FIELD_NAMES
from supplychain.importing.report import MAX_PROBLEMS
from supplychain.models import ImportBatch, SalesEvent
from supplychain.services.lines import CONFLICT, DUPLICATE, NO_RATE, REJECTED, STORED, LineResult, prepare
from supplychain.services.references import lock_facts
from supplychain.services.rejects import rows_of_same_orders
from supplychain.services.sales import record_facts
from supplychain.services.spool import Spool
from supplychain.services.standing import Rows, give_way
from supplychain.services.toldelsewhere import ToldElsewhere
from supplychain.services.undone import Undone
from tenants.models import Tenant

STEP = 1_000
# Worth a try to write it while it is read: its bytes, and how many of its rows go to the database together.
LARGE = 4 * 1024 * 1024
# How a workbook begins.
ZIP = b"PK"
ROWS_AT_ONCE = 2_000
Progress = Callable[[int, int, str], None]
"""Is told (done, total, message) between steps; what it raises stops the import."""
Bad = dict[int, list[RowError]]
"""Line number -> what is wrong with the row."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is imported for whom, and how it is to be read."""

    seller: Tenant
    open: Callable[[], BinaryIO]
    profile: Profile[SaleFact] | None = None
    mapping: Mapping | None = None
    currency: str = ""
    timezone: str = ""
    customs_of: CustomsOf | None = None

    def read(self, stream: BinaryIO) -> SalesFile:
        """The rows of the file as facts. Raises FileError."""
        return iter_facts(
            stream,
            self.profile,
            currency=self.currency,
            timezone=self.timezone,
            mapping=self.mapping,
            customs_of=self.customs_of,
        )


def customs_of(seller: Tenant, chosen: str = "") -> CustomsOf:
    """The customs mode of lines whose file has no column for it: the chosen one, else that of its kind's last file.

    So who has said it once for the exports of a platform need not again: told otherwise, a line that two exports
    have would be in conflict with itself.
    """

    def found(kind: Profile[SaleFact]) -> str:
        if chosen or kind.code not in PROFILES:
            return chosen
        before = ImportBatch.objects.filter(tenant=seller, profile=kind.code, state=ImportState.IMPORTED)
        before = before.exclude(report__has_key="undone")
        options = before.order_by("-pk").values_list("options", flat=True).first() or {}
        return str(options.get("customs_mode", ""))

    return found


@dataclass
class Outcome:
    """What a file held and what became of it. `bad` rows are not in the ledger, nor is `left_out`, which are
    the good rows of their orders: the sums are of the others. With `refused` nothing of the file is."""

    profile: Profile[Any]
    file: FileReport
    bad: Bad = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    refused: bool = False

    @property
    def unwanted(self) -> set[int]:
        """The rows that are not to be stored."""
        return self.bad.keys() | self.left_out

    @property
    def problems(self) -> list[RowError]:
        """What is wrong, row by row. A missing rate is one problem, at the first of the rows that need it."""
        told = [problem for row in sorted(self.bad) for problem in self.bad[row]]
        need = Counter(problem.message for problem in told if problem.code == NO_RATE)
        problems = []
        for problem in told:
            if problem.code != NO_RATE:
                problems.append(problem)
            elif count := need.pop(problem.message, 0):
                message = _(
                    "%(reason)s Rows that need it: %(count)d. Rates are entered by whoever runs this site."
                ) % {
                    "reason": problem.message,
                    "count": count,
                }
                problems.append(replace(problem, message=message))
        return problems

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values, with the first thousand problems; see FileReport.as_dict for the file."""
        problems = self.problems
        return {
            **self.file.as_dict(),
            "refused": self.refused,
            "stored": self.counts[STORED],
            "duplicates": self.counts[DUPLICATE],
            "conflicts": self.counts[CONFLICT],
            "bad_rows": len(self.bad),
            "left_out": len(self.left_out),
            "problem_count": len(problems),
            "problems": [problem.as_dict() for problem in problems[:MAX_PROBLEMS]],
        }


def load(
    plan: Plan,
    *,
    actor: Actor,
    batch: ImportBatch | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    progress: Progress,
) -> Outcome:
    """Import a file, whole or not at all.

    A row with an error refuses the file, and the outcome names every such row. With `skip_bad_rows` the orders
    without a bad row are imported; conflicts with known facts are kept for review. `dry_run` does the same and
    keeps nothing. Raises FileError for what stops the file as a whole, Refused without the right to add sales.
    """
    require(actor, ADD, SalesEvent, plan.seller.pk)
    found = _write_while_reading(plan, actor, batch, skip_bad_rows, dry_run, progress)
    if found is not None:
        return found
    with plan.open() as stream, Spool() as spool:
        outcome = _read(plan, stream, spool, progress)
        if outcome.bad:
            outcome.left_out = rows_of_same_orders(stream, outcome.profile, outcome.bad) - outcome.bad.keys()
            unwanted = outcome.unwanted
            outcome.file.count_again(
                fact
                for chunk in _heeding(spool, progress)
                for line_no, fact in chunk
                if line_no not in unwanted
            )
        if outcome.bad and not skip_bad_rows:
            outcome.refused = True
            return outcome
        return _write(plan, spool, outcome, actor, batch, skip_bad_rows, dry_run, progress)


def _heeding(spool: Spool, progress: Progress) -> Iterator[Sequence[tuple[int, SaleFact]]]:
    """The spooled rows once more, from which a job may be called away."""
    for chunk in spool.chunks():
        progress(spool.facts, spool.facts, _("Adding up what can be stored."))
        yield chunk


class Step(NamedTuple):
    """Rows of a file that were read: their facts, what is wrong with some, how many rows and bytes that was so far."""

    facts: list[tuple[int, SaleFact]]
    bad: Bad
    rows: int
    position: int


def _steps(file: SalesFile, stream: BinaryIO, rows: int) -> Iterator[Step]:
    """The rows of a file, some at a time."""
    step = Step([], {}, 0, 0)
    for result in file:
        step.facts.extend([(result.line_no, fact) for fact in result.facts])
        if result.problems:
            step.bad[result.line_no] = result.problems
        if file.report.rows % rows == 0:
            yield step._replace(rows=file.report.rows, position=stream.tell())
            step = Step([], {}, 0, 0)
    yield step._replace(rows=file.report.rows, position=stream.tell())


def _read(plan: Plan, stream: BinaryIO, spool: Spool, progress: Progress) -> Outcome:
    size = stream.seek(0, 2)
    file = plan.read(stream)
    told = ToldElsewhere(plan.seller, file.profile.source)
    bad: Bad = {}
    for step in _steps(file, stream, STEP):
        bad |= step.bad
        check(plan.seller, step.facts, bad, told)
        spool.add(step.facts)
        progress(min(step.position, size), size, read_so_far(step.rows))
    return Outcome(file.profile, file.report, bad)


def read_so_far(rows: int) -> str:
    """What a job says while it reads."""
    return ngettext("Read %(rows)d row.", "Read %(rows)d rows.", rows) % {"rows": rows}


def taken_so_far(rows: int) -> str:
    """What a job says while it reads and writes."""
    told = ngettext("Read and stored %(rows)d row.", "Read and stored %(rows)d rows.", rows)
    return told % {"rows": rows}


def stored_so_far(done: int, total: int) -> str:
    """What a job says while it writes."""
    told = ngettext("Stored %(done)d of %(total)d line.", "Stored %(done)d of %(total)d lines.", total)
    return told % {"done": done, "total": total}


def taken_back_so_far(done: int, total: int) -> str:
    """What a job says while it takes an import back."""
    told = ngettext(
        "Taken back %(done)d of %(total)d line.", "Taken back %(done)d of %(total)d lines.", total
    )
    return told % {"done": done, "total": total}


def check(seller: Tenant, rows: Sequence[tuple[int, SaleFact]], bad: Bad, told: ToldElsewhere) -> None:
    """Find the rows that the ledger will not take, before anything is written, so that their orders can be left out."""
    _lines, rejected = prepare(list(_numbered(rows)), seller.closed_on)
    _add(bad, rows, rejected)
    _add(bad, rows, told.refused([fact for _line_no, fact in rows]))


def _numbered(rows: Iterable[tuple[int, SaleFact]]) -> Iterator[tuple[int, SaleFact]]:
    """Facts by their place: a row of a file may become several."""
    return enumerate(fact for _line_no, fact in rows)


def _add(bad: Bad, rows: Sequence[tuple[int, SaleFact]], refused: Iterable[LineResult]) -> None:
    """Say of the rows of a file what the ledger says of their facts, whose fields it calls by what a person calls them:
    the file need not have a column of that name.
    """
    for verdict in refused:
        line_no = rows[verdict.index][0]
        name = said(FIELD_NAMES.get(verdict.field, verdict.field))
        problem = RowError(line_no, name, verdict.code, verdict.message)
        told = bad.setdefault(line_no, [])
        if problem not in told:  # a row may become several facts that lack the same
            told.append(problem)


def _write_while_reading(
    plan: Plan,
    actor: Actor,
    batch: ImportBatch | None,
    skip_bad_rows: bool,
    dry_run: bool,
    progress: Progress,
) -> Outcome | None:
    """Store a file while a thread reads on; None where nothing is stored: then it is to be read whole first.

    So it is with a bad row, whose order may stand among those that are written already, and with a transaction that has
    to be run again. A workbook is read far more slowly than it is stored: the ledger would be held for hardly more
    speed. On SQLite nothing is tried: its one writer is not to wait for a reader.
    """
    if connection.vendor != "postgresql" or (batch is not None and batch.report.get("bad_rows")):
        return None
    with plan.open() as stream, Spool() as spool:
        size = stream.seek(0, 2)
        stream.seek(0)
        if size < LARGE or stream.read(len(ZIP)) == ZIP:
            return None
        file = plan.read(stream)
        found = Outcome(file.profile, file.report)
        steps = ahead(_steps(file, stream, ROWS_AT_ONCE))
        try:
            with transaction.atomic(), closing(steps):
                writing = _Writing(plan, found, batch)
                for step in steps:
                    if step.bad or not writing.store(step.facts):
                        transaction.set_rollback(True)
                        return None
                    spool.add(step.facts)
                    progress(min(step.position, size), size, taken_so_far(step.rows))
                writing.end(spool, actor, skip_bad_rows, dry_run, progress)
        except OperationalError as error:
            if connection.in_atomic_block or not is_transient(error):
                raise
            return None
    return found


@retried
def _write(
    plan: Plan,
    spool: Spool,
    outcome: Outcome,
    actor: Actor,
    batch: ImportBatch | None,
    skip_bad_rows: bool,
    dry_run: bool,
    progress: Progress,
) -> Outcome:
    found = Outcome(outcome.profile, outcome.file, dict(outcome.bad), outcome.left_out)
    unwanted = outcome.unwanted
    done = 0
    with transaction.atomic():
        writing = _Writing(plan, found, batch)
        for chunk in spool.chunks():
            writing.store([row for row in chunk if row[0] not in unwanted])
            done += len(chunk)
            progress(done, spool.facts, stored_so_far(done, spool.facts))
        writing.end(spool, actor, skip_bad_rows, dry_run, progress)
    return found


class _Writing:
    """The facts of a file on their way into the ledger, in a transaction that holds the facts of their seller alone."""

    def __init__(self, plan: Plan, found: Outcome, batch: ImportBatch | None) -> None:
        self._plan, self._found, self._batch = plan, found, batch
        wait_patiently()
        lock_facts(plan.seller, alone=True)
        self._told = ToldElsewhere(plan.seller, found.profile.source)
        self._undone = Undone(plan.seller, found.profile.source)

    def store(self, rows: Rows) -> bool:
        """Write some rows; what the ledger does not take is said in the outcome.

        False where it would not have taken some of them whatever it holds of their facts: their orders are to be left
        out. Facts that it knows otherwise are kept for review.
        """
        seller, found = self._plan.seller, self._found
        source, standing = found.profile.source, found.profile.standing
        # Shops and tools have told more while the file was read.
        told = self._told.refused([fact for _line_no, fact in rows])
        _add(found.bad, rows, told)
        if found.bad:
            rows = [row for row in rows if row[0] not in found.bad]
        voids: Rows = []
        if standing is not None:
            wanted = len(rows)
            rows, voids = give_way(seller, source, standing, rows)
            found.counts[DUPLICATE] += wanted - len(rows)
        rows = [*self._undone.lifted(rows), *voids]
        result = record_facts(seller, source, list(_numbered(rows)), self._batch)
        found.counts.update(result.counts)
        _add(found.bad, rows, result.refused)
        return not told and not result.counts[REJECTED]

    def end(self, spool: Spool, actor: Actor, skip_bad_rows: bool, dry_run: bool, progress: Progress) -> None:
        """Say of the batch that it is imported, or take everything back: of a refused file nothing is kept."""
        seller, found = self._plan.seller, self._found
        found.refused = bool(found.bad) and not skip_bad_rows
        if not found.refused:
            found.file.notes["refund_exceeds"] = _exceeding(seller, spool, progress)
        if found.refused or dry_run:
            transaction.set_rollback(True)
        else:
            keep(seller, self._batch, found, actor)


def _exceeding(seller: Tenant, spool: Spool, progress: Progress) -> int:
    """Of how many lines of the file's orders more is refunded than paid, by this file and all before it."""
    if not SalesEvent.objects.filter(~Q(ref_order_no=""), seller=seller).exists():
        return 0
    found: set[OrderLine] = set()
    for numbers in spool.orders():
        found |= exceeding({(seller.pk, number) for number in numbers}).keys()
        progress(spool.facts, spool.facts, _("Comparing refunds with payments."))
    return len(found)


def wait_patiently() -> None:
    """An import waits for the one before it and for its reader, however long that takes, and looks up by keys.

    The planner knows nothing of rows that are not committed yet: for each chunk it would read the whole ledger. And
    foreign keys are checked with each chunk: those of a million rows would take the commit seconds of silence.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def keep(
    seller: Tenant, batch: ImportBatch | None, found: Outcome, actor: Actor, verb: str = "sales.import"
) -> None:
    """Say of a batch that it is imported, and who did it."""
    if batch is not None:
        batch.state, batch.report = ImportState.IMPORTED, {**found.as_dict(), "complete": True}
        batch.save(update_fields=["state", "report", "updated_at"])
    audit.record(
        actor=actor,
        verb=verb,
        obj=batch,
        object_type=ImportBatch._meta.label,
        node_id=seller.pk,
        after={"rows": found.file.rows, "left_out": len(found.left_out) + len(found.bad), **found.counts},
    )
