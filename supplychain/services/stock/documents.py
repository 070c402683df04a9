"""A change that somebody writes down: who may do it, once for each document, and on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.errors import Conflict, InvalidInput
from core.models import new_uid
from core.policy import ADD
from core.scoping import get_visible, may, require
from core.strict import MAX_QUANTITY
from supplychain.choices import MoveKind
from supplychain.models import Sku, StockLevel, StockMove, Warehouse
from supplychain.services import zones
from supplychain.services.stock.posting import Change, locked_levels, post


def post_once(actor: Actor, wanted: Sequence[tuple[Warehouse, Sku, Change]]) -> StockMove:
    """Post the changes of one document and return the move of the first.

    The same source and key with the same quantity returns the move that is there; with another quantity, or in
    other zones than it names, it is a Conflict. Refused without the right to move this stock; NotFound for what the
    actor cannot see.
    """
    changes = [change for _warehouse, _sku, change in wanted]
    first = changes[0]
    with transaction.atomic():
        for warehouse, sku, _posted in wanted:
            require_right(actor, warehouse, sku)
        create = [(change.place, change.owner_id) for change in changes if change.quantity > 0]
        levels = locked_levels([first.sku_id], create=create)
        known = list(
            StockMove.objects.filter(
                source=first.source,
                source_key=first.source_key,
                warehouse__in=[change.warehouse_id for change in changes],
                sku_id=first.sku_id,
            ).order_by("pk")
        )
        if known:
            if not all(_is_posted(change, known) for change in changes):
                raise Conflict(
                    _("This receipt is already posted with another quantity or place."), code="move_conflict"
                )
            return known[0]
        if len({change.place for change in changes}) < len(changes):
            changes = _within(changes, levels[first.place])
        else:
            for warehouse, sku, change in wanted:
                require_open(warehouse, sku, change)
        if first.place not in levels:
            raise zones.short(0)
        moves = post(changes, levels)
        record(actor, moves)
    return moves[0]


def _is_posted(change: Change, known: Sequence[StockMove]) -> bool:
    """Whether moves of its document are this very change: as many pieces, and of the zone that it names."""
    mine = [
        move
        for move in known
        if move.warehouse_id == change.warehouse_id and (move.quantity < 0) == (change.quantity < 0)
    ]
    return sum(move.quantity for move in mine) == change.quantity and (
        not change.zone or {move.zone for move in mine} == {change.zone}
    )


def _within(changes: Sequence[Change], level: StockLevel) -> list[Change]:
    """The changes of a transfer within one warehouse; the zone that is not named is the main place."""
    placed = [replace(change, zone=change.zone or level.zone, is_placed=True) for change in changes]
    out, into = placed
    if out.zone == into.zone:
        raise InvalidInput(_("The goods lie in this zone already."), code="same_zone", field="to_zone")
    if out.zone == level.zone and -out.quantity > level.on_hand - level.elsewhere:
        raise zones.short(level.on_hand - level.elsewhere)
    return placed


def require_right(actor: Actor, warehouse: Warehouse, sku: Sku) -> None:
    """A park's keeper moves what lies there, a tenant's what is its own; both have to see warehouse and SKU."""
    get_visible(Warehouse, actor, pk=warehouse.pk)
    get_visible(Sku, actor, pk=sku.pk)
    if not may(actor, ADD, StockMove, warehouse.park_id):
        require(actor, ADD, StockMove, sku.tenant_id)


def require_open(warehouse: Warehouse, sku: Sku, change: Change) -> None:
    """Goods leave what is closed and do not come in: a warehouse is to be emptied, a firm that left takes them along.

    What its buyers send back is still taken in for it.
    """
    if change.quantity > 0 and warehouse.is_closed_by(clock.today()):
        raise InvalidInput(
            _("The warehouse is closed: goods may leave it, none come in."), code="closed", field="warehouse"
        )
    if change.kind == MoveKind.INBOUND and sku.tenant.is_closed_by(clock.today()):
        raise InvalidInput(
            _("The owner of these goods has left: returns come in, new goods do not."),
            code="closed",
            field="sku",
        )


def record(actor: Actor, moves: Sequence[StockMove]) -> None:
    for move in moves:
        after = {
            "warehouse": move.warehouse_id,
            "sku": move.sku_id,
            "quantity": move.quantity,
            "zone": move.zone,
            "note": move.note,
        }
        audit.record(actor=actor, verb=f"stock.{move.kind}", obj=move, node_id=move.owner_id, after=after)


def positive(quantity: int) -> int:
    if not 0 < quantity <= MAX_QUANTITY:
        raise InvalidInput(_("A quantity is a whole number from 1."), code="range", field="quantity")
    return quantity


def change_of(
    warehouse: Warehouse,
    sku: Sku,
    kind: str,
    quantity: int,
    *,
    source: str,
    source_key: str = "",
    occurred_at: datetime | None = None,
    note: str = "",
    zone: str = "",
) -> Change:
    """A change of `quantity` pieces, signed. Without a key it is of a document of its own, without a time of now."""
    return Change(
        warehouse_id=warehouse.pk,
        sku_id=sku.pk,
        owner_id=sku.tenant_id,
        kind=kind,
        quantity=quantity,
        source=source,
        source_key=source_key or new_uid(),
        occurred_at=occurred_at or clock.now(),
        note=note[:200],
        zone=zone,
    )
