"""The rows that an import did not take, as a file that can be put right and imported again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import IO, Any, BinaryIO

from django.utils import translation

from core.doors.export import safe_cell
from core.errors import RowError
from core.strict import StrictError
from core.words import gettext as _
from core.words import join, pack, unpack
from supplychain.importing import Profile
from supplychain.importing.cells import clean
from supplychain.importing.readers import open_table

_BOM = b"\xef\xbb\xbf"
_NUMBER = re.compile(r"-?[0-9][0-9,]*(\.[0-9]+)?")


def rows_of_same_orders(
    stream: BinaryIO, profile: Profile[Any], line_nos: Collection[int], first: int | None = None
) -> set[int]:
    """The line numbers of all rows, or of the first ones, that belong to the orders of some, those included."""
    position = profile.index(open_table(stream, profile.score).headers).get(profile.order)
    if position is None:
        return set(line_nos)
    rows = partial(_orders, stream, profile, position, first)
    orders = {order for line_no, order in rows() if line_no in line_nos and order}
    same = {line_no for line_no, order in rows() if order in orders}
    return same | set(line_nos)


def _orders(
    stream: BinaryIO, profile: Profile[Any], position: int, first: int | None
) -> Iterator[tuple[int, str]]:
    for line_no, cells in islice(open_table(stream, profile.score).rows, first):
        if not isinstance(cells, StrictError) and position < len(cells):
            yield line_no, clean(cells[position])


def rejects_file(
    stream: BinaryIO, profile: Profile[Any], bad: Mapping[int, Sequence[RowError]], left_out: Collection[int]
) -> Iterator[bytes]:
    """A CSV of the rows that were not taken, with the reason in a last column and without personal columns.

    It is to be kept: the last column is for `rejects_told` to read.
    """
    table = open_table(stream, profile.score)
    personal = set(profile.personal_headers(table.headers))
    kept = [place for place, header in enumerate(table.headers) if header.strip() not in personal]
    yield _BOM + _line([*(_safe(table.headers[place]) for place in kept), pack(_("Reason"))])
    last = max((*bad, *left_out))
    for line_no, cells in table.rows:
        if line_no > last:
            return
        if line_no in bad:
            reason: str = join("; ", [_reason(problem) for problem in bad[line_no]])
        elif line_no in left_out:
            reason = _("Another row of this order is refused.")
        else:
            continue
        row = [] if isinstance(cells, StrictError) else cells
        shown = [_safe(row[place]) if place < len(row) else "" for place in kept]
        told = _("line %(line)d: %(reason)s") % {"line": line_no, "reason": reason}
        yield _line([*shown, pack(told)])


def _reason(problem: RowError) -> str:
    return join(": ", [problem.field, problem.message]) if problem.field else problem.message


def rejects_told(kept: IO[bytes]) -> Iterator[bytes]:
    """A file of `rejects_file` for whoever takes it home now, in the active language. Closes the file at its end."""
    return _told(kept, translation.get_language())


def _told(kept: IO[bytes], language: str | None) -> Iterator[bytes]:
    yield _BOM
    with io.TextIOWrapper(kept, "utf-8-sig", newline="") as text:
        for *cells, reason in csv.reader(text):
            with translation.override(language):  # by the time a line is sent, the page is long done
                told = unpack(reason)
            yield _line([*cells, _safe(told)])


class _Text:
    """What csv.writer writes to: hands back each line."""

    def write(self, line: str) -> str:
        return line


_writer = csv.writer(_Text())
# What its own reader takes of a cell, with the sign that makes it safe; a workbook may hold more than programs show.
_LONGEST = csv.field_size_limit() - 1


def _safe(cell: str) -> Any:
    return cell if _NUMBER.fullmatch(cell) else safe_cell(cell[:_LONGEST])


def _line(cells: Sequence[Any]) -> bytes:
    line: str = _writer.writerow(cells)  # what _Text hands back
    return line.encode()
