"""What a tenant most likely wants when it books: the room and the length it usually takes, as soon as it can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from core.clock import DAY, MINUTE
from livestreams.availability import Window, windows_of
from livestreams.choices import BookingState
from livestreams.conflicts import Span, nearest
from livestreams.models import Booking, LiveRoom

RECENT = 12
LOOK_AHEAD = 7 * DAY
STEP = 15 * MINUTE


def habit(bookings: QuerySet[Booking], lengths: Collection[int]) -> tuple[str, int]:
    """The code of the room and, of these lengths in minutes, the one that were taken most often of late.

    Of equal ones the newer; "" and two hours where nothing was booked yet.
    """
    kept = bookings.exclude(state=BookingState.CANCELLED).order_by("-pk")
    recent = list(kept.values_list("room__code", "starts_at", "ends_at")[:RECENT])
    taken = [(end - start) // MINUTE for _room, start, end in recent]
    rooms = Counter(room for room, _start, _end in recent)
    usual = Counter(minutes for minutes in taken if minutes in lengths)
    return max(rooms, key=rooms.__getitem__, default=""), max(usual, key=usual.__getitem__, default=120)


def next_free(rooms: Iterable[LiveRoom], length: timedelta, since: datetime) -> Window | None:
    """The first of these rooms that is free for `length` within a week, at its earliest time on a quarter of an hour.

    None when none is.
    """
    rooms = list(rooms)
    windows = windows_of(rooms, Span(since, since + LOOK_AHEAD))
    for room in rooms:
        begun = [
            Span(_quarter(span.start), span.end)
            for span in windows[room.pk]
            if _quarter(span.start) < span.end
        ]
        if places := nearest(begun, Span(since, since + length), 1):
            return Window(room, places[0])
    return None


def _quarter(instant: datetime) -> datetime:
    """The first quarter of an hour that is not before the instant; people's clocks differ from UTC by whole ones."""
    over = (instant - instant.replace(minute=0, second=0, microsecond=0)) % STEP
    return instant if not over else instant + (STEP - over)
