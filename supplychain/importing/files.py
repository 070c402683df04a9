"""From an uploaded file to facts or statements, row by row and in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from typing import Any, BinaryIO, Generic, NamedTuple

from msgspec.structs import replace

from core import strict
from core.errors import RowError
from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts import SaleFact
from supplychain.facts.fact import BASE_CURRENCY
from supplychain.importing.cells import clean, is_whole_id
from supplychain.importing.errors import FileError
from supplychain.importing.mapping import Mapping, mapping_profile
from supplychain.importing.others import marks_among, told_apart
from supplychain.importing.payouts import PAYOUT_PROFILES, PayoutLine, payout_profile
from supplychain.importing.profiles import PROFILES, best_fit
from supplychain.importing.profiles.base import C, Layout, Options, Profile, Row, is_personal, plain_header
from supplychain.importing.readers import MAX_BYTES, open_table
from supplychain.importing.report import FileReport
from supplychain.importing.sessions import SESSION_PROFILES, SessionRow
from supplychain.importing.tables import Cells, Table

MAX_ROWS = 1_000_000
MAX_SESSIONS = 20_000
PREVIEW_ROWS = 5000
EVIDENCE_ROWS = 200
MOST_VALUES = 40
TOTALS = ("合计", "总计", "小计")
FOOTERS = (*TOTALS, "注:", "注：", "数据来源", "Platform unique order ID")


class RowResult(NamedTuple, Generic[C]):
    """One row of a file: its line number, and either its facts (none: the row is no sale) or what is wrong."""

    line_no: int
    facts: list[C]
    problems: list[RowError]


class FileOf(Generic[C]):
    """The rows of a file as what its profile makes of them; iterate once. `report` tells what was read so far."""

    def __init__(
        self, table: Table, profile: Profile[C], options: Options, *, trust_ids: bool, max_rows: int
    ) -> None:
        index = profile.index(table.headers)
        personal = profile.personal_headers(table.headers)
        used = set(index.values())
        unused = [header.strip() for position, header in enumerate(table.headers) if position not in used]
        self.profile = profile
        self.report = FileReport(
            profile=profile.code,
            form=table.form,
            header_line=table.header_line,
            currency=options.currency,
            dropped=personal,
            ignored=[header for header in unused if header and header not in personal],
            notes=options.notes,
        )
        self._table = table
        self._index = index
        self._trust_ids = trust_ids
        self._headers = {name: table.headers[position].strip() for name, position in index.items()}
        self._facts_of = profile.build(options)
        self._max_rows = max_rows

    def has(self, field: str) -> bool:
        """Whether the file says a field, in a column or for all of its rows."""
        return field in self._index or field in self.profile.constants

    def each(self, change: Callable[[C], C]) -> None:
        """Change every fact of the file as it is read."""
        made = self._facts_of
        self._facts_of = lambda row: [change(fact) for fact in made(row)]

    def __iter__(self) -> Iterator[RowResult[C]]:
        report = self.report
        head = list(islice(self._table.rows, EVIDENCE_ROWS))
        layout = Layout(self._index, self.profile.constants, self._trusted(head))
        for line_no, cells in chain(head, self._table.rows):
            if report.rows >= self._max_rows:
                message = _("The file has more than %(limit)d rows; split it.")
                raise FileError("too_many_rows", message % {"limit": self._max_rows})
            try:
                if isinstance(cells, StrictError):
                    raise cells
                facts = self._facts_of(Row(layout, cells))
            except StrictError as error:
                if _is_footer(cells) or (not report.rows and _explains(cells)):
                    report.notes["footer"] += 1
                    continue
                problems = [
                    RowError(line_no, self._headers.get(error.field, error.field), error.code, error.message)
                ]
                report.refuse(problems)
                yield RowResult(line_no, [], problems)
            else:
                report.add(facts)
                yield RowResult(line_no, facts, [])
        if not report.rows:
            raise FileError("empty", _("The file has a header and no rows below it."))

    def _trusted(self, head: list[tuple[int, Cells | StrictError]]) -> Collection[str]:
        """The columns whose ids no spreadsheet has cut: it cuts all long ones of a column, and some here are whole."""
        if self._trust_ids:
            return self._index.keys()
        rows = [cells for _line_no, cells in head if not isinstance(cells, StrictError)]
        return {
            name
            for name, position in self._index.items()
            if any(position < len(cells) and is_whole_id(cells[position].strip(" ")) for cells in rows)
        }


SalesFile = FileOf[SaleFact]
CustomsOf = Callable[[Profile[SaleFact]], str]
SessionFile = FileOf[SessionRow]
PayoutFile = FileOf[PayoutLine]


@dataclass(frozen=True)
class ImportPreview:
    """The first rows of a file: the report on them, their facts by line number, and whether that was the whole file.

    `bad` says of the rows that cannot be read what is wrong with them.
    """

    profile: Profile[Any]
    report: FileReport
    facts: list[tuple[int, Any]]
    bad: dict[int, list[RowError]]
    complete: bool


def iter_facts(
    stream: BinaryIO,
    profile: Profile[SaleFact] | None = None,
    *,
    currency: str = "",
    timezone: str = "",
    mapping: Mapping | None = None,
    customs_of: CustomsOf | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> SalesFile:
    """The facts of a seekable binary file, to be iterated; its `report` grows meanwhile.

    A mapping decides how the file is read, or else the profile, or else its headers. `currency` and `timezone`
    (an IANA name) hold for amounts and times that name none themselves; where empty, those of the mapping,
    then CNY and Asia/Shanghai. `customs_of` gives the customs mode of the lines of a profile's file that has no
    column for it, "" for none. Raises FileError for what stops the whole file, also while iterating.
    """
    if mapping is not None:
        profile = mapping_profile(mapping)
    file: SalesFile = _open(
        stream,
        [profile] if profile is not None else PROFILES.values(),
        currency=currency or (mapping.currency if mapping else ""),
        timezone=timezone or (mapping.timezone if mapping else ""),
        trust_ids=mapping is not None and mapping.trust_ids,
        tell_apart=mapping is None,
        max_bytes=max_bytes,
        max_rows=max_rows,
    )
    if customs_of is not None and not file.has("customs_mode") and (mode := customs_of(file.profile)):
        file.each(lambda fact: replace(fact, customs_mode=mode))
        file.report.customs_mode = mode
    return file


def iter_sessions(
    stream: BinaryIO,
    profile: Profile[SessionRow] | None = None,
    *,
    currency: str = "",
    timezone: str = "",
) -> SessionFile:
    """What a platform's report says of live sessions, session by session; otherwise as `iter_facts`."""
    candidates = [profile] if profile is not None else SESSION_PROFILES.values()
    return _open(stream, candidates, currency=currency, timezone=timezone, max_rows=MAX_SESSIONS)


