"""Writes of events: only who organises one changes it, its phases and its venues."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import audit
from core.actors import Actor
from core.clock import today
from core.days import open_on
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import CHANGE
from core.records import record_close, record_create, record_update
from core.scoping import get_visible
from parks.models import Event, EventVenue, Park

# The days of an event in their order, and what they are called.
DAYS = {
    "first_day": gettext_lazy("first day"),
    "main_from": gettext_lazy("main phase from"),
    "main_until": gettext_lazy("main phase until"),
    "last_day": gettext_lazy("last day"),
}


@retried
def event_create(
    *,
    actor: Actor,
    park: Park,
    first_day: date,
    last_day: date,
    main_from: date | None = None,
    main_until: date | None = None,
    **values: Any,
) -> Event:
    """Plan an event; the organising park is its main venue until another one is. Days are inclusive.

    Without a main phase of its own the whole event is the main phase. InvalidInput names the day that is out of order.
    """
    days = dict(zip(DAYS, (first_day, main_from or first_day, main_until or last_day, last_day), strict=True))
    _check_order(days)
    with transaction.atomic():
        event = record_create(actor=actor, model=Event, park=park, **days, **values)
        record_create(actor=actor, model=EventVenue, event=event, park=park, is_main=True)
    return event


@retried
def event_update(*, actor: Actor, event: Event, **values: Any) -> Event:
    """Change or move an event. Errors as of event_create, and NotFound for who does not organise it."""
    with transaction.atomic():
        held = _held(actor, event)
        _check_order({day: values.get(day, getattr(held, day)) for day in DAYS})
        return record_update(actor=actor, row=held, **values)


@retried
def venue_add(*, actor: Actor, event: Event, park_code: str) -> EventVenue:
    """Make a park a sub venue, whoever runs it: its people see the event from now on, and its tenants may enter.

    Parks are named by their public code. InvalidInput for a code that no open park has, Conflict for one that is a
    venue already; a venue that was given up is taken up again.
    """
    with transaction.atomic():
        held = _held(actor, event)
        park = Park.objects.filter(open_on(today()), code=park_code).first()
        if park is None:
            raise InvalidInput(_("There is no park with this code."), code="not_found", field="park_code")
        known = EventVenue.objects.filter(event=held, park=park).first()
        if known is None:
            venue = EventVenue.objects.create(event=held, park=park)
            audit.record(
                actor=actor,
                verb="eventvenue.create",
                obj=venue,
                node_id=held.park_id,
                after={"park": park.code},
            )
            return venue
        if known.closed_on is None:
            raise Conflict(_("This park is a venue already."), code="venue_known", field="park_code")
        return record_update(actor=actor, row=known, closed_on=None)


@retried
def venue_make_main(*, actor: Actor, venue: EventVenue) -> EventVenue:
    """Make a venue the main one; the main venue until now becomes a sub venue. Conflict for one that was given up."""
    with transaction.atomic():
        _held(actor, venue.event)
        if not EventVenue.objects.filter(open_on(today()), pk=venue.pk).exists():
            raise Conflict(_("This park is no longer a venue."), code="venue_gone", field="park_code")
        for row in EventVenue.objects.filter(event=venue.event_id, is_main=True).exclude(pk=venue.pk):
            record_update(actor=actor, row=row, is_main=False)
        return record_update(actor=actor, row=venue, is_main=True)


@retried
def venue_give_up(*, actor: Actor, venue: EventVenue) -> EventVenue:
    """Give a sub venue up: tenants of this park can no longer enter. Conflict for the main one."""
    with transaction.atomic():
        _held(actor, venue.event)
        if EventVenue.objects.filter(pk=venue.pk, is_main=True).exists():
            raise Conflict(_("Make another venue the main one first."), code="venue_main", field="park_code")
        return record_close(actor=actor, row=venue)


def _held(actor: Actor, event: Event) -> Event:
    """The event, locked, if the actor may change it: what is done to its venues waits for each other."""
    get_visible(Event, actor, CHANGE, pk=event.pk)
    return lock_row(Event, event.pk)


def _check_order(days: dict[str, date]) -> None:
    before = ""
    for name, day in days.items():
        if before and day < days[before]:
            raise InvalidInput(
                _("“%(day)s” must not lie before “%(before)s”.")
                % {
                    "day": DAYS[name],
                    "before": DAYS[before],
                },
                code="order",
                field=name,
            )
        before = name
