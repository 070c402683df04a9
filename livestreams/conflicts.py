"""The mathematics of time spans: what overlaps, what is free, what fits. No database, no present time.

Spans are half-open, [start, end): neighbours may touch. Opening hours are wall-clock times in Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.clock import DAY, HOUR, MINUTE, SHANGHAI, business_day, day_start, next_minute

EVERY_DAY = range(7)
HALF_HOUR = 30 * MINUTE
MOST_UNEVEN = 4 * HOUR + MINUTE


@dataclass(frozen=True, order=True)
class Span:
    """[start, end) of aware instants; ValueError unless it starts before it ends."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a span ends after it starts")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def grown(self, before: timedelta = timedelta(0), after: timedelta = timedelta(0)) -> Span:
        return Span(self.start - before, self.end + after)

    def clipped(self, within: Span) -> Span | None:
        """The part that lies within another span, None where there is none."""
        start, end = max(self.start, within.start), min(self.end, within.end)
        return Span(start, end) if start < end else None


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants in as few spans as possible, in order; touching spans become one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def free(within: Iterable[Span], busy: Iterable[Span]) -> list[Span]:
    """What is left of `within` when `busy` is taken out, in order."""
    taken = merged(busy)
    left: list[Span] = []
    for span in merged(within):
        start = span.start
        for hole in taken:
            if hole.end <= start or hole.start >= span.end:
                continue
            if start < hole.start:
                left.append(Span(start, hole.start))
            start = hole.end
        if start < span.end:
            left.append(Span(start, span.end))
    return left


def shared(ones: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The parts that lie in a span of either list."""
    others = list(others)
    parts = (one.clipped(other) for one in ones for other in others)
    return [part for part in parts if part is not None]


def opening_spans(
    opens_at: time, closes_at: time, within: Span, weekdays: Collection[int] = EVERY_DAY
) -> list[Span]:
    """When a room with these hours is open, clipped to `within`; a host with hours is there on its weekdays.

    The same time twice means around the clock; a closing time before the opening time is one of the next day.
    """
    if opens_at == closes_at and weekdays == EVERY_DAY:
        return [within]
    day, last = business_day(within.start) - DAY, business_day(within.end)
    found = []
    while day <= last:
        if day.weekday() in weekdays:
            closing_day = day if opens_at < closes_at else day + DAY
            opened = Span(
                datetime.combine(day, opens_at, SHANGHAI), datetime.combine(closing_day, closes_at, SHANGHAI)
            )
            found.append(opened.clipped(within))
        day += DAY
    return merged(span for span in found if span is not None)


def nearest(
    windows: Iterable[Span], wanted: Span, limit: int, suits: Callable[[Span], bool] | None = None
) -> list[Span]:
    """Where a span of the wanted length fits into free windows, the nearest to the wanted start first.

    Each window gives the one place in it that lies closest; equal distances put the earlier one first. A window that
    begins or ends within a minute gives its whole minutes: bookings have no others. Where that place does not suit, by
    a rule that goes by days, a window gives the closest one that does and keeps to one side of a midnight; where none
    has any, the closest one astride a midnight.
    """
    if suits is not None:
        windows = list(windows)
        one_sided = _suiting(suits, (_closest(_cut(window), wanted) for window in windows))
        windows = one_sided or _suiting(
            suits, (_closest(_astride(window, wanted.length), wanted) for window in windows)
        )
    return _closest(windows, wanted)[:limit]


def _suiting(suits: Callable[[Span], bool], places: Iterable[Iterable[Span]]) -> list[Span]:
    found = (next(filter(suits, of_window), None) for of_window in places)
    return [place for place in found if place is not None]


def _closest(windows: Iterable[Span], wanted: Span) -> list[Span]:
    places = []
    for window in windows:
        last = window.end.replace(second=0, microsecond=0) - wanted.length
        if last < next_minute(window.start):
            continue
        start = min(max(wanted.start, next_minute(window.start)), last)
        places.append(Span(start, start + wanted.length))
    return sorted(places, key=lambda place: (abs(place.start - wanted.start), place.start))


def _cut(window: Span) -> list[Span]:
    """A window, and what lies of it after and before each midnight."""
    found = [window]
    for midnight in _midnights(window):
        found += [Span(window.start, midnight), Span(midnight, window.end)]
    return found


def _astride(window: Span, length: timedelta) -> Iterator[Span]:
    """Spans in a window that share a length between two days: evenly, or by half hours that go over from one to the
    other, up to four hours.
    """
    half = length // 2 // MINUTE * MINUTE
    most = (min(half, MOST_UNEVEN) - MINUTE) // HALF_HOUR
    for midnight in _midnights(window):
        for number in range(-most, most + 1):
            start = midnight - half + number * HALF_HOUR
            if window.start <= start and start + length <= window.end:
                yield Span(start, start + length)


def _midnights(window: Span) -> Iterator[datetime]:
    midnight = day_start(business_day(window.start)) + DAY
    while midnight < window.end:
        yield midnight
        midnight += DAY
