"""What an import profile is: the columns of one kind of export, and how a row of it becomes facts or statements."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from django.utils.functional import Promise

from core import strict
from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts import CODE_LENGTH, TITLE_LENGTH, SaleFact
from supplychain.facts.fact import BASE_CURRENCY
from supplychain.importing import cells
from supplychain.importing.errors import FileError

MATCH_THRESHOLD = 5
NOWHERE = 1 << 30  # the position of a field that has no column
REMEMBERED = 2048
SHORT = 64  # longer cells are titles and notes, of which a file may be full
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
# Words that headers of buyers' personal data are made of, and such headers that are one common word.
PERSONAL_WORDS = (
    *(
        "收件人",
        "收货人",
        "手机号",
        "联系手机",
        "电话",
        "地址",
        "身份证",
        "实名",
        "会员名",
        "留言",
        "微信号",
        "邮箱",
    ),
    *(
        "物流单号",
        "快递单号",
        "运单号",
        "联系人",
        "支付宝账号",
        "买家昵称",
        "买家姓名",
        "recipient",
        "customerid",
        "customername",
        "buyername",
        "buyerusername",
    ),
    *("buyermessage", "phonenumber", "phone#", "emailaddress", "detailaddress"),
)
PERSONAL_HEADERS = frozenset({"phone", "mobile", "email", "address", "customer", "buyer"})

T = TypeVar("T")


class Content(Protocol):
    """What a row becomes, as far as the report on a file counts it."""

    @property
    def kind(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def currency(self) -> str: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def amount_foreign(self) -> Decimal | None: ...


C = TypeVar("C", bound=Content)


@lru_cache(maxsize=4096)
def plain_header(header: str) -> str:
    """A header without the differences that exports make in it: width, case, spaces, a unit in brackets, 帐 for 账."""
    text = unicodedata.normalize("NFKC", header)
    text = "".join(text.split()).strip("\"'").casefold().replace("帐", "账")
    return text.removesuffix("(元)")


def is_personal(header: str) -> bool:
    """Whether a header names personal data of buyers. A province alone tells nobody's address."""
    plain = plain_header(header)
    found = plain in PERSONAL_HEADERS or any(word in plain for word in PERSONAL_WORDS)
    return found and not plain.endswith(("省", "省份", "province"))


@dataclass(frozen=True)
class Options:
    """How a file is to be understood; `notes` counts by code what the reader of the report should know.

    Without a `currency` each amount must name its own.
    """

    currency: str
    zone: ZoneInfo
    columns: frozenset[str]
    notes: Counter[str] = field(default_factory=Counter)

    def priced(self, amount: Decimal, currency: str | None = None) -> dict[str, Any]:
        """The fields of a fact that hold an amount, in the file's currency where the row names no other.

        Raises FileError where neither does.
        """
        found = currency or self.currency
        if found == BASE_CURRENCY:
            return {"amount": amount}
        if not found:
            message = _("This file does not say which currency its amounts are in: name it with the file.")
            raise FileError("currency_unknown", message)
        return {"currency": found, "amount_foreign": amount}

    def utc(self, moment: datetime) -> datetime:
        """The instant of a time as the file writes it."""
        return strict.to_utc(moment, self.zone)


class Column:
    """Where a field stands, what holds where its cell says nothing, and whether no spreadsheet has cut its ids.

    It remembers what its cells were read as: states, prices and titles come again and again.
    """

    __slots__ = ("constant", "known", "parse", "position", "trusted")

    def __init__(self, position: int, constant: str, *, trusted: bool) -> None:
        self.position = position
        self.constant = constant
        self.trusted = trusted
        self.parse: Callable[[str], Any] | None = None
        self.known: dict[str, Any] = {}

    def text(self, raw: str) -> str:
        """What a cell says, or what holds where it says nothing."""
        return cells.clean(raw) or self.constant

    def remember(self, raw: str, parse: Callable[[str], Any], found: object) -> None:
        """Keep what a short cell was read as by the function that reads the column first; begin anew when full."""
        self.parse = self.parse or parse
        if self.parse is parse and len(raw) <= SHORT:
            if len(self.known) >= REMEMBERED:
                self.known.clear()  # rows of the same order, day or price stand together
            self.known[raw] = found


class Layout:
    """The columns of a table by field name; those that are nowhere, and stand for nothing, are not among them.

    `trusted` are the fields whose ids no spreadsheet has cut, whatever they look like.
    """

    def __init__(
        self, index: Mapping[str, int], constants: Mapping[str, str], trusted: Collection[str]
    ) -> None:
        self.columns = {
            name: Column(index.get(name, NOWHERE), constants.get(name, ""), trusted=name in trusted)
            for name in (*index, *constants)
        }


