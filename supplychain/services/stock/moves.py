"""What people and scanners do with the stock of a warehouse: receive, take back, correct, bring elsewhere, count."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.errors import Conflict, InvalidInput
from core.locking import retried
from core.strict import MAX_QUANTITY
from supplychain.choices import MoveKind
from supplychain.models import Sku, StockMove, Warehouse
from supplychain.services import zones
from supplychain.services.picks import fetched_from
from supplychain.services.stock.documents import (
    change_of,
    positive,
    post_once,
    record,
    require_open,
    require_right,
)
from supplychain.services.stock.posting import locked_levels, post

# What a move by hand takes in, and the source that its key is of where the door names none.
TAKEN_IN: dict[str, str] = {MoveKind.INBOUND: "receipt", MoveKind.RETURN: "return"}


@retried
def stock_receive(
    *,
    actor: Actor,
    warehouse: Warehouse,
    sku: Sku,
    quantity: int,
    kind: str = MoveKind.INBOUND,
    source: str = "",
    source_key: str = "",
    occurred_at: datetime | None = None,
    note: str = "",
    zone: str = "",
) -> StockMove:
    """Take goods in, or, as a return, sold ones back in; a refund alone never does that.

    The same (source, source key) again is the same receipt, not another; see `post_once`.
    """
    change = change_of(
        warehouse,
        sku,
        kind,
        positive(quantity),
        source=source or TAKEN_IN[kind],
        source_key=source_key,
        occurred_at=occurred_at,
        note=note,
        zone=zone,
    )
    return post_once(actor, [(warehouse, sku, change)])


@retried
def stock_adjust(
    *,
    actor: Actor,
    warehouse: Warehouse,
    sku: Sku,
    quantity: int,
    note: str,
    kind: str = MoveKind.ADJUSTMENT,
    source: str = "adjustment",
    source_key: str = "",
    occurred_at: datetime | None = None,
    zone: str = "",
) -> StockMove:
    """Correct what is there by a signed quantity (also sample loans out and back). The note says why.

    Conflict with `available` when more is taken than is there and not reserved, or than lies in the zone.
    """
    if not note.strip():
        raise InvalidInput(_("Say why the stock is adjusted."), code="required", field="note")
    if kind not in (MoveKind.ADJUSTMENT, MoveKind.SAMPLE_LOAN) or not quantity:
        raise InvalidInput(_("This is no adjustment of stock."), code="move", field="quantity")
    change = change_of(
        warehouse,
        sku,
        kind,
        quantity,
        source=source,
        source_key=source_key,
        occurred_at=occurred_at,
        note=note,
        zone=zone,
    )
    return post_once(actor, [(warehouse, sku, change)])


def stock_move(
    *, actor: Actor, kind: str, warehouse: Warehouse, sku: Sku, quantity: int, **values: str
) -> StockMove:
    """A move that somebody makes by hand: goods that come in or back, a correction, a sample that goes out or in."""
    given: dict[str, Any] = {
        "actor": actor,
        "warehouse": warehouse,
        "sku": sku,
        "quantity": quantity,
        **values,
    }
    if kind in TAKEN_IN:
        return stock_receive(kind=kind, **given)
    return stock_adjust(kind=kind, **{"note": "", **given})


@retried
def stock_transfer(
    *,
    actor: Actor,
    origin: Warehouse,
    target: Warehouse,
    sku: Sku,
    quantity: int,
    source: str = "transfer",
    source_key: str = "",
    occurred_at: datetime | None = None,
    note: str = "",
    from_zone: str = "",
    to_zone: str = "",
) -> StockMove:
    """Bring goods to another warehouse or, within one, to another zone: moves with one key.

    Within a warehouse a zone that is not named is the main place. Returns the move out of the origin.
    """
    if origin.pk == target.pk and from_zone == to_zone:
        raise InvalidInput(
            _("Choose two different warehouses, or two zones of one."), code="same_warehouse", field="target"
        )
    out = change_of(
        origin,
        sku,
        MoveKind.TRANSFER,
        -positive(quantity),
        source=source,
        source_key=source_key,
        occurred_at=occurred_at,
        note=note,
        zone=from_zone,
    )
    into = replace(out, warehouse_id=target.pk, quantity=quantity, zone=to_zone)
    return post_once(actor, [(origin, sku, out), (target, sku, into)])


@retried
def stock_count(
    *, actor: Actor, warehouse: Warehouse, sku: Sku, counted: int, note: str = "", zone: str = ""
) -> StockMove | None:
    """Set what lies in a zone, or in all of a warehouse, to what was counted; the difference is a move, or None.

    What was fetched from the zone and has not left lies there no more, in the warehouse it does.

    Conflict when less is there than orders hold: which of them go short is said first.
    """
    if not 0 <= counted <= MAX_QUANTITY:
        raise InvalidInput(_("A count is a whole number from 0."), code="range", field="counted")
    zone = zone.strip()  # it is looked up before the change is made
    with transaction.atomic():
        require_right(actor, warehouse, sku)
        place = (warehouse.pk, sku.pk)
        level = locked_levels([sku.pk], create=[(place, sku.tenant_id)])[place]
        found = counted - zones.pieces_in(level, zone) + (fetched_from(level, zone) if zone else 0)
        if not found:
            return None
        if level.on_hand + found < level.reserved:
            message = _(
                "%(reserved)d are reserved for orders. Mark the lines that are missing under Reservations first,"
                " then enter the count."
            ) % {"reserved": level.reserved}
            raise Conflict(message, code="stock_reserved", field="counted", reserved=level.reserved)
        change = change_of(warehouse, sku, MoveKind.COUNT, found, source="count", note=note, zone=zone)
        require_open(warehouse, sku, change)
        moves = post([change], {place: level})
        record(actor, moves)
    return moves[0]
