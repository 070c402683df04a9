"""A batch of order lines as the API receives it: JSON array, NDJSON or CSV, parsed once.

The good case is one pass of C code over the body and one of Python over its fields. What costs more, finding
out which rows hold a duplicate key or half a surrogate pair, happens only to bodies that need it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core import strict
from core.errors import InvalidInput, RowError
from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts.fact import SaleFact, content_hash
from supplychain.facts.values import CELL_PARSERS, PARSERS, REQUIRED, FactError, Parsers, fact_from_values
from supplychain.facts.wire import quick_facts

MAX_LINES = 5000
CSV = "text/csv"


class BatchError(InvalidInput):
    """A body that is refused as a whole, with the HTTP status that belongs to it."""

    def __init__(self, code: str, status: int, message: str, field: str = "") -> None:
        super().__init__(message, code=code, field=field)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class ParsedBatch:
    """The good rows with their index (from 0), and what is wrong with the others, whose numbers count from 1."""

    facts: list[tuple[int, SaleFact]]
    problems: list[RowError]
    rows: int

    @property
    def bad_rows(self) -> int:
        """How many rows have at least one problem."""
        return self.rows - len(self.facts)


def parse_batch(body: bytes, content_type: str, *, max_bytes: int, max_lines: int = MAX_LINES) -> ParsedBatch:
    """The facts of a request body of `application/json`, `application/x-ndjson` or `text/csv`.

    A row is good or has its problems listed; a row that repeats the key of an earlier one with other content
    is a problem, with the same content it is a fact like any other and left to the ledger. Raises BatchError
    for what concerns no single row: size, encoding, depth, syntax, shape.
    """
    if len(body) > max_bytes:
        raise _too_large(_("at most %(limit)d bytes") % {"limit": max_bytes})
    if not body.strip():
        raise BatchError("empty", 400, _("The body is empty."))
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in _READERS:
        message = _("Send application/json, application/x-ndjson or text/csv.")
        raise BatchError("unsupported_type", 415, message)
    try:
        rows = _READERS[media_type](body)
    except StrictError as error:
        raise BatchError(error.code, error.status, error.message, error.field) from None
    if not rows:
        raise BatchError("empty", 400, _("The body holds no rows."))
    if len(rows) > max_lines:
        raise _too_large(_("at most %(limit)d rows") % {"limit": max_lines})
    return parse_rows(rows, CELL_PARSERS if media_type == CSV else PARSERS)


def _too_large(limit: str) -> BatchError:
    message = _("One request takes %(limit)s. Upload larger files on the import page, or with import_orders.")
    return BatchError("too_large", 413, message % {"limit": limit})


def parse_rows(rows: list[Any], parsers: Parsers = PARSERS) -> ParsedBatch:
    """The facts of rows that are read already: objects, facts, or the StrictError that makes a row unreadable."""
    facts: list[tuple[int, SaleFact]] = []
    problems: list[RowError] = []
    first: dict[tuple[str, int], int] = {}
    for index, row in enumerate(rows):
        try:
            fact = row if type(row) is SaleFact else fact_from_values(_object(row), parsers)
            earlier = first.setdefault(fact.key, len(facts))
            if earlier != len(facts):
                _check_same(facts[earlier], fact)
        except FactError as error:
            problems += error.row_errors(index + 1)
        except StrictError as error:
            problems.append(RowError(index + 1, error.field, error.code, error.message))
        else:
            facts.append((index, fact))
    return ParsedBatch(facts, problems, len(rows))


def _object(row: Any) -> dict[str, Any]:
    if type(row) is dict:
        return row
    if isinstance(row, StrictError):
        raise row
    raise StrictError("type", _("A row is an object with named fields."))


def _check_same(earlier: tuple[int, SaleFact], fact: SaleFact) -> None:
    index, known = earlier
    if content_hash(known) != content_hash(fact):
        message = _("Row %(row)d of this batch has the same external id and version and other content.")
        raise StrictError("conflict_in_batch", message % {"row": index + 1}, field="external_id")


# Readers: body -> rows. A row is a fact, or a dict of raw values to make one of, or the StrictError that makes
# the row unreadable.


def _read_json(body: bytes) -> list[Any]:
    facts = quick_facts(body, keys=strict.outline(body).count(b":"), ndjson=False)
    return _list_of(_read_carefully(body)) if facts is None else facts


def _read_ndjson(body: bytes) -> list[Any]:
    facts = quick_facts(body, keys=strict.outline(body).count(b":"), ndjson=True)
    if facts is not None:
        return facts
    strict.decode_utf8(body)
    return [_read_line(line) for line in body.splitlines() if line.strip()]


def _read_line(line: bytes) -> Any:
    try:
        return _read_carefully(line)
    except StrictError as error:
        return error


def _list_of(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise StrictError("not_a_list", _("Send a JSON array of rows, even for one row."))


def _read_carefully(body: bytes) -> Any:
    """The value of a JSON text in which an object that names a key twice is replaced by its refusal.

    Characters that no string may hold pass here, for the fields' own parsers to name the row and the field.
    """
    strict.check_depth(strict.outline(body))
    try:
        return json.loads(strict.decode_utf8(body), object_pairs_hook=strict.unique_keys, strict=False)
    except json.JSONDecodeError as error:
        raise strict.malformed(error) from None
    except ValueError:
        raise StrictError("number", _("A number has too many digits.")) from None


def _read_csv(body: bytes) -> list[Any]:
    lines = csv.reader(io.StringIO(strict.decode_utf8(body), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(header)
        return [_csv_row(header, cells) for cells in lines if any(cells)]
    except csv.Error as error:
        message = _("This is not valid CSV (line %(line)d): %(reason)s.")
        raise StrictError("malformed", message % {"line": lines.line_num, "reason": error}) from None


def _check_header(header: list[str]) -> None:
    unknown = [strict.shown(name) for name in header if name not in PARSERS]
    missing = [name for name in REQUIRED if name not in header]
    if unknown or missing:
        message = _("The first line names the fields. Not known: %(unknown)s. Missing: %(missing)s.")
        params = {"unknown": _listed(unknown), "missing": _listed(missing)}
        raise StrictError("header", message % params)
    if len(set(header)) != len(header):
        raise strict.duplicate_key([(name, None) for name in header])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "-"


def _csv_row(header: list[str], cells: list[str]) -> dict[str, str] | StrictError:
    if len(cells) > len(header):
        message = _("The row has %(cells)d cells, the header %(names)d.")
        return StrictError("cells", message % {"cells": len(cells), "names": len(header)})
    return dict(zip(header, cells, strict=False))


_READERS = {
    "application/json": _read_json,
    "application/x-ndjson": _read_ndjson,
    CSV: _read_csv,
}
