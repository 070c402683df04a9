"""Sessions whose picture no media node sees: check-in opens them, and they end with their slot or by hand.

This is for bookings whose people chose such a way to the platform. That somebody was there is known; what was sent, the
platform's report has to confirm.
"""

from __future__ import annotations

import structlog
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q

from core.actors import system_actor
from core.clock import HOUR, now
from core.errors import DomainError
from core.locking import lock_rows, retried
from livestreams.choices import UNSEEN, BookingState, SessionState
from livestreams.errors import WrongState
from livestreams.models import AudienceSample, Booking, Broadcast, HostShift, LiveSession
from livestreams.services.sessions import session_end, session_open
from livestreams.services.steps import release_expired

log = structlog.get_logger("livepark.sessions")
CHECK_IN = system_actor("check-in")
FORGOTTEN = 12 * HOUR
"""So long after its slot, and after the last sign of it, a session that was opened by hand has been forgotten."""


def turn_slots() -> int:
    """What time brings to bookings and the sessions of their slots; returns how many changed.

    Sessions first: a booking whose session has not been opened yet is not done with.
    """
    return follow_slots() + release_expired()


def follow_slots() -> int:
    """End what is over and open what has begun; returns how many sessions changed. What fails is tried again."""
    at = now()
    chosen = Q(delivery=F("booking__broadcast__route"), booking__ends_at__lte=at)
    lately = at - FORGOTTEN
    watched = AudienceSample.objects.filter(session=OuterRef("pk"), at__gt=lately)
    worked = HostShift.objects.filter(session=OuterRef("pk"), starts_at__gt=lately)
    forgotten = Q(~Exists(watched), ~Exists(worked), booking__ends_at__lte=lately)
    over = LiveSession.objects.filter(chosen | forgotten, state=SessionState.LIVE, delivery__in=UNSEEN)
    begun = Booking.objects.filter(
        state=BookingState.CHECKED_IN, broadcast__route__in=UNSEEN, sessions=None, starts_at__lte=at
    )
    ended = sum(_end(pk) for pk in over.values_list("pk", flat=True))
    return ended + sum(open_slot(pk) for pk in begun.values_list("pk", flat=True))


@retried
def _end(pk: int) -> int:
    try:
        with transaction.atomic():
            lock_rows(Booking.objects.filter(sessions=pk))
            rows = lock_rows(LiveSession.objects.filter(pk=pk, state=SessionState.LIVE, delivery__in=UNSEEN))
            for session in rows:
                _end_with_slot(session)
    except DomainError as error:
        log.warning("session not ended with its slot", session=pk, reason=error.code)
        return 0
    return len(rows)


def _end_with_slot(session: LiveSession) -> None:
    """With the last that was seen of it, where nobody said that it ends with its slot."""
    ends_at = session.booking.ends_at if session.booking else now()
    if not Broadcast.objects.filter(booking=session.booking, route=session.delivery).exists():
        ends_at = max(ends_at, session.samples.aggregate(last=Max("at"))["last"] or ends_at)
    session_end(actor=CHECK_IN, session=session, ended_at=max(ends_at, session.started_at or ends_at))


@retried
def open_slot(pk: int) -> int:
    """Open the session of a checked-in booking once its slot has begun; one that is told late has ended already.

    Where the room is still on air with somebody else the check-in stands, and the session is tried again.
    """
    at = now()
    try:
        with transaction.atomic():
            rows = Booking.objects.filter(
                pk=pk,
                state=BookingState.CHECKED_IN,
                broadcast__route__in=UNSEEN,
                sessions=None,
                starts_at__lte=at,
            )
            booking = rows.select_related("tenant", "broadcast").first()
            if booking is None:
                return 0
            session = session_open(
                actor=CHECK_IN,
                tenant=booking.tenant,
                booking=booking,
                platform=booking.broadcast.platform,
                delivery=booking.broadcast.route,
                started_at=max(booking.starts_at, booking.checked_in_at or booking.starts_at),
            )
            # From here on the route stays. It was read before: a session of another one would not end with its slot.
            if not Broadcast.objects.filter(booking=booking, route=booking.broadcast.route).exists():
                raise WrongState(code="route_changed")
            if booking.ends_at <= at:
                _end_with_slot(session)
    except DomainError as error:
        log.warning("session not opened by check-in", booking=pk, reason=error.code)
        return 0
    return 1
