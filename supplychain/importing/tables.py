"""What a table in a file is, and which of its rows is the header."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core import strict
from core.strict import StrictError
from core.words import gettext as _
from supplychain.importing.errors import FileError

HEADER_ROWS = 20
MAX_COLUMNS = 512

Cells = list[str]
Score = Callable[[Sequence[str]], int]
Rows = Iterator[tuple[int, Cells | StrictError]]


@dataclass(frozen=True)
class Table:
    """A table found in a file: `rows` yields (line number in the file, cells) below the header."""

    headers: tuple[str, ...]
    header_line: int
    rows: Rows
    form: str  # such as "csv utf-8" or "xlsx Sheet1", for the report


def best_header(rows: Sequence[Cells], score: Score) -> tuple[int, int]:
    """(known headers, index) of the row that looks most like a header."""
    return max(((score(cells), -index) for index, cells in enumerate(rows)), default=(0, 0))


def unknown_headers(rows: Sequence[Cells]) -> FileError:
    """The refusal of a table none of whose headers is known, with the first line of it."""
    first: Sequence[str] = next((cells for cells in rows if any(cells)), [])
    seen = [strict.shown(cell) for cell in first[:MAX_COLUMNS] if cell.strip()]
    message = _("No known column headers in the first %(rows)d rows. The first line reads: %(seen)s.")
    params = {"rows": HEADER_ROWS, "seen": ", ".join(seen[:20]) or "-"}
    return FileError("unknown_headers", message % params, seen=seen)
