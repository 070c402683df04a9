"""Money by the day on which it came or is expected, and what has no day. Whole numbers only. No database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median_high

LEAST_ORDERS = 30
"""Of fewer orders nobody can say when money usually comes."""


@dataclass(frozen=True)
class Entry:
    """An amount in units of 1/10,000 CNY, below zero what goes out; without a day it is on no day of the calendar.

    `uid` names the record it rests on, `platform` who pays it out. Money in transit was paid by buyers on `paid_on`.
    `was_due` is the day on which it was expected and did not come.
    """

    kind: str
    amount: int
    day: date | None
    name: str
    is_expected: bool = False
    uid: str = ""
    platform: str = ""
    paid_on: date | None = None
    was_due: date | None = None


@dataclass(frozen=True)
class Flow:
    """What came in and went out, and what is expected to."""

    came_in: int = 0
    went_out: int = 0
    expected_in: int = 0
    expected_out: int = 0

    @property
    def net(self) -> int:
        return self.came_in - self.went_out + self.expected_in - self.expected_out


@dataclass(frozen=True)
class CashDay:
    """A day; `running` is all that flowed from the first day of the calendar on, expected or not."""

    day: date
    entries: tuple[Entry, ...]
    flow: Flow
    running: int


@dataclass(frozen=True)
class Calendar:
    """Every day from the first to the last and the sums of these days; what has no day, which is in none of them."""

    days: tuple[CashDay, ...]
    undated: tuple[Entry, ...]
    flow: Flow
    undated_flow: Flow


def calendar_of(entries: Iterable[Entry], first: date, end: date) -> Calendar:
    """Put entries into the days [first, end). ValueError for one that has another day."""
    by_day: dict[date | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.day is not None and not first <= entry.day < end:
            raise ValueError(f"{entry.day} is no day of the calendar")
        by_day[entry.day].append(entry)
    days, running = [], 0
    for number in range((end - first).days):
        day = first + timedelta(days=number)
        flow = flow_of(by_day[day])
        running += flow.net
        days.append(CashDay(day, tuple(by_day[day]), flow, running))
    dated = [entry for each in days for entry in each.entries]
    return Calendar(tuple(days), tuple(by_day[None]), flow_of(dated), flow_of(by_day[None]))


def flow_of(entries: Iterable[Entry]) -> Flow:
    """The sums of some entries, each in one of the four."""
    sums = {(expected, out): 0 for expected in (False, True) for out in (False, True)}
    for entry in entries:
        sums[entry.is_expected, entry.amount < 0] += abs(entry.amount)
    return Flow(sums[False, False], sums[False, True], sums[True, False], sums[True, True])


def usual_delay(days: Collection[int]) -> int | None:
    """The median of the days that each order took, the later of two in the middle; None when too few did."""
    return median_high(days) if len(days) >= LEAST_ORDERS else None


def expected(entry: Entry, today: date) -> Entry:
    """An entry that is still to come: a day that is past was wrong, and no better one is known."""
    if entry.day is not None and entry.day < today:
        return replace(entry, is_expected=True, day=None, was_due=entry.day)
    return replace(entry, is_expected=True)
