"""How far a counter of a live session got, such as the entries to its room. The one rule of what a fall of it means.

A counter only grows. It falls when its tool was restarted and begins near nothing, and when readings crossed on their
way or the platform corrected itself. What a restarted counter shows at its next reading, minutes later, is little
beside all that it had counted, and it does not stand where it had been in one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from analytics.trust.thresholds import COUNTER_SLACK, RESTART_SHARE


def count_of(values: Sequence[int]) -> int:
    """How far a counter got, what it had before each restart included."""
    had, top = 0, 0
    for value, restarted in zip(values, restarts(values), strict=True):
        had, top = (had + top, value) if restarted else (had, max(top, value))
    return had + top


def steps_back(values: Sequence[int]) -> Iterator[bool]:
    """Of each step whether it ran backwards: it fell by more than the slack, and was no restart."""
    for (before, after), restarted in zip(pairwise(values), restarts(values)[1:], strict=True):
        yield not restarted and before - after > COUNTER_SLACK * before


def restarts(values: Sequence[int]) -> list[bool]:
    """Of each value whether the counter began anew with it.

    It lies at most at half of what had been reached, and the next other value does not lie there again.
    """
    found, top = [], 0
    for value, later in zip(values, _next_others(values), strict=True):
        restarted = value <= RESTART_SHARE * top and value < top and (later is None or later < top)
        found.append(restarted)
        top = value if restarted else max(top, value)
    return found


def _next_others(values: Sequence[int]) -> list[int | None]:
    """For each value the first later one that differs from it."""
    found: list[int | None] = []
    after: int | None = None
    following: int | None = None
    for value in reversed(values):
        if value != following:
            after, following = following, value
        found.append(after)
    return found[::-1]
