"""Faults: reported by whoever finds them, taken up and repaired by the studio.

A fault that blocks its room opens a window of maintenance, so that nobody books it meanwhile. Bookings that the window
runs into stay: their firms and the studio are shown what is free instead (livestreams.studio.hits_of).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor
from core.clock import DAY, HOUR, now
from core.errors import InvalidInput
from core.locking import retried
from core.policy import ADD, CHANGE, CHECK_IN
from core.scoping import get_visible, may, require
from livestreams.choices import BOOKING_BLOCKING, FAULT_TRANSITIONS, FaultState
from livestreams.errors import BadTime, WrongState
from livestreams.models import Booking, Equipment, Fault, FaultStep, LiveRoom, Maintenance
from livestreams.models.room import OUT_OF_USE
from livestreams.services.locks import check_key_allows, lock_room, lock_visible, park_of
from livestreams.services.maintenance import window_end, window_open
from livestreams.services.steps import SYSTEM, WAITLIST
from tenants.models import Tenant

AUDITED = ("room_id", "item_id", "booking_id", "kind", "blocks", "state", "window_id")
# A room is out of use for so long at first, and again as long as nobody has repaired it.
FIRST, NEARLY_OVER = DAY, 2 * HOUR
# Whoever has left the room still knows what was wrong in it.
AFTERWARDS = HOUR


@retried
def fault_report(
    *,
    actor: Actor,
    kind: str,
    room: LiveRoom | None = None,
    item: Equipment | None = None,
    booking: Booking | None = None,
    tenant: Tenant | None = None,
    text: str = "",
    blocks: bool = False,
) -> Fault:
    """Report a fault of a room or an item: from a booking that the actor may check in, for a firm, or as the park.

    One that blocks takes the room out of use at once when the park says so or those who are in the room; otherwise as
    soon as the studio takes it up. Raises InvalidInput for what does not belong together, Refused, NotFound.
    """
    if booking is not None:
        booking = get_visible(Booking, actor, CHECK_IN, pk=booking.pk)
        room = room or booking.room
    park_id = _park_of_place(room, item, booking)
    by_park = may(actor, CHANGE, Fault, park_id)
    if by_park:
        tenant = None
    elif booking is not None:
        tenant = booking.tenant
    _check_reporter(actor, park_id, tenant, booking, by_park=by_park)
    if blocks and room is None:
        raise InvalidInput(_("Only a room can be out of use."), code="no_room", field="blocks")
    with transaction.atomic():
        if room is not None:
            room = lock_room(actor, room.pk)
        else:
            check_key_allows(actor, None)
        fault = Fault(
            park_id=park_id,
            room=room,
            item=item,
            booking=booking,
            tenant=tenant,
            reported_by_id=actor.user_id,
            kind=kind,
            text=text,
            blocks=blocks,
        )
        if room is not None and blocks and (by_park or _is_there(booking)):
            fault.window = _window(actor, room)
        fault.save()
        _record(actor, "fault.report", fault, text="")
    return fault


def _park_of_place(room: LiveRoom | None, item: Equipment | None, booking: Booking | None) -> int:
    """The park of what is broken. InvalidInput for nothing, and for things that are not in one place."""
    if room is None and item is None:
        raise InvalidInput(_("Say which room or which item is meant."), code="nothing", field="room")
    if booking is not None and room is not None and room.pk != booking.room_id:
        raise InvalidInput(_("The booking is not in this room."), code="other_room", field="room")
    parks = {place.park_id for place in (room, item) if place is not None}
    if len(parks) > 1:
        raise InvalidInput(_("The item is not in the room's park."), code="other_park", field="item")
    return int(parks.pop())


def _check_reporter(
    actor: Actor, park_id: int, tenant: Tenant | None, booking: Booking | None, *, by_park: bool
) -> None:
    """Whoever is booked here may say what is broken; others for a firm that sits in the park."""
    if by_park or booking is not None:
        require(actor, ADD, Fault)
        return
    if tenant is None:
        raise InvalidInput(_("Say for which firm you report it."), code="tenant", field="tenant")
    require(actor, ADD, Fault, tenant.pk)
    if park_of(tenant) != park_id:
        raise InvalidInput(_("The room is not in the tenant's park."), code="other_park", field="room")


def _is_there(booking: Booking | None) -> bool:
    """Whether whoever reports from a booking is in its room, or has just left it."""
    if booking is None or booking.state not in BOOKING_BLOCKING:
        return False
    return booking.check_in_from <= now() < booking.ends_at + AFTERWARDS


@retried
def fault_take_up(
    *, actor: Actor, fault: Fault, blocks: bool | None = None, until: datetime | None = None, note: str = ""
) -> Fault:
    """Begin the repair. The studio settles whether the room can be used, and until when it is likely to last."""
    if until is not None and until <= now():
        raise BadTime(_("This time is over: give one that lies ahead."), code="past", field="until")
    return _step(actor, "fault.take_up", fault, FaultState.IN_REPAIR, note, blocks=blocks, until=until)


@retried
def fault_repaired(*, actor: Actor, fault: Fault, note: str = "") -> Fault:
    """Say that it is repaired: the room can be booked again from now on."""
    return _step(actor, "fault.repaired", fault, FaultState.REPAIRED, note)


@retried
def fault_close(*, actor: Actor, fault: Fault, note: str) -> Fault:
    """Close a fault without repair, with the reason: nothing found, reported twice, the item is given up."""
    if not note.strip():
        raise InvalidInput(_("Say why it is closed."), code="note", field="note")
    return _step(actor, "fault.close", fault, FaultState.CLOSED, note)


@transaction.atomic
def _step(
    actor: Actor,
    verb: str,
    fault: Fault,
    state: FaultState,
    note: str,
    *,
    blocks: bool | None = None,
    until: datetime | None = None,
) -> Fault:
    room = lock_room(actor, fault.room_id) if fault.room_id is not None else None
    held = lock_visible(Fault, actor, fault.pk)
    require(actor, CHANGE, Fault, held.park_id)
    if state not in FAULT_TRANSITIONS[held.state]:
        raise WrongState(
            _("A fault in state “%(state)s” cannot become “%(next)s”.")
            % {"state": held.get_state_display(), "next": state.label}
        )
    if blocks and room is None:
        raise InvalidInput(_("Only a room can be out of use."), code="no_room", field="blocks")
    before = audit.snapshot(held, AUDITED)
    held.state = state
    held.blocks = held.blocks if blocks is None else blocks
    _set_window(actor, held, room, until)
    held.save()
    _record(actor, verb, held, text=note, before=before)
    return held


def _set_window(actor: Actor, fault: Fault, room: LiveRoom | None, until: datetime | None) -> None:
    """The room is out of use as long as an open fault blocks it, and no longer."""
    at = now()
    window = fault.window if fault.window is not None and fault.window.ends_at > at else None
    if fault.is_open and fault.blocks and room is not None:
        if window is None:
            fault.window = _window(actor, room, until)
        elif until is not None:
            window_end(actor, window, until)
    elif window is not None:
        window_end(actor, window, at)
        doorbell.ring(WAITLIST)


def _window(actor: Actor, room: LiveRoom, until: datetime | None = None) -> Maintenance:
    return window_open(actor, room, now(), until or now() + FIRST, OUT_OF_USE)


def keep_windows() -> int:
    """Keep windows of faults that still block from running out before somebody has repaired them; returns how many."""
    ending = Fault.objects.open().filter(blocks=True, window__ends_at__lt=now() + NEARLY_OVER)
    return sum(_keep(pk, room_id) for pk, room_id in list(ending.values_list("pk", "room_id")))


@retried
@transaction.atomic
def _keep(pk: int, room_id: int) -> bool:
    lock_room(SYSTEM, room_id)
    fault = Fault.objects.open().filter(pk=pk, blocks=True).select_related("window__room").first()
    if fault is None or fault.window is None or fault.window.ends_at >= now() + NEARLY_OVER:
        return False
    window_end(SYSTEM, fault.window, now() + FIRST)
    return True


def _record(
    actor: Actor, verb: str, fault: Fault, *, text: str, before: dict[str, object] | None = None
) -> None:
    """Each state with its time, person and words; the audit keeps what changed."""
    FaultStep.objects.create(fault=fault, state=fault.state, at=now(), by_id=actor.user_id, note=text)
    audit.record(
        actor=actor,
        verb=verb,
        obj=fault,
        node_id=fault.tenant_id or fault.park_id,
        before=before,
        after=audit.snapshot(fault, AUDITED),
    )
