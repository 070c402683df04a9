"""Reader of provincial statistics as the statistics office exports them.

Three kinds, told apart by content:
- wide: lines of text, a header of years, one province per line, notes below (older export, GB18030);
- wide with a TAB behind every cell and a comma at the end of every line (newer export, UTF-8 with a mark):
  columns go by the position of their year in the header, so that the empty last column shifts nothing;
- long: one figure per line with province, 12-digit area code, year, indicator, value and unit.

A cell that cannot be read becomes a `RowError`; an empty cell or a dash is missing, which is not zero.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

from django.utils.translation import gettext as _

from analytics.statfiles.tables import (
    Table,
    TableError,
    TableRow,
    heading_positions,
    parse_number,
    parse_year,
    province_of,
    read_table,
)
from core.errors import RowError
from core.strict import StrictError, shown
from parks.provinces import province_by_name

Kind = Literal["wide", "long"]

_NOTE: Final = re.compile(r"(注|备注|说明|数据来源|资料来源|来源|note|source)\s*[:：]?", re.IGNORECASE)
_INDICATOR_LINE: Final = re.compile(r"指标\s*[:：]\s*(.+)")
_NAME_AND_UNIT: Final = re.compile(r"(?P<name>.*\S)\s*[(（](?P<unit>[^()（）]*)[)）]")


@dataclass(frozen=True, slots=True)
class IndicatorReading:
    """One figure: two-digit province code, indicator as named without its unit, year, value, line in the file."""

    province_code: str
    indicator_name: str
    unit: str
    year: int
    value: Decimal
    line_no: int


@dataclass(frozen=True, slots=True)
class StatFile:
    """What a statistics file holds.

    `missing` counts the empty cells. `names_indicator` is False for the newer wide export, which says nowhere
    what its figures are: its readings carry the name and unit that the caller gave, or none.
    """

    kind: Kind
    encoding: str
    readings: tuple[IndicatorReading, ...]
    problems: tuple[RowError, ...]
    missing: int
    source_note: str
    names_indicator: bool


def read_statfile(source: bytes | Path, *, indicator: str = "", unit: str = "") -> StatFile:
    """Read one statistics file; `indicator` and `unit` serve where the file itself names none.

    Raises:
        TableError: empty, not text, no header that is known, or no province in it.
        OSError: the path cannot be read.
    """
    table = read_table(source.read_bytes() if isinstance(source, Path) else source)
    for position, row in enumerate(table.rows):
        columns = heading_positions(row)
        if {"place", "year", "indicator", "value"} <= columns.keys():
            return _read_long(table, position, columns)
        if any(parse_year(cell) for cell in row.cells[1:]) and not province_by_name(row.cells[0]):
            return _read_wide(table, position, indicator, unit)
    message = _(
        "No header was found: neither years after a province column nor the columns of the long format."
    )
    raise TableError(message, code="no_header")


@dataclass(slots=True)
class _Collector:
    """Readings and problems on the way through a file; refuses a second figure for the same cell."""

    readings: list[IndicatorReading] = field(default_factory=list)
    problems: list[RowError] = field(default_factory=list)
    missing: int = 0
    provinces: set[str] = field(default_factory=set)
    first_line: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def problem(self, line: int, column: str, code: str, message: str) -> None:
        self.problems.append(RowError(line, column, code, message))

    def cell(self, row: TableRow, column: str, text: str, key: tuple[str, str, int], unit: str) -> None:
        try:
            value = parse_number(text)
        except StrictError as error:
            self.problem(row.line, column, error.code, str(error))
            return
        if value is None:
            self.missing += 1
            return
        first = self.first_line.setdefault(key, row.line)
        if first != row.line:
            message = _("This figure already stands on line %(line)d; that one is kept.") % {"line": first}
            self.problem(row.line, column, "duplicate", message)
            return
        self.readings.append(IndicatorReading(key[0], key[1], unit, key[2], value, row.line))

    def finish(self, kind: Kind, table: Table, notes: list[str], names_indicator: bool) -> StatFile:
        if not self.provinces:
            raise TableError(_("No line of the file begins with a province."), code="no_province")
        return StatFile(
            kind=kind,
            encoding=table.encoding,
            readings=tuple(self.readings),
            problems=tuple(self.problems),
            missing=self.missing,
            source_note="\n".join(notes),
            names_indicator=names_indicator,
        )


def _read_wide(table: Table, header_at: int, indicator: str, unit: str) -> StatFile:
    header, found = table.rows[header_at], _Collector()
    if parse_year(header.cells[0]):
        raise TableError(
            _("The header has no column for the province before its years."), code="no_place_column"
        )
    named = _indicator_above(table.rows[:header_at])
    name, own_unit = named or (indicator, unit)
    years = _year_columns(header, found)
    notes: list[str] = []
    for row in table.rows[header_at + 1 :]:
        province = province_by_name(row.cells[0])
        if province is None:
            _note_or_problem(row, notes, found)
            continue
        found.provinces.add(province.code)
        for column, text in enumerate(row.cells[1:], start=1):
            if column in years:
                found.cell(row, f"{years[column]}", text, (province.code, name, years[column]), own_unit)
            elif text and (column >= len(header.cells) or not header.cells[column]):
                found.problem(
                    row.line, str(column + 1), "no_year", _("A figure stands in a column without a year.")
                )
        if len(row.cells) <= max(years):
            lost = next(year for column, year in years.items() if column >= len(row.cells))
            found.problem(row.line, f"{lost}", "short_line", _("The line ends before this column."))
    return found.finish("wide", table, notes, named is not None)


def _indicator_above(rows: tuple[TableRow, ...]) -> tuple[str, str] | None:
    for row in rows:
        match = _INDICATOR_LINE.fullmatch(row.cells[0])
        if match:
            return split_unit(match[1])
    return None


def _year_columns(header: TableRow, found: _Collector) -> dict[int, int]:
    """Position of each year; a heading that is no year is reported once, a repeated year refused."""
    years: dict[int, int] = {}
    for column, text in enumerate(header.cells[1:], start=1):
        year = parse_year(text)
        if year in years.values():
            message = _("The year %(year)d stands twice in the header.") % {"year": year}
            raise TableError(message, code="repeated_year")
        if year is not None:
            years[column] = year
        elif text:
            message = _("“%(text)s” is not a year; the column is not read.") % {"text": shown(text)}
            found.problem(header.line, text, "not_a_year", message)
    return years


def _note_or_problem(row: TableRow, notes: list[str], found: _Collector) -> None:
    """A line below the header that names no province: a note of the source, or a place that nobody knows."""
    filled = [cell for cell in row.cells if cell]
    if _NOTE.match(filled[0]) or len(row.cells) == 1:
        notes.append(" ".join(filled))
        return
    message = _("“%(text)s” is not a province.") % {"text": shown(row.cells[0])}
    found.problem(row.line, "", "unknown_province", message)


def _read_long(table: Table, header_at: int, columns: dict[str, int]) -> StatFile:
    header, found = table.rows[header_at], _Collector()
    notes: list[str] = []
    for row in table.rows[header_at + 1 :]:
        if len([cell for cell in row.cells if cell]) == 1 or _NOTE.match(row.cells[0]):
            notes.append(" ".join(cell for cell in row.cells if cell))
            continue
        _read_long_row(row, header, columns, found)
    return found.finish("long", table, notes, names_indicator=True)


def _read_long_row(row: TableRow, header: TableRow, columns: dict[str, int], found: _Collector) -> None:
    if len(row.cells) <= max(columns.values()):
        found.problem(row.line, "", "short_line", _("The line has fewer cells than the header."))
        return
    cells = {key: row.cells[column] for key, column in columns.items()}
    headings = {key: header.cells[column] for key, column in columns.items()}
    try:
        province = province_of(cells["place"], cells.get("code", ""))
    except StrictError as error:
        found.problem(row.line, headings["place"], error.code, str(error))
        return
    found.provinces.add(province.code)
    year = parse_year(cells["year"])
    if year is None:
        message = _("“%(text)s” is not a year.") % {"text": shown(cells["year"])}
        found.problem(row.line, headings["year"], "not_a_year", message)
        return
    if not cells["indicator"]:
        found.problem(row.line, headings["indicator"], "no_indicator", _("The indicator is not named."))
        return
    name, unit = split_unit(cells["indicator"], cells.get("unit", ""))
    found.cell(row, headings["value"], cells["value"], (province.code, name, year), unit)


def split_unit(text: str, unit: str = "") -> tuple[str, str]:
    """Name and unit of "电子商务销售额 (亿元)"; a bracket other than a given `unit` belongs to the name."""
    match = _NAME_AND_UNIT.fullmatch(text)
    if match and unit in ("", match["unit"].strip()):
        return match["name"], match["unit"].strip()
    return text, unit
