"""Exports of platforms for tests: the examples as tables, and what can happen to a file on its way here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import openpyxl

from supplychain.facts import SaleFact
from supplychain.importing import FileReport, Profile, iter_facts
from supplychain.importing.profiles.base import EXAMPLES

Rows = list[dict[str, str]]


def sample(name: str) -> Rows:
    """The rows of a sample file, by its headers."""
    body = (EXAMPLES / name).read_bytes()
    text = body.decode("utf-8-sig" if body.startswith(b"\xef\xbb\xbf") else "gb18030")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def table(rows: Sequence[Mapping[str, str]], *, above: Sequence[str] = (), delimiter: str = ",") -> str:
    """Rows as the text of a file, below some lines."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return "".join(f"{line}\n" for line in above) + out.getvalue()


def workbook(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as an XLSX file, the cells as they are."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(
    body: bytes | str, profile: Profile[SaleFact] | None = None, **options: str
) -> tuple[list[SaleFact], FileReport]:
    """All facts of a file, and its report."""
    content = body.encode("utf-8-sig") if isinstance(body, str) else body
    file = iter_facts(io.BytesIO(content), profile, **options)
    return [fact for result in file for fact in result.facts], file.report


def sums(facts: Iterable[SaleFact]) -> dict[str, str]:
    """The sum of each kind."""
    found: dict[str, object] = {}
    for fact in facts:
        amount = fact.amount if fact.amount is not None else fact.amount_foreign
        found[fact.kind] = (found.get(fact.kind) or 0) + amount  # type: ignore[operator]
    return {kind: f"{total:.2f}" for kind, total in found.items()}
