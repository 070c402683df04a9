"""The one writer of table files: CSV and XLSX that no spreadsheet takes for formulas.

A text that a spreadsheet would run gets a leading apostrophe; numbers, days and instants stay what they are.
Instants are written as wall-clock time in Asia/Shanghai.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from core.clock import local

Cell = str | int | float | Decimal | date | datetime | time | bool | None
FORMATS = ("csv", "xlsx")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Half-width and full-width: spreadsheets in Chinese and Japanese run both.
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠﹢﹣﹦﹫")
IGNORED_STARTS = " \u00a0\u3000\"'“”‘’\ufeff\u200b"


def safe_cell(value: Any) -> Cell:
    """A value as it may stand in a cell: texts without control characters and never read as a formula."""
    if isinstance(value, datetime):
        return local(value).replace(tzinfo=None)
    if value is None or isinstance(value, bool | int | float | Decimal | date | time):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
    core = text.lstrip(IGNORED_STARTS)
    return f"'{text}" if core[:1] in FORMULA_STARTS and core else text


def table_response(
    kind: str, name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> HttpResponseBase:
    """A download of a header and rows; `kind` is "csv" or "xlsx", `name` the file's name without its ending."""
    safe_rows = ([safe_cell(value) for value in row] for row in [header])
    body = ([safe_cell(value) for value in row] for row in rows)
    response: HttpResponseBase
    if kind == "csv":
        response = StreamingHttpResponse(_csv_lines(safe_rows, body), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    elif kind == "xlsx":
        file = _workbook(safe_rows, body)
        response = FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
    else:
        raise ValueError(f"no such table format: {kind}")
    return response


class _Line:
    """What csv.writer writes to: hands back each line."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(*parts: Iterable[Sequence[Cell]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff"  # spreadsheets take the file for UTF-8 by it
    for rows in parts:
        for row in rows:
            yield writer.writerow(row)


def _workbook(*parts: Iterable[Sequence[Cell]]) -> IO[bytes]:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for rows in parts:
        for row in rows:
            sheet.append(list(row))
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    workbook.save(file)
    file.seek(0)
    return file
