"""Bookings of live rooms: no two hold one room or one host at one time, whatever door they came through.

Every write locks the room, then checks, then writes; a booking of a room alone is checked first, and stored if nothing
was decided about the room since. The database's own rule has the last word, and its refusal reads like the check's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.clock import DAY, MINUTE, now
from core.locking import one_by_one, retried
from core.models import AuditEntry
from core.policy import ADD, CHECK_IN
from core.scoping import require
from livestreams.availability import host_taken
from livestreams.choices import BookingState
from livestreams.conflicts import Span
from livestreams.errors import BadTime, OverQuota, WrongState
from livestreams.models import Booking, ExchangeRequest, Host, LiveRoom
from livestreams.quotas import binds
from livestreams.services.locks import (
    check_key_allows,
    check_not_future,
    lock_room,
    lock_visible,
    settings_of,
)
from livestreams.services.moves import check_may_exceed, is_by_park
from livestreams.services.place_facts import Wish
from livestreams.services.placing import check_quotas, lock_hours, look, place, place_at_once
from livestreams.services.slot_sessions import open_slot
from livestreams.services.steps import entry_of, record, step
from tenants.models import Tenant

# How long a phone may keep a check-in to itself.
TOLD_WITHIN = DAY
# What a firm does to have other hours than it had.
TAKES_HOURS = ("booking.create", "booking.confirm", "booking.move", "booking.swap")


@retried
@one_by_one
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
    beyond_quota: str = "",
) -> Booking:
    """Book a room for [starts_at, ends_at), confirmed at once or held for the park's hold minutes.

    Raises Overlap with `alternatives` when room or host are taken, HostAway with them outside of the host's hours
    or in an absence, RoomUnavailable outside of opening hours, under maintenance or when the room is another
    tenant's own, BadTime for impossible times, OverQuota unless the park says why the firm may have more
    (`beyond_quota`).
    """
    require(actor, ADD, Booking, tenant.pk)
    check_key_allows(actor, room)
    why = check_may_exceed(actor, room.park_id, beyond_quota)
    alone = not (host or hold or why)
    found = look(Wish(room, tenant, host, starts_at, ends_at), beyond_quota=bool(why), by_memory=alone)
    booking = Booking(
        room=room,
        tenant=tenant,
        host=host,
        starts_at=starts_at,
        ends_at=ends_at,
        purpose=purpose,
        state=BookingState.HELD if hold else BookingState.CONFIRMED,
    )
    if alone and place_at_once(booking, found, lambda: entry_of(actor, "booking.create", booking)):
        return booking
    with transaction.atomic():
        booking.room = lock_room(actor, room.pk)
        if hold:
            hold_minutes = settings_of(booking.room.park_id).hold_minutes
            booking.hold_expires_at = now() + timedelta(minutes=hold_minutes)
        place(booking, beyond_quota=bool(why))
        record(actor, "booking.create", booking, **why)
    return booking


def booking_lend(*, actor: Actor, loan: ExchangeRequest) -> Booking:
    """The booking of a request to another park that was accepted in this transaction. Raises like create.

    It is the guest's, in the room that is lent or with the host that is. How many hours the guest may have in its own
    park's rooms is nothing that the giver is told.
    """
    room = lock_room(actor, loan.offer.room_id or loan.room_id or 0)
    booking = Booking(
        room=room,
        tenant=loan.tenant,
        host=loan.offer.host or loan.host,
        starts_at=loan.starts_at,
        ends_at=loan.ends_at,
        purpose=loan.note,
        loan=loan,
    )
    try:
        place(booking)
    except OverQuota as error:
        raise OverQuota(_("The firm has used up its hours in its own park's rooms.")) from error
    record(actor, "booking.create", booking)
    return booking


@retried
def booking_confirm(*, actor: Actor, booking: Booking) -> Booking:
    """Turn a hold into a booking. WrongState when the hold has expired."""
    with transaction.atomic():
        held = lock_visible(Booking, actor, booking.pk)
        if held.hold_expires_at is not None and held.hold_expires_at <= now():
            raise WrongState(_("The hold has expired: please book again."), code="hold_expired")
        step(actor, "booking.confirm", held, BookingState.CONFIRMED, hold_expires_at=None)
    return held


@retried
def booking_cancel(*, actor: Actor, booking: Booking) -> Booking:
    """Give a booking back before it begins; afterwards it counts as used or as a no-show.

    By the park's terms a share of the price may be due, unless the park itself calls it off.
    """
    with transaction.atomic():
        held = lock_visible(Booking, actor, booking.pk)
        if held.starts_at <= now():
            raise WrongState(_("The booking has already begun."), code="already_begun")
        step(actor, "booking.cancel", held, BookingState.CANCELLED, by_park=is_by_park(actor, held))
    return held


@retried
def booking_check_in(*, actor: Actor, booking: Booking, at: datetime | None = None) -> Booking:
    """Say that tenant or host are in the room: from the park's early minutes on, until the booking ends.

    `at` is when that was, if it is told later: a phone may be without a network at the door. Told twice, it counts
    once. A booking that was given up as a no-show comes back, unless somebody else has the room by now. If its firm has
    booked the hours of its quota again, the park alone lets it in. Where no media node sees the picture, the session
    opens with it.
    """
    with transaction.atomic():
        lock_room(actor, booking.room_id)
        held = lock_visible(Booking, actor, booking.pk, CHECK_IN)
        if at is not None and held.state in (BookingState.CHECKED_IN, BookingState.COMPLETED):
            return held
        seen = _checked_in_at(held, at)
        given_up = held.updated_at
        if comes_back := held.state == BookingState.NO_SHOW:
            _check_still_free(held)
        step(actor, "booking.check_in", held, BookingState.CHECKED_IN, checked_in_at=seen)
        if open_slot(held.pk):
            held.refresh_from_db()
        if comes_back and binds(held.loan) and not is_by_park(actor, held):
            _check_hours(held, given_up)
    return held


def _checked_in_at(booking: Booking, at: datetime | None) -> datetime:
    """When somebody was at the door; BadTime when it was not open to them then, or is told too late."""
    seen = now() if at is None else at
    check_not_future(seen, "at")
    if now() - seen > TOLD_WITHIN:
        raise BadTime(_("A check-in must be told within a day."), code="told_late", field="at")
    if not booking.check_in_from <= seen < booking.ends_at:
        raise BadTime(
            _("Check-in is open from %(minutes)d minutes before the start until the end.")
            % {"minutes": (booking.starts_at - booking.check_in_from) // MINUTE},
            code="checkin_time",
        )
    return seen


def _check_hours(booking: Booking, given_up: datetime) -> None:
    """OverQuota when the firm has booked or moved other bookings since one was given up, and has no hours left for it.

    With nothing of it done the firm comes in, whatever its quota was lowered to, and whatever it was granted.
    """
    park_id = booking.room.park_id
    lock_hours(park_id, {booking.tenant_id})
    others = Booking.objects.blocking().filter(
        tenant=booking.tenant_id, room__park=park_id, updated_at__gte=given_up
    )
    # Who came and went as booked changed nothing of what the firm has, though its booking was written to.
    again = AuditEntry.objects.filter(
        object_type=Booking._meta.label,
        object_id__in=others.exclude(pk=booking.pk).values("pk"),
        verb__in=TAKES_HOURS,
        at__gte=given_up,
    )
    if again.exists():
        check_quotas(park_id, [(booking, None)])


def _check_still_free(booking: Booking) -> None:
    taken = Booking.objects.exclude(pk=booking.pk)
    if taken.taking_room(booking.blocked_from, booking.blocked_until).filter(
        room=booking.room_id
    ).exists() or (
        booking.host is not None
        and host_taken(booking.host, Span(booking.starts_at, booking.ends_at), ignoring=booking.pk)
    ):
        raise WrongState(
            _("The room or the host were given to somebody else, because nobody had checked in."),
            code="given_away",
        )
