"""Writes of entries to events."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.days import open_on
from core.errors import Conflict, Refused
from core.locking import lock_row, lock_rows, retried
from core.policy import ADD, CHANGE
from core.records import record_create, record_update
from core.scoping import get_visible, may, require
from parks.models import Event
from tenants.models import EventEntry, Tenancy, Tenant

ENDED = ("closed_on",)


@retried
def event_enter(*, actor: Actor, event: Event, tenant: Tenant) -> EventEntry:
    """Let a tenant take part in an event, at the venue it sits in today; who withdrew comes back.

    NotFound for an event that the actor does not see; Conflict when it is over or called off, when the tenant's park
    is no venue of it, for who takes part already, and for who was sent away.
    """
    require(actor, ADD, EventEntry, tenant.pk)
    get_visible(Event, actor, pk=event.pk)
    with transaction.atomic():
        lock_row(Tenant, tenant.pk)
        event = Event.objects.get(pk=event.pk)
        _check_open(event)
        seat = (
            Tenancy.objects.on(clock.today())
            .filter(open_on(clock.today(), "park__venues"), tenant=tenant, park__venues__event=event)
            .select_related("park")
            .first()
        )
        if seat is None:
            raise Conflict(_("The park of this tenant is no venue of the event."), code="no_venue")
        known = EventEntry.objects.filter(event=event, tenant=tenant).first()
        if known is None:
            return record_create(actor=actor, model=EventEntry, event=event, tenant=tenant, park=seat.park)
        if known.closed_on is None:
            raise Conflict(_("This tenant takes part already."), code="entered")
        if known.sent_away:
            raise Conflict(_("Only who sent this tenant away can let it in again."), code="sent_away")
        return record_update(actor=actor, row=known, closed_on=None, park=seat.park)


@retried
def entry_withdraw(*, actor: Actor, entry: EventEntry) -> EventEntry:
    """Take no part any more: none of the tenant's sales count for the event. Conflict once the event is over."""
    return _change(actor, entry, closed_on=clock.today())


@retried
def entry_send_away(*, actor: Actor, entry: EventEntry) -> EventEntry:
    """End a tenant's part for who runs a venue or the event: it cannot enter again by itself. Conflict as above."""
    _require_host(actor, entry)
    return _change(actor, entry, closed_on=clock.today(), sent_away=True)


@retried
def entry_readmit(*, actor: Actor, entry: EventEntry) -> EventEntry:
    """Let a tenant that was sent away enter again, if it wants to. Conflict once the event is over."""
    _require_host(actor, entry)
    return _change(actor, entry, sent_away=False)


def entries_end(*, actor: Actor, tenant: Tenant, day: date) -> None:
    """Close what a locked tenant that leaves on a day takes part in and is not over by then: a part of its exit, for
    whoever may enter that.
    """
    entries = EventEntry.objects.filter(open_on(clock.today()), tenant=tenant, event__last_day__gte=day)
    for entry in lock_rows(entries):
        before = audit.snapshot(entry, ENDED)
        entry.closed_on = day
        entry.save(update_fields=[*ENDED, "updated_at"])
        audit.record(
            actor=actor,
            verb="evententry.update",
            obj=entry,
            node_id=tenant.pk,
            before=before,
            after=audit.snapshot(entry, ENDED),
        )


def _require_host(actor: Actor, entry: EventEntry) -> None:
    """Refuse whoever runs neither the venue nor the event."""
    if not any(may(actor, CHANGE, EventEntry, node) for node in (entry.park_id, entry.event.park_id)):
        raise Refused


def _change(actor: Actor, entry: EventEntry, **values: Any) -> EventEntry:
    with transaction.atomic():
        _check_open(Event.objects.get(pk=entry.event_id))
        return record_update(actor=actor, row=entry, **values)


def _check_open(event: Event) -> None:
    if event.is_closed:
        raise Conflict(_("The event was called off."), code="called_off")
    if event.last_day < clock.today():
        raise Conflict(_("The event is over."), code="over")
