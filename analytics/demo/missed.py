"""Bookings of a demo park to which nobody came: one every few days, where no planned session needs the room.

They follow from the planned sessions, so they are the same in however many runs the days are told.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from analytics.demo.built import BuiltPark, uid
from analytics.demo.days import PlannedSession
from analytics.demo.taken import Taken
from core import clock
from core.clock import DAY, HOUR
from core.money import to_cents
from livestreams.choices import BookingState
from livestreams.conflicts import Span
from livestreams.models import Booking
from livestreams.services import booking_charge, settings_of, terms_of
from livestreams.terms import free_until
from tenants.models import Charge

EVERY_DAYS = 3
LENGTH = 2 * HOUR
FIRST_HOUR, LAST_HOUR = 10, 18


def missed_bookings(
    built: BuiltPark, sessions: list[PlannedSession], after: datetime, until: datetime
) -> None:
    """Tell the no-shows that were released in (after, until], and what is due for them by the park's terms."""
    settings, terms = settings_of(built.park.pk), terms_of(built.park.pk)
    patience = timedelta(minutes=settings.hold_minutes)
    taken, rows = Taken(built, [after, until]), []
    for day in _days(clock.business_day(after), clock.business_day(until)):
        found = _place(built, sessions, day)
        if found is None or not after < found[1] + patience <= until:
            continue
        room, starts_at = found
        setup = timedelta(minutes=built.rooms[room].setup_minutes)
        if not taken.leaves(Span(starts_at - setup, starts_at + LENGTH), built.rooms[room]):
            continue
        rows.append(
            Booking(
                uid=uid("missed", built.plan.code, day),
                room=built.rooms[room],
                tenant=built.tenants[day.toordinal() // EVERY_DAYS % built.plan.sellers],
                starts_at=starts_at,
                ends_at=starts_at + LENGTH,
                blocked_from=starts_at - setup,
                blocked_until=starts_at + LENGTH,
                price=to_cents(built.rooms[room].hourly_rate * (LENGTH // HOUR)),
                free_until=free_until(starts_at, settings.cancel_free_hours),
                state=BookingState.NO_SHOW,
            )
        )
    for row in rows:
        row.due = terms.due(row.state, row.price)
    Booking.objects.bulk_create(rows)
    Charge.objects.bulk_create(Charge(**booking_charge(row, row.state, row.due)) for row in rows if row.due)


def _days(first: date, last: date) -> list[date]:
    """Every third day: not counted from the first one, so that it is the same in every run."""
    days = (first + offset * DAY for offset in range((last - first).days + 1))
    return [day for day in days if day.toordinal() % EVERY_DAYS == 0]


def _place(built: BuiltPark, sessions: list[PlannedSession], day: date) -> tuple[int, datetime] | None:
    """A shared room, the last one first, and the first full hour of the day at which it is free for long enough."""
    hours = [clock.day_start(day) + hour * HOUR for hour in range(FIRST_HOUR, LAST_HOUR)]
    for room in reversed(range(len(built.rooms))):
        if built.rooms[room].dedicated_to_id is not None:
            continue
        taken = [session for session in sessions if session.room == room]
        for starts_at in hours:
            if all(
                session.ends_at + HOUR <= starts_at or session.starts_at >= starts_at + LENGTH + HOUR
                for session in taken
            ):
                return room, starts_at
    return None
