"""Text tables as statistics offices and analysts write them: encodings, delimiters, numbers and years.

Shared by the readers of statistics files and of panels. Everything is decided by content; nothing is guessed
where a guess could change a figure: full-width digits, exponents and shortened codes are refused by name.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from core.errors import InvalidInput, RowError
from core.strict import StrictError, shown
from parks.provinces import Province, province_by_code, province_by_name

MAX_BYTES: Final = 64 * 1024 * 1024
MISSING_MARKS: Final = frozenset({"", "-", "--", "—", "——", "–", "－"})
_MAGIC: Final = (
    (b"PK\x03\x04", "xlsx"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "png"),
    (b"\x1f\x8b", "gzip"),
)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_NUMBER: Final = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
EXPONENT: Final = re.compile(r"-?\d+(\.\d+)?[eE][+-]?\d+", re.ASCII)
_YEAR: Final = re.compile(r"(\d{4})\s*(年|年度)?", re.ASCII)
MAX_INTEGER_DIGITS: Final = 16


# Headings by which a column is known, the more telling first.
HEADINGS: Final = {
    "place": ("province", "省份", "省市", "省", "地区", "region", "区域", "area"),
    "code": ("province_code", "地区代码", "省份代码", "行政区划代码", "area_code"),
    "year": ("year", "年份", "年", "时间"),
    "indicator": ("indicator", "指标", "指标名称", "indicator_code"),
    "value": ("value", "数值", "数据", "值"),
    "unit": ("unit", "单位", "计量单位"),
}


class TableError(InvalidInput):
    """The file as a whole cannot be read; the text says what to do, `rows` name the lines where there are some."""


def told(problem: RowError) -> str:
    """The problem as one line of text: line, column where there is one, reason."""
    place = {"line": problem.row, "column": shown(problem.field), "reason": problem.message}
    if problem.field:
        return _("line %(line)d, %(column)s: %(reason)s") % place
    return _("line %(line)d: %(reason)s") % place


@dataclass(frozen=True, slots=True)
class TableRow:
    """The stripped cells of one record and the line it starts on."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    encoding: str
    rows: tuple[TableRow, ...]


def read_table(data: bytes) -> Table:
    """Decode `data` and cut it into rows; rows without any text are left out, their lines still count.

    Encodings: UTF-8, UTF-16 with a mark, GB18030 (and so GBK, GB2312). Delimiters: comma, TAB, semicolon.

    Raises:
        TableError: empty, too large, not text, or broken quotes.
    """
    text, encoding = _decode(data)
    return Table(encoding, tuple(row for row in _split(text) if any(row.cells)))


def heading_positions(row: TableRow) -> dict[str, int]:
    """Where the columns known to HEADINGS stand in a header row."""
    position = {cell.casefold(): i for i, cell in reversed([*enumerate(row.cells)])}
    found = {key: next((name for name in names if name in position), None) for key, names in HEADINGS.items()}
    return {key: position[name] for key, name in found.items() if name is not None}


def province_of(name: str, code: str) -> Province:
    """The province that name and area code agree on; either may be empty, a code may stand for the name.

    Raises:
        StrictError: unknown, contradicting, or shortened by a spreadsheet.
    """
    by_name, by_code = province_by_name(name) or province_by_code(name), province_by_code(code)
    if name and by_name is None:
        raise StrictError("unknown_province", _("“%(text)s” is not a province.") % {"text": shown(name)})
    if EXPONENT.fullmatch(code):
        message = _("A spreadsheet shortened the area code to %(code)s; export it as text.")
        raise StrictError("ruined_code", message % {"code": shown(code)})
    if code and by_code is None:
        message = _("“%(text)s” is not the area code of a province.") % {"text": shown(code)}
        raise StrictError("unknown_code", message)
    if by_name and by_code and by_name is not by_code:
        message = _("The code %(code)s is not that of %(name)s.") % {"code": shown(code), "name": shown(name)}
        raise StrictError("code_mismatch", message)
    province = by_name or by_code
    if province is None:
        raise StrictError("unknown_province", _("The line names no province."))
    return province


def parse_number(text: str, *, max_decimals: int = 8) -> Decimal | None:
    """The number of a cell, None where the cell is empty or holds a dash: missing, which is not zero.

    Raises:
        StrictError: full-width digits, exponents, more digits than a figure has, or no number at all.
    """
    if text in MISSING_MARKS:
        return None
    if not _NUMBER.fullmatch(text):
        raise _no_number(text)
    plain = text.replace(",", "")
    whole, _point, decimals = plain.lstrip("-").partition(".")
    if len(whole.lstrip("0")) > MAX_INTEGER_DIGITS or len(decimals) > max_decimals:
        message = _("“%(text)s” has more digits than a figure can have.")
        raise StrictError("too_long", message % {"text": shown(text)})
    return Decimal(plain)


def _no_number(text: str) -> StrictError:
    cell = {"text": shown(text)}
    if any(char.isdigit() and not char.isascii() for char in text):
        return StrictError("wide_digits", _("“%(text)s” has full-width digits; write 0-9.") % cell)
    if EXPONENT.fullmatch(text):
        return StrictError("exponent", _("“%(text)s” has an exponent; write the figure out.") % cell)
    return StrictError("not_a_number", _("“%(text)s” is not a number.") % cell)


def parse_year(text: str) -> int | None:
    """The year of "2024", "2024年" or "2024年度"; None when the text is something else."""
    match = _YEAR.fullmatch(text)
    if match is None or not 1900 <= int(match[1]) <= 2100:
        return None
    return int(match[1])


def _decode(data: bytes) -> tuple[str, str]:
    if len(data) > MAX_BYTES:
        raise TableError(_("The file is larger than %(mb)d MB.") % {"mb": MAX_BYTES >> 20}, code="too_large")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            message = _("This is a %(kind)s file and not text; save it as CSV.") % {"kind": kind}
            raise TableError(message, code="not_text")
    bom = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    for encoding in (bom,) if bom else ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise TableError(_("The file is empty."), code="empty")
        control = _CONTROL.search(text)
        if control:
            line = text.count("\n", 0, control.start()) + 1
            message = _("Line %(line)d holds the control character %(char)s: this is not a text table.")
            raise TableError(message % {"line": line, "char": f"U+{ord(control[0]):04X}"}, code="not_text")
        return text, encoding
    raise TableError(_("The bytes are neither UTF-8, UTF-16 nor GB18030 text."), code="encoding")


def _split(text: str) -> Iterator[TableRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            # Exports pad cells with TABs and no-break spaces; str.strip takes both.
            yield TableRow(line, tuple(cell.strip() for cell in cells))
            line = reader.line_num + 1
    except csv.Error as error:
        message = _("Line %(line)d cannot be cut into cells: %(reason)s.") % {"line": line, "reason": error}
        raise TableError(message, code="quotes") from error


def _delimiter(text: str) -> str:
    """The character that cuts most lines into three cells or more.

    Comma wins a tie: the newer exports pad every cell with a TAB. A TAB file with thousands commas keeps its
    TABs, because its header has none.
    """
    lines = text.splitlines()
    return max(",\t;", key=lambda char: sum(line.count(char) >= 2 for line in lines))
