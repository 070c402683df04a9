"""SessionRow: what a platform's report says of one live session, and how a row of an export becomes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import msgspec

from core import strict
from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts.fact import BASE_CURRENCY
from supplychain.importing import cells
from supplychain.importing.errors import FileError
from supplychain.importing.profiles.base import Options, Row
from supplychain.importing.profiles.douyin import CLASS_COMES_LATER

LIVE_ID_LENGTH = 64
NAME_LENGTH = 100
LONGEST = 7 * 24 * 60 * 60
MINUTE = 60
# Fields that say when a session was; a file needs one of them.
TIMES = ("span", "started_at")

N = TypeVar("N", int, Decimal)


class SessionRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The platform's figures of one session; None is not stated.

    The amount is what was paid in the session: CNY, or foreign beside its currency. `account` is what the platform
    calls the account that was on air, by its id where there is one; `stay_seconds` the mean stay of a viewer.
    With `provisional` the platform completes the row later.
    """

    platform: str
    occurred_at: datetime
    ended_at: datetime | None = None
    live_id: str = ""
    account: str = ""
    account_name: str = ""
    title: str = ""
    amount: Decimal | None = None
    currency: str = BASE_CURRENCY
    amount_foreign: Decimal | None = None
    viewers: int | None = None
    peak: int | None = None
    stay_seconds: int | None = None
    orders: int | None = None
    provisional: bool = False
    kind: str = "session"

    @property
    def key(self) -> str:
        """What the platform calls the session: the same in each of its reports on it.

        Where nothing names the account, the end tells apart what began in the same second.
        """
        if self.live_id:
            return self.live_id
        begun = f"{self.account}@{self.occurred_at:%Y-%m-%dT%H:%M:%SZ}"
        return (
            begun if self.account or self.ended_at is None else f"{begun}/{self.ended_at:%Y-%m-%dT%H:%M:%SZ}"
        )

    @property
    def minutes(self) -> int | None:
        """Time on air as the platform states it."""
        if self.ended_at is None:
            return None
        return round((self.ended_at - self.occurred_at).total_seconds() / MINUTE)


class SessionBuilder:
    """Makes the SessionRow of a row.

    `units` says what a bare number in a length counts, in seconds; `currencies` which currency a column of amounts
    is in, `signs` which currency a sign before an amount is of.
    """

    def __init__(
        self,
        platform: str,
        options: Options,
        *,
        units: Mapping[str, int] = {},
        currencies: Mapping[str, str] = {},
        signs: Mapping[str, str] = {},
    ) -> None:
        if not options.columns.intersection(TIMES):
            message = _("No column says when a session began.")
            raise FileError("missing_headers", message, seen=sorted(options.columns))
        self.platform = platform
        self.options = options
        self.paid = next(
            ((field, code) for field, code in currencies.items() if field in options.columns),
            ("paid", options.currency),
        )
        self.amount = partial(
            _amount, signs=tuple(sign for sign, code in signs.items() if code == self.paid[1])
        )
        self.stay = partial(cells.duration, unit=units.get("stay", 1))
        self.length = partial(cells.duration, unit=units.get("length", 1))

    def __call__(self, row: Row) -> list[SessionRow]:
        read = _Later(row)
        started_at, ended_at = self._times(row, read)
        field, currency = self.paid
        paid = read(field, self.amount)
        found = SessionRow(
            platform=self.platform,
            occurred_at=started_at,
            ended_at=ended_at,
            live_id=row.identifier("live_id", needed=False, max_len=LIVE_ID_LENGTH),
            account=row.identifier("account_id", needed=False, max_len=NAME_LENGTH)
            or row.label("account", NAME_LENGTH),
            account_name=row.label("account", NAME_LENGTH),
            title=row.label("title"),
            viewers=read("viewers", _natural),
            peak=read("peak", _natural),
            stay_seconds=read("stay", self.stay),
            orders=read("orders", _natural),
            provisional=read.later,
            **({} if paid is None else {"currency": currency, **self.options.priced(paid, currency)}),
        )
        self.options.notes["figures_later"] += read.later
        return [found]

    def _times(self, row: Row, read: _Later) -> tuple[datetime, datetime | None]:
        both = row.read("span", cells.span)
        start, end = both or (row.need("started_at", cells.when), row.read("ended_at", cells.when))
        started_at = self.options.utc(start)
        ended_at = self.options.utc(end) if end is not None else None
        if ended_at is None:
            length = read("length", self.length)
            ended_at = started_at + timedelta(seconds=length) if length else None
        if ended_at is not None and not 0 <= (ended_at - started_at).total_seconds() <= LONGEST:
            message = _("A session ends after it began, within a week.")
            raise StrictError("order", message, field="span" if both else "ended_at")
        return started_at, ended_at


class _Later:
    """Reads the cells of a row, and notes that the platform says of some that it fills them the next day."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.later = False

    def __call__(self, name: str, parse: Callable[[str], Any]) -> Any:
        if self._row.text(name) == CLASS_COMES_LATER:
            self.later = True
            return None
        return self._row.read(name, parse)


def _natural(text: str) -> int:
    return _not_negative(cells.count(text), text)


def _amount(text: str, signs: tuple[str, ...] = ()) -> Decimal:
    """An amount, which may carry a sign of the currency that its column is in."""
    sign = max((sign for sign in signs if text.startswith(sign)), key=len, default="")
    return _not_negative(cells.money(text.removeprefix(sign).strip()), text)


def _not_negative(value: N, text: str) -> N:
    if value < 0:
        raise StrictError("negative", _("“%(value)s” is below zero.") % {"value": strict.shown(text)})
    return value
