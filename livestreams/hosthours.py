"""A host's hours of the week as people write them, and the spans they mean. No database, no present time.

    1-5 09:00-18:00     Monday to Friday
    6-7 20:00-02:00     Saturday and Sunday evening, until two in the night
    3 00:00-24:00       the whole of Wednesday
No hours at all mean any time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from django.utils.dates import WEEKDAYS_ABBR

from core.clock import closing
from core.strict import StrictError, clock_time, closing_time
from livestreams.conflicts import Span, merged, opening_spans

WRITTEN = re.compile(r"([1-7])(?:-([1-7]))? ([0-2]\d:[0-5]\d)-([0-2]\d:[0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class Hours:
    """From one time of the day to another (of the next day, if it is not later) on some weekdays; 0 is Monday."""

    weekdays: frozenset[int]
    begins: time
    ends: time


def read_hours(text: str) -> Hours:
    """What a person wrote. ValueError for what cannot be read."""
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    first, last, begins, ends = found.groups()
    if int(last or first) < int(first):
        raise ValueError(text)
    weekdays = frozenset(range(int(first) - 1, int(last or first)))
    try:
        return Hours(weekdays, clock_time(begins), closing_time(ends))
    except StrictError:
        raise ValueError(text) from None


def spans_of(written: Iterable[str], within: Span) -> list[Span]:
    """When a host with these hours is there, clipped to `within`; without any, all of it."""
    hours = [read_hours(text) for text in written]
    if not hours:
        return [within]
    return merged(
        span for each in hours for span in opening_spans(each.begins, each.ends, within, each.weekdays)
    )


def in_words(written: str) -> str:
    """Hours as the reader's language names weekdays: Mon–Fri 09:00–18:00."""
    hours = read_hours(written)
    days = [str(WEEKDAYS_ABBR[number]) for number in sorted(hours.weekdays)]
    named = days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"
    return f"{named} {hours.begins:%H:%M}–{closing(hours.ends)}"
