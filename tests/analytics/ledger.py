"""Tells facts to the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from core import buckets, clock
from core.buckets import SALES
from supplychain.facts import SaleFact
from supplychain.services.lines import prepare, row_of
from supplychain.services.store import EVENT_COLUMNS, EVENTS, claim_keys, insert_rows
from tests.analytics.reference import Fact


def sale_fact(fact: Fact) -> SaleFact:
    return SaleFact(
        kind=fact.kind,
        order_no=fact.order_no,
        qty=fact.qty,
        occurred_at=fact.at,
        amount=fact.amount,
        external_id=fact.external_id,
        version=fact.version,
        line_no=fact.line_no,
        line_type=fact.line_type,
        ref_order_no=fact.ref_order_no,
        ref_line=fact.ref_line,
        channel=fact.channel,
    )


def tell(facts: Iterable[Fact]) -> None:
    """Store facts of one tenant and source, with their marks."""
    facts = list(facts)
    sessions = {(fact.external_id, fact.version): fact.session for fact in facts}
    lines, _rejected = prepare(list(enumerate(map(sale_fact, facts))))
    received = str(clock.now())[:-6]
    with transaction.atomic():
        stored = claim_keys(facts[0].tenant, facts[0].source, lines)
        for line in stored:
            line.owner_id = facts[0].tenant
            line.session_id = sessions[line.key] or None
        rows = [row_of(line, facts[0].tenant, facts[0].source, received, None) for line in stored]
        insert_rows(EVENTS, EVENT_COLUMNS, rows)
        buckets.mark(SALES, [(facts[0].tenant, line.slot) for line in stored])
