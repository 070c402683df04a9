"""The days of a series: some weekdays of some weeks, without the days that were left out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from core.clock import DAY


def series_days(
    first: date, last: date, weekdays: Collection[int], skip: Collection[date] = ()
) -> Iterator[date]:
    """The days of [first, last] that fall on one of the weekdays (0 is Monday), in order, without those of `skip`."""
    day = first
    while day <= last:
        if day.weekday() in weekdays and day not in skip:
            yield day
        day += DAY
