"""Inbound notices: announced by the owner of the goods, received by the warehouse, differences named."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import audit, clock
from core.actors import Actor
from core.errors import InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.records import save_clean
from core.scoping import get_visible, may, require
from core.strict import MAX_QUANTITY
from livestreams.errors import WrongState
from supplychain.choices import INBOUND_TRANSITIONS, InboundState
from supplychain.models import InboundNotice, Sku, StockMove, Warehouse
from supplychain.services.pool import check_pieces
from supplychain.services.stock import stock_receive

SOURCE = "inbound"
LONGEST = 365 * clock.DAY
ANNOUNCED = ("warehouse_id", "sku_id", "pieces", "day")
DONE = ("state", "received", "difference")


@retried
def inbound_announce(
    *, actor: Actor, warehouse: Warehouse, sku: Sku, pieces: int, day: date, note: str = ""
) -> InboundNotice:
    """Announce goods to a warehouse of the park for a day. InvalidInput for what is closed, and for days past."""
    require(actor, ADD, InboundNotice, sku.tenant_id)
    get_visible(Warehouse, actor, pk=warehouse.pk)
    get_visible(Sku, actor, pk=sku.pk)
    check_pieces(pieces)
    if warehouse.is_closed_by(clock.today()):
        raise InvalidInput(
            _("The warehouse is closed: goods may leave it, none come in."), code="closed", field="warehouse"
        )
    if sku.is_closed or sku.tenant.is_closed:
        raise InvalidInput(_("These goods are no longer sold."), code="closed", field="sku")
    if not clock.today() <= day <= clock.today() + LONGEST:
        raise InvalidInput(_("Name a day within the next year."), code="range", field="day")
    with transaction.atomic():
        notice = InboundNotice(
            owner_id=sku.tenant_id, warehouse=warehouse, sku=sku, pieces=pieces, day=day, note=note
        )
        save_clean(notice)
        after = audit.snapshot(notice, ANNOUNCED)
        audit.record(actor=actor, verb="inbound.announce", obj=notice, node_id=notice.owner_id, after=after)
    return notice


@retried
def inbound_receive(
    *,
    actor: Actor,
    notice: InboundNotice,
    received: int,
    difference: str = "",
    zone: str = "",
    at: datetime | None = None,
) -> InboundNotice:
    """Take in what came of a notice, as a receipt of the stock ledger. Whoever may take in this stock may do it.

    InvalidInput when another number came than was announced and nothing says why; WrongState when it is received.
    """
    if not 0 <= received <= MAX_QUANTITY:
        raise InvalidInput(_("A count is a whole number from 0."), code="range", field="received")
    with transaction.atomic():
        held = _lock(actor, notice, InboundState.RECEIVED)
        if not may(actor, ADD, StockMove, held.warehouse.park_id):
            require(actor, ADD, StockMove, held.owner_id)
        if received != held.pieces and not difference.strip():
            raise InvalidInput(
                ngettext(
                    "%(n)d piece was announced: say why another number came.",
                    "%(n)d pieces were announced: say why another number came.",
                    held.pieces,
                )
                % {"n": held.pieces},
                code="required",
                field="difference",
            )
        if received:
            stock_receive(
                actor=actor,
                warehouse=held.warehouse,
                sku=held.sku,
                quantity=received,
                source=SOURCE,
                source_key=str(held.uid),
                occurred_at=at,
                note=difference,
                zone=zone,
            )
        held.received, held.received_on = received, clock.today()
        held.difference = difference if received != held.pieces else ""
        return _turn(actor, held, InboundState.RECEIVED, "inbound.receive")


@retried
def inbound_withdraw(*, actor: Actor, notice: InboundNotice) -> InboundNotice:
    """The goods do not come: the owner says so before they are received."""
    require(actor, CHANGE, InboundNotice, notice.owner_id)
    with transaction.atomic():
        held = _lock(actor, notice, InboundState.WITHDRAWN)
        return _turn(actor, held, InboundState.WITHDRAWN, "inbound.withdraw")


def _lock(actor: Actor, notice: InboundNotice, state: InboundState) -> InboundNotice:
    lock_row(InboundNotice, notice.pk)
    held = get_visible(InboundNotice, actor, pk=notice.pk)
    if state not in INBOUND_TRANSITIONS[held.state]:
        raise WrongState(_("This notice is received or withdrawn already."))
    return held


def _turn(actor: Actor, held: InboundNotice, state: InboundState, verb: str) -> InboundNotice:
    held.state = state
    save_clean(held)
    after = audit.snapshot(held, DONE)
    audit.record(actor=actor, verb=verb, obj=held, node_id=held.owner_id, after=after)
    return held
