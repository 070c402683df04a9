"""Who booked a room in this process, and when: so that they need not look first when they book it again.

Nothing is decided by it: the statement that stores a booking asks for all that a look would have found
(`place_facts.as_seen`), and other bookings come upon the rule of the database. Who is refused looks after all, and so
does whoever wants a time that was booked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livestreams.conflicts import Span
from livestreams.models import LiveRoom

MOST_SPANS = 64


@dataclass(frozen=True, slots=True)
class Remembered:
    """The free hours of a room's park, who booked the room, and the latest spans that bookings here block."""

    free_hours: int
    firms: frozenset[int] = frozenset()
    taken: tuple[Span, ...] = ()


_rooms: dict[int, Remembered] = {}


def recall(room: LiveRoom, firm: int, blocked: Span) -> dict[str, Any] | None:
    """What `place_facts.facts_of` would probably find of a firm that wants a room for a span; None: it has to look."""
    seen = _rooms.get(room.pk)
    if seen is None or firm not in seen.firms or any(blocked.overlaps(span) for span in seen.taken):
        return None
    return {
        "tenant_park": room.park_id,
        "tenant_closed_on": None,
        "under_repair": False,
        "limited": False,
        "taken": False,
        "lapsed": False,
        "free_hours": seen.free_hours,
    }


def remember(room: int, firm: int, blocked: Span, free_hours: int) -> None:
    """A booking was stored at once."""
    seen = _rooms.get(room) or Remembered(free_hours)
    _rooms[room] = Remembered(free_hours, seen.firms | {firm}, (*seen.taken, blocked)[-MOST_SPANS:])


def forget(room: int) -> None:
    """What was seen of a room holds no more."""
    _rooms.pop(room, None)
