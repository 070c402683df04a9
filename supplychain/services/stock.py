"""Stock of the shared warehouses: every change is a move, a level is the sum of its moves and never below zero."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.errors import Conflict, InvalidInput
from core.locking import retried
from core.models import new_uid
from core.policy import ADD
from core.scoping import get_visible, may, require
from core.strict import MAX_QUANTITY
from supplychain.choices import MoveKind
from supplychain.models import Sku, StockLevel, StockMove, Warehouse
from supplychain.services import zones
from supplychain.services.news import stock_fell
from supplychain.services.picks import fetched_from
from supplychain.services.zones import Place


@dataclass(frozen=True, kw_only=True)
class Change:
    """A move to be made: what a StockMove holds, by ids.

    Without a zone what comes in goes to the main place, and what leaves is taken from there first: a move each zone.
    """

    warehouse_id: int
    sku_id: int
    owner_id: int
    kind: str
    quantity: int
    source: str
    source_key: str
    occurred_at: datetime
    note: str = ""
    zone: str = ""
    is_placed: bool = False
    """Whether the zone is said; without a name it is then the main place that has none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", self.zone.strip())
        object.__setattr__(self, "is_placed", self.is_placed or bool(self.zone))

    @property
    def place(self) -> Place:
        return self.warehouse_id, self.sku_id

    @property
    def names_place(self) -> bool:
        """What comes back, is found or corrected lies where it lies: it does not say where other goods will go."""
        return self.kind in (MoveKind.INBOUND, MoveKind.TRANSFER)


@retried
def stock_receive(
    *,
    actor: Actor,
    warehouse: Warehouse,
    sku: Sku,
    quantity: int,
    source: str = "receipt",
    source_key: str = "",
    occurred_at: datetime | None = None,
    note: str = "",
    zone: str = "",
) -> StockMove:
    """Take goods in. The same (source, source key) again is the same receipt, not another; see `_post_once`."""
    change = _change(
        warehouse,
        sku,
        MoveKind.INBOUND,
        _positive(quantity),
        source=source,
        source_key=source_key,
        occurred_at=occurred_at,
        note=note,
        zone=zone,
    )
    return _post_once(actor, [(warehouse, sku, change)])


@retried
def stock_return(
    *,
    actor: Actor,
    warehouse: Warehouse,
    sku: Sku,
    quantity: int,
    source: str = "return",
    source_key: str = "",
    occurred_at: datetime | None = None,
    note: str = "",
    zone: str = "",
) -> StockMove:
    """Take sold goods back in. A refund alone never does that."""
    change = _change(
        warehouse,
        sku,
        MoveKind.RETURN,
        _positive(quantity),
        source=source,
        source_key=source_key,
        occurred_at=occurred_at,
        note=note,
        zone=zone,
    )
    return _post_once(actor, [(warehouse, sku, change)])


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
    change = _change(
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
    return _post_once(actor, [(warehouse, sku, change)])


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
    if kind == MoveKind.INBOUND:
        return stock_receive(**given)
    if kind == MoveKind.RETURN:
        return stock_return(**given)
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
    out = _change(
        origin,
        sku,
        MoveKind.TRANSFER,
        -_positive(quantity),
        source=source,
        source_key=source_key,
        occurred_at=occurred_at,
        note=note,
        zone=from_zone,
    )
    into = replace(out, warehouse_id=target.pk, quantity=quantity, zone=to_zone)
    return _post_once(actor, [(origin, sku, out), (target, sku, into)])


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
        _require(actor, warehouse, sku)
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
        change = _change(
            warehouse,
            sku,
            MoveKind.COUNT,
            found,
            source="count",
            source_key="",
            occurred_at=None,
            note=note,
            zone=zone,
        )
        _require_open(warehouse, sku, change)
        moves = post([change], {place: level})
        _record(actor, moves)
    return moves[0]


# Locking and posting, shared with sales


def locked_levels(
    sku_ids: Iterable[int], *, create: Sequence[tuple[Place, int]] = ()
) -> dict[Place, StockLevel]:
    """Lock the levels of SKUs in all warehouses, in the order (warehouse, SKU) that everybody locks in.

    `create` names (place, owner id) whose level must be there.
    """
    if create:
        StockLevel.objects.bulk_create(
            [
                StockLevel(warehouse_id=place[0], sku_id=place[1], owner_id=owner)
                for place, owner in sorted(create)
            ],
            ignore_conflicts=True,
        )
    rows = (
        StockLevel.objects.select_for_update(of=("self",))
        .select_related("warehouse")
        .filter(sku_id__in=set(sku_ids))
    )
    return {(level.warehouse_id, level.sku_id): level for level in rows.order_by("warehouse_id", "sku_id")}


def post(
    changes: Sequence[Change],
    levels: dict[Place, StockLevel],
    *,
    held: Mapping[Place, int] = MappingProxyType({}),
) -> list[StockMove]:
    """Append moves and bring the locked levels along; `held` is by how much what is reserved grows (or shrinks).

    Conflict where more is taken or held than is available, or than lies in a zone that is named.
    """
    sums: dict[Place, int] = defaultdict(int, dict.fromkeys(held, 0))
    for change in changes:
        sums[change.place] += change.quantity
    before = {place: levels[place].available for place in sums}
    for place, difference in sums.items():
        level, more = levels[place], held.get(place, 0)
        if difference - more < 0 and level.available + difference - more < 0:
            raise zones.short(level.available)
        if level.on_hand + difference > MAX_QUANTITY:
            raise InvalidInput(_("So many do not fit."), code="range", field="quantity")
    lots = zones.lots_of(changes, levels)
    moves = [
        _move(change, zone, quantity)
        for change in changes
        for zone, quantity in lots[change.place].parts(change)
    ]
    for place, difference in sums.items():
        levels[place].on_hand += difference
        levels[place].reserved += held.get(place, 0)
    moves = StockMove.objects.bulk_create(moves)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE supplychain_stocklevel SET on_hand = %s, reserved = %s, elsewhere = %s, zone = %s"
            " WHERE id = %s",
            [
                (level.on_hand, level.reserved, level.elsewhere, level.zone, level.pk)
                for level in (levels[place] for place in sorted(sums))
            ],
        )
    zones.write(lots.values())
    stock_fell(
        [(levels[place], was) for place, was in sorted(before.items()) if levels[place].available < was]
    )
    return moves


