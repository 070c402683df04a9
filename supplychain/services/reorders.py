"""Re-orders: confirmed or declined by the firm, made by the factory, taken into stock.

Everybody locks in one order: factory, launch, re-order.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, buckets, clock
from core.actors import Actor
from core.days import open_on
from core.errors import InvalidInput
from core.locking import lock_row, retried
from core.money import allocate
from core.policy import CHANGE, VIEW
from core.scoping import get_visible
from core.strict import MAX_QUANTITY
from livestreams.errors import WrongState
from supplychain.choices import REORDER_COMING, ReorderState
from supplychain.models import Factory, Launch, Reorder, ReorderLine, Sku, Warehouse
from supplychain.services.factories import finish, give_back, take_room
from supplychain.services.launches import sold_by_sku
from supplychain.services.stock import stock_receive

SOURCE = "reorder"
AUDITED = ("state", "quantity", "due_on", "produced_on", "received_on")


@retried
def reorder_confirm(*, actor: Actor, reorder: Reorder, quantity: int) -> Reorder:
    """Order so many pieces of what is proposed: the factory's earliest days with room are taken for them.

    Conflict where there is no room, WrongState for what is not proposed any more.
    """
    if not 0 < quantity <= MAX_QUANTITY:
        raise InvalidInput(_("A quantity is a whole number from 1."), code="range", field="quantity")
    with transaction.atomic():
        held = _lock(actor, reorder)
        if held.state != ReorderState.PROPOSED:
            raise WrongState(_("Only what is proposed can be confirmed."))
        if held.factory.is_closed_by(clock.today()):
            raise WrongState(_("The factory works no more."))
        held.quantity = quantity
        held.due_on = take_room(held)
        held.state, held.confirmed_at = ReorderState.CONFIRMED, clock.now()
        held.confirmed_by_id = actor.user_id
        held.save()
        ReorderLine.objects.bulk_create(_lines(held))
        _record(actor, "reorder.confirm", held)
    return held


def _lines(reorder: Reorder) -> list[ReorderLine]:
    """The pieces by SKU, in the proportion in which they are bought; alike where none was."""
    skus = list(Sku.objects.filter(open_on(clock.today()), product=reorder.launch.product_id).order_by("pk"))
    if not skus:
        raise InvalidInput(_("The style has no SKU that is sold."), code="skus", field="quantity")
    sold = sold_by_sku(reorder.launch, [sku.pk for sku in skus])
    weights = [max(sold[sku.pk], 0) for sku in skus]
    parts = allocate(reorder.quantity, weights if any(weights) else [1] * len(skus))
    return [
        ReorderLine(reorder=reorder, sku=sku, quantity=part) for sku, part in zip(skus, parts, strict=True)
    ]


@retried
def reorder_decline(*, actor: Actor, reorder: Reorder) -> Reorder:
    """Say no to a proposal; the next one comes on the next day of decision, if the sales still say so."""
    with transaction.atomic():
        held = _lock(actor, reorder)
        if held.state != ReorderState.PROPOSED:
            raise WrongState(_("Only what is proposed can be declined."))
        return _end(actor, held, ReorderState.DECLINED, "reorder.decline")


@retried
def reorder_cancel(*, actor: Actor, reorder: Reorder) -> Reorder:
    """Call off what is confirmed and not made yet: the room of the days to come is free again."""
    with transaction.atomic():
        held = _lock(actor, reorder)
        if held.state != ReorderState.CONFIRMED:
            raise WrongState(_("Only what is confirmed and not made yet can be cancelled."))
        give_back(held)
        return _end(actor, held, ReorderState.CANCELLED, "reorder.cancel")


@retried
def reorder_advance(*, actor: Actor, reorder: Reorder, step: str) -> Reorder:
    """Note that the factory is done with a step, and with those before it; days it does not need are free again.

    WrongState for what is not being made, and for a step that is done already; InvalidInput for one it has not.
    """
    with transaction.atomic():
        held = _lock(actor, reorder)
        if held.state != ReorderState.CONFIRMED:
            raise WrongState(_("Only what is confirmed can be made."))
        known = held.work.filter(step__kind=step).select_related("step").first()
        if known is None:
            raise InvalidInput(_("There is no such step."), code="step", field="step")
        if not finish(held.work.filter(step__place__lte=known.step.place)):
            raise WrongState(_("This step is done already."))
        _record(actor, "reorder.advance", held, step=step)
    return held


@retried
def reorder_produce(*, actor: Actor, reorder: Reorder) -> Reorder:
    """Note that the factory has made it, and is done with all steps."""
    with transaction.atomic():
        held = _lock(actor, reorder)
        if held.state != ReorderState.CONFIRMED:
            raise WrongState(_("Only what is confirmed can be made."))
        finish(held.work.all())
        held.state, held.produced_on = ReorderState.PRODUCED, clock.today()
        held.save(update_fields=["state", "produced_on", "updated_at"])
        _record(actor, "reorder.produce", held)
    return held


@retried
def reorder_receive(
    *,
    actor: Actor,
    reorder: Reorder,
    warehouse: Warehouse,
    pieces: Mapping[str, int] | None = None,
    zone: str = "",
) -> Reorder:
    """Take in what was made, as a receipt of the stock ledger; `pieces` by SKU code, all of it without them.

    It is put into the zone that is named, else each SKU to its main place.

    Whoever may take in this stock may do it. WrongState for what is not on its way, InvalidInput for other SKUs.
    """
    with transaction.atomic():
        held = _lock(actor, reorder, VIEW)
        if held.state not in REORDER_COMING:
            raise WrongState(_("Only what was ordered can be taken in, and once."))
        lines = list(held.lines.select_related("sku").order_by("pk"))
        counted = {line.sku.code: line.quantity for line in lines} if pieces is None else dict(pieces)
        if set(counted) - {line.sku.code for line in lines} or not any(counted.values()):
            raise InvalidInput(
                _("Say how many pieces came of the SKUs of this re-order."), code="pieces", field="pieces"
            )
        for line in lines:
            number = counted.get(line.sku.code, 0)
            if number:
                stock_receive(
                    actor=actor,
                    warehouse=warehouse,
                    sku=line.sku,
                    quantity=number,
                    source=SOURCE,
                    source_key=str(held.uid),
                    zone=zone,
                )
                line.received = number
                line.save(update_fields=["received"])
        finish(held.work.all())
        held.state, held.received_on = ReorderState.RECEIVED, clock.today()
        held.save(update_fields=["state", "received_on", "updated_at"])
        _record(actor, "reorder.receive", held)
        _count_again(held)
    return held


def _end(actor: Actor, held: Reorder, state: str, verb: str) -> Reorder:
    held.state, held.ended_on = state, clock.today()
    held.save(update_fields=["state", "ended_on", "updated_at"])
    _record(actor, verb, held)
    _count_again(held)
    return held


def _count_again(held: Reorder) -> None:
    """What is there, or is coming, has changed: its launch is looked at again, though nothing more was sold."""
    Launch.objects.filter(pk=held.launch_id).update(counted_at=None)
    buckets.mark(buckets.LAUNCHES, [(held.launch.tenant_id, clock.hour_of(clock.now()))])


def _lock(actor: Actor, reorder: Reorder, verb: str = CHANGE) -> Reorder:
    lock_row(Factory, reorder.factory_id)
    lock_row(Launch, reorder.launch_id)
    lock_row(Reorder, reorder.pk)
    return get_visible(Reorder, actor, verb, pk=reorder.pk)


def _record(actor: Actor, verb: str, held: Reorder, **more: str) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=held,
        node_id=held.launch.tenant_id,
        after={**audit.snapshot(held, AUDITED), **more},
    )
