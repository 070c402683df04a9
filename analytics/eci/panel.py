"""A panel of provinces and years as a table of numbers, read from a CSV file or taken from rows.

A file is wide (province, year and one column for each indicator) or long (province, year, indicator, value), in
UTF-8 or GBK. Whatever cannot be used is refused with its line and the reason; nothing is filled in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.eci.columns import PanelError, choose_columns
from analytics.eci.indicators import IndicatorSpec
from analytics.index import FloatArray
from analytics.statfiles.tables import (
    Table,
    TableRow,
    heading_positions,
    parse_number,
    parse_year,
    province_of,
    read_table,
    told,
)
from core.errors import RowError
from core.strict import StrictError, shown
from parks.provinces import province_by_code

MAX_DECIMALS: Final = 30  # programs write binary fractions out in full
MAX_PROBLEMS: Final = 1000
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One cell of a panel: two-digit province code, year, indicator or variable code, value."""

    province_code: str
    year: int
    indicator_code: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class PanelData:
    """`values[i, j]` is indicator j of `places[i]` (province code, year); places are sorted.

    `set_aside` names the columns of the source that are not in the index, `left_out` the provinces that lack a chosen
    series of the parks; `sha256` is that of the source.
    """

    indicators: tuple[IndicatorSpec, ...]
    places: tuple[Place, ...]
    values: FloatArray
    set_aside: tuple[str, ...]
    sha256: str
    left_out: tuple[str, ...] = ()

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({year for _code, year in self.places}))

    @property
    def provinces(self) -> tuple[str, ...]:
        return tuple(sorted({code for code, _year in self.places}))


def panel_from_file(
    source: Path | bytes, *, indicators: Sequence[str] = (), negative: Sequence[str] = ()
) -> PanelData:
    """Read a panel file; `indicators` and `negative` choose columns as `choose_columns` says.

    Raises:
        PanelError: with one RowError for every cell that is missing or unreadable.
        TableError: the file is not a text table.
        OSError: the path cannot be read.
    """
    data = source.read_bytes() if isinstance(source, Path) else source
    table = read_table(data)
    header = table.rows[0]
    at = heading_positions(header)
    if ("place" not in at and "code" not in at) or "year" not in at:
        raise PanelError(_("The first line must head the columns province and year."), code="no_header")
    is_long = "indicator" in at and "value" in at
    if is_long:
        heads = [head for row in table.rows[1:] if (head := _cell(row, at["indicator"]))]
        heads = list(dict.fromkeys(heads))
    else:
        keys = {at[key] for key in ("place", "code", "year") if key in at}
        heads = [cell for i, cell in enumerate(header.cells) if i not in keys and cell]
    chosen, set_aside = choose_columns(heads, indicators=indicators, negative=negative)
    found = _Collector({head: spec.code for head, spec in chosen.items()})
    if is_long:
        _read_long(table, at, found)
    else:
        _read_wide(table, at, found)
    return found.finish(tuple(chosen.values()), set_aside, hashlib.sha256(data).hexdigest())


def panel_from_rows(
    rows: Iterable[PanelRow], *, indicators: Sequence[str] = (), negative: Sequence[str] = ()
) -> PanelData:
    """The same from rows; problems count the rows from 1, the hash is over the sorted rows.

    Raises:
        PanelError
    """
    given = list(rows)
    heads = list(dict.fromkeys(row.indicator_code for row in given))
    chosen, set_aside = choose_columns(heads, indicators=indicators, negative=negative)
    found = _Collector({head: spec.code for head, spec in chosen.items()})
    for number, row in enumerate(given, start=1):
        if province_by_code(row.province_code) is None:
            message = _("“%(text)s” is not the area code of a province.") % {"text": shown(row.province_code)}
            found.problem(number, "province", "unknown_code", message)
        elif row.indicator_code in found.code_of:
            found.add(number, (row.province_code, row.year), row.indicator_code, row.value)
    lines = sorted(f"{row.province_code},{row.year},{row.indicator_code},{row.value}\n" for row in given)
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    return found.finish(tuple(chosen.values()), set_aside, digest)


