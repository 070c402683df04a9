"""What this process last saw of a room when it stored a booking of it, so that the next one need not look first.

Nothing is decided by it: a booking is stored if the room is still at the revision at which it was seen, and if free
hours and quotas are as they were (`place_facts.as_seen`). Who is refused looks after all, and so does whoever wants a
time that was booked here since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from livestreams.conflicts import Span
from livestreams.models import LiveRoom

MOST_SPANS = 64


@dataclass(frozen=True, slots=True)
class Remembered:
    """A room of which no repair lies ahead, and firms that no quota binds there, from `since` on."""

    revision: int
    since: datetime
    free_hours: int
    firms: frozenset[int]
    taken: tuple[Span, ...]


_rooms: dict[int, Remembered] = {}


def recall(room: LiveRoom, firm: int, blocked: Span) -> dict[str, Any] | None:
    """What `place_facts.facts_of` would probably find of a firm that wants a room for a span; None: it has to look."""
    seen = _rooms.get(room.pk)
    if (
        seen is None
        or seen.revision != room.revision
        or firm not in seen.firms
        or blocked.start < seen.since
        or any(blocked.overlaps(span) for span in seen.taken)
    ):
        return None
    return {
        "at": seen.since,
        "tenant_park": room.park_id,
        "tenant_closed_on": None,
        "under_repair": False,
        "repair_ahead": False,
        "limited": False,
        "taken": False,
        "lapsed": False,
        "free_hours": seen.free_hours,
    }


def remember(room: int, firm: int, blocked: Span, facts: Mapping[str, Any]) -> None:
    """A booking was stored by these facts, outside of any transaction: in one they may never come about."""
    if connection.in_atomic_block or facts["repair_ahead"] or facts["tenant_closed_on"] is not None:
        return
    seen = _rooms.get(room)
    if seen is None or seen.revision != facts["revision"]:
        seen = Remembered(facts["revision"], facts["at"], facts["free_hours"], frozenset(), ())
    _rooms[room] = replace(
        seen,
        free_hours=facts["free_hours"],
        firms=seen.firms | {firm},
        taken=(*seen.taken, blocked)[-MOST_SPANS:],
    )


def forget(room: int) -> None:
    """What was seen of a room holds no more."""
    _rooms.pop(room, None)
