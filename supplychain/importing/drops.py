"""A drop out of a file: a row for each style with its test batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

from core import strict
from core.errors import InvalidInput, RowError
from core.strict import StrictError
from core.words import gettext as _
from supplychain.importing import cells
from supplychain.importing.errors import FileError
from supplychain.importing.profiles.base import plain_header
from supplychain.importing.readers import open_table

MOST_STYLES = 200
MAX_BYTES = 5 * 1024 * 1024

# What a column is called; the first name stands in the example that people fill in.
COLUMNS = {
    "product": ("款号", "货号", "商品编码", "style", "product"),
    "test_batch": ("首批件数", "测试批量", "首单件数", "test batch", "test_batch", "pieces"),
    "price": ("售价", "单价", "price"),
    "cost": ("成本", "追加成本", "cost"),
    "leftover_value": ("尾货价", "leftover", "leftover_value"),
    "returned_percent": ("预计退货率", "退货率", "returned", "returned_percent"),
    "factory": ("工厂", "factory"),
    "day": ("上新日期", "上新日", "day"),
    "season_end": ("季末", "季末日期", "season end", "season_end"),
}
NEEDED = ("product", "test_batch", "price", "cost")
NAMES = {plain_header(name): column for column, names in COLUMNS.items() for name in names}


@dataclass(frozen=True)
class DropRow:
    """A style of a drop by its code and its factory by name, with the line of the file that says so."""

    line: int
    product: str
    factory: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def _day(text: str) -> date:
    found = cells.when(text).date()
    strict.check_year(found)
    return found


def _percent(text: str) -> int:
    """A whole percentage, with or without its sign."""
    return cells.count(text.removesuffix("%").strip())


def _code(text: str) -> str:
    return strict.code(text, 64)


READ: dict[str, Callable[[str], Any]] = {
    "product": _code,
    "test_batch": cells.count,
    "price": cells.money,
    "cost": cells.money,
    "leftover_value": cells.money,
    "returned_percent": _percent,
    "factory": lambda text: strict.text(text, 200),
    "day": _day,
    "season_end": _day,
}


def read_drop(stream: BinaryIO) -> list[DropRow]:
    """The styles of a file. FileError for what is no such table, InvalidInput with every row that is wrong."""
    table = open_table(
        stream, lambda row: len({NAMES.get(plain_header(cell)) for cell in row} - {None}), max_bytes=MAX_BYTES
    )
    places = {
        NAMES[plain_header(header)]: index
        for index, header in reversed(list(enumerate(table.headers)))
        if plain_header(header) in NAMES
    }
    missing = [COLUMNS[column][0] for column in NEEDED if column not in places]
    if missing:
        message = _("Columns are missing: %(missing)s. The file has: %(seen)s.")
        seen = [strict.shown(header) for header in table.headers if header]
        raise FileError("missing_headers", message % {"missing": ", ".join(missing), "seen": ", ".join(seen)})
    found: list[DropRow] = []
    wrong: list[RowError] = []
    for line, row in table.rows:
        if isinstance(row, StrictError):
            wrong.append(RowError(line, "", row.code, row.message))
            continue
        said = {  # empty cells at the end of a row may be left out
            column: cells.clean(row[index]) if index < len(row) else "" for column, index in places.items()
        }
        if not any(said.values()):
            continue
        if len(found) + len(wrong) >= MOST_STYLES:
            message = _("A drop holds at most %(most)d styles.") % {"most": MOST_STYLES}
            raise FileError("too_many", message)
        values, problems = _values(line, said)
        wrong += problems
        found.append(DropRow(line, values.pop("product", ""), values.pop("factory", ""), values))
    if wrong:
        raise refused(wrong)
    if not found:
        raise FileError("empty", _("The file is empty."))
    return found


def _values(line: int, said: dict[str, str]) -> tuple[dict[str, Any], list[RowError]]:
    values: dict[str, Any] = {}
    problems = []
    for column, text in said.items():
        if text:
            try:
                values[column] = READ[column](text)
            except StrictError as error:
                problems.append(RowError(line, COLUMNS[column][0], error.code, error.message))
        elif column in NEEDED:
            problems.append(RowError(line, COLUMNS[column][0], "required", _("It is empty.")))
    return values, problems


def refused(rows: list[RowError]) -> InvalidInput:
    """The refusal of a whole drop, with what is wrong with each row."""
    return InvalidInput(
        _("Nothing is stored: mend these rows and send the file again."), code="rows", rows=rows
    )
