"""Reads of the park-born series: values in force by place and period, their vintages, and the parks behind one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact

from analytics.choices import PeriodKind, ValueSource
from analytics.models import Indicator, IndicatorValue, ParkValue
from analytics.periods import Period
from analytics.selectors.indicators import oldest_first, values_in_force
from core.actors import Actor
from core.choices import NodeKind
from core.models import ScopeNode
from core.policy import VIEW
from core.scoping import may, visible_to
from parks.models import Park


def later_vintages() -> QuerySet[IndicatorValue]:
    """What has come into force after the value that an outer query looks at, by the rule of `values_in_force`."""
    same = {name: OuterRef(name) for name in ("indicator", "place", "period_kind", "period")}
    later = Q(published_on__gt=OuterRef("published_on")) | Q(
        published_on=OuterRef("published_on"), seq__gt=OuterRef("seq")
    )
    drawn, was_drawn = Q(source=ValueSource.SYNTHETIC), Q(Exact(OuterRef("source"), ValueSource.SYNTHETIC))
    return IndicatorValue.objects.filter(later & (was_drawn | ~drawn) | (was_drawn & ~drawn), **same)


def places_and_periods(
    actor: Actor, indicator: Indicator, kind: PeriodKind, level: NodeKind
) -> list[IndicatorValue]:
    """The values in force of the places of a level, by place and then the newest period first."""
    values = _in_force(actor, indicator, kind).filter(place__kind=level)
    return list(values.order_by("place__code", "-period"))


def values_within(
    actor: Actor, indicator: Indicator, kind: PeriodKind, above: ScopeNode
) -> list[IndicatorValue]:
    """The values in force of a place and of those in it, each place before its parts, the newest period first."""
    values = _in_force(actor, indicator, kind).filter(place__path__startswith=above.path)
    return list(values.order_by("place__path", "-period"))


def _in_force(actor: Actor, indicator: Indicator, kind: PeriodKind) -> QuerySet[IndicatorValue]:
    values = visible_to(IndicatorValue.objects.filter(indicator=indicator), actor)
    values = values.filter(~Exists(later_vintages()), period_kind=kind)
    return values.select_related("place")


def vintages_of(actor: Actor, indicator: Indicator, place: str, period: Period) -> list[IndicatorValue]:
    """Every vintage of the value of a place (its node's code), the one in force first."""
    values = visible_to(IndicatorValue.objects.filter(indicator=indicator, place__code=place), actor)
    values = values.filter(period_kind=period.kind, period=period.first).select_related("indicator", "place")
    return list(oldest_first(values).reverse())


@dataclass(frozen=True, slots=True)
class ParkPart:
    """What a park brought into a value, as far as the actor may see it: without a value it is withheld, with the
    reason. `row` is the vintage of the park that was in force when the value was counted."""

    row: ParkValue
    value: Decimal | None
    withheld: str


def parks_behind(actor: Actor, value: IndicatorValue) -> list[ParkPart]:
    """The parks of a counted value, in the order of their codes.

    A park's own people see its part whole, a bureau that answers for the park's town as the rule on single firms
    allows; the parks of others are left out.
    """
    rows = _parts(value)
    own = set(
        visible_to(ParkValue.objects.filter(pk__in=[row.pk for row in rows]), actor).values_list(
            "pk", flat=True
        )
    )
    towns = {row.park.town_id for row in rows}
    answered_for = {town for town in towns if may(actor, VIEW, Park, town)}
    found = []
    for row in rows:
        if row.pk in own:
            found.append(ParkPart(row, row.value, ""))
        elif row.park.town_id in answered_for:
            found.append(ParkPart(row, None if row.withheld else row.value, row.withheld))
    return found


def _parts(value: IndicatorValue) -> list[ParkValue]:
    """The vintages of its parks that were in force when a value was counted."""
    counted_at = value.lineage.get("counted_at")
    if counted_at is None:
        return []
    rows = ParkValue.objects.filter(
        indicator_id=value.indicator_id,
        period_kind=value.period_kind,
        period=value.period,
        counted_at__lte=datetime.fromisoformat(counted_at),
        park__node__path__startswith=value.place.path,
    )
    newest = {row.park_id: row for row in rows.select_related("park").order_by("published_on", "seq")}
    return sorted(newest.values(), key=lambda row: row.park.code)


def stored_columns(actor: Actor, codes: Sequence[str]) -> dict[str, dict[tuple[str, int], Decimal | None]]:
    """The yearly values in force of the provinces, by series and then by (province code, year); None: withheld."""
    indicators = Indicator.objects.in_bulk(codes, field_name="code")
    found = values_in_force(actor, indicators.values())
    names = dict(ScopeNode.objects.filter(kind=NodeKind.PROVINCE).values_list("pk", "province__code"))
    return {
        code: {
            (names[place], year): value.value
            for (place, year), value in (found[indicators[code].pk] if code in indicators else {}).items()
            if place in names
        }
        for code in codes
    }
