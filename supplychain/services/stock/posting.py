"""Where every change of stock passes: levels are locked in one order, moves appended, levels brought along."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import connection
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.strict import MAX_QUANTITY
from supplychain.choices import MoveKind
from supplychain.models import StockLevel, StockMove
from supplychain.services import zones
from supplychain.services.news import stock_fell
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
