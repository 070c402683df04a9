"""Bookings that change room or time, and what is kept of a place that was given up late.

Whoever leaves a place after its free hours have begun gives it up: the booking keeps what that would have cost, and
costs no less in the end, wherever it went. What the park moves gives nothing up, and takes no free hours away.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor
from core.clock import now
from core.errors import Conflict, InvalidInput
from core.locking import retried
from core.policy import CHANGE
from core.scoping import may
from livestreams.choices import BOOKING_MOVABLE, BookingState
from livestreams.conflicts import Span
from livestreams.errors import WrongState
from livestreams.models import Booking, Host, LiveRoom
from livestreams.services.hostshifts import take_off
from livestreams.services.locks import lock_room, lock_visible, terms_of
from livestreams.services.placing import place
from livestreams.services.steps import AUDITED, WAITLIST, record
from livestreams.studio import out_of_use
from livestreams.terms import NOTHING


@retried
def booking_move(
    *,
    actor: Actor,
    booking: Booking,
    room: LiveRoom | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    host: Host | None = None,
) -> Booking:
    """Change room, time or host of a booking that has not begun; what is not given stays. Raises like create."""
    with transaction.atomic():
        target = lock_room(actor, room.pk if room is not None else booking.room_id)
        held = lock_visible(Booking, actor, booking.pk)
        if room is None and held.room_id != target.pk:
            raise _moved()
        _check_movable(held)
        before = audit.snapshot(held, AUDITED)
        by_park = is_by_park(actor, held)
        leaving = NOTHING if by_park else cost_of_leaving(held)
        was = (held.room_id, Span(held.starts_at, held.ends_at))
        held.room = target
        held.starts_at = starts_at or held.starts_at
        held.ends_at = ends_at or held.ends_at
        held.host = host or held.host
        if not _still_takes(held, *was):
            held.given_up = max(held.given_up, leaving)
        place(held, by_park=by_park)
        record(actor, "booking.move", held, before)
        doorbell.ring(WAITLIST)
    return held


def cost_of_leaving(booking: Booking) -> Decimal:
    """CNY that a tenant gives up who leaves this place now: what cancelling it would cost."""
    return terms_of(booking.room.park_id).due(
        BookingState.CANCELLED,
        booking.price,
        was_held=booking.state == BookingState.HELD,
        by_park=out_of_use(booking),
        late=booking.free_until is not None and now() >= booking.free_until,
    )


def is_by_park(actor: Actor, booking: Booking) -> bool:
    """Whether it is the park itself that changes the booking."""
    return may(actor, CHANGE, Booking, booking.room.park_id)


def _still_takes(booking: Booking, room_id: int, span: Span) -> bool:
    if booking.room_id != room_id or booking.ends_at <= booking.starts_at:
        return False
    return Span(booking.starts_at, booking.ends_at).contains(span)


@retried
def booking_swap(*, actor: Actor, booking: Booking, other: Booking) -> Booking:
    """Let two bookings that have not begun change places: room and time; tenant, host and purpose stay.

    All or nothing, and nothing is given up: each place stays taken. Raises like create, when one of them cannot be
    where the other is.
    """
    if booking.pk == other.pk:
        raise InvalidInput(_("A booking cannot change places with itself."), code="same", field="other")
    with transaction.atomic():
        rooms = {pk: lock_room(actor, pk) for pk in sorted({booking.room_id, other.room_id})}
        one, two = sorted((booking, other), key=lambda row: row.pk)
        pair = [lock_visible(Booking, actor, row.pk) for row in (one, two)]
        if {row.room_id for row in pair} != set(rooms):
            raise _moved()
        for row in pair:
            _check_movable(row)
        befores = [audit.snapshot(row, AUDITED) for row in pair]
        places = [(rooms[row.room_id], row.starts_at, row.ends_at) for row in pair]
        # Neither stands in the other's way while they change places.
        plans = [take_off(row) for row in pair]
        Booking.objects.filter(pk__in=[row.pk for row in pair]).update(state=BookingState.CANCELLED)
        for row, (room, starts_at, ends_at), before, shifts in zip(
            pair, reversed(places), befores, plans, strict=True
        ):
            by_park = is_by_park(actor, row)
            row.room, row.starts_at, row.ends_at = room, starts_at, ends_at
            place(row, shifts, by_park=by_park)
            record(actor, "booking.swap", row, before)
    return next(row for row in pair if row.pk == booking.pk)


def _moved() -> Conflict:
    """For whoever saw the booking in another room: only they know whether they still want it changed."""
    return Conflict(_("The booking was moved a moment ago. Please try again."), code="moved")


def _check_movable(booking: Booking) -> None:
    """WrongState also for one that has begun: it counts as used or as a no-show, and cannot be moved away from that."""
    if booking.state not in BOOKING_MOVABLE:
        raise WrongState(
            _("A booking in state “%(state)s” cannot be moved.") % {"state": booking.get_state_display()}
        )
    if booking.starts_at <= now():
        raise WrongState(_("The booking has already begun."), code="already_begun")
    if booking.loan_id is not None:
        raise WrongState(
            _("What another park lends is lent for this time: give it back and ask again."), code="on_loan"
        )
