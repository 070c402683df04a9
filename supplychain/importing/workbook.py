"""Tables out of XLSX files, with the cells as the text they would have in a CSV export.

A workbook is a ZIP archive of XML: what it says of its own size is looked at before anything is unpacked.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from typing import Any, BinaryIO

from core import strict
from core.words import gettext as _
from supplychain.importing.errors import FileError
from supplychain.importing.tables import (
    HEADER_ROWS,
    MAX_COLUMNS,
    Cells,
    Rows,
    Score,
    Table,
    best_header,
    unknown_headers,
)

MAX_PARTS = 2000
MAX_UNPACKED = 1024**3
MAX_SHARED_STRINGS = 64 * 1024**2  # the one part that is held in memory
MAX_RATIO = 120  # real sheets shrink 10 to 60 times
RATIO_FROM = 8 * 1024**2
LITERAL = re.compile(r'"[^"]*"|\\.')  # what a number format shows as it stands


def open_workbook(stream: BinaryIO, score: Score) -> Table:
    """The table with the most known headers among the visible sheets of an XLSX file."""
    import openpyxl

    with _readable_as_workbook():
        _check_archive(stream)
        stream.seek(0)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        tops = [list(islice(_cells(sheet), HEADER_ROWS)) for sheet in sheets]
    found = [(best_header(top, score), -number) for number, top in enumerate(tops)]
    (known, index), number = max(found, default=((0, 0), 0))
    if not known:
        raise unknown_headers(tops[0] if tops else [])
    headers = tops[-number][-index]
    sheet = sheets[-number]
    return Table(tuple(headers), 1 - index, _rows(sheet, skip=1 - index), f"xlsx {sheet.title}")


def _rows(sheet: Any, *, skip: int) -> Rows:
    with _readable_as_workbook():
        for line_no, cells in enumerate(islice(_cells(sheet), skip, None), skip + 1):
            if any(cells):
                yield line_no, cells


def _cells(sheet: Any) -> Iterator[Cells]:
    sheet.reset_dimensions()  # some exporters declare a sheet of one cell
    for row in sheet.iter_rows(max_col=MAX_COLUMNS):
        yield [_as_percentage(cell) or _as_text(cell.value) for cell in row]


def _as_percentage(cell: Any) -> str:
    """What a number says that is shown as a percentage; empty for other cells."""
    if not isinstance(cell.value, int | float):
        return ""
    try:
        shown = cell.number_format
    except IndexError:  # some exporters name a style that they do not define
        return ""
    return f"{cell.value * 100:.15g}%" if "%" in LITERAL.sub("", shown) else ""


def _as_text(value: Any) -> str:
    match value:
        case float():
            return f"{value:.15g}"  # what the spreadsheet shows; more digits are binary noise
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case str() if strict.is_cut_off(value.strip()):
            return f"'{value.strip()}"  # text, of which no digit is lost: the zeros are its own
        case int() if strict.is_cut_off(str(value)):
            return f"{value:.14e}"  # a number, whatever other cells hold: its last digits are lost
    return "" if value is None else str(value)


def _check_archive(stream: BinaryIO) -> None:
    with zipfile.ZipFile(stream) as archive:
        parts = archive.infolist()
        bomb = (
            len(parts) > MAX_PARTS
            or sum(part.file_size for part in parts) > MAX_UNPACKED
            or any(part.file_size > max(RATIO_FROM, MAX_RATIO * part.compress_size) for part in parts)
            or any(part.file_size > MAX_SHARED_STRINGS for part in parts if "sharedStrings" in part.filename)
        )
        if bomb:
            raise FileError("bomb", _("This workbook unpacks to far more than it should. Export it as CSV."))
        if any(part.flag_bits & 1 for part in parts):
            raise FileError("encrypted", _("This workbook is protected by a password."))
        for part in parts:
            if part.filename.endswith((".xml", ".rels")) and _declares_entities(archive, part):
                raise FileError(
                    "entities", _("This workbook declares XML entities, which no spreadsheet does.")
                )


def _declares_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with archive.open(part) as content:
        return b"<!DOCTYPE" in content.read(4096).replace(b"\x00", b"")


@contextmanager
def _readable_as_workbook() -> Iterator[None]:
    try:
        yield
    except (FileError, GeneratorExit):
        raise
    except Exception as error:  # a damaged archive makes the reader fail in any of a dozen ways
        message = _("This workbook cannot be read (%(reason)s). Save it again, or export it as CSV.")
        raise FileError("workbook", message % {"reason": type(error).__name__}) from error
