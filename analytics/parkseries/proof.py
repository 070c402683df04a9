"""Hashes over what a park's value was counted from, so that the value can be traced and checked later.

A month of sales hashes its tenants' lines, each tenant's as a close of that month does (analytics.closing). Quarters
and years of what adds up hash their months; stocks hash what was there on the day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime

from analytics import closing
from analytics.choices import PeriodKind
from analytics.closing import LineHash
from analytics.models import ParkValue
from analytics.parkseries.counting import YearCount
from analytics.parkseries.definitions import Family, park_series
from analytics.parkseries.seats import Seats
from analytics.periods import Period
from core import clock
from supplychain.models import SalesEvent


def month_of_sales(
    park_id: int, month: date, seats: Seats, received_until: datetime | None = None
) -> LineHash:
    """The order lines of a park's month, tenant by tenant: now, or as they were known at an earlier instant."""
    end = clock.next_month(month)
    sitting = seats.of_park(park_id, month, end)
    told = SalesEvent.objects.filter(
        seller_id__in={seat.tenant_id for seat in sitting},
        slot__gte=clock.hour_of(clock.day_start(month)),
        slot__lt=clock.hour_of(clock.day_start(end)),
    )
    sellers = set(told.values_list("seller_id", flat=True).distinct())
    rows, lines = [], 0
    for seat in sitting:
        if seat.tenant_id not in sellers:
            continue
        first, stop = max(seat.from_day, month), min(seat.to_day or end, end)
        own = closing.lines_between(seat.tenant_id, first, stop, received_until)
        rows.append(f"{seat.code} {first} {stop} {own.lines} {own.hash}")
        lines += own.lines
    return LineHash(lines, of_rows(rows).hash)


def of_months(months: Iterable[tuple[date, LineHash]]) -> LineHash:
    """The hash of a quarter or year over those of its months."""
    known = list(months)
    rows = [f"{month} {own.lines} {own.hash}" for month, own in known]
    return LineHash(sum(own.lines for _month, own in known), of_rows(rows).hash)


def of_rows(rows: Iterable[str]) -> LineHash:
    """SHA-256 over lines of text in the order of the texts."""
    digest, number = hashlib.sha256(), 0
    for row in sorted(rows):
        digest.update(f"{row}\n".encode())
        number += 1
    return LineHash(number, digest.hexdigest())


def counted_rows(count: YearCount, family: Family, park_id: int, period: Period) -> LineHash:
    """What a count that holds its rows in memory took for a park: sessions of a month, tenants or units of a day."""
    if family is Family.LIVE:
        return of_rows(count.live.lines.get((park_id, period.first), ()))
    day = count.day_of_stock(period)
    if family is Family.SEATS:
        return of_rows(seat.code for seat in count.seats.on(day) if seat.park_id == park_id)
    return of_rows(
        f"{unit.code} {unit.area} {unit.let_area}" for unit in count.units_on(day) if unit.park_id == park_id
    )


def still_holds(value: ParkValue) -> bool | None:
    """Whether the ledger gives, for the instant of the count, the very lines a park's value was counted from.

    None for what is not counted from the ledger. A tenancy that was changed backwards since gives other lines.
    """
    series = next(one for one in park_series() if one.code == value.indicator.code)
    if series.family is not Family.SALES:
        return None
    then, seats = value.counted_at, Seats()
    if value.period_kind == PeriodKind.MONTH:
        found = month_of_sales(value.park_id, value.period, seats, then)
        return found == LineHash(value.lines, value.lines_hash)
    months = _months_at(value)
    return of_months((row.period, LineHash(row.lines, row.lines_hash)) for row in months) == LineHash(
        value.lines, value.lines_hash
    ) and all(still_holds(row) for row in months)


def _months_at(value: ParkValue) -> list[ParkValue]:
    """The months of a quarter or year as they were in force when it was counted."""
    period = Period(PeriodKind(value.period_kind), value.period)
    rows = ParkValue.objects.filter(
        indicator_id=value.indicator_id,
        park_id=value.park_id,
        period_kind=PeriodKind.MONTH,
        period__gte=period.first,
        period__lt=period.end,
        counted_at__lte=value.counted_at,
    ).select_related("indicator")
    newest = {row.period: row for row in rows.order_by("published_on", "seq")}
    return [newest[month] for month in sorted(newest)]
