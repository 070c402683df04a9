"""The packing table: goods are scanned into their parcel, it is dispatched, and what comes back is inspected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.errors import Conflict, InvalidInput, NotFound
from core.locking import lock_row, lock_rows, retried
from core.policy import ADD, CHANGE
from core.scoping import get_visible, require, visible_to
from core.strict import code as strict_code
from supplychain.choices import Carrier, GoodsCondition, MoveKind, ParcelState, ReservationState
from supplychain.givenback import given_back
from supplychain.models import Parcel, Reservation, ReturnedGoods, StockLevel, Warehouse, Wave
from supplychain.services import reservations
from supplychain.services.picks import fetched
from supplychain.services.stock import Change, locked_levels, post
from supplychain.services.waves import wave_fetched
from supplychain.services.zones import Place

DISPATCHED, RETURNED = "parcel", "parcel_return"
TRACKING_LENGTH = 64
AT_THE_TABLE = (ParcelState.WAITING, ParcelState.PACKED)


def parcels_named(*, actor: Actor, warehouse: Warehouse, code: str) -> list[Parcel]:
    """The parcels at the packing table that a scanned order number means. NotFound where none waits under it.

    One for each order, of several the oldest: other sellers, and other shops of a seller, may have the same number.
    """
    waiting = Parcel.objects.filter(warehouse=warehouse, order_no=code.strip(), state__in=AT_THE_TABLE)
    require(actor, CHANGE, Wave, warehouse.park_id)
    found: dict[tuple[int, str], Parcel] = {}
    for parcel in visible_to(waiting, actor).order_by("pk"):
        found.setdefault((parcel.seller_id, parcel.source), parcel)
    if not found:
        raise NotFound(_("No parcel of the order “%(code)s” is to be packed here.") % {"code": code[:64]})
    return list(found.values())


@retried
def parcel_scan(*, actor: Actor, parcel: Parcel, code: str) -> Reservation:
    """Put one piece into a parcel by the code of its SKU; with the last piece the parcel is packed.

    The first piece of a wave says that the wave is fetched.

    Conflict when nothing of that code is missing in it, or the parcel is not to be packed any more.
    """
    with transaction.atomic():
        require(actor, CHANGE, Wave, get_visible(Parcel, actor, pk=parcel.pk).warehouse.park_id)
        wave_fetched(parcel.wave_id)  # its levels are locked before the parcel
        held, lines = _open(actor, parcel)
        wanted = [row for row in lines if row.sku.code == code.strip()]
        if not wanted:
            message = _("“%(code)s” does not belong into this parcel.") % {"code": code[:64]}
            raise Conflict(message, code="not_in_parcel", field="code")
        line = next((row for row in wanted if row.packed < row.quantity), None)
        if line is None:
            message = _("All of “%(code)s” is in the parcel already.") % {"code": code[:64]}
            raise Conflict(message, code="packed_already", field="code")
        line.packed += 1
        line.save(update_fields=["packed", "updated_at"])
        reservations.settle(held)
        if held.state == ParcelState.PACKED:
            audit.record(
                actor=actor,
                verb="parcel.packed",
                obj=held,
                node_id=held.seller_id,
                after={"lines": len(lines)},
            )
    return line


@retried
def parcel_empty(*, actor: Actor, parcel: Parcel) -> Parcel:
    """Take everything out again: it is scanned anew."""
    with transaction.atomic():
        held, lines = _open(actor, parcel)
        for line in lines:
            line.packed = 0
            line.save(update_fields=["packed", "updated_at"])
        reservations.settle(held)
        audit.record(actor=actor, verb="parcel.empty", obj=held, node_id=held.seller_id, after={})
    return held


@retried
def parcel_dispatch(*, actor: Actor, parcel: Parcel, carrier: str, tracking_no: str) -> Parcel:
    """Hand a packed parcel to its carrier: its goods leave the stock of their owners.

    InvalidInput for a tracking number that is none, such as what else is scanned at the table, Conflict when something
    is missing in it, when the order was refunded since, or when the carrier's number is on another parcel.
    """
    if carrier not in Carrier.values:
        raise InvalidInput(_("Choose the carrier."), code="required", field="carrier")
    number = tracking_no.strip().upper()
    if not strict_code(number, TRACKING_LENGTH) or " " in number:
        raise InvalidInput(_("This is no tracking number."), code="tracking_no", field="tracking_no")
    with transaction.atomic():
        skus = list(parcel.lines.values_list("sku", flat=True))
        levels = locked_levels(skus)
        held, lines = _open(actor, parcel)
        if held.state != ParcelState.PACKED or not {line.sku_id for line in lines} <= set(skus):
            raise Conflict(_("Something is still missing in this parcel."), code="not_packed")
        if number in _scanned_besides(held, lines):
            message = _("“%(number)s” is the code of goods or of an order: scan the label of the carrier.")
            raise InvalidInput(message % {"number": number}, code="tracking_no", field="tracking_no")
        held.state, held.dispatched_at = ParcelState.DISPATCHED, clock.now()
        held.carrier, held.tracking_no = carrier, number
        _leave(held, lines, levels, held.dispatched_at)
        try:
            with transaction.atomic():
                held.save(update_fields=["state", "carrier", "tracking_no", "dispatched_at", "updated_at"])
        except IntegrityError as error:
            message = _("“%(number)s” of this carrier is on another parcel.") % {"number": number}
            raise Conflict(message, code="tracking_taken", field="tracking_no") from error
        after = {"carrier": carrier, "tracking_no": number, "lines": len(lines)}
        audit.record(actor=actor, verb="parcel.dispatch", obj=held, node_id=held.seller_id, after=after)
    return held


def _leave(
    parcel: Parcel, lines: Sequence[Reservation], levels: dict[Place, StockLevel], at: datetime
) -> None:
    """Take the goods of a parcel out of the stock that was held for it, each from where it was fetched."""
    changes = [
        Change(
            warehouse_id=line.warehouse_id,
            sku_id=line.sku_id,
            owner_id=line.owner_id,
            kind=MoveKind.SALE,
            quantity=-quantity,
            source=DISPATCHED,
            source_key=line.source_key,
            occurred_at=at,
            zone=zone,
            is_placed=True,
        )
        for line, zone, quantity in fetched(parcel, lines, levels)
    ]
    freed: Counter[Place] = Counter()
    for change in changes:
        freed[change.place] += change.quantity
    post(changes, levels, held=freed)
    Reservation.objects.filter(pk__in=[line.pk for line in lines]).update(
        state=ReservationState.DISPATCHED, updated_at=at
    )


def _scanned_besides(parcel: Parcel, lines: list[Reservation]) -> set[str]:
    """What is scanned at the table and is no label: a piece too many, or the next order before this one has left."""
    orders = Parcel.objects.filter(warehouse=parcel.warehouse_id, state__in=AT_THE_TABLE)
    return {
        code.upper()
        for code in (*orders.values_list("order_no", flat=True), *(one.sku.code for one in lines))
    }


def _open(actor: Actor, parcel: Parcel) -> tuple[Parcel, list[Reservation]]:
    """A parcel at the packing table and its lines, locked. Conflict when it is not there or was refunded."""
    known = get_visible(Parcel, actor, pk=parcel.pk)
    require(actor, CHANGE, Wave, known.warehouse.park_id)
    held = lock_row(Parcel, parcel.pk)
    lines = lock_rows(
        Reservation.objects.select_related("sku").filter(parcel=held, state=ReservationState.IN_WAVE)
    )
    if held.state not in AT_THE_TABLE or not lines:
        raise Conflict(_("This parcel is not to be packed any more."), code="parcel_state")
    if given_back(lines):
        raise Conflict(
            _("The buyer was given the money back: put the goods back on their shelf."), code="refunded"
        )
    return held, lines


@retried
def goods_return(
    *, actor: Actor, reservation: Reservation, quantity: int, condition: str, note: str = "", zone: str = ""
) -> ReturnedGoods:
    """Take in what came back of a dispatched line and say how it is; as new it is stock of its owner again.

    It is put into the main place unless a zone is named.

    InvalidInput for more than has left and not come back, Conflict for a line that never left.
    """
    if condition not in GoodsCondition.values:
        raise InvalidInput(_("Say what the inspection found."), code="required", field="condition")
    with transaction.atomic():
        known = get_visible(Reservation, actor, pk=reservation.pk)
        require(actor, ADD, ReturnedGoods, known.warehouse.park_id)
        place = (known.warehouse_id, known.sku_id)
        levels = locked_levels([known.sku_id], create=[(place, known.owner_id)])
        held = lock_row(Reservation, known.pk)
        if held.state != ReservationState.DISPATCHED:
            raise Conflict(_("This line has not left."), code="reservation_state")
        out = held.quantity - (held.returned.aggregate(Sum("quantity"))["quantity__sum"] or 0)
        if not 1 <= quantity <= out:
            message = _("Of this line %(out)d are with the buyer.") % {"out": out}
            raise InvalidInput(message, code="range", field="quantity")
        returned = ReturnedGoods.objects.create(
            reservation=held,
            quantity=quantity,
            condition=condition,
            note=note[:200],
            inspected_by_id=actor.user_id,
        )
        if condition == GoodsCondition.GOOD:
            change = Change(
                warehouse_id=held.warehouse_id,
                sku_id=held.sku_id,
                owner_id=held.owner_id,
                kind=MoveKind.RETURN,
                quantity=quantity,
                source=RETURNED,
                source_key=str(returned.uid),
                occurred_at=clock.now(),
                note=note[:200],
                zone=zone,
            )
            post([change], levels)
        after = {"order_no": held.order_no, "quantity": quantity, "condition": condition}
        audit.record(actor=actor, verb="goods.return", obj=returned, node_id=held.owner_id, after=after)
    return returned
