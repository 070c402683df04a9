"""Facts enter the ledger here, whatever door they came through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec
from django.db import transaction
from msgspec.structs import replace

from core import audit, buckets, clock
from core.actors import Actor
from core.choices import UnresolvedKind
from core.errors import Conflict, InvalidInput, RowError
from core.locking import retried
from core.models import Unresolved
from core.planner import look_again
from core.policy import ADD
from core.scoping import require
from core.strict import code as strict_code
from core.words import gettext as _
from core.words import ngettext
from supplychain.attribution.lines import order_of
from supplychain.facts import SaleFact
from supplychain.models import ImportBatch, SalesEvent
from supplychain.services import store
from supplychain.services.launches import mark_sold
from supplychain.services.lines import (
    CONFLICT,
    DUPLICATE,
    REJECTED,
    STORED,
    Line,
    LineResult,
    prepare,
)
from supplychain.services.references import lock_facts, queue_missing, resolve
from supplychain.services.said import keep_said
from supplychain.services.stock_sales import stock_follows
from supplychain.services.toldelsewhere import BACK, ToldElsewhere
from tenants.models import Tenant

SOURCE_LENGTH = 32
# Of lines whose sender names none. Not the key's name: a source is part of a line's identity, and keys are changed.
DEFAULT_SOURCE = "api"
# A shop's call tells of some orders among thousands of its hour. A file tells of most.
MOST_NAMED = 200
# Of so many at once each is looked up again below, in what the planner may still believe to be empty: there the index
# of a seller's hours, which is the smaller one, looks as good as that of its orders, and is read whole for each order.
MANY = 1_000
Facts = Sequence[tuple[int, SaleFact]]


@dataclass(frozen=True)
class BatchResult:
    """The verdict on each line, in the order of the lines, and how many lines had which."""

    lines: list[LineResult]
    counts: dict[str, int]

    @property
    def refused(self) -> list[LineResult]:
        """The lines that are not in the ledger: conflicts and rejected ones."""
        return [line for line in self.lines if line.status in (CONFLICT, REJECTED)]


@retried
def sales_record(
    *,
    actor: Actor,
    seller: Tenant,
    source: str,
    facts: Facts,
    batch: ImportBatch | None = None,
    atomic: bool = False,
) -> BatchResult:
    """Write facts of a seller into the ledger, in one transaction, and say what became of each.

    stored     new: it is in the ledger, its buckets are marked, its stock is taken
    duplicate  its key is known with the same content: nothing to do
    conflict   its key is known with other content: kept for review, the ledger stays as it is
    rejected   it cannot be stored (no exchange rate, say, or a time that has not come yet), or its order is known
               by another door, where it counts already (code told_live)

    A higher version of a known external id is a correction: the whole new state, which then counts alone.
    With `atomic` the first line that is refused takes all others with it: Conflict or InvalidInput names every
    refused line. `facts` are pairs of the sender's index and the fact. Raises Refused without the right to add.
    """
    require(actor, ADD, SalesEvent, seller.pk)
    if not strict_code(source, SOURCE_LENGTH):
        raise InvalidInput(_("Facts need the name of their source."), code="source", field="source")
    with transaction.atomic():
        lock_facts(seller, alone=any(_changes_others(fact) for _index, fact in facts))
        result = _record_new(seller, source, facts, batch)
        if atomic and result.refused:
            raise refusal(result.refused)
        audit.record(
            actor=actor,
            verb="sales.record",
            object_type=SalesEvent._meta.label,
            label=source,
            node_id=seller.pk,
            after={**result.counts, "import": str(batch.uid) if batch else None},
        )
    return result


def _record_new(seller: Tenant, source: str, facts: Facts, batch: ImportBatch | None) -> BatchResult:
    """Record facts but those of orders that another door has told of already: these are rejected.

    What is in the ledger is no news of its order, so whoever sends it again hears what it always was.
    """
    told = ToldElsewhere(seller, source).refused([fact for _index, fact in facts])
    if not told:
        return record_facts(seller, source, facts, batch)
    names = {facts[verdict.index][1].external_id for verdict in told}
    known = {(key.external_id, key.version) for key in store.known_keys(seller.pk, source, names)}
    refused = {verdict.index: verdict for verdict in told if facts[verdict.index][1].key not in known}
    others = [row for place, row in enumerate(facts) if place not in refused]
    rest = record_facts(seller, source, others, batch)
    recorded = iter(rest.lines)
    lines = [
        replace(refused[place], index=index) if place in refused else next(recorded)
        for place, (index, _fact) in enumerate(facts)
    ]
    return BatchResult(lines, {**rest.counts, REJECTED: rest.counts[REJECTED] + len(refused)})


def _changes_others(fact: SaleFact) -> bool:
    """Whether it counts by other facts of its order, or they by it, so that these must not come in unseen beside it."""
    return fact.version > 1 or fact.kind in BACK


def record_facts(seller: Tenant, source: str, facts: Facts, batch: ImportBatch | None) -> BatchResult:
    """What sales_record does, for callers that hold the transaction and its locks, and write the audit entry."""
    lines, refused = prepare(facts, seller.closed_on)
    verdicts = {verdict.index: verdict for verdict in refused}
    fresh = _set_known_aside(seller, source, lines, verdicts)
    if fresh:
        _write(seller, source, fresh, batch)
    found = [verdicts.get(index) or LineResult(index, STORED) for index, _fact in facts]
    counts = Counter(verdict.status for verdict in found)
    return BatchResult(found, {status: counts[status] for status in (STORED, DUPLICATE, CONFLICT, REJECTED)})


def refusal(refused: Sequence[LineResult]) -> Conflict | InvalidInput:
    """The error that names every refused line of a batch which was all or nothing."""
    rows = [RowError(line.index + 1, line.field, line.code, line.message) for line in refused]
    sentence = ngettext(
        "%(count)d line is refused, so nothing is stored.",
        "%(count)d lines are refused, so nothing is stored.",
        len(rows),
    )
    message = sentence % {"count": len(rows)}
    if any(line.status == CONFLICT for line in refused):
        return Conflict(message, code="event_conflict", rows=rows)
    return InvalidInput(message, code=rows[0].code, rows=rows)


# Known and new


def _set_known_aside(
    seller: Tenant, source: str, lines: list[Line], verdicts: dict[int, LineResult]
) -> list[Line]:
    """Claim the keys of lines; returns the new ones. The others get their verdict, conflicts are kept for review."""
    by_key: dict[tuple[str, int], Line] = {}
    again = [line for line in lines if by_key.setdefault(line.fact.key, line) is not line]
    fresh = store.claim_keys(seller.pk, source, list(by_key.values()))
    if not again and len(fresh) == len(by_key):
        return fresh
    new = {line.fact.key for line in fresh}
    again += [line for key, line in by_key.items() if key not in new]
    known = {
        (key.external_id, key.version): key.content_hash
        for key in store.known_keys(seller.pk, source, {line.fact.external_id for line in again})
    }
    conflicts = [line for line in again if known[line.fact.key] != line.content_hash]
    for line in again:
        verdicts[line.index] = LineResult(line.index, DUPLICATE)
    for line in conflicts:
        message = _(
            "“%(id)s” version %(version)d is known with other content; a correction needs a higher version."
        )
        params = {"id": line.fact.external_id, "version": line.fact.version}
        verdicts[line.index] = LineResult(line.index, CONFLICT, "event_conflict", message % params)
    _keep_for_review(seller, source, conflicts)
    return fresh


def _keep_for_review(seller: Tenant, source: str, conflicts: Sequence[Line]) -> None:
    """Queue the offered content of conflicts; of several for one key the last."""
    offered = {f"{source}:{line.fact.external_id}:{line.fact.version}": line.fact for line in conflicts}
    Unresolved.objects.bulk_create(
        [
            Unresolved(
                kind=UnresolvedKind.CONFLICT,
                node_id=seller.pk,
                reference=reference,
                detail={"source": source, "offered": msgspec.to_builtins(offered[reference])},
            )
            for reference in sorted(offered)
        ],
        update_conflicts=True,
        unique_fields=["node", "kind", "reference"],
        update_fields=["detail", "resolved_at"],
    )


# Writing


def _write(seller: Tenant, source: str, lines: list[Line], batch: ImportBatch | None) -> None:
    tracked, missing = resolve(seller, source, lines)
    batch_id = batch.pk if batch else None
    store.insert_events(seller.pk, source, lines, received_at=clock.now(), batch_id=batch_id)
    if len(lines) >= MANY:
        look_again()
    superseded = _superseded_by(seller, source, lines)
    keep_said(seller, lines, superseded)
    _mark(seller, source, lines, superseded)
    queue_missing(seller, missing)
    stock_follows(seller, source, tracked, superseded)


def _superseded_by(seller: Tenant, source: str, lines: Sequence[Line]) -> list[SalesEvent]:
    """The other versions of corrected facts, with what marks and stock need of them."""
    corrected = {line.fact.external_id for line in lines if line.fact.version > 1}
    if not corrected:
        return []
    others = store.told_before(seller.pk, source, corrected, min(line.id for line in lines))
    columns = ("id", "external_id", "version", "slot", "order_no", "ref_order_no", "kind", "customs_mode")
    return list(SalesEvent.objects.filter(pk__in=others).only(*columns))


def _mark(seller: Tenant, source: str, lines: Sequence[Line], superseded: Sequence[SalesEvent]) -> None:
    """Mark the hours of the facts, of what they supersede, and of what counts otherwise because of them.

    Those are the cancellations of their numbers, and where something was paid the refunds: the payment may say of which
    order they are that another door told, and of its own and of those whether that crossed the border.
    """
    slots = {line.slot for line in lines} | {event.slot for event in superseded}
    orders = {line.fact.order_no for line in lines} | {line.fact.ref_order_no for line in lines}
    orders |= {event.order_no for event in superseded} | {event.ref_order_no for event in superseded}
    slots |= store.slots_of_cancellations(seller.pk, orders - {""})
    told: Iterable[SaleFact | SalesEvent] = chain((line.fact for line in lines), superseded)
    payments = [fact for fact in told if fact.kind == "paid"]
    abroad = {fact.order_no for fact in payments if fact.customs_mode != "domestic"}
    slots |= store.slots_of_refunds(seller.pk, abroad)
    slots |= store.slots_of_refunds(seller.pk, {fact.order_no for fact in payments} - abroad, beside=source)
    buckets.mark(buckets.SALES, [(seller.pk, slot) for slot in slots])
    mark_sold(seller, slots)
    _mark_orders(seller, lines, superseded)


def _mark_orders(seller: Tenant, lines: Sequence[Line], superseded: Sequence[SalesEvent]) -> None:
    """Have the orders placed that something was told of: few by the id of a fact, many by the hours of all."""
    told: Iterable[tuple[int, SaleFact | SalesEvent]] = chain(
        ((line.id, line.fact) for line in lines), ((event.pk, event) for event in superseded)
    )
    named: dict[str, int] = {}
    for pk, fact in told:
        named[order_of(fact.kind, fact.order_no, fact.ref_order_no)] = pk
        if len(named) > MOST_NAMED:
            slots = {line.slot for line in lines} | {event.slot for event in superseded}
            buckets.mark(buckets.PLACING, [(seller.pk, slot) for slot in slots])
            return
    buckets.mark(buckets.ORDERS, [(seller.pk, pk) for order, pk in named.items() if order])