def iter_payouts(
    stream: BinaryIO, profile: Profile[PayoutLine], *, currency: str, timezone: str
) -> PayoutFile:
    """What a platform says became of the money of orders, row by row; otherwise as `iter_facts`."""
    return _open(stream, [profile], currency=currency, timezone=timezone, max_rows=MAX_ROWS)


def payouts_in(stream: BinaryIO) -> Profile[PayoutLine] | None:
    """The profile of payouts that a file is of by its headers; None for everything else, also what cannot be read."""
    try:
        table = open_table(
            stream, lambda headers: max(found.score(headers) for found in PAYOUT_PROFILES.values())
        )
    except FileError:
        return None
    return payout_profile(table.headers)


def fitting(stream: BinaryIO, mappings: Collection[Mapping]) -> Mapping | None:
    """The mapping whose columns a file has, all of them; of several the one with the most."""
    known = [(mapping_profile(mapping), mapping) for mapping in mappings]
    if not known:
        return None
    try:
        table = open_table(stream, lambda headers: max(found.score(headers) for found, _own in known))
    except FileError:
        return None
    fit = [(found.score(table.headers), own) for found, own in known if not found.missing(table.headers)]
    return max(fit, key=itemgetter(0))[1] if fit else None


def values_below(stream: BinaryIO, headers: Collection[str]) -> dict[str, list[str]]:
    """What stands below some headers in the first rows, without what is empty or comes again; of buyers nothing."""
    wanted = {plain_header(header): header for header in headers if not is_personal(header)}
    found: dict[str, dict[str, None]] = {header: {} for header in headers}
    try:
        table = open_table(stream, lambda row: sum(plain_header(cell) in wanted for cell in row))
    except FileError:  # whoever imports it is told
        return {header: [] for header in found}
    plain = [plain_header(cell) for cell in table.headers]
    places = [(plain.index(name), header) for name, header in wanted.items() if name in plain]
    for _line_no, cells in islice(table.rows, PREVIEW_ROWS):
        if isinstance(cells, StrictError) or _is_footer(cells):
            continue
        for place, header in places:
            text = "" if place >= len(cells) else clean(cells[place])
            if text and len(found[header]) < MOST_VALUES:
                found[header][text] = None
    return {header: list(texts) for header, texts in found.items()}


