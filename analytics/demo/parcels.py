"""The demo's warehouse people: orders of the last day wait, a wave is being picked, what is older has left."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from analytics.demo.built import BuiltPark, uid
from core.actors import Actor
from core.errors import Conflict
from core.locking import lock_row, lock_rows, retried
from supplychain.choices import Carrier, MoveKind, ParcelState, ReservationState, WaveState
from supplychain.givenback import with_source
from supplychain.models import Parcel, Reservation, Warehouse, WarehouseTariff, Wave
from supplychain.services import goods_return, parcel_dispatch, parcel_scan, wave_make, wave_picked
from supplychain.services.parcels import AT_THE_TABLE, DISPATCHED
from supplychain.services.stock import Change, locked_levels, post

PACKED_FOR = timedelta(days=2)
"""Until so long before the first run a sale took its goods at once; since then they are packed."""
LEAVES_AFTER = timedelta(hours=20)
IN_THE_WAVE = 6
# Chosen, of the order that shared warehouses ask.
PRICES = {
    "per_parcel": Decimal("3.50"),
    "per_piece": Decimal("0.60"),
    "per_return": Decimal("1.00"),
    "per_night": Decimal("0.01"),
}


def packing_begins(built: BuiltPark, from_day: date) -> None:
    """From now on the orders of the park's warehouse are packed."""
    warehouses = Warehouse.objects.filter(park=built.park)
    warehouses.update(packs_orders=True)
    WarehouseTariff.objects.bulk_create(
        WarehouseTariff(uid=uid("tariff", warehouse.code), warehouse=warehouse, from_day=from_day, **PRICES)
        for warehouse in warehouses
    )


def pack_parcels(built: BuiltPark, until: datetime, *, actor: Actor) -> None:
    """Send what has waited long enough, what an earlier wave fetched too, and begin a wave of the rest."""
    for warehouse in Warehouse.objects.filter(park=built.park, packs_orders=True):
        _finish(actor, warehouse, until)
        sent = _send(warehouse, until)
        if sent and not Wave.objects.filter(warehouse=warehouse, state=WaveState.PICKING).exists():
            _come_back(actor, sent[0])
            _begin(actor, warehouse)


def _finish(actor: Actor, warehouse: Warehouse, until: datetime) -> None:
    """The parcels of waves that have waited long enough are packed and leave, one by one as at the table."""
    lines = Reservation.objects.filter(
        warehouse=warehouse, state=ReservationState.IN_WAVE, paid_at__lt=until - LEAVES_AFTER
    )
    parcels = Parcel.objects.filter(pk__in=lines.values("parcel"), state__in=AT_THE_TABLE)
    for parcel in parcels.select_related("wave").order_by("pk"):
        try:
            _scan(actor, parcel)
            label = f"{warehouse.code}-{parcel.wave.number}-{parcel.pk:05d}"
            parcel_dispatch(actor=actor, parcel=parcel, carrier=Carrier.SF, tracking_no=label)
        except Conflict:
            continue  # refunded meanwhile: it is let go within the minute
    open_ones = Parcel.objects.filter(state__in=AT_THE_TABLE)
    done = Wave.objects.filter(warehouse=warehouse, state=WaveState.PICKING).exclude(parcels__in=open_ones)
    for wave in done:
        wave_picked(actor=actor, wave=wave)


@retried
@transaction.atomic
def _send(warehouse: Warehouse, until: datetime) -> list[Reservation]:
    """Parcels for every order that has waited for so long, all at once: a demo has no packing table to wait for."""
    lock_row(Warehouse, warehouse.pk)
    waiting = Reservation.objects.filter(
        warehouse=warehouse, state=ReservationState.RESERVED, paid_at__lt=until - LEAVES_AFTER
    )
    skus = set(waiting.values_list("sku", flat=True))
    levels = locked_levels(skus)
    # Locked, and read again: some may have been let go since.
    held_rows = lock_rows(with_source(waiting.filter(sku__in=skus).select_related("seller", "sku")))
    rows = sorted(held_rows, key=lambda row: (row.paid_at, row.order_no, row.sku.code, row.source_key))
    if not rows:
        return []
    last = Wave.objects.filter(warehouse=warehouse).aggregate(last=Max("number"))["last"] or 0
    wave = Wave.objects.create(warehouse=warehouse, number=last + 1, state=WaveState.PICKED)
    orders = dict.fromkeys((row.seller, row.source, row.order_no) for row in rows)
    parcels = Parcel.objects.bulk_create(
        Parcel(
            uid=uid("parcel", seller.code, source, order),
            warehouse=warehouse,
            wave=wave,
            seller=seller,
            source=source,
            order_no=order,
            state=ParcelState.DISPATCHED,
            carrier=(Carrier.SF, Carrier.ZTO, Carrier.YTO)[number % 3],
            tracking_no=f"{warehouse.code}-{last + 1}-{number + 1:05d}".upper(),
            dispatched_at=until,
        )
        for number, (seller, source, order) in enumerate(orders)
    )
    by_order: dict[Any, Parcel] = dict(zip(orders, parcels, strict=True))
    held: Counter[tuple[int, int]] = Counter()
    for row in rows:
        row.parcel, row.state, row.packed = (
            by_order[row.seller, row.source, row.order_no],
            ReservationState.DISPATCHED,
            row.quantity,
        )
        held[row.warehouse_id, row.sku_id] -= row.quantity
    Reservation.objects.bulk_update(rows, ["parcel", "state", "packed"], batch_size=200)
    post([_leaves(row, until) for row in rows], levels, held=held)
    return rows


def _leaves(row: Reservation, at: datetime) -> Change:
    return Change(
        warehouse_id=row.warehouse_id,
        sku_id=row.sku_id,
        owner_id=row.owner_id,
        kind=MoveKind.SALE,
        quantity=-row.quantity,
        source=DISPATCHED,
        source_key=row.source_key,
        occurred_at=at,
    )


def _come_back(actor: Actor, line: Reservation) -> None:
    goods_return(actor=actor, reservation=line, quantity=1, condition="damaged", note="外箱破损（演示）")


def _begin(actor: Actor, warehouse: Warehouse) -> None:
    """A wave is being picked, and the first of its parcels stands packed on the table."""
    try:
        wave = wave_make(actor=actor, warehouse=warehouse, orders=IN_THE_WAVE)
    except Conflict:
        return  # nothing was sold since
    _scan(actor, wave.parcels.earliest("pk"))


def _scan(actor: Actor, parcel: Parcel) -> None:
    """Put every piece that is still missing into its parcel."""
    for line in parcel.lines.filter(state=ReservationState.IN_WAVE).select_related("sku"):
        for _piece in range(line.quantity - line.packed):
            parcel_scan(actor=actor, parcel=parcel, code=line.sku.code)
