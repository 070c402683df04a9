"""Backorders get their goods once there are some."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.errors import Conflict
from core.locking import lock_rows, retried
from core.policy import ADD
from core.scoping import get_visible, may, require
from supplychain.choices import BackorderState, MoveKind, ReservationState
from supplychain.givenback import given_back, with_seller
from supplychain.models import (
    Backorder,
    Reservation,
    SalesEvent,
    SkuResolution,
    StockMove,
    Warehouse,
)
from supplychain.models.parcels import line_name
from supplychain.services.stock import Change, locked_levels, post
from supplychain.services.stock_sales import FILLED, move_key


@retried
def backorder_fill(*, actor: Actor, backorder: Backorder, warehouse: Warehouse) -> Backorder:
    """Give a backorder its goods from a warehouse.

    Conflict where it is not open, its order was refunded, or too little is available.
    """
    with transaction.atomic():
        get_visible(Warehouse, actor, pk=warehouse.pk)
        get_visible(Backorder, actor, pk=backorder.pk)
        if not may(actor, ADD, StockMove, warehouse.park_id):
            require(actor, ADD, StockMove, backorder.owner_id)
        owed = with_seller(Backorder.objects.select_for_update(of=("self",))).get(pk=backorder.pk)
        if owed.state != BackorderState.OPEN:
            raise Conflict(_("This backorder is no longer open."), code="backorder_state")
        if given_back([owed]):
            raise Conflict(
                _("The buyer was given the money back: nothing is owed any more."), code="refunded"
            )
        place = (warehouse.pk, owed.sku_id)
        levels = locked_levels([owed.sku_id], create=[(place, owed.owner_id)])
        fill = _fill(owed, warehouse)
        if levels[place].warehouse.packs_orders:
            post([], levels, held={place: owed.quantity})
            _hold(owed, fill)
        else:
            post([fill], levels)
        owed.state = BackorderState.FILLED
        owed.save(update_fields=["state", "updated_at"])
        after = {"warehouse": warehouse.code, "quantity": owed.quantity}
        audit.record(actor=actor, verb="backorder.fill", obj=owed, node_id=owed.owner_id, after=after)
    return owed


def _fill(owed: Backorder, warehouse: Warehouse) -> Change:
    answers = SkuResolution.objects.filter(event_id=owed.event_id).aggregate(highest=Max("version"))
    return Change(
        warehouse_id=warehouse.pk,
        sku_id=owed.sku_id,
        owner_id=owed.owner_id,
        kind=MoveKind.SALE,
        quantity=-owed.quantity,
        source=FILLED,
        source_key=move_key(owed.event_id, answers["highest"] or 0),
        occurred_at=clock.now(),
    )


def _hold(owed: Backorder, fill: Change) -> None:
    """Reserve what fills a backorder. Where the line holds a part of it already, it holds more."""
    sale = SalesEvent.objects.get(pk=owed.event_id)
    key = {"source_key": fill.source_key, "warehouse_id": fill.warehouse_id, "sku_id": owed.sku_id}
    known = next(iter(lock_rows(Reservation.objects.filter(**key))), None)
    if known is not None and known.state == ReservationState.RESERVED:
        known.quantity += owed.quantity
        known.save(update_fields=["quantity", "updated_at"])
        return
    if known is not None:
        # A part of the line is in a parcel or gone: what was missing leaves in another one.
        key["source_key"] = f"{fill.source_key}+{Reservation.objects.filter(event_id=owed.event_id).count()}"
    Reservation.objects.create(
        seller_id=sale.seller_id,
        owner_id=owed.owner_id,
        event_id=owed.event_id,
        line=line_name(sale.source, sale.external_id),
        order_no=owed.order_no,
        quantity=owed.quantity,
        paid_at=owed.occurred_at,
        **key,
    )
