"""The main place of goods in a warehouse."""

from __future__ import annotations

from collections import Counter

from django.db import transaction
from django.db.models import Sum

from core import audit, clock
from core.actors import Actor
from core.locking import lock_rows, retried
from core.models import new_uid
from core.policy import ADD
from core.scoping import get_visible, require
from supplychain.choices import MoveKind, ReservationState
from supplychain.models import Reservation, StockLevel, StockMove
from supplychain.services.stock import locked_levels

PLACED = "place"


@retried
def stock_place(*, actor: Actor, level: StockLevel, zone: str) -> StockLevel:
    """Say which zone and shelf is the main place of goods: what lay in the one before lies there from now on."""
    with transaction.atomic():
        known = get_visible(StockLevel, actor, pk=level.pk)
        require(actor, ADD, StockMove, known.warehouse.park_id)
        held = locked_levels([known.sku_id])[known.warehouse_id, known.sku_id]
        before, zone = held.zone, zone.strip()
        moved = _bring(held, zone) if zone != before else 0
        audit.record(
            actor=actor,
            verb="stock.place",
            obj=held,
            node_id=held.owner_id,
            before={"zone": before},
            after={"zone": held.zone, "quantity": moved},
        )
    return held


def _bring(held: StockLevel, zone: str) -> int:
    """Make a zone the main place of a locked level; returns how many pieces are brought there.

    Of the main place is whatever moved in no zone that has a level: older versions name none, or only the new place.
    """
    other = held.others.filter(zone__in={held.zone, zone})
    held.elsewhere -= sum(other.values_list("on_hand", flat=True))
    other.delete()
    moves = StockMove.objects.filter(warehouse=held.warehouse_id, sku=held.sku_id)
    there = moves.exclude(zone__in=held.others.values("zone"))
    lying = {
        name: pieces
        for name, pieces in there.order_by("zone").values_list("zone").annotate(Sum("quantity"))
        if pieces and name != zone
    }
    brought = sum(lying.values())
    parts = {name: -pieces for name, pieces in lying.items()} | ({zone: brought} if brought else {})
    key, now = new_uid(), clock.now()
    StockMove.objects.bulk_create(
        StockMove(
            warehouse_id=held.warehouse_id,
            sku_id=held.sku_id,
            owner_id=held.owner_id,
            kind=MoveKind.TRANSFER,
            quantity=quantity,
            zone=name,
            source=PLACED,
            source_key=key,
            occurred_at=now,
        )
        for name, quantity in parts.items()
    )
    held.zone = zone
    held.save(update_fields=["zone", "elsewhere"])
    _fetched_there(held, max(brought, 0))
    return brought


def _fetched_there(held: StockLevel, brought: int) -> None:
    """Say of what waves have fetched of the main place before that it is of the present one, where the books have it.

    What of it they had brought away before is of neither.
    """
    others = {held.zone, *held.others.values_list("zone", flat=True)}
    lines = lock_rows(
        Reservation.objects.filter(
            warehouse=held.warehouse_id,
            sku=held.sku_id,
            state=ReservationState.IN_WAVE,
            fetched__isnull=False,
        )
    )
    for line in lines:
        parts: Counter[str] = Counter()
        for name, pieces in line.fetched or ():
            moved = 0 if name in others else min(pieces, brought)
            brought -= moved
            parts[held.zone] += moved
            parts[name] += pieces - moved
        line.fetched = [(name, pieces) for name, pieces in parts.items() if pieces]
    Reservation.objects.bulk_update(lines, ["fetched"])
