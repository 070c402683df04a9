"""One publication of a year: what the parks counted, against the values in force."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from analytics import metrics
from analytics.choices import PeriodKind, ValueSource, Withheld
from analytics.closing import LineHash
from analytics.firmsums import MEASURES, NO_FIRM, Columns, FirmSums, total, withheld
from analytics.models import Indicator, IndicatorValue, ParkValue, kept
from analytics.parkseries import proof
from analytics.parkseries.counting import YearCount
from analytics.parkseries.definitions import Family, ParkSeries, park_series
from analytics.parkseries.seats import Seats
from analytics.periods import Period, periods_of_year
from core import clock
from core.buckets import SALES
from core.choices import NodeKind
from core.models import BucketMark, ScopeNode
from parks.models import Park

LEVELS: Final = (NodeKind.PROVINCE, NodeKind.CITY, NodeKind.TOWN)
NOTHING: Final = dict.fromkeys(
    (*MEASURES, "live_sessions", "live_microseconds", "tenants", "let_area", "lettable_area"), 0
)
NO_LINES: Final = LineHash(0, "")
Key = tuple[str, int, str, date]  # series, park or place, kind and first day of the period


@dataclass(frozen=True)
class Cell:
    """What is said of one park or place: the exact value, and why it is withheld if it is."""

    value: Decimal
    withheld: Withheld | None
    firms: int


@dataclass(frozen=True)
class Known:
    """The vintage in force of a park or place; `proof` is that of a park, `is_synthetic` that of a place."""

    value: Decimal | None
    withheld: str
    is_preliminary: bool
    published_on: date
    seq: int
    is_synthetic: bool = False
    proof: LineHash = NO_LINES


class Publication:
    """Fills `park_values` and `place_values` with unsaved vintages, and `counts` with what became of the places:

    new        the first value of its period
    goes_on    its period is still running, and so was the value's before it
    closed     its period is over now: the value that stands from here on
    restated   its period was over before: late lines, refunds or moves have changed it
    unchanged  as it is in force
    waiting    its period is over, and some of its hours cannot be counted yet
    """

    def __init__(self, year: int, indicators: Mapping[str, Indicator], now: datetime) -> None:
        self.now, self.today = now, clock.business_day(now)
        self.indicators = indicators
        self.parks = {park.pk: park for park in Park.objects.select_related("node")}
        self.places = _places(self.parks.values())
        self.count = YearCount(year, list(self.parks), Seats(), self.today)
        self._month_of_sales = cache(lambda park, month: proof.month_of_sales(park, month, self.count.seats))
        self.periods = [period for period in periods_of_year(year) if period.first <= self.today]
        self.waiting = _waiting(self.count.seats)
        codes = {indicators[series.code].pk: series.code for series in park_series()}
        self.of_parks = _in_force(ParkValue, "park_id", codes, year)
        self.of_places = _in_force(IndicatorValue, "place_id", codes, year)
        self.counts: Counter[str] = Counter()
        self.park_values: list[ParkValue] = []
        self.place_values: list[IndicatorValue] = []

    def compare(self) -> None:
        """Compare every period, months before what is made of them."""
        for period in self.periods:
            for family in Family:
                sums = self.count.of(family, period)
                own = [series for series in park_series() if series.family is family]
                self._parks(period, sums, own)
                self._places(period, sums, own)

    def _parks(self, period: Period, sums: FirmSums, own: list[ParkSeries]) -> None:
        for park in self.parks:
            if self._waits(period, {park}):
                continue
            firms = sums.over({park})
            for series in own:
                key = (series.code, park, period.kind, period.first)
                cell = _cell(series, firms, key in self.of_parks)
                if cell is not None and not self._is_in_force(self.of_parks.get(key), period, cell):
                    self._add_park(key, period, series, cell)

    def _places(self, period: Period, sums: FirmSums, own: list[ParkSeries]) -> None:
        for place, parks in self.places.items():
            firms = sums.over(parks)
            for series in own:
                key = (series.code, place, period.kind, period.first)
                known = self.of_places.get(key)
                cell = _cell(series, firms, known is not None)
                if cell is None:
                    continue
                if self._waits(period, parks):
                    self.counts["waiting"] += 1
                    continue
                is_synthetic = any(self.parks[park].is_synthetic for park in parks & sums.parks.keys())
                became = self._became(known, period, cell, is_synthetic)
                self.counts[became] += 1
                if became != "unchanged":
                    self._add_place(key, period, cell, parks, is_synthetic)

    def _waits(self, period: Period, parks: set[int] | frozenset[int]) -> bool:
        """Whether a period that is over still has hours to be counted in one of the parks."""
        if self._is_open(period):
            return False
        return any((park, month) in self.waiting for park in parks for month in period.months())

    def _is_open(self, period: Period) -> bool:
        return period.last >= self.today

    def _is_in_force(self, known: Known | None, period: Period, cell: Cell) -> bool:
        return (
            known is not None
            and known.is_preliminary == self._is_open(period)
            and known.withheld == (cell.withheld or "")
            and (known.value is None or known.value == cell.value)
        )

    def _became(self, known: Known | None, period: Period, cell: Cell, is_synthetic: bool) -> str:
        if known is None:
            return "new"
        if self._is_in_force(known, period, cell) and known.is_synthetic == is_synthetic:
            return "unchanged"
        if not known.is_preliminary:
            return "restated"
        return "goes_on" if self._is_open(period) else "closed"

    def _vintage(self, key: Key, known: Known | None, period: Period, cell: Cell) -> dict[str, Any]:
        """What a new vintage of a park and of a place have in common."""
        again = known is not None and known.published_on == self.today
        return {
            "indicator": self.indicators[key[0]],
            "period_kind": period.kind,
            "period": period.first,
            "published_on": self.today,
            "seq": known.seq + 1 if known is not None and again else 1,
            "is_preliminary": self._is_open(period),
            "withheld": cell.withheld or "",
        }

    def _add_park(self, key: Key, period: Period, series: ParkSeries, cell: Cell) -> None:
        found = self._proof(key[1], period, series)
        row = ParkValue(
            **self._vintage(key, self.of_parks.get(key), period, cell),
            park_id=key[1],
            value=cell.value,
            firms=cell.firms,
            lines=found.lines,
            lines_hash=found.hash,
            counted_at=self.now,
        )
        self.park_values.append(row)
        self.of_parks[key] = Known(
            row.value, row.withheld, row.is_preliminary, row.published_on, row.seq, proof=found
        )

    def _add_place(
        self, key: Key, period: Period, cell: Cell, parks: frozenset[int], is_synthetic: bool
    ) -> None:
        known = self.of_places.get(key)
        value = None if cell.withheld else cell.value
        row = IndicatorValue(
            **self._vintage(key, known, period, cell),
            place_id=key[1],
            value=value,
            is_synthetic=is_synthetic,
            source=ValueSource.ROLLUP,
            lineage=self._lineage(key, cell, parks) | _change(known, value),
        )
        self.place_values.append(row)

    def _lineage(self, key: Key, cell: Cell, parks: frozenset[int]) -> dict[str, Any]:
        """How many parks, firms and lines a value has, and the hash over those of its parks."""
        code, _place, kind, first = key
        proofs = {
            self.parks[park].code: known.proof
            for park in parks
            if (known := self.of_parks.get((code, park, kind, first))) is not None
        }
        whole = proof.of_rows(f"{park} {own.lines} {own.hash}" for park, own in proofs.items())
        return {
            "counted_at": self.now.isoformat(),
            "parks": len(proofs),
            "firms": cell.firms,
            "lines": sum(own.lines for own in proofs.values()),
            "hash": whole.hash,
        }

    def _proof(self, park: int, period: Period, series: ParkSeries) -> LineHash:
        if series.is_stock or (series.family is Family.LIVE and period.kind == PeriodKind.MONTH):
            return proof.counted_rows(self.count, series.family, park, period)
        if period.kind == PeriodKind.MONTH:
            return self._month_of_sales(park, period.first)
        keys = [(series.code, park, PeriodKind.MONTH.value, month) for month in period.months()]
        return proof.of_months((key[3], self.of_parks[key].proof) for key in keys if key in self.of_parks)


def _cell(series: ParkSeries, firms: Mapping[int, Columns], is_known: bool) -> Cell | None:
    """What is said of these firms; None where nothing was counted and nothing was said before."""
    if not firms and not is_known:
        return None
    value = series.metric.compute(NOTHING | total(firms))
    if value is None:
        return None
    return Cell(kept(value), withheld(series.metric, firms), len(firms.keys() - {NO_FIRM}))


def _change(known: Known | None, value: Decimal | None) -> dict[str, Any]:
    """The vintage before, and by how much this one differs where both are shown."""
    if known is None:
        return {}
    differs = known.value is not None and value is not None
    return {
        "before": f"{known.published_on} · {known.seq}",
        "change": metrics.as_text(value - known.value) if differs else None,  # type: ignore[operator]
    }


def _places(parks: Iterable[Park]) -> dict[int, frozenset[int]]:
    """The towns, cities and provinces that have parks, each with the ids of these."""
    found: dict[int, set[int]] = defaultdict(set)
    for park in parks:
        for above in park.node.path.strip("/").split("/")[:-1]:
            found[int(above)].add(park.pk)
    nodes = ScopeNode.objects.filter(pk__in=found, kind__in=LEVELS).order_by("path")
    return {node.pk: frozenset(found[node.pk]) for node in nodes}


def _waiting(seats: Seats) -> set[tuple[int, date]]:
    """The parks and months that have hours which are still to be counted."""
    found = set()
    marks = BucketMark.objects.filter(family=SALES).values_list("node_id", "slot").distinct()
    for tenant, slot in marks.iterator():
        day = clock.business_day(clock.hour_start(slot))
        seat = seats.of(tenant, day)
        if seat is not None:
            found.add((seat.park_id, clock.month_of(day)))
    return found


def _in_force(
    model: type[ParkValue] | type[IndicatorValue], owner: str, codes: Mapping[int, str], year: int
) -> dict[Key, Known]:
    """The newest vintage of each series, park or place, and period of a year."""
    rows = model._default_manager.filter(indicator__in=codes, period__year=year)
    found: dict[Key, Known] = {}
    for row in rows.order_by("published_on", "seq").iterator():
        key = (codes[row.indicator_id], getattr(row, owner), row.period_kind, row.period)
        found[key] = Known(
            row.value,
            row.withheld,
            row.is_preliminary,
            row.published_on,
            row.seq,
            getattr(row, "is_synthetic", False),
            LineHash(row.lines, row.lines_hash) if isinstance(row, ParkValue) else NO_LINES,
        )
    return found
