"""What was taken back of a source, and what its facts are without it.

An undo is a batch of facts of its own. Where it leaves nothing of a fact, it writes a version that says nothing; above
it, versions of imports begin anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product

from msgspec.structs import replace

from core.portions import in_turn
from core.strict import MAX_QUANTITY
from supplychain.facts import SaleFact, content_hash
from supplychain.facts.fact import BASE_CURRENCY
from supplychain.models import ImportBatch, SalesEvent
from supplychain.services import store
from supplychain.services.references import QUERY_SIZE
from supplychain.services.standing import Rows, is_nothing, nothing
from tenants.models import Tenant

UNDO = "undo"  # the profile of the batch that holds the facts of an undo


class Undone:
    """What was taken back of a source of a seller, the import included that is taken back right now."""

    def __init__(self, seller: Tenant, source: str) -> None:
        rows = ImportBatch.objects.filter(tenant=seller, source=source, profile=UNDO)
        undoes = {pk: options["undoes"] for pk, options in rows.values_list("pk", "options")}
        self._seller = seller
        self._source = source
        self._undos = set(undoes)
        self._void = {*undoes, *undoes.values()}
        self._hashes: dict[int, bytes] = {}

    def histories(self, external_ids: Sequence[str]) -> dict[str, list[SalesEvent]]:
        """Every version of some facts."""
        keys = store.known_keys(self._seller.pk, self._source, set(external_ids))
        self._hashes = {key.id: key.content_hash for key in keys}
        found: dict[str, list[SalesEvent]] = {}
        ids = sorted(self._hashes)
        for some in in_turn(ids, QUERY_SIZE):
            for event in SalesEvent.objects.filter(pk__in=some):
                found.setdefault(event.external_id, []).append(event)
        return found

    def without(self, events: Sequence[SalesEvent], counts: Counter[str]) -> Iterator[SaleFact]:
        """The facts that make one count as if nothing had been told of it but by what is not taken back."""
        current = max(events, key=lambda event: event.version)
        floor = current.version + 1
        counts["nothing"] += 1
        yield nothing(current, floor)
        rest = [event for event in events if event.import_batch_id not in self._void]
        if rest:
            last = max(rest, key=lambda event: (self._told(event, events), event.pk))
            counts["restated"] += 1
            version = min(floor + self._told(last, events), MAX_QUANTITY)
            yield _as_fact(last, version, self._hashes[last.pk])

    def lifted(self, rows: Rows) -> Rows:
        """Facts of an import above what was taken back of them."""
        if not self._undos:
            return rows
        histories = self.histories([fact.external_id for _line_no, fact in rows])
        floors = {name: self._floor(events) for name, events in histories.items()}
        return [
            (line_no, replace(fact, version=min(fact.version + floor, MAX_QUANTITY)) if floor else fact)
            for line_no, fact in rows
            for floor in (floors.get(fact.external_id, 0),)
        ]

    def _told(self, event: SalesEvent, events: Sequence[SalesEvent]) -> int:
        """The version as its source told it."""
        return event.version - self._floor([each for each in events if each.version < event.version])

    def _floor(self, events: Sequence[SalesEvent]) -> int:
        marks = (
            event.version for event in events if event.import_batch_id in self._undos and is_nothing(event)
        )
        return max(marks, default=0)


def _as_fact(event: SalesEvent, version: int, told: bytes) -> SaleFact:
    """What a ledger row was made of. Whether it came with a rate of its own its hash tells."""
    foreign = event.currency != BASE_CURRENCY
    for rate, day in product((None, event.rate), (None, event.rate_day)) if foreign else ((None, None),):
        if rate is None and day is not None:
            continue
        fact = SaleFact(
            kind=event.kind,  # type: ignore[arg-type]
            external_id=event.external_id,
            version=version,
            order_no=event.order_no,
            line_no=event.line_no,
            line_type=event.line_type,  # type: ignore[arg-type]
            ref_order_no=event.ref_order_no,
            ref_line=event.ref_line,
            sku_code=event.sku_code,
            title=event.title,
            qty=event.quantity,
            occurred_at=event.occurred_at,
            amount=None if foreign else event.amount,
            currency=event.currency,
            amount_foreign=event.amount_foreign,
            rate=rate,
            rate_day=day,
            channel=event.channel,  # type: ignore[arg-type]
            session_ref=event.session_ref,
            host_ref=event.host_ref,
            owner=event.owner_ref,
            destination=event.destination,
            customs_mode=event.customs_mode,  # type: ignore[arg-type]
        )
        if content_hash(fact) == told:
            return fact
    raise ValueError(f"event {event.pk} is not what its key says")
