"""Scoped reads of tenants and what parks let."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from parks.choices import NOT_LETTABLE_USES
from parks.models import Park, UnitUse
from tenants.models import LeaseUnit, Tenancy


def tenancies_on(park: Park, day: date) -> QuerySet[Tenancy]:
    """Who sat in a park on a day."""
    return Tenancy.objects.on(day).filter(park=park)


@dataclass(frozen=True)
class Occupancy:
    """Lettable and let units and areas (m²) on a day. Units under conversion are not lettable."""

    lettable_units: int
    let_units: int
    lettable_area: Decimal
    let_area: Decimal

    @property
    def by_count(self) -> Decimal | None:
        """入驻率: let units / lettable units, None without lettable units."""
        return Decimal(self.let_units) / self.lettable_units if self.lettable_units else None

    @property
    def by_area(self) -> Decimal | None:
        """出租率: let area / lettable area, None without lettable area."""
        return self.let_area / self.lettable_area if self.lettable_area else None


@dataclass(frozen=True)
class UnitLet:
    """A lettable unit on a day: its area, and how much of it which company holds (None: nobody)."""

    park_id: int
    code: str
    area: Decimal
    company_id: int | None
    let_area: Decimal


class LettableUnits:
    """The lettable units of some parks with the history of their uses and leases, read once to be asked for any day."""

    def __init__(self, parks: Collection[Park | int]) -> None:
        uses = UnitUse.objects.filter(unit__park__in=parks, unit__is_lettable=True)
        self._uses = list(
            uses.exclude(use__in=NOT_LETTABLE_USES)
            .order_by("unit__code", "from_day")
            .values_list(
                "unit_id", "unit__park_id", "unit__code", "unit__closed_on", "area_m2", "from_day", "to_day"
            )
        )
        self._leases: dict[int, list[tuple[int, Decimal, date, date]]] = defaultdict(list)
        leases = LeaseUnit.objects.filter(unit__park__in=parks, is_active=True)
        for unit, company, area, from_day, to_day in leases.values_list(
            "unit_id", "lease__tenant__company_id", "area_m2", "from_day", "to_day"
        ):
            self._leases[unit].append((company, area, from_day, to_day))

    def on(self, day: date) -> list[UnitLet]:
        """Every unit that was lettable on a day, let or not, in the order of the codes."""
        found = []
        for unit, park, code, closed_on, area, from_day, to_day in self._uses:
            if (
                from_day <= day
                and (to_day is None or day < to_day)
                and (closed_on is None or day < closed_on)
            ):
                company, let = self._held(unit, day)
                found.append(UnitLet(park, code, area, company, min(let, area)))
        return found

    def _held(self, unit: int, day: date) -> tuple[int | None, Decimal]:
        for company, area, from_day, to_day in self._leases.get(unit, ()):
            if from_day <= day < to_day:
                return company, area
        return None, Decimal(0)


def occupancy_on(parks: Collection[Park | int], day: date) -> Occupancy:
    """Count what of some parks together was lettable and let on a day."""
    units = LettableUnits(parks).on(day)
    return Occupancy(
        lettable_units=len(units),
        let_units=sum(unit.company_id is not None for unit in units),
        lettable_area=sum((unit.area for unit in units), Decimal(0)),
        let_area=sum((unit.let_area for unit in units), Decimal(0)),
    )