def _move(change: Change, zone: str, quantity: int) -> StockMove:
    return StockMove(
        warehouse_id=change.warehouse_id,
        sku_id=change.sku_id,
        owner_id=change.owner_id,
        kind=change.kind,
        quantity=quantity,
        zone=zone,
        source=change.source,
        source_key=change.source_key,
        occurred_at=change.occurred_at,
        note=change.note,
    )


def _post_once(actor: Actor, wanted: Sequence[tuple[Warehouse, Sku, Change]]) -> StockMove:
    """Post the changes of one document and return the move of the first.

    The same source and key with the same quantity returns the move that is there; with another quantity, or in
    other zones than it names, it is a Conflict. Refused without the right to move this stock; NotFound for what the
    actor cannot see.
    """
    changes = [change for _warehouse, _sku, change in wanted]
    first = changes[0]
    with transaction.atomic():
        for warehouse, sku, _posted in wanted:
            _require(actor, warehouse, sku)
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
                _require_open(warehouse, sku, change)
        if first.place not in levels:
            raise zones.short(0)
        moves = post(changes, levels)
        _record(actor, moves)
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


def _require(actor: Actor, warehouse: Warehouse, sku: Sku) -> None:
    """A park's keeper moves what lies there, a tenant's what is its own; both have to see warehouse and SKU."""
    get_visible(Warehouse, actor, pk=warehouse.pk)
    get_visible(Sku, actor, pk=sku.pk)
    if not may(actor, ADD, StockMove, warehouse.park_id):
        require(actor, ADD, StockMove, sku.tenant_id)


def _require_open(warehouse: Warehouse, sku: Sku, change: Change) -> None:
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


def _record(actor: Actor, moves: Sequence[StockMove]) -> None:
    for move in moves:
        after = {
            "warehouse": move.warehouse_id,
            "sku": move.sku_id,
            "quantity": move.quantity,
            "zone": move.zone,
            "note": move.note,
        }
        audit.record(actor=actor, verb=f"stock.{move.kind}", obj=move, node_id=move.owner_id, after=after)


def _positive(quantity: int) -> int:
    if not 0 < quantity <= MAX_QUANTITY:
        raise InvalidInput(_("A quantity is a whole number from 1."), code="range", field="quantity")
    return quantity


def _change(
    warehouse: Warehouse,
    sku: Sku,
    kind: str,
    quantity: int,
    *,
    source: str,
    source_key: str,
    occurred_at: datetime | None,
    note: str,
    zone: str,
) -> Change:
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
