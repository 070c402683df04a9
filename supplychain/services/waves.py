"""Waves: orders that wait are gathered, their goods are fetched on one walk, and every order gets its parcel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor, system_actor
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, lock_rows, retried
from core.policy import ADD, CHANGE
from core.scoping import get_visible, require
from supplychain.choices import RESERVATION_OPEN, BackorderState, ReservationState, WaveState
from supplychain.givenback import given_back, with_seller, with_source
from supplychain.models import Backorder, Parcel, Reservation, Warehouse, Wave
from supplychain.services import reservations
from supplychain.services.picks import note_fetched
from supplychain.services.stock import locked_levels, post

MOST_ORDERS = 500
USUAL_ORDERS = 60
"""What one person with a trolley fetches."""
SYSTEM = system_actor("warehouse")
LOOKED_AT = 5_000


@retried
def wave_make(*, actor: Actor, warehouse: Warehouse, orders: int = USUAL_ORDERS) -> Wave:
    """Gather the orders that have waited longest. Conflict where none waits; what was refunded is let go first."""
    require(actor, ADD, Wave, warehouse.park_id)
    if not 1 <= orders <= MOST_ORDERS:
        message = _("A wave holds 1 to %(most)d orders.") % {"most": MOST_ORDERS}
        raise InvalidInput(message, code="range", field="orders")
    with transaction.atomic():
        held = get_visible(Warehouse, actor, pk=warehouse.pk)
        lock_row(Warehouse, held.pk)
        waiting = with_source(Reservation.objects.filter(warehouse=held, state=ReservationState.RESERVED))
        rows = _of_orders(waiting.order_by("paid_at", "pk")[:LOOKED_AT], orders)
        refunded = given_back(rows)
        _let_go([row for row in rows if row.pk in refunded])
        # Locked and read again: a correction may have let one go since.
        rows = lock_rows(waiting.filter(pk__in=[row.pk for row in rows if row.pk not in refunded]))
        if not rows:
            raise Conflict(_("No order waits to be packed."), code="nothing_waits")
        last = Wave.objects.filter(warehouse=held).aggregate(last=Max("number"))["last"] or 0
        wave = Wave.objects.create(warehouse=held, number=last + 1)
        _make_parcels(wave, rows)
        audit.record(
            actor=actor,
            verb="wave.make",
            obj=wave,
            node_id=held.park_id,
            after={"number": wave.number, "parcels": wave.parcels.count(), "lines": len(rows)},
        )
    return wave


def _order(row: Any) -> tuple[int, str, str]:
    """The order of a line or of a parcel: two shops of a seller may give the same number."""
    return row.seller_id, row.source, row.order_no


def _of_orders(rows: Iterable[Reservation], most: int) -> list[Reservation]:
    """The lines of the first orders, whole."""
    taken: dict[tuple[int, str, str], list[Reservation]] = {}
    for row in rows:
        order = _order(row)
        if order in taken or len(taken) < most:
            taken.setdefault(order, []).append(row)
    return [row for lines in taken.values() for row in lines]


def _make_parcels(wave: Wave, rows: Sequence[Reservation]) -> None:
    orders = dict.fromkeys(map(_order, sorted(rows, key=lambda r: (r.paid_at, r.pk))))
    parcels = {
        _order(parcel): parcel
        for parcel in Parcel.objects.bulk_create(
            Parcel(warehouse=wave.warehouse, wave=wave, seller_id=seller, source=source, order_no=number)
            for seller, source, number in orders
        )
    }
    now = clock.now()
    for row in rows:
        row.parcel = parcels[_order(row)]
        row.state, row.updated_at = ReservationState.IN_WAVE, now
    Reservation.objects.bulk_update(rows, ["parcel", "state", "updated_at"])


@retried
def wave_picked(*, actor: Actor, wave: Wave) -> Wave:
    """Everything of a wave is fetched, from where its list says. Conflict when it was before."""
    with transaction.atomic():
        get_visible(Wave, actor, CHANGE, pk=wave.pk)
        wave_fetched(wave.pk)
        held = lock_row(Wave, wave.pk)
        if held.state != WaveState.PICKING:
            raise Conflict(_("This wave is picked already."), code="wave_state")
        held.state = WaveState.PICKED
        held.save(update_fields=["state", "updated_at"])
        audit.record(actor=actor, verb="wave.picked", obj=held, node_id=held.warehouse.park_id, after={})
    return held


def wave_fetched(wave: int) -> None:
    """Keep with the lines of a wave from where they are fetched, once. Locks their levels, its parcels, the lines."""
    lines = Reservation.objects.filter(
        parcel__wave=wave, state=ReservationState.IN_WAVE, fetched__isnull=True
    )
    skus = set(lines.values_list("sku", flat=True))
    if skus:
        levels = locked_levels(skus)
        lock_rows(Parcel.objects.filter(wave=wave))
        note_fetched(wave, lock_rows(lines.filter(sku__in=skus)), levels)


@retried
def line_missing(*, actor: Actor, reservation: Reservation) -> Backorder:
    """The goods of a line are not where they should be: it is let go, and owed to the buyer as a backorder.

    Also of a line that waits for its wave, when a count finds less than is reserved. Conflict when it has left or was
    let go before. What is there then is counted as ever.
    """
    with transaction.atomic():
        known = get_visible(Reservation, actor, pk=reservation.pk)
        require(actor, CHANGE, Wave, known.warehouse.park_id)
        levels = locked_levels([known.sku_id])
        freed = reservations.release([known])
        if not freed:
            raise Conflict(_("This line has left or was let go."), code="reservation_state")
        post([], levels, held=freed)
        missing, made = Backorder.objects.get_or_create(
            event_id=known.event_id,
            defaults={
                "owner_id": known.owner_id,
                "sku_id": known.sku_id,
                "order_no": known.order_no,
                "quantity": known.quantity,
                "occurred_at": known.paid_at,
            },
        )
        if not made:
            if missing.state != BackorderState.OPEN:
                # What was owed before may be of another SKU, and was promised for other pieces.
                missing.owner_id, missing.sku_id = known.owner_id, known.sku_id
                missing.quantity = missing.presold = 0
            missing.quantity, missing.state = missing.quantity + known.quantity, BackorderState.OPEN
            missing.save(update_fields=["owner", "sku", "quantity", "presold", "state", "updated_at"])
        audit.record(
            actor=actor,
            verb="reservation.missing",
            obj=known,
            node_id=known.owner_id,
            after={"order_no": known.order_no, "quantity": known.quantity},
        )
    return missing


@retried
def refunded_release() -> int:
    """Let go of what was refunded before it left, and owe it no more; returns how many lines.

    Safe to run twice and at once.
    """
    released = 0
    for rows in _refunded(Reservation.objects.filter(state__in=RESERVATION_OPEN)):
        with transaction.atomic():
            released += _let_go(rows)
    for rows in _refunded(with_seller(Backorder.objects.filter(state=BackorderState.OPEN))):
        with transaction.atomic():
            released += _owe_no_more(rows)
    return released


def _refunded(open_ones: QuerySet[Any]) -> Iterator[list[Any]]:
    """Those of some rows that were given back, some at a time."""
    last = 0
    while rows := list(open_ones.filter(pk__gt=last).order_by("pk")[:LOOKED_AT]):
        last = rows[-1].pk
        refunded = given_back(rows)
        yield [row for row in rows if row.pk in refunded]


def _owe_no_more(rows: Sequence[Backorder]) -> int:
    held = lock_rows(Backorder.objects.filter(pk__in=[row.pk for row in rows], state=BackorderState.OPEN))
    for row in held:
        row.state = BackorderState.CANCELLED
        row.save(update_fields=["state", "updated_at"])
        after = {"order_no": row.order_no, "quantity": row.quantity}
        audit.record(actor=SYSTEM, verb="backorder.release", obj=row, node_id=row.owner_id, after=after)
    return len(held)


def _let_go(rows: Sequence[Reservation]) -> int:
    if not rows:
        return 0
    levels = locked_levels({row.sku_id for row in rows})
    freed = reservations.release(rows)
    post([], levels, held=freed)
    for row in rows:
        after = {"order_no": row.order_no, "quantity": row.quantity}
        audit.record(actor=SYSTEM, verb="reservation.release", obj=row, node_id=row.owner_id, after=after)
    return len(rows)
