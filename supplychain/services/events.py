"""Writes of what tenants bring to events."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actors import Actor
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.records import record_close, record_create, record_update
from core.scoping import require
from supplychain.models import EventItem, Product
from tenants.models import EventEntry


@retried
def item_enter(
    *, actor: Actor, entry: EventEntry, product: Product, price: Decimal, quantity: int | None = None
) -> EventItem:
    """Bring a product to an event at a price in CNY, or change price and pieces of one that is there.

    InvalidInput for goods of somebody else or no longer sold, Conflict for who does not take part or when it is over.
    """
    require(actor, ADD, EventItem, entry.tenant_id)
    if product.tenant_id != entry.tenant_id or product.is_closed:
        raise InvalidInput(_("There is no such object."), code="not_found", field="product")
    with transaction.atomic():
        held = _held(entry)
        values = {"price": price, "quantity": quantity}
        known = EventItem.objects.filter(entry=held, product=product).first()
        if known is None:
            return record_create(actor=actor, model=EventItem, entry=held, product=product, **values)
        return record_update(actor=actor, row=known, closed_on=None, **values)


@retried
def item_withdraw(*, actor: Actor, item: EventItem) -> EventItem:
    """Take a product back from an event. Errors as of item_enter."""
    require(actor, CHANGE, EventItem, item.entry.tenant_id)
    with transaction.atomic():
        _held(item.entry)
        return record_close(actor=actor, row=item)


def _held(entry: EventEntry) -> EventEntry:
    """The entry, locked, if its event is not over and the tenant takes part."""
    lock_row(EventEntry, entry.pk)
    held = EventEntry.objects.select_related("event", "tenant").get(pk=entry.pk)
    if held.is_closed or held.event.is_closed or held.tenant.is_closed:
        raise Conflict(_("The tenant takes no part in this event."), code="not_entered")
    if held.event.last_day < clock.today():
        raise Conflict(_("The event is over."), code="over")
    return held
