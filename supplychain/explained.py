"""What was explained when: each event ends what the one before began, and the session ends the last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from supplychain.models import ExplainEvent, Product, Sku


@dataclass(frozen=True)
class Explained:
    """One stretch; `until` is None while it goes on."""

    product: Product
    sku: Sku | None
    since: datetime
    until: datetime | None

    @property
    def length(self) -> timedelta | None:
        return self.until - self.since if self.until is not None else None


def stretches(events: Iterable[ExplainEvent], ended_at: datetime | None) -> list[Explained]:
    """The stretches of one session, from its events in the order of their instants. The same product again goes on.

    What is told once the session is over, as after an encoder that was lost, nobody saw.
    """
    found: list[Explained] = []
    running: ExplainEvent | None = None
    for event in events:
        if ended_at is not None and event.at >= ended_at:
            break
        if running is not None and _same(running, event):
            continue
        if running is not None and running.product is not None:
            found.append(Explained(running.product, running.sku, running.at, event.at))
        running = event if event.product is not None else None
    if running is not None and running.product is not None:
        found.append(Explained(running.product, running.sku, running.at, ended_at))
    return found


def _same(one: ExplainEvent, other: ExplainEvent) -> bool:
    return (one.product_id, one.sku_id) == (other.product_id, other.sku_id)
