"""Reads of indicators, their vintages, and the runs of the index.

A value in force is the newest vintage (published_on, seq) of its place and year; official values come before
synthetic ones whatever their day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, IntegerField, Max, Min, Q, QuerySet, Value, When

from analytics.choices import Dimension, PeriodKind, ValueSource
from analytics.models import IndexRun, IndexScore, Indicator, IndicatorValue
from core.actors import Actor
from core.models import ScopeNode
from core.scoping import visible_to

PlaceYear = tuple[int, int]  # scope node, year


def values_in_force(
    actor: Actor, indicators: Iterable[Indicator], *, place: ScopeNode | None = None
) -> dict[int, dict[PlaceYear, IndicatorValue]]:
    """The yearly values in force, by indicator id and then by (place id, year)."""
    found: dict[int, dict[PlaceYear, IndicatorValue]] = defaultdict(dict)
    rows = visible_to(IndicatorValue.objects.filter(indicator__in=list(indicators)), actor)
    rows = rows.filter(period_kind=PeriodKind.YEAR)
    if place is not None:
        rows = rows.filter(place=place)
    for value in oldest_first(rows):
        found[value.indicator_id][value.place_id, value.period.year] = value
    return found


def vintages(actor: Actor, indicator: Indicator, place: ScopeNode) -> list[IndicatorValue]:
    """Every yearly value ever stored of an indicator for a place: newest year first, its value in force first."""
    rows = visible_to(IndicatorValue.objects.filter(indicator=indicator, place=place), actor)
    rows = rows.filter(period_kind=PeriodKind.YEAR)
    newest_first = list(reversed(list(oldest_first(rows))))
    return sorted(newest_first, key=lambda value: value.period, reverse=True)


def oldest_first(rows: QuerySet[IndicatorValue]) -> QuerySet[IndicatorValue]:
    """In the order in which values come into force: the last one of a place and year holds."""
    synthetic_first = Case(
        When(source=ValueSource.SYNTHETIC, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return rows.order_by(synthetic_first, "published_on", "seq")


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """What is stored of one indicator: places, values, first and last year, newest day of publication."""

    indicator: Indicator
    places: int
    values: int
    first_year: int
    last_year: int
    published_on: date
    is_synthetic: bool


def series_stored(actor: Actor) -> list[SeriesSummary]:
    """Every indicator with at least one value, in the order of the indicators."""
    yearly = Q(values__period_kind=PeriodKind.YEAR)
    rows = visible_to(Indicator.objects.all(), actor).annotate(
        places=Count("values__place", filter=yearly, distinct=True),
        total=Count("values", filter=yearly),
        first=Min("values__period", filter=yearly),
        last=Max("values__period", filter=yearly),
        published=Max("values__published_on", filter=yearly),
        synthetic=Count("values", filter=yearly & Q(values__is_synthetic=True)),
    )
    return [
        SeriesSummary(
            row,
            row.places,
            row.total,
            row.first.year,
            row.last.year,
            row.published,
            row.synthetic == row.total,
        )
        for row in rows.filter(total__gt=0)
    ]


def latest_run(actor: Actor) -> IndexRun | None:
    """The newest run of the index, None before the first."""
    return visible_to(IndexRun.objects.select_related("made_by"), actor).order_by("-id").first()


def run_scores(actor: Actor, run: IndexRun) -> dict[int, dict[int, IndexScore]]:
    """The scores of a run by year and then by place id, best rank first within a year."""
    found: dict[int, dict[int, IndexScore]] = defaultdict(dict)
    rows = visible_to(IndexScore.objects.filter(run=run), actor).select_related("place__province")
    for score in rows.order_by("year", "rank", "place__code"):
        found[score.year][score.place_id] = score
    return dict(found)


@dataclass(frozen=True, slots=True)
class RankRow:
    """A place in the ranking of a year; changes are against the year before, None in the first year."""

    score: IndexScore
    share_of_best: float
    score_change: float | None
    places_gained: int | None


def ranking(scores: dict[int, dict[int, IndexScore]], year: int) -> list[RankRow]:
    """The ranking of a year with the change to the year before."""
    rows = list(scores.get(year, {}).values())
    before = scores.get(year - 1, {})
    best = max((row.score for row in rows), default=0.0) or 1.0
    return [
        RankRow(
            score=row,
            share_of_best=row.score / best,
            score_change=row.score - before[row.place_id].score if row.place_id in before else None,
            places_gained=before[row.place_id].rank - row.rank if row.place_id in before else None,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class WeightRow:
    """An indicator of a run with its published and its computed weight, both in per cent."""

    indicator: Indicator
    published: Decimal
    computed: Decimal

    @property
    def difference(self) -> Decimal:
        return self.computed - self.published


@dataclass(frozen=True, slots=True)
class DimensionRows:
    """The indicators of one dimension and their sums."""

    dimension: str
    label: Any
    rows: Sequence[WeightRow]

    @property
    def published(self) -> Decimal:
        return sum((row.published for row in self.rows), Decimal(0))

    @property
    def computed(self) -> Decimal:
        return sum((row.computed for row in self.rows), Decimal(0))


def weight_table(actor: Actor, run: IndexRun) -> list[DimensionRows]:
    """The run's indicators by dimension, published weight beside computed weight."""
    groups: dict[str, list[WeightRow]] = defaultdict(list)
    for indicator in visible_to(Indicator.objects.filter(code__in=run.weights), actor):
        computed = Decimal(str(run.weights[indicator.code] * 100))
        groups[indicator.dimension].append(
            WeightRow(indicator, indicator.published_weight or Decimal(0), computed)
        )
    return [DimensionRows(name, Dimension(name).label, rows) for name, rows in groups.items()]
