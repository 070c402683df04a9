"""When a factory can make some pieces: step after step, on the days that have room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.clock import DAY

LONGEST = 400
"""Days ahead that are looked at."""


@dataclass(frozen=True)
class Step:
    """A step of the work: pieces a day, and days of preparation before its first piece."""

    key: int
    pieces_per_day: int
    lead_days: int


@dataclass(frozen=True)
class Work:
    """Pieces of a step on a day."""

    step: int
    day: date
    pieces: int


def plan(
    steps: Sequence[Step], taken: Mapping[tuple[int, date], int], quantity: int, first_day: date
) -> list[Work] | None:
    """The earliest days for each step of some pieces; a step begins the day after the one before it is done.

    None where they do not fit into the days ahead, and where a factory has no steps.
    """
    found: list[Work] = []
    start = first_day
    for step in steps:
        day, left = start + step.lead_days * DAY, quantity
        while left:
            if (day - first_day).days > LONGEST:
                return None
            free = step.pieces_per_day - taken.get((step.key, day), 0)
            if free > 0:
                found.append(Work(step.key, day, min(free, left)))
                left -= found[-1].pieces
            day += DAY
        start = day
    return found or None


def free(steps: Sequence[Step], taken: Mapping[tuple[int, date], int], first_day: date, days: int) -> int:
    """The pieces that the narrowest step still has room for in so many days."""
    return min(
        (
            sum(
                max(step.pieces_per_day - taken.get((step.key, first_day + number * DAY), 0), 0)
                for number in range(days)
            )
            for step in steps
        ),
        default=0,
    )
