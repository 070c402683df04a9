"""Live rooms: added, changed, closed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import day_start, local
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD
from core.scoping import require
from livestreams.errors import BadTime, RoomUnavailable
from livestreams.models import Booking, LiveRoom
from livestreams.services.locks import lock_room, lock_visible, park_of
from parks.models import Park
from tenants.models import Tenant


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
    try:
        with transaction.atomic():
            room.save()
    except IntegrityError as error:
        raise Conflict(
            _("The code %(code)s is already in use.") % {"code": code}, code="code_taken", field="code"
        ) from error
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
    held.revision += 1
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
