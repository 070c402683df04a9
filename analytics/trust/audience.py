"""What readings of an audience say together: how long was watched, how many came in, whether counters ran backwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from analytics.trust.evidence import SECOND, Reading
from analytics.trust.thresholds import COUNTER_SLACK, LEAST_COVER, LONGEST_GAP, RESET_SHARE

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
    """How far a counter got, its resets included; None when nobody read it."""
    values = [value for one in track if (value := one.counters.get(counter)) is not None]
    if not values:
        return None
    grown = sum(after - before if after >= before else 0 for before, after in pairwise(values))
    begun_again = sum(after for before, after in pairwise(values) if is_reset(before, after))
    return values[0] + grown + begun_again


def steps(track: Sequence[Reading]) -> Iterator[bool]:
    """Each step of each counter: whether it ran backwards."""
    names = sorted({name for one in track for name in one.counters})
    for name in names:
        values = [value for one in track if (value := one.counters.get(name)) is not None]
        for before, after in pairwise(values):
            yield before - after > COUNTER_SLACK * before and not is_reset(before, after)


def is_reset(before: int, after: int) -> bool:
    """Whether a counter that fell began again: its tool was restarted."""
    return after < before and after <= RESET_SHARE * before
