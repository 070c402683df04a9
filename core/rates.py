"""Exchange rates from a table: what is new is stored, what is known stays as it is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, strict
from core.actors import Actor
from core.errors import InvalidInput, RowError
from core.locking import advisory_lock, retried
from core.models import ExchangeRate
from core.policy import ADD
from core.scoping import require

# What a column of rates counts, in units of the currency; the People's Bank publishes some per 100.
COLUMNS = {"cny_per_unit": 1, "cny_per_100": 100}
PLACES = 8
SOURCE_LENGTH = 100


@dataclass(frozen=True)
class RatesLoaded:
    """How many rates were stored, and how many were known already."""

    stored: int
    known: int


@retried
def rates_load(*, actor: Actor, lines: Iterable[str], source: str) -> RatesLoaded:
    """Store the rates of a CSV with the columns currency, day, and cny_per_unit or cny_per_100.

    All or nothing: InvalidInput names every row that cannot be read, and every rate that contradicts a stored one: an
    operator corrects that by hand, in the admin. Raises Refused without the right to add.
    """
    require(actor, ADD, ExchangeRate)
    if not strict.text(source, SOURCE_LENGTH):
        raise InvalidInput(_("Rates need the name of their source."), code="source", field="source")
    told, problems = _read(lines)
    with transaction.atomic():
        advisory_lock("exchange rates")
        days = [day for _currency, day in told]
        stored = ExchangeRate.objects.filter(day__in=days)
        known = {(rate.currency, rate.day): rate.cny_per_unit for rate in stored}
        for key, (row, rate) in told.items():
            if known.get(key, rate) != rate:
                message = _("Another rate of %(currency)s is stored for %(day)s: %(rate)s.")
                values = {"currency": key[0], "day": key[1], "rate": known[key]}
                problems.append(RowError(row, "currency", "rate_differs", message % values))
        if problems:
            raise InvalidInput(_("The rates are not stored."), code="rates", rows=problems)
        fresh = [
            ExchangeRate(currency=currency, day=day, cny_per_unit=rate, source=source)
            for (currency, day), (_row, rate) in told.items()
            if (currency, day) not in known
        ]
        for one in fresh:
            one.save()
            audit.record(
                actor=actor,
                verb="exchangerate.create",
                obj=one,
                node_id=None,
                after=audit.snapshot(one, ["currency", "day", "cny_per_unit", "source"]),
            )
    return RatesLoaded(len(fresh), len(told) - len(fresh))


def _read(lines: Iterable[str]) -> tuple[dict[tuple[str, date], tuple[int, Decimal]], list[RowError]]:
    reader = csv.DictReader(lines)
    named = [column for column in COLUMNS if column in (reader.fieldnames or ())]
    if len(named) != 1 or not {"currency", "day"} <= set(reader.fieldnames or ()):
        message = _("The columns are currency, day, and either cny_per_unit or cny_per_100.")
        raise InvalidInput(message, code="columns")
    found: dict[tuple[str, date], tuple[int, Decimal]] = {}
    problems: list[RowError] = []
    for row in reader:
        field = "currency"
        try:
            currency = strict.currency(row[field])
            field = "day"
            day = strict.day(row[field])
            field = named[0]
            rate = _rate(row, field)
        except strict.StrictError as error:
            problems.append(RowError(reader.line_num, field, error.code, error.message))
            continue
        if found.setdefault((currency, day), (reader.line_num, rate))[1] != rate:
            message = _("The file names two rates of %(currency)s for %(day)s.")
            text = message % {"currency": currency, "day": day}
            problems.append(RowError(reader.line_num, field, "rate_differs", text))
    return found, problems


def _rate(row: Mapping[str, str | None], column: str) -> Decimal:
    units = COLUMNS[column]
    rate = strict.amount(row[column], places=PLACES if units == 1 else PLACES - 2, digits=9) / units
    if not rate:
        raise strict.StrictError("rate", _("A rate is greater than 0."))
    return rate