def _open(
    stream: BinaryIO,
    candidates: Collection[Profile[C]],
    *,
    currency: str,
    timezone: str,
    max_rows: int,
    trust_ids: bool = False,
    tell_apart: bool = False,
    max_bytes: int = MAX_BYTES,
) -> FileOf[C]:
    def score(headers: Sequence[str]) -> int:
        wanted = max(each.score(headers) for each in candidates)
        if not tell_apart:
            return wanted
        return max(wanted, marks_among(headers), *(each.score(headers) for each in SESSION_PROFILES.values()))

    table = open_table(stream, score, max_bytes=max_bytes)
    profile = next(iter(candidates)) if len(candidates) == 1 else best_fit(candidates, table.headers)
    if tell_apart and (profile is None or profile.missing(table.headers)):
        _refuse_other(table.headers)
    if profile is None:
        raise _headers_error(
            "unknown_headers", _("No import profile fits these columns: %(seen)s."), table, []
        )
    missing = profile.missing(table.headers)
    if missing:
        message = _("Columns are missing: %(missing)s. The file has: %(seen)s.")
        raise _headers_error("missing_headers", message, table, missing)
    try:
        currency = currency or ("" if profile.own_currency else BASE_CURRENCY)
        options = Options(
            currency=strict.currency(currency) if currency else "",
            zone=strict.zone(timezone or strict.SHANGHAI.key),
            columns=frozenset(profile.index(table.headers)) | frozenset(profile.constants),
        )
    except StrictError as error:
        raise FileError(error.code, error.message) from None
    return FileOf(table, profile, options, trust_ids=trust_ids, max_rows=max_rows)


def _refuse_other(headers: Sequence[str]) -> None:
    """Say of a file that is known, and is none of those wanted here, what it is. Raises FileError."""
    sentence = told_apart(headers)
    report = best_fit(SESSION_PROFILES.values(), headers)
    if not sentence and report is not None:
        message = _("This file is recognised as: %(name)s. It holds no orders; import it among the reports.")
        sentence = message % {"name": report.name}
    if sentence:
        raise FileError("other_file", sentence)


def preview(
    stream: BinaryIO,
    profile: Profile[Any] | None = None,
    *,
    currency: str = "",
    timezone: str = "",
    mapping: Mapping | None = None,
    customs_of: CustomsOf | None = None,
    rows: int = PREVIEW_ROWS,
) -> ImportPreview:
    """What importing the file would do, from its first rows: sales, or payouts of a platform. Raises FileError."""
    if profile is None and mapping is None:
        profile = payouts_in(stream)
    file: FileOf[Any]
    if profile is not None and profile.code in PAYOUT_PROFILES:
        file = iter_payouts(stream, profile, currency=currency, timezone=timezone)
    else:
        file = iter_facts(
            stream, profile, currency=currency, timezone=timezone, mapping=mapping, customs_of=customs_of
        )
    facts: list[tuple[int, Any]] = []
    bad: dict[int, list[RowError]] = {}
    for result in file:
        facts += [(result.line_no, fact) for fact in result.facts]
        if result.problems:
            bad[result.line_no] = result.problems
        if file.report.rows >= rows:
            return ImportPreview(file.profile, file.report, facts, bad, complete=False)
    return ImportPreview(file.profile, file.report, facts, bad, complete=True)


def _headers_error(code: str, message: str, table: Table, missing: list[str]) -> FileError:
    seen = [strict.shown(header) for header in table.headers if header.strip()]
    params = {"seen": ", ".join(seen[:20]), "missing": ", ".join(missing)}
    return FileError(code, message % params, seen=seen, missing=missing)


def _is_footer(cells: Cells | StrictError) -> bool:
    """Whether a row that is no sale is a line of totals, a remark, or nothing but white space."""
    if isinstance(cells, StrictError):
        return False
    texts = [text for text in map(clean, cells) if text]
    return not texts or texts[0].startswith(FOOTERS) or any(text in TOTALS for text in texts)


def _explains(cells: Cells | StrictError) -> bool:
    """Whether a row right below the header, which is no sale, explains the columns: no order is without a digit."""
    return not isinstance(cells, StrictError) and not any(char.isdigit() for cell in cells for char in cell)
