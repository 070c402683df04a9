"""Rooms out of use: maintenance that is planned, and windows that a fault opens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor
from core.clock import now
from core.locking import retried
from core.policy import ADD
from core.scoping import require
from livestreams.errors import BadTime, RoomUnavailable, WrongState
from livestreams.models import Booking, Fault, LiveRoom, Maintenance
from livestreams.services.locks import lock_room, lock_visible, revise
from livestreams.services.steps import WAITLIST

INSTANT = timedelta.resolution


@retried
@transaction.atomic
def maintenance_create(
    *, actor: Actor, room: LiveRoom, starts_at: datetime, ends_at: datetime, reason: str = ""
) -> Maintenance:
    """Take a room out of use for a time. RoomUnavailable when somebody has it booked then."""
    require(actor, ADD, Maintenance, room.park_id)
    if ends_at <= starts_at:
        raise BadTime(_("Maintenance must end after it starts."), code="order", field="ends_at")
    room = lock_room(actor, room.pk)
    _check_not_taken(room, starts_at, ends_at, "starts_at")
    return window_open(actor, room, starts_at, ends_at, reason)


@retried
@transaction.atomic
def maintenance_end(*, actor: Actor, window: Maintenance, ends_at: datetime | None = None) -> Maintenance:
    """Give a window another end: now, unless a time is given. One that lies ahead is called off by it, and is gone.

    WrongState for one that is over or that a fault keeps open until it is repaired, BadTime, and RoomUnavailable when
    somebody has booked the time by which it grows.
    """
    room = lock_room(actor, window.room_id)
    held, at = lock_visible(Maintenance, actor, window.pk), now()
    if held.ends_at <= at:
        raise WrongState(_("This maintenance is over."))
    if Fault.objects.open().filter(window=held, blocks=True).exists():
        raise WrongState(_("A fault keeps the room out of use: say that it is repaired."), code="fault")
    before, until = held.ends_at, at if ends_at is None else ends_at
    if until < at:
        raise BadTime(_("This time is over: give one that lies ahead."), code="past", field="ends_at")
    if ends_at is not None and ends_at <= held.starts_at:
        raise BadTime(_("Maintenance must end after it starts."), code="order", field="ends_at")
    if until > before:
        _check_not_taken(room, before, until, "ends_at")
    if held.starts_at >= until:
        window_call_off(actor, held)
    else:
        window_end(actor, held, until)
    if until < before:
        doorbell.ring(WAITLIST)
    return held


def _check_not_taken(room: LiveRoom, since: datetime, until: datetime, field: str) -> None:
    if Booking.objects.taking_room(since, until).filter(room=room).exists():
        raise RoomUnavailable(_("The room is booked at that time."), code="room_booked", field=field)


def window_open(
    actor: Actor, room: LiveRoom, starts_at: datetime, ends_at: datetime, reason: str
) -> Maintenance:
    """Store a window of a locked room, whoever has it booked then; part of the transaction that decided on it."""
    window = Maintenance.objects.create(room=room, starts_at=starts_at, ends_at=ends_at, reason=reason)
    revise([room])
    _record_window(actor, "maintenance.create", window)
    return window


def window_end(actor: Actor, window: Maintenance, ends_at: datetime) -> None:
    """Give a window of a locked room another end; one that has begun keeps its past."""
    window.ends_at = max(ends_at, window.starts_at + INSTANT)
    window.save(update_fields=["ends_at"])
    revise([window.room])
    _record_window(actor, "maintenance.end", window)


def window_call_off(actor: Actor, window: Maintenance) -> None:
    """Take away a window of a locked room that has not begun. The audit keeps it; in hand it ends as it starts."""
    window.ends_at = window.starts_at
    _record_window(actor, "maintenance.call_off", window)
    Maintenance.objects.filter(pk=window.pk).delete()


def _record_window(actor: Actor, verb: str, window: Maintenance) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=window,
        node_id=window.room.park_id,
        after={"room": window.room.code, "starts_at": window.starts_at, "ends_at": window.ends_at},
    )
