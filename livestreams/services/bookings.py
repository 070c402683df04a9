"""Bookings of live rooms: no two hold one room or one host at one time, whatever door they came through.

Every write locks the room, then checks, then writes; the database's own rule has the last word, and its
refusal reads like the check's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, InternalError, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor, system_actor
from core.clock import DAY, HOUR, now
from core.errors import Busy, InvalidInput
from core.locking import lock_rows, retried
from core.money import to_cents
from core.scoping import require
from livestreams.availability import alternatives, is_open, setup_time
from livestreams.choices import BOOKING_TRANSITIONS, SESSION_OPEN, BookingState
from livestreams.conflicts import Span
from livestreams.errors import BadTime, Overlap, RoomUnavailable, WrongState
from livestreams.models import Booking, Host, LiveRoom, Maintenance
from livestreams.querysets import BookingQuerySet
from livestreams.services.locks import CLOCK_SKEW, lock_host, lock_room, lock_visible, park_of, settings_of
from parks.models import ParkSettings
from tenants.models import Tenant

SECOND = timedelta(seconds=1)
LONGEST = 7 * DAY
FURTHEST = 400 * DAY
AUDITED = ("state", "room_id", "host_id", "starts_at", "ends_at", "price")


@retried
def booking_create(
    *,
    actor: Actor,
    room: LiveRoom,
    tenant: Tenant,
    starts_at: datetime,
    ends_at: datetime,
    host: Host | None = None,
    purpose: str = "",
    hold: bool = False,
) -> Booking:
    """Book a room for [starts_at, ends_at), confirmed at once or held for the park's hold minutes.

    Raises Overlap with `alternatives` when room or host are taken, RoomUnavailable outside of opening hours,
    under maintenance or when the room is another tenant's own, BadTime for impossible times.
    """
    require(actor, "add", Booking, tenant.pk)
    with transaction.atomic():
        room = lock_room(actor, room.pk)
        booking = Booking(
            room=room,
            tenant=tenant,
            host=host,
            starts_at=starts_at,
            ends_at=ends_at,
            purpose=purpose,
            state=BookingState.HELD if hold else BookingState.CONFIRMED,
        )
        if hold:
            booking.hold_expires_at = now() + timedelta(minutes=settings_of(room.park_id).hold_minutes)
        _place(booking)
        _record(actor, "booking.create", booking)
    return booking


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
            raise Busy(_("The booking was moved a moment ago. Please try again."))
        if held.state not in (BookingState.HELD, BookingState.CONFIRMED):
            raise WrongState(
                _("A booking in state “%(state)s” cannot be moved.") % {"state": held.get_state_display()}
            )
        before = audit.snapshot(held, AUDITED)
        held.room = target
        held.starts_at = starts_at or held.starts_at
        held.ends_at = ends_at or held.ends_at
        held.host = host or held.host
        _place(held)
        _record(actor, "booking.move", held, before)
    return held


def _place(booking: Booking) -> None:
    """Check all that may stand against the booking where it is meant to be, and store it there."""
    room, span = booking.room, _checked_span(booking.starts_at, booking.ends_at)
    _check_room(room, booking.tenant, span)
    if booking.host is not None:
        booking.host = lock_host(booking.host, room.park_id)
    blocked = span.grown(before=setup_time(room))
    booking.blocked_from, booking.blocked_until = blocked.start, blocked.end
    booking.price = to_cents(room.hourly_rate * Decimal(span.length // SECOND) / (HOUR // SECOND))
    others = Booking.objects.exclude(pk=booking.pk)
    _expire_holds(others.filter(Q(room=room) | (Q(host=booking.host) if booking.host else Q())))
    if others.taking_room(blocked.start, blocked.end).filter(room=room).exists():
        raise _overlap(booking, span, _("The room is taken at that time."))
    if booking.host and others.taking_host(span.start, span.end).filter(host=booking.host).exists():
        raise _overlap(booking, span, _("The host is booked at that time."))
    try:
        with transaction.atomic():
            booking.save()
    except (IntegrityError, InternalError) as error:
        if "livestreams_booking_room" in str(error) or "livestreams_booking_host" in str(error):
            raise _overlap(booking, span, _("Room or host are taken at that time.")) from error
        raise


def _checked_span(starts_at: datetime, ends_at: datetime) -> Span:
    if ends_at <= starts_at:
        raise BadTime(_("A booking must end after it starts."), code="order", field="ends_at")
    if starts_at < now() - CLOCK_SKEW:
        raise BadTime(_("This time is over: book one that lies ahead."), code="past", field="starts_at")
    if ends_at - starts_at > LONGEST:
        raise BadTime(_("A booking lasts at most %(days)d days.") % {"days": LONGEST.days}, field="ends_at")
    if starts_at > now() + FURTHEST:
        raise BadTime(
            _("Bookings are taken %(days)d days ahead at most.") % {"days": FURTHEST.days}, field="starts_at"
        )
    return Span(starts_at, ends_at)


def _check_room(room: LiveRoom, tenant: Tenant, span: Span) -> None:
    if room.park_id != park_of(tenant):
        raise InvalidInput(_("The room is not in the tenant's park."), code="other_park", field="room")
    if room.dedicated_to_id not in (None, tenant.pk):
        raise RoomUnavailable(_("The room is reserved for one tenant."), code="dedicated", field="room")
    if not is_open(room, span):
        raise RoomUnavailable(
            _("The room is open from %(opens)s to %(closes)s.")
            % {"opens": f"{room.opens_at:%H:%M}", "closes": f"{room.closes_at:%H:%M}"},
            code="closed",
            field="starts_at",
        )
    prepared = span.grown(before=setup_time(room))
    if Maintenance.objects.filter(room=room, starts_at__lt=prepared.end, ends_at__gt=prepared.start).exists():
        raise RoomUnavailable(
            _("The room is under maintenance at that time."), code="maintenance", field="starts_at"
        )


def _overlap(booking: Booking, span: Span, detail: str) -> Overlap:
    found = alternatives(
        booking.room, span, tenant_id=booking.tenant_id, host=booking.host, ignoring=booking.pk
    )
    return Overlap(detail, field="starts_at", alternatives=[window.as_dict() for window in found])


@retried
def booking_confirm(*, actor: Actor, booking: Booking) -> Booking:
    """Turn a hold into a booking. WrongState when the hold has expired."""
    with transaction.atomic():
        held = lock_visible(Booking, actor, booking.pk)
        if held.hold_expires_at is not None and held.hold_expires_at <= now():
            raise WrongState(_("The hold has expired: please book again."), code="hold_expired")
        _step(actor, "booking.confirm", held, BookingState.CONFIRMED, hold_expires_at=None)
    return held


@retried
def booking_cancel(*, actor: Actor, booking: Booking) -> Booking:
    """Give a booking back before it begins; afterwards it counts as used or as a no-show."""
    with transaction.atomic():
        held = lock_visible(Booking, actor, booking.pk)
        if held.starts_at <= now():
            raise WrongState(_("The booking has already begun."), code="already_begun")
        _step(actor, "booking.cancel", held, BookingState.CANCELLED)
    return held


@retried
def booking_check_in(*, actor: Actor, booking: Booking) -> Booking:
    """Say that tenant or host are in the room: from the park's early minutes on, until the booking ends."""
    with transaction.atomic():
        held = lock_visible(Booking, actor, booking.pk, "check_in")
        early = timedelta(minutes=settings_of(held.room.park_id).checkin_early_minutes)
        if not held.starts_at - early <= now() < held.ends_at:
            raise BadTime(
                _("Check-in is open from %(minutes)d minutes before the start until the end.")
                % {"minutes": early.total_seconds() // 60},
                code="checkin_time",
            )
        _step(actor, "booking.check_in", held, BookingState.CHECKED_IN, checked_in_at=now())
    return held


def _step(actor: Actor, verb: str, booking: Booking, state: BookingState, **values: datetime | None) -> None:
    """Take a locked booking to its next state."""
    if state not in BOOKING_TRANSITIONS[booking.state]:
        raise WrongState(
            _("A booking in state “%(state)s” cannot become “%(next)s”.")
            % {"state": booking.get_state_display(), "next": state.label}
        )
    before = audit.snapshot(booking, AUDITED)
    booking.state = state
    for name, value in values.items():
        setattr(booking, name, value)
    booking.save()
    _record(actor, verb, booking, before)


def _record(actor: Actor, verb: str, booking: Booking, before: dict[str, object] | None = None) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=booking,
        node_id=booking.tenant_id,
        before=before,
        after=audit.snapshot(booking, AUDITED),
    )


