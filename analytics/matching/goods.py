"""Goods that look for hosts, as people write them: one line each. No database, no present time.

    name; category; hours; weight; budget; stock; times
    吊灯新款; 灯饰; 2; 3; 1500; 80000; 18:00-23:00

Only the first three are needed. Budget is CNY for the host, stock CNY that can be sold at most, the weight says how
often the sales count, the times are those of each day (without them 08:00 to midnight).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import strict
from core.errors import InvalidInput, RowError

COLUMNS = ("name", "category", "hours", "weight", "budget", "stock", "times")
NEEDED = 3
MOST_GOODS, MOST_HOURS, MOST_WEIGHT = 200, 12, 100
MOST_CNY = Decimal(10**9)
TIMES = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
ANY_TIME = "08:00-24:00"
DAY_MINUTES = 24 * 60
MOST_LETTERS = 100
READERS: dict[str, Callable[[str], Any]] = {
    "name": lambda cell: strict.text(cell, MOST_LETTERS),
    "category": lambda cell: strict.text(cell, MOST_LETTERS),
    "hours": strict.amount,
    "weight": strict.quantity,
    "budget": strict.amount,
    "stock": strict.amount,
    "times": str,
}


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods for one session of `hours` with one host; `times` are HH:MM-HH:MM of each day, empty for the
    usual ones."""

    name: str
    category: str
    hours: Decimal
    weight: int = 1
    budget: Decimal | None = None
    stock: Decimal | None = None
    times: str = ""

    @property
    def minutes(self) -> int:
        return int(self.hours * 60)

    def as_dict(self) -> dict[str, Any]:
        """As it is stored; amounts as exact text."""
        return {
            name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()
        }

    @property
    def line(self) -> str:
        """As people write it."""
        values = (getattr(self, name) for name in COLUMNS)
        cells = (
            f"{value.normalize():f}" if isinstance(value, Decimal) else str("" if value is None else value)
            for value in values
        )
        return "; ".join(cells).rstrip("; ")

    def windows(self, days: int) -> list[tuple[int, int]]:
        """Its windows on so many days, in minutes from the beginning of the first."""
        found = TIMES.fullmatch(self.times or ANY_TIME)
        if found is None:
            raise ValueError(self.times)
        first, first_minute, last, last_minute = map(int, found.groups())
        begins, ends = first * 60 + first_minute, last * 60 + last_minute
        ends += DAY_MINUTES if ends <= begins else 0
        return [(day * DAY_MINUTES + begins, day * DAY_MINUTES + ends) for day in range(days)]


def goods_from(row: dict[str, Any]) -> Goods:
    """From what is stored."""
    amounts = {name: None if row[name] is None else Decimal(row[name]) for name in ("budget", "stock")}
    return Goods(**{**row, **amounts, "hours": Decimal(row["hours"])})


def read_goods(text: str) -> list[Goods]:
    """Goods from lines. InvalidInput that names every line and field that is wrong."""
    problems: list[RowError] = []
    found: list[Goods] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in re.split("[;；]", line)]
        if not NEEDED <= len(cells) <= len(COLUMNS):
            message = _("A line has from 3 to 7 parts with semicolons between.")
            problems.append(RowError(number, "name", "parts", message))
            continue
        row = dict(zip(COLUMNS, cells, strict=False))
        one, wrong = _read(number, row)
        problems += wrong
        if one is not None:
            found.append(one)
    if problems:
        raise InvalidInput(
            ngettext(
                "%(count)d part of the goods cannot be read.",
                "%(count)d parts of the goods cannot be read.",
                len(problems),
            )
            % {"count": len(problems)},
            code="goods",
            field="goods",
            rows=problems,
        )
    return found


def _read(number: int, row: dict[str, str]) -> tuple[Goods | None, list[RowError]]:
    values: dict[str, Any] = {}
    wrong = []
    for name, read in READERS.items():
        cell = row.get(name, "")
        if not cell and name not in COLUMNS[:NEEDED]:
            continue
        try:
            values[name] = read(cell)
        except strict.StrictError as error:
            wrong.append(RowError(number, name, error.code, str(error)))
    return (None if wrong else Goods(**values)), wrong


def check_goods(goods: Sequence[Goods]) -> None:
    """InvalidInput that names every row and field that cannot be, or when there are none or too many."""
    if not 1 <= len(goods) <= MOST_GOODS:
        message = _("Name from 1 to %(most)d goods.") % {"most": MOST_GOODS}
        raise InvalidInput(message, code="goods", field="goods")
    problems = [problem for number, one in enumerate(goods, start=1) for problem in _problems(number, one)]
    seen: set[str] = set()
    for number, one in enumerate(goods, start=1):
        if one.name in seen:
            problems.append(RowError(number, "name", "twice", _("This name stands there twice.")))
        seen.add(one.name)
    if problems:
        message = _("The goods cannot be assigned: %(first)s") % {"first": problems[0].message}
        raise InvalidInput(message, code="goods", field="goods", rows=problems)


def _problems(number: int, one: Goods) -> Iterator[RowError]:
    for name in ("name", "category"):
        if not getattr(one, name):
            yield RowError(number, name, "required", _("Name the goods and their category."))
    if not 0 < one.hours <= MOST_HOURS or one.minutes != one.hours * 60 or one.minutes % 15:
        message = _("The hours must be quarters of an hour, up to %(most)d.") % {"most": MOST_HOURS}
        yield RowError(number, "hours", "range", message)
    if not 1 <= one.weight <= MOST_WEIGHT:
        message = _("The weight must lie between 1 and %(most)d.") % {"most": MOST_WEIGHT}
        yield RowError(number, "weight", "range", message)
    for name in ("budget", "stock"):
        value = getattr(one, name)
        if value is not None and not 0 <= value <= MOST_CNY:
            yield RowError(
                number, name, "range", _("This must lie between 0 and %(most)s.") % {"most": MOST_CNY}
            )
    if one.times and TIMES.fullmatch(one.times) is None:
        yield RowError(number, "times", "times", _("Write times like 18:00-23:00."))
