"""Where goods lie in a warehouse."""

from __future__ import annotations

from django.db import transaction

from core import audit
from core.actors import Actor
from core.locking import retried
from core.policy import ADD
from core.scoping import get_visible, require
from supplychain.models import StockLevel, StockMove
from supplychain.services.stock import locked_levels


@retried
def stock_place(*, actor: Actor, level: StockLevel, zone: str) -> StockLevel:
    """Say in which zone and on which shelf goods lie: pick lists follow it."""
    with transaction.atomic():
        known = get_visible(StockLevel, actor, pk=level.pk)
        require(actor, ADD, StockMove, known.warehouse.park_id)
        held = locked_levels([known.sku_id])[known.warehouse_id, known.sku_id]
        before, held.zone = held.zone, zone.strip()
        held.save(update_fields=["zone"])
        audit.record(
            actor=actor,
            verb="stock.place",
            obj=held,
            node_id=held.owner_id,
            before={"zone": before},
            after={"zone": held.zone},
        )
    return held