class Row:
    """One row by the field names of its profile. What cannot be read is a StrictError that names the field.

    What is read may be remembered for the next rows: a `parse` says the same of the same text.
    """

    __slots__ = ("_cells", "_columns", "_width")

    def __init__(self, layout: Layout, row: Sequence[str]) -> None:
        self._columns = layout.columns
        self._cells = row
        self._width = len(row)

    def text(self, name: str) -> str:
        """The cleaned text of a cell; the constant, or "", where the column or its content is not there."""
        return self.read(name, str) or ""

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The value of a cell, None where it is empty."""
        column = self._columns.get(name)
        if column is None:
            return None
        raw = self._cells[column.position] if column.position < self._width else ""
        if column.parse is parse and raw in column.known:
            return column.known[raw]
        text = column.text(raw)
        try:
            found = parse(text) if text else None
        except StrictError as error:
            error.field = name
            raise
        column.remember(raw, parse, found)
        return found

    def need(self, name: str, parse: Callable[[str], T]) -> T:
        """The value of a cell that must not be empty."""
        found = self.read(name, parse)
        if found is None:
            raise StrictError("required", _("The cell is empty."), field=name)
        return found

    def code(self, name: str) -> str:
        """A code such as a SKU's, as it stands; may be empty."""
        return self.read(name, _code) or ""

    def identifier(self, name: str, *, needed: bool = True, max_len: int = CODE_LENGTH) -> str:
        """An id of the platform, refused where a spreadsheet has ruined it.

        A cell that is marked as text, or stands among ids that are whole, may end in zeros.
        """
        column = self._columns.get(name)
        if column is None:
            return self.need(name, str) if needed else ""
        raw = self._cells[column.position] if column.position < self._width else ""
        bare = raw.strip()
        if cells.is_plain_id(bare, max_len):
            return bare
        text = column.text(raw)
        if not text:
            return self.need(name, str) if needed else ""
        try:
            trust = text.endswith("000") and (column.trusted or cells.is_text(raw))
            return cells.identifier(text, max_len, trust=trust)
        except StrictError as error:
            error.field = name
            raise

    def label(self, name: str, max_len: int = TITLE_LENGTH) -> str:
        """Words for people, cut to length; may be empty."""
        return cells.label(self.text(name), max_len)


def _code(text: str) -> str:
    return strict.code(text, CODE_LENGTH)


FactsOfRow = Callable[[Row], list[SaleFact]]


class Known(Protocol):
    """What a fact and its row in the ledger have in common, as far as it says what the fact stands for."""

    @property
    def external_id(self) -> str: ...
    @property
    def order_no(self) -> str: ...
    @property
    def line_no(self) -> str: ...
    @property
    def line_type(self) -> str: ...
    @property
    def ref_line(self) -> str: ...


class Standing(NamedTuple):
    """What a fact speaks of, where two exports of a source speak of it: the finer one counts, the other gives way."""

    about: tuple[str, ...]
    finer: bool


@dataclass(frozen=True)
class Profile(Generic[C]):
    """One kind of export file.

    `columns` maps the field names that `build` uses to the headers they may stand under; all of `required`
    must be there. `known` are further headers by which the file is recognised, `personal` those that hold
    data of buyers: never read, and named in the report. `source` is the source of the facts' keys, `order` the
    field by which rows belong together. `standing` says which facts give way to those of another export of the
    source, or take their place. With `own_currency` nothing is CNY unless somebody says so.
    """

    code: str
    name: Promise | str
    source: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    build: Callable[[Options], Callable[[Row], list[C]]]
    known: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    order: str = "order_no"
    standing: Callable[[Known], Standing | None] | None = None
    own_currency: bool = False

    @property
    def example_paths(self) -> list[Path]:
        """The example files that are offered beside an upload."""
        return [EXAMPLES / name for name in self.examples]

    def score(self, headers: Sequence[str]) -> int:
        """How many of the headers are known to this profile."""
        return len(self._all_headers() & {plain_header(header) for header in headers})

    def index(self, headers: Sequence[str]) -> dict[str, int]:
        """Field name -> position of its column; the first of its possible headers that is there."""
        positions = {
            plain_header(header): position for position, header in reversed(list(enumerate(headers)))
        }
        found = {}
        for name, candidates in self.columns.items():
            for candidate in candidates:
                if plain_header(candidate) in positions:
                    found[name] = positions[plain_header(candidate)]
                    break
        return found

    def missing(self, headers: Sequence[str]) -> list[str]:
        """The headers of required columns that are not there, the usual name of each."""
        index = self.index(headers)
        return [self.columns[name][0] for name in self.required if name not in index]

    def personal_headers(self, headers: Sequence[str]) -> list[str]:
        """Those of the headers that hold personal data, and that the profile does not read."""
        read = set(self.index(headers).values())
        personal = _plain_headers(self.personal)
        return [
            header.strip()
            for position, header in enumerate(headers)
            if position not in read and (plain_header(header) in personal or is_personal(header))
        ]

    def _all_headers(self) -> frozenset[str]:
        named = [header for candidates in self.columns.values() for header in candidates]
        return _plain_headers((*named, *self.known, *self.personal))


@lru_cache(maxsize=64)
def _plain_headers(headers: tuple[str, ...]) -> frozenset[str]:
    return frozenset(plain_header(header) for header in headers)


class Occurrences:
    """Numbers rows that have no id of their own: content, and how often it stood in the file so far.

    Identical rows get 1, 2, 3 ... whatever their order, so the same file gives the same ids again, shuffled
    or not. Holds 16 bytes and a count for each different row.
    """

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def external_id(self, order_no: str, content: tuple[Any, ...]) -> str:
        """`order:hash:number` of a row with this content."""
        digest = blake2b(_encode((order_no, *content)), digest_size=16).digest()
        number = self._seen[digest] = self._seen.get(digest, 0) + 1
        return f"{order_no}:{digest.hex()}:{number}"


_encode = msgspec.msgpack.Encoder(decimal_format="string").encode
