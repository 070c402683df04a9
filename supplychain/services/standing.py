"""Two exports of a source that speak of the same: the finer one counts, whichever came first.

The details of an order say what its total says, an after-sale says what the order's state concludes. What gives way
is not stored, or is superseded by nothing where it was stored before.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from supplychain.facts import SaleFact
from supplychain.importing import Known, Standing
from supplychain.models import SalesEvent
from supplychain.services import store
from tenants.models import Tenant

Rows = list[tuple[int, SaleFact]]


def give_way(
    seller: Tenant, source: str, standing: Callable[[Known], Standing | None], rows: Rows
) -> tuple[Rows, Rows]:
    """The rows that are to be stored as they are, and those that take back what gives way to them."""
    told = [(line_no, fact, found) for line_no, fact in rows if (found := standing(fact)) is not None]
    if not told:
        return rows, []
    finer: set[tuple[str, ...]] = set()
    coarse: list[tuple[SalesEvent, Standing]] = []
    for event in store.facts_of_orders(
        seller.pk, source, sorted({fact.order_no for _no, fact, _found in told})
    ):
        if not is_nothing(event) and (found := standing(event)) is not None:
            if found.finer:
                finer.add(found.about)
            else:
                coarse.append((event, found))
    superfluous = {fact.key for _line_no, fact, found in told if not found.finer and found.about in finer}
    speaks = {found.about: line_no for line_no, _fact, found in told if found.finer}
    voids = [
        (speaks[found.about], nothing(event, event.version + 1))
        for event, found in coarse
        if found.about in speaks
    ]
    return [row for row in rows if row[1].key not in superfluous], voids


def nothing(event: SalesEvent, version: int) -> SaleFact:
    """The version of a fact that says nothing: it counts for no figure and holds no stock."""
    return SaleFact(
        kind="adjusted",
        external_id=event.external_id,
        version=version,
        order_no=event.order_no,
        line_no=event.line_no,
        line_type=event.line_type,  # type: ignore[arg-type]
        qty=0,
        amount=Decimal(0),
        occurred_at=event.occurred_at,
        channel=event.channel,  # type: ignore[arg-type]
    )


def is_nothing(event: SalesEvent) -> bool:
    """Whether a fact says nothing."""
    return event.kind == "adjusted" and not event.amount and not event.quantity
