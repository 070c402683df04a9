"""Sales take stock. The rule, for one external id:

The current version alone holds stock, if it is a paid line of goods whose SKU took stock at that time. It takes
from the warehouses in the order of their ids what is available; the rest is a backorder, promised up to the pre-sale
limit of the SKU's owner (supplychain/presale.py) and oversold beyond it. Where orders are packed it
reserves the goods, and they are taken as their parcel leaves. When another version or another SKU takes its place,
everything the old one holds goes back to the zone it came from, its backorder is cancelled, and the new one takes for
itself, less what of its line has left already. Refunds and cancellations never bring goods back: a return does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max, Sum

from core import clock
from supplychain.choices import BackorderState, MoveKind
from supplychain.facts import SaleFact
from supplychain.models import (
    Backorder,
    Reservation,
    SalesEvent,
    SkuResolution,
    StockLevel,
    StockMove,
)
from supplychain.models.parcels import line_name
from supplychain.presale import lock_presale
from supplychain.services import reservations, store
from supplychain.services.lines import Line
from supplychain.services.references import FoundSku
from supplychain.services.stock import Change, locked_levels, post
from supplychain.services.zones import Place, cleared
from tenants.models import Tenant

TAKEN, FILLED, GIVEN_BACK = "sales", "sales_fill", "sales_undo"


@dataclass(frozen=True, kw_only=True)
class Sold:
    """A current fact that takes stock. `key` is of its moves: the event id, and which answer on its SKU it was.

    `line` names the order line over all versions of its fact.
    """

    event_id: int
    key: str
    line: str
    seller_id: int
    sku_id: int
    owner_id: int
    quantity: int
    order_no: str
    occurred_at: datetime


def stock_follows(
    seller: Tenant, source: str, tracked: Sequence[tuple[Line, FoundSku]], others: Sequence[SalesEvent]
) -> None:
    """Let stock follow new facts of a seller.

    `tracked` are the lines whose SKU takes stock, `others` the other versions of lines that are corrections.
    """
    sold = [(line, sku) for line, sku in tracked if _takes_stock(line.fact)]
    if not sold and not others:
        return
    highest: dict[str, int] = defaultdict(int)
    met = {line.fact.external_id for line, _sku in sold} | {event.external_id for event in others}
    for key in store.known_keys(seller.pk, source, met):
        highest[key.external_id] = max(highest[key.external_id], key.version)
    exchange(
        [
            _sold(seller, source, line, sku)
            for line, sku in sold
            if line.fact.version == highest[line.fact.external_id]
        ],
        released=[event.pk for event in others if event.version < highest[event.external_id]],
    )


def _takes_stock(fact: SaleFact) -> bool:
    return fact.kind == "paid" and fact.line_type == "goods" and fact.qty > 0


def _sold(seller: Tenant, source: str, line: Line, sku: FoundSku) -> Sold:
    return Sold(
        event_id=line.id,
        key=move_key(line.id, 0),
        line=line_name(source, line.fact.external_id),
        seller_id=seller.pk,
        sku_id=sku.pk,
        owner_id=line.owner_id,
        quantity=line.fact.qty,
        order_no=line.fact.order_no,
        occurred_at=line.fact.occurred_at,
    )


def move_key(event_id: int, answer: int) -> str:
    """The source key of an event's moves; `answer` is the version of its SKU resolution, 0 for that on arrival."""
    return f"{event_id}:{answer}" if answer else str(event_id)


def exchange(sold: Sequence[Sold], *, released: Iterable[int] = ()) -> None:
    """Give back what released events hold, then let sold ones take. In the transaction of the facts."""
    released = list(released)
    held = _held_by(released)
    reserved = reservations.of_events(released)
    if not sold and not held and not reserved:
        return
    room = lock_presale({item.sku_id for item in sold})
    levels = locked_levels(
        {item.sku_id for item in sold} | {change.sku_id for change in held} | {row.sku_id for row in reserved}
    )
    freed = reservations.release(reserved)
    available = {place: level.available - freed.get(place, 0) for place, level in levels.items()}
    held = _where_it_lay(held, levels)
    for change in held:
        available[change.place] += change.quantity
    gone = reservations.dispatched_of(sold if released else ())
    places: dict[int, list[Place]] = defaultdict(list)
    for place in levels:
        places[place[1]].append(place)
    taken: list[Change] = []
    kept: list[Reservation] = []
    backorders: list[Backorder] = []
    for item in sorted(sold, key=lambda item: (item.occurred_at, item.event_id)):
        missing = max(item.quantity - gone[item.seller_id, item.line, item.sku_id], 0)
        for place in places[item.sku_id]:
            quantity = min(missing, available[place])
            if quantity > 0:
                available[place] -= quantity
                missing -= quantity
                if levels[place].warehouse.packs_orders:
                    kept.append(_reserve(item, levels[place], quantity))
                else:
                    taken.append(_take(item, levels[place], quantity))
        if missing:
            presold = min(missing, room[item.sku_id])
            room[item.sku_id] -= presold
            backorders.append(_backorder(item, missing, presold))
    post([*held, *taken], levels, held=reservations.added(freed, kept))
    Reservation.objects.bulk_create(kept)
    Backorder.objects.bulk_create(
        backorders,
        update_conflicts=True,
        unique_fields=["event_id"],
        update_fields=["owner", "sku", "quantity", "presold", "state", "occurred_at", "updated_at"],
    )