@dataclass(slots=True)
class _Collector:
    """Values by place and indicator on the way through the source, and what was wrong with them."""

    code_of: dict[str, str]  # heading -> indicator code
    values: dict[tuple[Place, str], Decimal] = field(default_factory=dict)
    line_of_cell: dict[tuple[Place, str], int] = field(default_factory=dict)
    line_of: dict[Place, int] = field(default_factory=dict)
    problems: list[RowError] = field(default_factory=list)

    def problem(self, line: int, column: str, code: str, message: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(RowError(line, column, code, message))

    def place(self, row: TableRow, at: dict[str, int]) -> Place | None:
        """Province and year of a line; None once the reason is noted."""
        code = _cell(row, at["code"]) if "code" in at else ""
        name = _cell(row, at["place"]) if "place" in at else ""
        try:
            province = province_of(name, code)
        except StrictError as error:
            self.problem(row.line, "province", error.code, str(error))
            return None
        year = parse_year(_cell(row, at["year"]))
        if year is None:
            message = _("“%(text)s” is not a year.") % {"text": shown(_cell(row, at["year"]))}
            self.problem(row.line, "year", "not_a_year", message)
            return None
        return province.code, year

    def cell(self, line: int, place: Place, head: str, written: str) -> None:
        """Take a cell as it is written in a file."""
        try:
            value = parse_number(written, max_decimals=MAX_DECIMALS)
        except StrictError as error:
            self.line_of_cell.setdefault((place, self.code_of[head]), line)
            self.problem(line, head, error.code, str(error))
            return
        self.add(line, place, head, value)

    def add(self, line: int, place: Place, head: str, value: Decimal | None) -> None:
        self.line_of.setdefault(place, line)
        first = self.line_of_cell.setdefault((place, self.code_of[head]), line)
        if first != line:
            message = _("This province and year already stand on line %(line)d.") % {"line": first}
            self.problem(line, head, "duplicate", message)
        elif value is None:
            self.problem(line, head, "missing", _("The cell is empty; fill it in before, and say how."))
        elif not value.is_finite():
            self.problem(line, head, "not_a_number", _("“%(text)s” is not a number.") % {"text": value})
        else:
            self.values[place, self.code_of[head]] = value

    def finish(
        self, indicators: tuple[IndicatorSpec, ...], set_aside: tuple[str, ...], sha256: str
    ) -> PanelData:
        places = tuple(sorted(self.line_of))
        head_of = {code: head for head, code in self.code_of.items()}
        for place in places:
            for spec in indicators:
                if (place, spec.code) not in self.line_of_cell:
                    province = province_by_code(place[0])
                    message = _("Nothing is given for %(province)s in %(year)d.")
                    message %= {"province": province.short_zh if province else place[0], "year": place[1]}
                    self.problem(self.line_of[place], head_of[spec.code], "missing", message)
        if self.problems:
            message = ngettext(
                "The panel cannot be used: %(count)d problem, on %(problem)s",
                "The panel cannot be used: %(count)d problems, the first on %(problem)s",
                len(self.problems),
            )
            message %= {"count": len(self.problems), "problem": told(self.problems[0])}
            raise PanelError(message, rows=self.problems)
        if not places:
            raise PanelError(_("The panel has no rows."), code="no_rows")
        table = [[float(self.values[place, spec.code]) for spec in indicators] for place in places]
        return PanelData(indicators, places, np.array(table, dtype=np.float64), set_aside, sha256)


def _read_wide(table: Table, at: dict[str, int], found: _Collector) -> None:
    header = table.rows[0]
    columns = {i: head for i, head in enumerate(header.cells) if head in found.code_of}
    for row in table.rows[1:]:
        place = found.place(row, at)
        if place is None:
            continue
        if any(row.cells[len(header.cells) :]):
            found.problem(row.line, "", "long_line", _("The line has more cells than the header."))
        if place in found.line_of:
            message = _("This province and year already stand on line %(line)d.")
            found.problem(row.line, "province", "duplicate", message % {"line": found.line_of[place]})
            continue
        found.line_of[place] = row.line
        for i, head in columns.items():
            found.cell(row.line, place, head, _cell(row, i))


def _read_long(table: Table, at: dict[str, int], found: _Collector) -> None:
    for row in table.rows[1:]:
        head = _cell(row, at["indicator"])
        place = found.place(row, at)
        if not head:
            found.problem(row.line, "indicator", "no_indicator", _("The indicator is not named."))
        elif place is not None and head in found.code_of:
            found.cell(row.line, place, head, _cell(row, at["value"]))


def _cell(row: TableRow, column: int) -> str:
    return row.cells[column] if column < len(row.cells) else ""
