"""What readings of an audience say together: how long was watched, how many came in, whether counters ran backwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from analytics.counters import count_of, steps_back
from analytics.trust.evidence import SECOND
from analytics.trust.thresholds import LEAST_COVER, LONGEST_GAP
from livestreams.readings import COUNTERS, Reading

INSTANT = timedelta.resolution


@dataclass(frozen=True)
class Watched:
    """Mean concurrent viewers weighted by time (acu), over the time that the readings cover."""

    acu: Decimal
    covered: timedelta

    def seconds(self, on_air: timedelta) -> Decimal | None:
        """acu x time on air; None when the readings cover too little of it."""
        if Decimal(self.covered // SECOND) < LEAST_COVER * (on_air // SECOND):
            return None
        return self.acu * (on_air // SECOND)


def watched(track: Sequence[Reading]) -> Watched | None:
    """Between two readings the audience changes evenly; a longer gap is not bridged. None without two readings."""
    total, covered = Decimal(0), timedelta(0)
    for before, after in pairwise(one for one in track if one.concurrent is not None):
        gap = after.at - before.at
        if before.concurrent is not None and after.concurrent is not None and gap <= LONGEST_GAP:
            total += Decimal(before.concurrent + after.concurrent) / 2 * (gap // INSTANT)
            covered += gap
    return Watched(total / (covered // INSTANT), covered) if covered >= SECOND else None


def counted(track: Sequence[Reading], counter: str) -> int | None:
    """How far a counter got, its restarts included; None when nobody read it."""
    values = _values(track, counter)
    return count_of(values) if values else None


def most_counted(tracks: Iterable[Sequence[Reading]], counter: str) -> int | None:
    """How far a counter got by the source that counted most; None when nobody read it."""
    found = [value for track in tracks if (value := counted(track, counter)) is not None]
    return max(found, default=None)


def steps(track: Sequence[Reading]) -> Iterator[bool]:
    """Each step of each counter: whether it ran backwards."""
    for name in COUNTERS:
        yield from steps_back(_values(track, name))


def _values(track: Sequence[Reading], counter: str) -> list[int]:
    return [value for one in track if (value := getattr(one, counter)) is not None]
