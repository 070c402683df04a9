"""Scoped reads of tenants and what parks let."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from parks.choices import NOT_LETTABLE_USES
from parks.models import Park
from parks.selectors import units_on
from tenants.models import LeaseUnit, Tenancy


def tenancies_on(park: Park, day: date) -> QuerySet[Tenancy]:
    """Who sat in a park on a day."""
    return Tenancy.objects.filter(Q(to_day__isnull=True) | Q(to_day__gt=day), park=park, from_day__lte=day)


@dataclass(frozen=True)
class Occupancy:
    """Lettable and let units and areas (m²) of a park on a day. Units under conversion are not lettable."""

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


def occupancy_on(park: Park, day: date) -> Occupancy:
    """Count what of a park was lettable and let on a day."""
    lettable = units_on(park, day).filter(is_lettable=True).exclude(use_now__in=NOT_LETTABLE_USES)
    areas = dict(lettable.values_list("pk", "area_now"))
    let = (
        LeaseUnit.objects.filter(unit__in=areas, is_active=True, from_day__lte=day, to_day__gt=day)
        .values("unit")
        .annotate(area=Sum("area_m2"))
    )
    return Occupancy(
        lettable_units=len(areas),
        let_units=len(let),
        lettable_area=sum(areas.values(), Decimal(0)),
        let_area=sum((min(row["area"], areas[row["unit"]]) for row in let), Decimal(0)),
    )
