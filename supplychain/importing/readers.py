"""Tables out of uploaded files: what encoding, which separator, where the header, then row after row.

Reads CSV, TSV and XLSX of any size with constant memory. The stream is a seekable binary file; it is left
open. Raises FileError for what stops the whole file; a row that cannot be read comes out as its StrictError.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO

from core.strict import StrictError
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
from supplychain.importing.workbook import open_workbook

MAX_BYTES = 512 * 1024 * 1024
MAX_LINE = 1024 * 1024
DELIMITERS = (",", "\t", ";", "|")


def open_table(stream: BinaryIO, score: Score, *, max_bytes: int = MAX_BYTES) -> Table:
    """The table of a file. `score` tells how many headers of a row are known; the best of the first 20 rows wins."""
    size = stream.seek(0, io.SEEK_END)
    if size > max_bytes:
        message = _("The file has %(size)d bytes; at most %(limit)d are accepted.")
        raise FileError("too_large", message % {"size": size, "limit": max_bytes})
    stream.seek(0)
    start = stream.read(4096)
    if not start.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n") and not stream.read(1):
        raise FileError("empty", _("The file is empty."))
    if start.startswith(b"PK\x03\x04"):
        return open_workbook(stream, score)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileError(
            "old_workbook", _("This is an old .xls workbook. Save it as .xlsx or CSV and import that.")
        )
    return _open_csv(stream, sniff_encoding(stream), score)


# Encoding


def sniff_encoding(stream: BinaryIO) -> str:
    """utf-8-sig, utf-16, utf-16-le, utf-16-be or gb18030.

    UTF-8 and GB18030 are decided by the whole file, since a long file may show its first Chinese character
    late; so a wrong byte is found before anything of the file is stored.
    """
    stream.seek(0)
    start = stream.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(stream, "utf-16")
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 8 and min(even, odd) <= max(even, odd) // 8:
        return _checked(stream, "utf-16-le" if odd > even else "utf-16-be")
    if even or odd:
        raise _binary(line=start.count(b"\n", 0, start.index(b"\0")) + 1)
    try:
        return _checked(stream, "utf-8-sig")
    except _DamagedUtf8 as error:
        raise FileError(error.code, error.message) from None
    except FileError:
        return _checked(stream, "gb18030")


class _DamagedUtf8(FileError):
    """Chinese in UTF-8 up to a wrong byte: GB18030 would make rubbish of it, if it could be read so at all."""


def _checked(stream: BinaryIO, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    line = 1
    chinese = False
    try:
        while block := stream.read(MAX_LINE):
            text = decoder.decode(block)
            line += text.count("\n")
            chinese = chinese or (not text.isascii() and max(text) >= "\u0800")
            if "\x00" in text:
                raise _binary(line - text.count("\n", text.index("\0")))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, "ignore")
        line += before.count("\n")
        chinese = chinese or max(before, default="") >= "\u0800"
        refusal = _DamagedUtf8 if chinese and encoding == "utf-8-sig" else FileError
        message = _("The file is neither UTF-8 nor GB18030 (or mixes them), near line %(line)d.")
        raise refusal("encoding", message % {"line": line}) from None
    return encoding


def _binary(line: int) -> FileError:
    message = _(
        "Line %(line)d holds a NUL character: this is a binary file, neither CSV nor XLSX, or damaged."
    )
    return FileError("binary", message % {"line": line})


# CSV


@contextmanager
def _text(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield text
    finally:
        if not stream.closed:
            text.detach()  # the stream belongs to the caller


class _Lines:
    """The lines of a text, none too long to hold; `last` is the one read last."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._readline = text.readline
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.last = self._readline(MAX_LINE)
        if not self.last:
            raise StopIteration
        if len(self.last) == MAX_LINE:
            message = _("A line has more than %(limit)d characters.")
            raise FileError("line_too_long", message % {"limit": MAX_LINE})
        return self.last


def _open_csv(stream: BinaryIO, encoding: str, score: Score) -> Table:
    with _text(stream, encoding) as text:
        head = list(islice(_Lines(text), HEADER_ROWS))
    tops = {delimiter: list(_records(head, delimiter)) for delimiter in DELIMITERS}
    (known, index), delimiter = max((best_header(_readable(tops[each]), score), each) for each in DELIMITERS)
    if not known:
        raise unknown_headers(_readable(tops[max(DELIMITERS, key=head[0].count)]))
    line_no, _cells = tops[delimiter][-index]
    headers = _readable(tops[delimiter])[-index]
    if len(headers) > MAX_COLUMNS:
        raise FileError("columns", _("The table has more than %(limit)d columns.") % {"limit": MAX_COLUMNS})
    rows = _csv_rows(stream, encoding, delimiter, skip=1 - index, width=len(headers))
    return Table(tuple(headers), line_no, rows, f"csv {encoding.removesuffix('-sig')} {delimiter!r}")


def _readable(records: list[tuple[int, Cells | StrictError]]) -> list[Cells]:
    return [[] if isinstance(cells, StrictError) else cells for _line_no, cells in records]


def _records(lines: Iterable[str], delimiter: str) -> Rows:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line_no = reader.line_num + 1
        try:
            yield line_no, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = _("This row is not valid CSV: %(reason)s.")
            yield line_no, StrictError("malformed", message % {"reason": error})


def _csv_rows(stream: BinaryIO, encoding: str, delimiter: str, *, skip: int, width: int) -> Rows:
    with _text(stream, encoding) as text:
        lines = _Lines(text)
        for line_no, cells in islice(_records(lines, delimiter), skip, None):
            if isinstance(cells, StrictError) or (len(cells) == width and any(cells)):
                yield line_no, cells
            elif any(cells):
                yield line_no, _uneven(cells, width, cut_off=not lines.last.endswith(("\n", "\r")))


def _uneven(cells: Cells, width: int, *, cut_off: bool) -> Cells | StrictError:
    """A row of another width than its header. Trailing empty cells may be there or left out."""
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        message = _("The row has %(cells)d cells, the header %(names)d: its columns are shifted.")
        return StrictError("cells", message % {"cells": len(cells), "names": width})
    if len(cells) < width and cut_off:
        return StrictError("cut_off", _("The file ends in the middle of this row."))
    return cells
