"""What every park and firm had in the periods of a year, by family of counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache, cached_property

from analytics.choices import PeriodKind
from analytics.firmsums import NO_FIRM, FirmSums, sales_by_firm
from analytics.parkseries.definitions import Family
from analytics.parkseries.live import LiveCount, count_live
from analytics.parkseries.seats import Seats
from analytics.periods import Period
from core import clock
from tenants.models import Tenancy
from tenants.selectors import LettableUnits


class YearCount:
    """The counts of one year. Distinct orders are recounted for months, quarters and the year; stocks are taken on
    the last day of a period, or today while it runs."""

    def __init__(self, year: int, parks: Sequence[int], seats: Seats, today: date) -> None:
        self.seats, self.today = seats, today
        self.first, self.end = date(year, 1, 1), date(year + 1, 1, 1)
        self.units_on = cache(LettableUnits(parks).on)

    @cached_property
    def _sales(self) -> dict[str, dict[date, FirmSums]]:
        found: dict[str, dict[date, FirmSums]] = {kind: {} for kind in PeriodKind}
        for kind in (PeriodKind.YEAR, PeriodKind.QUARTER, PeriodKind.MONTH):
            found[kind] = sales_by_firm(Tenancy.objects.all(), self.first, self.end - clock.DAY, kind)
            if not found[kind]:
                break
        return found

    @cached_property
    def live(self) -> LiveCount:
        return count_live(self.first, self.end, self.seats)

    def of(self, family: Family, period: Period) -> FirmSums:
        """The sums of a family in a period."""
        if family is Family.SALES:
            return self._sales[period.kind].get(period.first, FirmSums())
        if family is Family.LIVE:
            return self._live(period)
        day = self.day_of_stock(period)
        return self._tenants(day) if family is Family.SEATS else self._space(day)

    def day_of_stock(self, period: Period) -> date:
        """The day for which stocks of a period are told."""
        return min(period.last, self.today)

    def _live(self, period: Period) -> FirmSums:
        found = FirmSums()
        for month in period.months():
            for park, firms in self.live.months.get(month, FirmSums()).parks.items():
                for firm, columns in firms.items():
                    found.add(park, firm, columns)
        return found

    def _tenants(self, day: date) -> FirmSums:
        found = FirmSums()
        for seat in self.seats.on(day):
            found.add(seat.park_id, seat.company_id, {"tenants": 1})
        return found

    def _space(self, day: date) -> FirmSums:
        found = FirmSums()
        for unit in self.units_on(day):
            found.add(unit.park_id, NO_FIRM, {"lettable_area": unit.area, "let_area": 0})
            if unit.company_id is not None:
                found.add(unit.park_id, unit.company_id, {"let_area": unit.let_area})
        return found
