"""Putting a booking into a room and a time: all that may stand against it, checked under the room's lock or before."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import IntegrityError, InternalError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from core.clock import DAY, HOUR, MINUTE, SKEW, day_start, next_minute, now
from core.errors import InvalidInput
from core.locking import advisory_locks
from core.models import AuditEntry
from core.money import to_cents
from core.prepared import insert, insert_while
from livestreams.availability import SHORTEST, alternatives, host_taken, is_open, setup_time, why_away
from livestreams.conflicts import Span
from livestreams.errors import BadTime, HostAway, Overlap, OverQuota, RoomUnavailable
from livestreams.exchange import loan_windows
from livestreams.models import Booking, ExchangeRequest, LiveRoom, PlannedShift
from livestreams.quotas import beyond_quota as beyond
from livestreams.quotas import binds, quotas_of
from livestreams.services.locks import check_here, lock_host, park_of
from livestreams.services.place_facts import Wish, as_seen, facts_of
from livestreams.services.plannedshifts import put_back, take_off
from livestreams.services.remembered import forget, recall, remember
from livestreams.services.steps import expire_holds
from livestreams.terms import free_until
from tenants.models import Tenant

Found = tuple[Span, Span, dict[str, Any]]
SECOND = timedelta(seconds=1)
LONGEST = 7 * DAY
FURTHEST = 400 * DAY
ROOM_TAKEN = gettext_lazy("The room is taken at that time.")
"""Said to many at once: put into words where it is shown."""


def place(
    booking: Booking,
    shifts: list[PlannedShift] | None = None,
    *,
    by_park: bool = False,
    was: Span | None = None,
    beyond_quota: bool = False,
    one_of_several: bool = False,
    length: timedelta | None = None,
) -> None:
    """Check all that may stand against the booking where it is meant to be, and store it there with its shifts.

    `shifts` are those that were taken off it before; `by_park` says that the park moves it, `was` when it was before,
    `beyond_quota` that the firm's quota is not looked at here, `one_of_several` that the caller checks the quota of
    several bookings together, while alternatives heed it still, `length` how long alternatives are, if not as long as
    the booking is here. The caller holds the room's lock, and goes on after a refusal only from a savepoint before it:
    the database may have refused as well.
    Raises Overlap and HostAway with `alternatives`, OverQuota, RoomUnavailable, BadTime, InvalidInput.
    """
    span, blocked, facts = look(booking, beyond_quota=beyond_quota, length=length)
    instead = facts["instead"]
    room, loan = booking.room, booking.loan
    if booking.host is not None:
        # Bookings before hosts: whoever moves one of these holds it while waiting for the host.
        expire_holds(Booking.objects.filter(host=booking.host).exclude(pk=booking.pk))
        booking.host = lock_host(booking.host, room.park_id, loan)
        if away := why_away(booking.host, span):
            raise HostAway(away, field="host", alternatives=instead)
    _set_terms(booking, span, blocked, facts["free_hours"], by_park)
    if facts["lapsed"]:
        others = Booking.objects.filter(room=room).exclude(pk=booking.pk)
        expire_holds(others.taking_room(blocked.start, blocked.end))
    if booking.host and host_taken(booking.host, span, ignoring=booking.pk):
        raise _overlap(instead, _("The host is booked at that time."))
    shifts = take_off(booking) if shifts is None else shifts
    try:
        insert(booking) if booking._state.adding else booking.save()
    except (IntegrityError, InternalError) as error:
        if _says_taken(error):
            raise _overlap(instead, _("Room or host are taken at that time.")) from error
        raise
    put_back(booking, shifts)
    if facts["limited"] and not one_of_several:
        check_quotas(room.park_id, [(booking, was)])


def place_at_once(booking: Booking, found: Found, entry: Callable[[], AuditEntry]) -> bool:
    """Store a new booking with its audit entry, if nothing was decided about the room since its row was read.

    False: nothing is stored, and `place` says what stands against it, if anything. Meant for bookings of a room alone,
    without host, loan or hold: they ask for no lock but the room's.
    """
    span, blocked, facts = found
    if facts["limited"] or facts["lapsed"]:
        return False
    _set_terms(booking, span, blocked, facts["free_hours"], by_park=False)
    seen = {
        "room": booking.room_id,
        "tenant": booking.tenant_id,
        "since": blocked.start,
        "until": blocked.end,
    }
    seen |= {name: facts[name] for name in ("revision", "free_hours")}
    try:
        stored = insert_while(booking, entry(), "object_id", still=(as_seen(), seen))
    except (IntegrityError, InternalError) as error:
        if not _says_taken(error):
            raise
        stored = False
    if stored:
        remember(booking.room_id, booking.tenant_id, blocked, facts["free_hours"])
        return True
    forget(booking.room_id)
    if not facts["by_memory"]:
        return False
    return place_at_once(booking, look(booking), entry)


def _says_taken(error: Exception) -> bool:
    """Whether the database had the last word on a booking."""
    return "livestreams_booking_room" in str(error) or "livestreams_booking_host" in str(error)


def lock_hours(park_id: int, tenants: Collection[int]) -> None:
    """Whose hours are counted against a quota is booked nowhere else meanwhile. Last of all locks."""
    advisory_locks([f"quota:{park_id}:{tenant}" for tenant in tenants])


def check_quotas(park_id: int, placed: Collection[tuple[Booking, Span | None]]) -> None:
    """OverQuota when these stored bookings, each with its span of before, give a firm too many hours."""
    lock_hours(park_id, {booking.tenant_id for booking, _was in placed})
    for booking in beyond(park_id, placed):
        raise over_quota(park_id, booking.tenant, "starts_at")


def over_quota(park_id: int, firm: Tenant, field: str) -> OverQuota:
    """The refusal of what would give a firm too many hours, with how many it may have."""
    day, week = quotas_of(park_id, [firm.code])[firm.code]
    limits = [
        sentence % {"n": hours}
        for sentence, hours in (
            (ngettext_lazy("%(n)d hour a day", "%(n)d hours a day", "n"), day),
            (ngettext_lazy("%(n)d hour a week", "%(n)d hours a week", "n"), week),
        )
        if hours is not None
    ]
    sentence = _("%(firm)s would have more than its quota: %(limits)s. The park may go beyond it.")
    return OverQuota(sentence % {"firm": firm, "limits": ", ".join(limits)}, field=field)


def look(
    booking: Booking | Wish,
    *,
    beyond_quota: bool = False,
    length: timedelta | None = None,
    by_memory: bool = False,
) -> Found:
    """The span, the room's time that it blocks, and the facts of a booking whose room is free for it.

    `limited` of the facts says that the firm's quota binds it here, `instead` finds the alternatives.

    Raises like place. Nothing is locked: without the room's lock the refusal counts, and the rest for `place_at_once`,
    as long as the room is at the `revision` of the facts. Where many want one room, those who come too late hear so
    without standing in line for it. `by_memory`: what was seen when the room was last booked will do, for
    `place_at_once` alone, which looks after all where it did not hold.
    """
    room, span = booking.room, checked_span(booking.starts_at, booking.ends_at)
    blocked = span.grown(before=setup_time(room))
    revision = room.revision  # read before what it stands for
    remembered = recall(room, booking.tenant_id, blocked) if by_memory else None
    facts = remembered or facts_of(booking, blocked)
    facts |= {"revision": revision, "by_memory": remembered is not None}
    facts["limited"] = facts["limited"] and binds(booking.loan) and not beyond_quota
    wanted = span if length is None else Span(span.start, span.start + length)
    facts["instead"] = partial(_alternatives, booking, wanted, facts["limited"])
    check_here(facts["tenant_closed_on"])
    _check_room(room, booking.tenant, facts["tenant_park"], booking.loan)
    _check_open(room, span, under_repair=facts["under_repair"])
    if facts["taken"]:
        raise _overlap(facts["instead"], ROOM_TAKEN)
    return span, blocked, facts


def price_of(hourly_rate: Decimal, span: Span) -> Decimal:
    """What a span costs, in CNY to the cent."""
    return to_cents(hourly_rate * Decimal(span.length // SECOND) / (HOUR // SECOND))


def check_room(room: LiveRoom, tenant: Tenant, loan: ExchangeRequest | None = None) -> None:
    """InvalidInput or RoomUnavailable when the tenant can never have this room; a loan lets a guest in."""
    _check_room(room, tenant, park_of(tenant), loan)


def _check_room(room: LiveRoom, tenant: Tenant, park_id: int, loan: ExchangeRequest | None) -> None:
    if park_id != room.park_id and loan is None:
        raise InvalidInput(_("The room is not in the tenant's park."), code="other_park", field="room")
    if room.dedicated_to_id not in (None, tenant.pk):
        raise RoomUnavailable(_("The room is reserved for one tenant."), code="dedicated", field="room")


def _set_terms(booking: Booking, span: Span, blocked: Span, free_hours: int, by_park: bool) -> None:
    """What the room is taken for, and what that costs.

    Free hours go by the start. Whom the park moves may give the booking back as long as before.
    """
    loan = booking.loan
    booking.blocked_from, booking.blocked_until = blocked.start, blocked.end
    booking.price = price_of(loan.hourly_rate if loan and loan.lends_room else booking.room.hourly_rate, span)
    until = free_until(booking.starts_at, free_hours)
    if by_park and booking.free_until is not None:
        until = max(until, booking.free_until)
    booking.free_until = until


def check_length(length: timedelta, field: str) -> None:
    """BadTime for a booking that would be too short or too long."""
    if length < SHORTEST:
        detail = _("A booking lasts at least %(minutes)d minutes.") % {"minutes": SHORTEST // MINUTE}
        raise BadTime(detail, code="too_short", field=field)
    if length > LONGEST:
        raise BadTime(_("A booking lasts at most %(days)d days.") % {"days": LONGEST.days}, field=field)


def checked_span(starts_at: datetime, ends_at: datetime) -> Span:
    """The span of a booking that is to be made. BadTime for one that is over, too short, too long or too far."""
    if ends_at <= starts_at:
        raise BadTime(_("A booking must end after it starts."), code="order", field="ends_at")
    present = now()
    if starts_at < present - SKEW:
        raise BadTime(_("This time is over: book one that lies ahead."), code="past", field="starts_at")
    check_length(ends_at - starts_at, "ends_at")
    if starts_at > present + FURTHEST:
        raise BadTime(
            _("Bookings are taken %(days)d days ahead at most.") % {"days": FURTHEST.days}, field="starts_at"
        )
    for field, instant in (("starts_at", starts_at), ("ends_at", ends_at)):
        if instant != next_minute(instant):
            raise BadTime(_("Bookings begin and end on whole minutes."), code="whole_minutes", field=field)
    return Span(starts_at, ends_at)


def _check_open(room: LiveRoom, span: Span, *, under_repair: bool) -> None:
    if not is_open(room, span):
        raise RoomUnavailable(_when_open(room, span), code="closed", field="starts_at")
    if under_repair:
        raise RoomUnavailable(
            _("The room is under maintenance at that time."), code="maintenance", field="starts_at"
        )


def _when_open(room: LiveRoom, span: Span) -> str:
    if room.closed_on is not None and span.end > day_start(room.closed_on):
        return _("The room is given up from %(day)s on.") % {"day": room.closed_on}
    if span.start < day_start(room.opened_on):
        return _("The room is in use from %(day)s on.") % {"day": room.opened_on}
    hours = {"opens": f"{room.opens_at:%H:%M}", "closes": f"{room.closes_at:%H:%M}"}
    return _("The room is open from %(opens)s to %(closes)s.") % hours


def _overlap(instead: Callable[[], list[dict[str, Any]]], detail: Any) -> Overlap:
    return Overlap(detail, field="starts_at", alternatives=instead)


def _alternatives(booking: Booking | Wish, span: Span, limited: bool) -> list[dict[str, Any]]:
    if (loan := booking.loan) is not None:
        # Of the other park a guest is shown what is offered, and nothing else.
        guest = booking.tenant if limited else None
        lent = loan_windows(loan.offer, booking.room, span, host=loan.host, limited=guest)
        return [window.as_dict() for window in lent]
    found = alternatives(
        booking.room,
        span,
        tenant=booking.tenant,
        host=booking.host,
        ignoring=booking.pk,
        limited=limited,
    )
    return [window.as_dict() for window in found]