def complete(actor: Actor, booking: Booking) -> None:
    """Close a locked, checked-in booking whose session has ended; part of the transaction that ends it."""
    if booking.state == BookingState.CHECKED_IN:
        _step(actor, "booking.complete", booking, BookingState.COMPLETED)


def check_in_for_session(actor: Actor, booking: Booking) -> None:
    """Whoever goes live in a booked room is there: check a locked, confirmed booking in."""
    if booking.state == BookingState.CONFIRMED:
        _step(actor, "booking.check_in", booking, BookingState.CHECKED_IN, checked_in_at=now())
    elif booking.state != BookingState.CHECKED_IN:
        raise WrongState(
            _("A booking in state “%(state)s” cannot go live.") % {"state": booking.get_state_display()}
        )


def release_expired() -> int:
    """Let go of holds that ran out, of bookings nobody came to, and of finished ones; returns how many.

    A confirmed booking without check-in is a no-show after the park's hold minutes: its room is free again.
    """
    at = now()
    released = _expire_holds(Booking.objects.all())
    unseen = Booking.objects.filter(state=BookingState.CONFIRMED, starts_at__lte=at).annotate(
        patience=Coalesce("room__park__settings__hold_minutes", ParkSettings().hold_minutes)
    )
    for pk, starts_at, ends_at, patience in unseen.values_list("pk", "starts_at", "ends_at", "patience"):
        if min(starts_at + timedelta(minutes=patience), ends_at) <= at:
            released += _release(pk, BookingState.CONFIRMED, "booking.no_show", BookingState.NO_SHOW)
    over = Booking.objects.filter(state=BookingState.CHECKED_IN, ends_at__lte=at)
    for pk in over.exclude(session__state__in=SESSION_OPEN).values_list("pk", flat=True):
        released += _release(pk, BookingState.CHECKED_IN, "booking.complete", BookingState.COMPLETED)
    return released


def _expire_holds(bookings: BookingQuerySet) -> int:
    expired = bookings.expired_holds(now()).values_list("pk", flat=True)
    return sum(
        _release(pk, BookingState.HELD, "booking.hold_expired", BookingState.CANCELLED) for pk in expired
    )


@retried
def _release(pk: int, expected: BookingState, verb: str, state: BookingState) -> int:
    """Take one booking on, unless somebody else did so meanwhile."""
    with transaction.atomic():
        rows = lock_rows(Booking.objects.filter(pk=pk, state=expected))
        for booking in rows:
            _step(system_actor("bookings"), verb, booking, state)
    return len(rows)
