"""What a tenant most likely wants when it books: the room, the length and the hour that it usually takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import QuerySet

from core.clock import DAY, HOUR, MINUTE, SHANGHAI, local
from livestreams.availability import Window, windows_of
from livestreams.choices import BookingState
from livestreams.conflicts import Span, nearest
from livestreams.models import Booking, LiveRoom

RECENT = 12
LOOK_AHEAD = 7 * DAY
STEP = 15 * MINUTE
NEAR = HOUR
"""Who begins within an hour of it begins at the usual hour."""


@dataclass(frozen=True)
class Habit:
    """What was booked most often of late; "" and two hours where nothing was, no hour where half of it has none."""

    room: str = ""
    minutes: int = 120
    begins: time | None = None


def habit(bookings: QuerySet[Booking], lengths: Collection[int]) -> Habit:
    """The code of the room, of these lengths in minutes the one, and the hour; of equally frequent ones the newer."""
    kept = bookings.exclude(state=BookingState.CANCELLED).order_by("-pk")
    recent = list(kept.values_list("room__code", "starts_at", "ends_at")[:RECENT])
    taken = [(end - start) // MINUTE for _room, start, end in recent]
    rooms = Counter(room for room, _start, _end in recent)
    usual = Counter(minutes for minutes in taken if minutes in lengths)
    return Habit(
        max(rooms, key=rooms.__getitem__, default=""),
        max(usual, key=usual.__getitem__, default=120),
        _hour([start for _room, start, _end in recent]),
    )


def _hour(starts: list[datetime]) -> time | None:
    """The time of the day near which most of them begin, on a quarter of an hour; None where that is less than half."""
    near = {start: sum(_apart(start, other) <= NEAR for other in starts) for start in starts}
    best = max(near, key=near.__getitem__, default=None)
    if best is None or 2 * near[best] < len(starts):
        return None
    return local(_quarter(best)).time()


def _apart(one: datetime, other: datetime) -> timedelta:
    """How far two times of the day are from each other, also around midnight."""
    over = (one - other) % DAY
    return min(over, DAY - over)


def next_free(
    rooms: Iterable[LiveRoom], length: timedelta, since: datetime, begins: time | None = None
) -> Window | None:
    """The first of these rooms free for `length` on the earliest day on which one is, near the hour of `begins`.

    Without an hour, or where all are taken then for a week, at its earliest time of the earliest day. On a quarter of
    an hour; None when none is.
    """
    rooms = list(rooms)
    windows = windows_of(rooms, Span(since, since + LOOK_AHEAD))
    free = {
        room: [
            Span(start, start + (span.end - start) // STEP * STEP)
            for span in windows[room.pk]
            if (start := _quarter(span.start)) + STEP <= span.end
        ]
        for room in rooms
    }
    if begins is not None:
        first = datetime.combine(local(since).date(), begins, SHANGHAI) - DAY
        for day in range(LOOK_AHEAD // DAY + 2):
            wanted = first + day * DAY
            for room, spans in free.items():
                places = nearest(spans, Span(wanted, wanted + length), 1)
                if places and abs(places[0].start - wanted) <= NEAR:
                    return Window(room, places[0])
    soonest = [
        Window(room, place)
        for room, spans in free.items()
        for place in nearest(spans, Span(since, since + length), 1)
    ]
    return min(soonest, key=lambda window: local(window.span.start).date(), default=None)


def _quarter(instant: datetime) -> datetime:
    """The first quarter of an hour that is not before the instant; people's clocks differ from UTC by whole ones."""
    over = (instant - instant.replace(minute=0, second=0, microsecond=0)) % STEP
    return instant if not over else instant + (STEP - over)
