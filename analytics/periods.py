"""Months, quarters and years of business days, as figures are published by them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from analytics.choices import PeriodKind
from core import clock

MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}

NAME = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Period:
    """A period by its kind and its first day."""

    kind: PeriodKind
    first: date

    @property
    def end(self) -> date:
        """The first day after it."""
        months = self.first.month - 1 + MONTHS[self.kind]
        return date(self.first.year + months // 12, months % 12 + 1, 1)

    @property
    def last(self) -> date:
        return self.end - clock.DAY

    @property
    def name(self) -> str:
        """2025-06, 2025-Q2 or 2025: what addresses and tables call it."""
        if self.kind == PeriodKind.MONTH:
            return f"{self.first:%Y-%m}"
        if self.kind == PeriodKind.QUARTER:
            return f"{self.first.year}-Q{self.first.month // 3 + 1}"
        return str(self.first.year)

    def months(self) -> Iterator[date]:
        """The first days of its months."""
        month = self.first
        while month < self.end:
            yield month
            month = clock.next_month(month)


def period_of(kind: PeriodKind, day: date) -> Period:
    """The period of a kind in which a day lies."""
    months = MONTHS[kind]
    return Period(kind, date(day.year, (day.month - 1) // months * months + 1, 1))


def period_named(name: str) -> Period | None:
    """The period of a name, or None."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    year, month, quarter = int(found["year"]), found["month"], found["quarter"]
    if month:
        return Period(PeriodKind.MONTH, date(year, int(month), 1))
    if quarter:
        return Period(PeriodKind.QUARTER, date(year, int(quarter) * 3 - 2, 1))
    return Period(PeriodKind.YEAR, date(year, 1, 1))


def periods_of_year(year: int) -> list[Period]:
    """The months of a year, then its quarters, then itself: what is made of months comes after them."""
    return [Period(kind, date(year, month, 1)) for kind in PeriodKind for month in range(1, 13, MONTHS[kind])]
