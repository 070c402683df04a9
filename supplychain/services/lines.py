"""A sales fact on its way into the ledger: with its hash, its bucket, its CNY amount and what it refers to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

import msgspec

from core import clock
from core.models import ExchangeRate
from core.money import PLACES, to_units
from core.words import gettext as _
from supplychain.choices import SalesKind
from supplychain.facts import SaleFact, content_hash
from supplychain.facts.fact import BASE_CURRENCY

SELLING = (SalesKind.CREATED, SalesKind.PAID)
STORED, DUPLICATE, CONFLICT, REJECTED = "stored", "duplicate", "conflict", "rejected"
NO_RATE = "no_rate"
RATE_DAYS = 10  # no holiday of the People's Bank is longer; an older rate is a forgotten one


class LineResult(msgspec.Struct, frozen=True, gc=False):
    """The verdict on one line: `index` as the sender counts, status stored | duplicate | conflict | rejected.

    A refused line has a code, a message, and the field where one is to blame.
    """

    index: int
    status: str
    code: str = ""
    message: str = ""
    field: str = ""


class Hour(NamedTuple):
    """A UTC hour: its bucket, its business day, and both as the text that a database takes.

    Asia/Shanghai is whole hours ahead of UTC, so an hour lies within one business day.
    """

    slot: int
    day: date
    day_text: str
    text: str

    @classmethod
    def of(cls, moment: datetime) -> Hour:
        day = clock.business_day(moment)
        return cls(
            clock.hour_of(moment), day, day.isoformat(), moment.astimezone(UTC).strftime("%Y-%m-%d %H")
        )


class Line(msgspec.Struct, gc=False):
    """One fact of a batch. Amounts in units of 1/10,000; `id`, `owner_id`, `sku_id`, `session_id` are found later."""

    index: int
    fact: SaleFact
    hour: Hour
    amount: int = 0
    rate: Decimal | None = None
    rate_day: date | None = None
    id: int = 0
    owner_id: int = 0
    sku_id: int | None = None
    session_id: int | None = None
    _hash: bytes = b""

    @property
    def slot(self) -> int:
        return self.hour.slot

    @property
    def content_hash(self) -> bytes:
        self._hash = self._hash or content_hash(self.fact)  # asked for once more of a key that is known
        return self._hash


class Rate(NamedTuple):
    """CNY per unit of a currency, and the day on which it was published."""

    cny_per_unit: Decimal
    day: date


Rates = Mapping[tuple[str, date], Rate]


def prepare(
    facts: Sequence[tuple[int, SaleFact]], closed_on: date | None = None
) -> tuple[list[Line], list[LineResult]]:
    """The lines of a batch, and the verdicts on those that cannot become one.

    What lies ahead has not been sold. From the day on which its seller left, nothing is sold. What takes back or
    adjusts an earlier sale is taken for as long as it comes: buyers return goods for weeks, and the park's figures of
    the past are to end up true.
    """
    hours: dict[int, Hour] = {}
    rates = _rates_of(fact for _index, fact in facts if fact.currency != BASE_CURRENCY)
    lines: list[Line] = []
    rejected: list[LineResult] = []
    latest = clock.latest()
    for index, fact in facts:
        if fact.occurred_at > latest:
            message = _("This time has not come yet.")
            rejected.append(LineResult(index, REJECTED, "future", message, "occurred_at"))
            continue
        slot = clock.hour_of(fact.occurred_at)
        hour = hours.get(slot) or hours.setdefault(slot, Hour.of(fact.occurred_at))
        if closed_on is not None and fact.kind in SELLING and hour.day >= closed_on:
            message = _("The seller left on %(day)s and sells nothing from then on.") % {"day": closed_on}
            rejected.append(LineResult(index, REJECTED, "seller_closed", message, "occurred_at"))
            continue
        line = Line(index, fact, hour)
        if fact.amount is not None:
            line.amount = to_units(fact.amount)
        elif fact.amount_foreign is not None and (problem := _convert(line, fact.amount_foreign, rates)):
            rejected.append(LineResult(index, REJECTED, *problem))
            continue
        lines.append(line)
    return lines, rejected


def _rates_of(facts: Iterable[SaleFact]) -> Rates:
    return rates_for(
        {(fact.currency, clock.business_day(fact.occurred_at)) for fact in facts if fact.rate is None}
    )


def rates_for(wanted: Collection[tuple[str, date]]) -> Rates:
    """The rate of each currency on each day, as far as it is known.

    Where nothing is published (weekends, holidays) the last one before it holds, for at most RATE_DAYS days.
    """
    if not wanted:
        return {}
    currencies, days = zip(*wanted, strict=True)
    oldest = timedelta(RATE_DAYS)
    rows = ExchangeRate.objects.filter(
        currency__in=set(currencies), day__gte=min(days) - oldest, day__lte=max(days)
    )
    published: dict[str, list[Rate]] = {}
    for row in rows.order_by("day"):
        published.setdefault(row.currency, []).append(Rate(row.cny_per_unit, row.day))
    found: dict[tuple[str, date], Rate] = {}
    for currency, day in wanted:
        rates = published.get(currency, [])
        after = bisect_right(rates, day, key=lambda rate: rate.day)
        if after and day - rates[after - 1].day <= oldest:
            found[currency, day] = rates[after - 1]
    return found


def in_cny(foreign: Decimal, rate: Decimal) -> Decimal:
    """A foreign amount in CNY, half up to 4 places."""
    with localcontext(prec=60):
        return (foreign * rate).quantize(PLACES, ROUND_HALF_UP)


def no_rate(currency: str, day: date) -> str:
    """The words for a rate that is not known, neither of the day nor of the RATE_DAYS before it."""
    return _("There is no exchange rate of %(currency)s for %(day)s.") % {"currency": currency, "day": day}


def _convert(line: Line, foreign: Decimal, rates: Rates) -> tuple[str, str, str] | None:
    """Give a line its CNY amount, half up to 4 places; or return why that cannot be done."""
    fact = line.fact
    own = None if fact.rate is None else Rate(fact.rate, fact.rate_day or line.hour.day)
    rate = own or rates.get((fact.currency, line.hour.day))
    if rate is None:
        return NO_RATE, no_rate(fact.currency, line.hour.day), "currency"
    try:
        line.amount = to_units(in_cny(foreign, rate.cny_per_unit))
    except ValueError:
        return "amount_range", _("The amount in CNY is too large."), "amount_foreign"
    line.rate, line.rate_day = rate
    return None
