"""What order lines hold in warehouses that pack: locked after the levels, in the order of their ids.

Everybody who takes several locks takes them in this order: warehouse, SKUs, levels (warehouse, SKU), parcels,
reservations.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import F, Sum

from core import clock
from core.locking import lock_rows
from supplychain.choices import RESERVATION_OPEN, ParcelState, ReservationState
from supplychain.models import Parcel, Reservation
from supplychain.services.zones import Place

Line = tuple[int, str, int]
"""(seller id, name of the order line, SKU id)"""


def of_events(event_ids: Iterable[int]) -> list[Reservation]:
    """What facts still hold; not locked, so `release` looks again."""
    ids = list(event_ids)
    return list(Reservation.objects.filter(event_id__in=ids, state__in=RESERVATION_OPEN)) if ids else []


def release(reservations: Sequence[Reservation]) -> dict[Place, int]:
    """Let go of what is not dispatched, under the locks of its levels; returns the (negative) change of each level.

    A parcel from which the last line goes is cancelled.
    """
    if not reservations:
        return {}
    ids = [row.pk for row in reservations]
    parcels = {row.parcel_id for row in reservations if row.parcel_id is not None}
    lock_rows(Parcel.objects.filter(pk__in=parcels))
    rows = lock_rows(Reservation.objects.filter(pk__in=ids, state__in=RESERVATION_OPEN))
    freed: dict[Place, int] = defaultdict(int)
    for row in rows:
        freed[row.warehouse_id, row.sku_id] -= row.quantity
    now = clock.now()
    Reservation.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=ReservationState.RELEASED, packed=0, updated_at=now
    )
    for parcel in Parcel.objects.filter(pk__in={row.parcel_id for row in rows}).order_by("pk"):
        settle(parcel)
    return dict(freed)


def settle(parcel: Parcel) -> None:
    """Bring the state of a parcel at the packing table along with its lines."""
    lines = parcel.lines.filter(state=ReservationState.IN_WAVE)
    if not lines.exists():
        parcel.state = ParcelState.CANCELLED
    elif lines.filter(packed__lt=F("quantity")).exists():
        parcel.state = ParcelState.WAITING
    else:
        parcel.state = ParcelState.PACKED
    parcel.save(update_fields=["state", "updated_at"])


def added(freed: Mapping[Place, int], kept: Iterable[Reservation]) -> dict[Place, int]:
    """By how much what is reserved changes at each place."""
    change: dict[Place, int] = defaultdict(int, freed)
    for row in kept:
        change[row.warehouse_id, row.sku_id] += row.quantity
    return dict(change)


def dispatched_of(sold: Iterable[Any]) -> Counter[Line]:
    """How much of order lines (Sold) has left already, under an earlier version of their fact."""
    lines = {item.line for item in sold}
    gone: Counter[Line] = Counter()
    if lines:
        rows = Reservation.objects.filter(line__in=lines, state=ReservationState.DISPATCHED)
        for seller, line, sku, total in rows.values_list("seller", "line", "sku").annotate(Sum("quantity")):
            gone[seller, line, sku] = total
    return gone
