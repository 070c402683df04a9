"""Whether a room is ready for a booking: one pure function from facts. No database, no present time.

What stands in the way makes it not ready. Where nothing does, it is ready once every point of the checklist is ticked
and nobody else is in it; until then it is to be checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from livestreams.choices import ObstacleKind, RoomCheckItem, RoomState


@dataclass(frozen=True)
class Facts:
    """What is known of a room before a booking.

    faults        faults that take the room out of use, by their kinds as people read them
    in_use_until  until when another booking has the room now, shortly before this one
    used_before   another booking has the room now, long before this one
    unclean_since when the last booking ended after which nobody cleaned
    broken        names of the room's items that are faulty
    lent          names of the room's items that somebody else has, each with the instant it is due
    ticked        points of the checklist that are ticked for this booking in this room
    """

    faults: tuple[str, ...] = ()
    in_use_until: datetime | None = None
    used_before: bool = False
    unclean_since: datetime | None = None
    broken: tuple[str, ...] = ()
    lent: tuple[tuple[str, datetime], ...] = ()
    ticked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Obstacle:
    """One reason why a room is not ready: which, of what, and the instant that belongs to it, if one does."""

    kind: ObstacleKind
    what: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Readiness:
    state: RoomState
    obstacles: tuple[Obstacle, ...]
    unchecked: tuple[RoomCheckItem, ...]

    @property
    def checked(self) -> tuple[RoomCheckItem, ...]:
        """The points that are ticked."""
        return tuple(point for point in RoomCheckItem if point not in self.unchecked)


def readiness(facts: Facts) -> Readiness:
    """The verdict on a room, with every obstacle and every point that is still to be checked."""
    found = [Obstacle(ObstacleKind.FAULT, what) for what in facts.faults]
    if facts.in_use_until is not None:
        found.append(Obstacle(ObstacleKind.IN_USE, at=facts.in_use_until))
    if facts.unclean_since is not None:
        found.append(Obstacle(ObstacleKind.NOT_CLEANED, at=facts.unclean_since))
    found += [Obstacle(ObstacleKind.ITEM_FAULTY, what) for what in facts.broken]
    found += [Obstacle(ObstacleKind.ITEM_OUT, what, due) for what, due in facts.lent]
    unchecked = tuple(point for point in RoomCheckItem if point not in facts.ticked)
    free = RoomState.UNCHECKED if unchecked or facts.used_before else RoomState.READY
    return Readiness(RoomState.NOT_READY if found else free, tuple(found), unchecked)
