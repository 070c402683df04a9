"""How much rooms are used: per room, and by weekday and hour. Pure: no database, no present time.

`utilisation` is live time over open time, `no_show_rate` bookings that never went live over all that are over;
open time is opening hours without maintenance. Weekday 0 is Monday; weekdays and hours are those of Asia/Shanghai.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from core.clock import HOUR, local
from livestreams.conflicts import Span, free, merged, shared

Cell = tuple[int, int]
"""Weekday and hour."""
PERCENT = Decimal(100)


@dataclass(frozen=True)
class RoomFacts:
    """What is known of one room within a time: spans when it was open, in repair, booked and live."""

    opened: list[Span] = field(default_factory=list)
    repaired: list[Span] = field(default_factory=list)
    booked: list[Span] = field(default_factory=list)
    live: list[Span] = field(default_factory=list)
    kept: int = 0
    no_shows: int = 0


@dataclass(frozen=True)
class RoomUse:
    """Times of one room and what follows from them; None where there is nothing to divide by."""

    opened: timedelta
    booked: timedelta
    live: timedelta
    kept: int
    no_shows: int

    @property
    def utilisation(self) -> Decimal | None:
        """In percent; None without open time."""
        return _percent(self.live, self.opened)

    @property
    def booked_share(self) -> Decimal | None:
        """Booked time over open time in percent."""
        return _percent(self.booked, self.opened)

    @property
    def no_show_rate(self) -> Decimal | None:
        """In percent; None while nothing is over."""
        met = self.kept + self.no_shows
        return (PERCENT * self.no_shows / met).quantize(Decimal("0.1")) if met else None

    def __add__(self, other: RoomUse) -> RoomUse:
        return RoomUse(
            self.opened + other.opened,
            self.booked + other.booked,
            self.live + other.live,
            self.kept + other.kept,
            self.no_shows + other.no_shows,
        )


NOTHING = RoomUse(timedelta(0), timedelta(0), timedelta(0), 0, 0)


def room_use(facts: RoomFacts) -> RoomUse:
    """Add up one room. Live and booked time outside of the opening hours counts neither above nor below."""
    opened = free(facts.opened, facts.repaired)
    return RoomUse(
        opened=_length(opened),
        booked=_length(shared(merged(facts.booked), opened)),
        live=_length(shared(merged(facts.live), opened)),
        kept=facts.kept,
        no_shows=facts.no_shows,
    )


def heat_map(rooms: Iterable[RoomFacts]) -> dict[Cell, Decimal | None]:
    """Utilisation in percent by weekday and hour over all rooms; None for hours in which none was open."""
    opened, live = Counter[Cell](), Counter[Cell]()
    for facts in rooms:
        spans = free(facts.opened, facts.repaired)
        _count(opened, spans)
        _count(live, shared(merged(facts.live), spans))
    return {
        (weekday, hour): _percent(_seconds(live, weekday, hour), _seconds(opened, weekday, hour))
        for weekday in range(7)
        for hour in range(24)
    }


def hours_of(span: Span) -> Iterator[tuple[Cell, timedelta]]:
    """The pieces of a span by weekday and hour. Hours of UTC and of Asia/Shanghai begin together."""
    start = span.start
    while start < span.end:
        end = min(start.replace(minute=0, second=0, microsecond=0) + HOUR, span.end)
        at = local(start)
        yield (at.weekday(), at.hour), end - start
        start = end


def _count(counter: Counter[Cell], spans: Iterable[Span]) -> None:
    for span in spans:
        for cell, length in hours_of(span):
            counter[cell] += length // timedelta(seconds=1)


def _seconds(counter: Mapping[Cell, int], weekday: int, hour: int) -> timedelta:
    return timedelta(seconds=counter[weekday, hour])


def _length(spans: Iterable[Span]) -> timedelta:
    return sum((span.length for span in spans), timedelta(0))


def _percent(part: timedelta, whole: timedelta) -> Decimal | None:
    if not whole:
        return None
    return (PERCENT * (part // timedelta(seconds=1)) / (whole // timedelta(seconds=1))).quantize(
        Decimal("0.1")
    )