def _take(item: Sold, level: StockLevel, quantity: int) -> Change:
    return Change(
        warehouse_id=level.warehouse_id,
        sku_id=level.sku_id,
        owner_id=level.owner_id,
        kind=MoveKind.SALE,
        quantity=-quantity,
        source=TAKEN,
        source_key=item.key,
        occurred_at=item.occurred_at,
    )


def _reserve(item: Sold, level: StockLevel, quantity: int) -> Reservation:
    return Reservation(
        warehouse_id=level.warehouse_id,
        seller_id=item.seller_id,
        owner_id=level.owner_id,
        sku_id=level.sku_id,
        event_id=item.event_id,
        line=item.line,
        source_key=item.key,
        order_no=item.order_no,
        quantity=quantity,
        paid_at=item.occurred_at,
    )


def _backorder(item: Sold, quantity: int, presold: int) -> Backorder:
    return Backorder(
        owner_id=item.owner_id,
        sku_id=item.sku_id,
        event_id=item.event_id,
        order_no=item.order_no,
        quantity=quantity,
        presold=presold,
        state=BackorderState.OPEN,
        occurred_at=item.occurred_at,
    )


def _held_by(event_ids: Iterable[int]) -> list[Change]:
    """What events still hold, as the changes that give it back; their open backorders are cancelled."""
    ids = list(event_ids)
    if not ids:
        return []
    open_ones = Backorder.objects.filter(event_id__in=ids).exclude(state=BackorderState.CANCELLED)
    open_ones.update(state=BackorderState.CANCELLED, updated_at=clock.now())
    moves = StockMove.objects.filter(source__in=(TAKEN, FILLED, GIVEN_BACK), source_key__in=_keys_of(ids))
    rows = moves.values("source_key", "warehouse_id", "sku_id", "owner_id", "zone").annotate(
        total=Sum("quantity")
    )
    now = clock.now()
    held = [
        Change(
            warehouse_id=row["warehouse_id"],
            sku_id=row["sku_id"],
            owner_id=row["owner_id"],
            kind=MoveKind.SALE,
            quantity=-row["total"],
            source=GIVEN_BACK,
            source_key=row["source_key"],
            occurred_at=now,
            zone=row["zone"],
        )
        for row in rows.order_by("warehouse_id", "sku_id", "source_key", "zone")
    ]
    # Given back before, perhaps to another zone than it came from: what an event holds is the sum over all of them.
    sums: dict[tuple[Place, str], int] = defaultdict(int)
    for change in held:
        sums[change.place, change.source_key] += change.quantity
    return [change for change in held if change.quantity and sums[change.place, change.source_key]]


def _where_it_lay(held: Sequence[Change], levels: Mapping[Place, StockLevel]) -> list[Change]:
    """Changes that give back, each to the zone it came from; to the main place where that is none any more."""
    gone = cleared(((change.place, change.zone) for change in held), levels)
    back: dict[tuple[Place, str, str], Change] = {}
    for change in held:
        zone = levels[change.place].zone if (change.place, change.zone) in gone else change.zone
        key = (change.place, change.source_key, zone)
        known = back.get(key)
        more = known.quantity if known else 0
        back[key] = replace(change, zone=zone, quantity=change.quantity + more)
    return list(back.values())


def _keys_of(event_ids: Sequence[int]) -> list[str]:
    answers = (
        SkuResolution.objects.filter(event_id__in=event_ids).values_list("event_id").annotate(Max("version"))
    )
    highest = dict(answers)
    return [move_key(event, answer) for event in event_ids for answer in range(highest.get(event, 0) + 1)]
