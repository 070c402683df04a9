"""Rooms and their maintenance."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import day_start, local
from core.errors import Conflict, InvalidInput
from core.locking import retried
from core.scoping import require
from livestreams.errors import BadTime, RoomUnavailable
from livestreams.models import Booking, LiveRoom, Maintenance
from livestreams.services.locks import lock_room, lock_visible
from parks.models import Park

INSTANT = timedelta.resolution


@transaction.atomic
def room_create(*, actor: Actor, park: Park, code: str, name_zh: str, **values: Any) -> LiveRoom:
    """Add a live room to a park. Conflict when the code is taken: codes are unique for ever."""
    require(actor, "add", LiveRoom, park.pk)
    room = LiveRoom(park=park, code=code, name_zh=name_zh, **values)
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

    RoomUnavailable when it is to be closed while somebody has it booked.
    """
    lock_room(actor, room.pk)
    held = lock_visible(LiveRoom, actor, room.pk)
    before = audit.snapshot(held, values)
    for name, value in values.items():
        setattr(held, name, value)
    _check_room(held)
    if held.closed_on is not None:
        _check_nothing_booked(held, held.closed_on)
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
    if room.dedicated_to is not None and room.dedicated_to.node.parent_id != room.park_id:
        raise InvalidInput(
            _("The tenant is not in the room's park."), code="other_park", field="dedicated_to"
        )


def _check_nothing_booked(room: LiveRoom, day: date) -> None:
    last = Booking.objects.blocking().filter(room=room, ends_at__gt=day_start(day)).order_by("ends_at").last()
    if last is not None:
        raise RoomUnavailable(
            _("The room is booked until %(when)s.") % {"when": f"{local(last.ends_at):%Y-%m-%d %H:%M}"},
            code="room_booked",
            field="closed_on",
        )


@retried
@transaction.atomic
def maintenance_create(
    *, actor: Actor, room: LiveRoom, starts_at: datetime, ends_at: datetime, reason: str = ""
) -> Maintenance:
    """Take a room out of use for a time. RoomUnavailable when somebody has it booked then."""
    require(actor, "add", Maintenance, room.park_id)
    if ends_at <= starts_at:
        raise BadTime(_("Maintenance must end after it starts."), code="order", field="ends_at")
    room = lock_room(actor, room.pk)
    if Booking.objects.taking_room(starts_at, ends_at).filter(room=room).exists():
        raise RoomUnavailable(_("The room is booked at that time."), code="room_booked", field="starts_at")
    return window_open(actor, room, starts_at, ends_at, reason)


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
