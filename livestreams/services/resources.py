"""Rooms and their maintenance."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor
from core.clock import day_start, local, now
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD
from core.scoping import require
from livestreams.errors import BadTime, RoomUnavailable, WrongState
from livestreams.models import Booking, Fault, LiveRoom, Maintenance
from livestreams.services.locks import lock_room, lock_visible, park_of
from livestreams.services.steps import WAITLIST
from parks.models import Park
from tenants.models import Tenant

INSTANT = timedelta.resolution


@retried
@transaction.atomic
def room_create(*, actor: Actor, park: Park, code: str, name_zh: str, **values: Any) -> LiveRoom:
    """Add a live room to a park. Conflict when the code is taken: codes are unique for ever."""
    require(actor, ADD, LiveRoom, park.pk)
    room = LiveRoom(park=park, code=code, name_zh=name_zh, **values)
    if room.dedicated_to is not None:
        # Whoever lets the firm go has this lock, and looks at the rooms that there are.
        lock_row(Tenant, room.dedicated_to.pk)
    _check_room(room)
    _create(room)
    audit.record(
        actor=actor, verb="room.create", obj=room, node_id=park.pk, after=audit.snapshot(room, values)
    )
    return room


@retried
@transaction.atomic
def room_update(*, actor: Actor, room: LiveRoom, **values: Any) -> LiveRoom:
    """Change a room; its code and park stay. Bookings keep the price and set-up they were made with.

    RoomUnavailable when it is to be closed, or not to be open yet, while somebody has it booked.
    """
    lock_room(actor, room.pk)
    held = lock_visible(LiveRoom, actor, room.pk)
    opened_on, before = held.opened_on, audit.snapshot(held, values)
    for name, value in values.items():
        setattr(held, name, value)
    _check_room(held)
    if held.closed_on is not None:
        _check_nothing_booked(held, held.closed_on)
    if held.opened_on > opened_on:
        _check_nothing_booked_before(held, held.opened_on)
    held.save()
    audit.record(
        actor=actor,
        verb="room.update",
        obj=held,
        node_id=held.park_id,
        before=before,
        after=audit.snapshot(held, values),
    )
    return held


def _check_room(room: LiveRoom) -> None:
    if room.unit is not None and room.unit.park_id != room.park_id:
        raise InvalidInput(_("The unit is not in the room's park."), code="other_park", field="unit")
    if room.media_node is not None and room.media_node.park_id != room.park_id:
        raise InvalidInput(
            _("The media node is not in the room's park."), code="other_park", field="media_node"
        )
    if room.dedicated_to is not None and park_of(room.dedicated_to, "dedicated_to") != room.park_id:
        raise InvalidInput(
            _("The tenant is not in the room's park."), code="other_park", field="dedicated_to"
        )
    if room.closed_on is not None and room.closed_on < room.opened_on:
        raise BadTime(_("A room is closed after it is opened."), code="order", field="opened_on")


def _check_nothing_booked(room: LiveRoom, day: date) -> None:
    last = Booking.objects.blocking().filter(room=room, ends_at__gt=day_start(day)).order_by("ends_at").last()
    if last is not None:
        raise RoomUnavailable(
            _("The room is booked until %(when)s.") % {"when": f"{local(last.ends_at):%Y-%m-%d %H:%M}"},
            code="room_booked",
            field="closed_on",
        )


def _check_nothing_booked_before(room: LiveRoom, day: date) -> None:
    before = Booking.objects.blocking().filter(room=room, starts_at__lt=day_start(day))
    first = before.order_by("starts_at").first()
    if first is not None:
        raise RoomUnavailable(
            _("The room is booked from %(when)s on.") % {"when": f"{local(first.starts_at):%Y-%m-%d %H:%M}"},
            code="room_booked",
            field="opened_on",
        )


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
    _record_window(actor, "maintenance.create", window)
    return window


def window_end(actor: Actor, window: Maintenance, ends_at: datetime) -> None:
    """Give a window of a locked room another end; one that has begun keeps its past."""
    window.ends_at = max(ends_at, window.starts_at + INSTANT)
    window.save(update_fields=["ends_at"])
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


def _create(row: LiveRoom) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(
            _("The code %(code)s is already in use.") % {"code": row.code}, code="code_taken", field="code"
        ) from error
