"""Tables of a run and values of an indicator as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from analytics.models import IndexRun, Indicator, IndicatorValue
from analytics.selectors.indicators import run_scores, values_in_force, weight_table
from analytics.views.pages import AnalyticsPage
from core.actors import Actor
from core.doors.export import FORMATS, table_response
from core.errors import NotFound
from core.scoping import get_visible
from parks.models import Province

Rows = Iterator[Sequence[Any]]
STATE = ("withheld", "is_preliminary", "is_synthetic")
PLACE = ("province_code", "province_zh", "province_en", "year")


def _scores(actor: Actor, run: IndexRun) -> Rows:
    groups = weight_table(actor, run)
    yield (*PLACE, "score", "rank", *(group.dimension for group in groups))
    codes = [[row.indicator.code for row in group.rows] for group in groups]
    for place, score in _by_place(actor, run):
        sums = (sum(score.contributions[code] for code in group) for group in codes)
        yield (*place, score.score, score.rank, *sums)


def _contributions(actor: Actor, run: IndexRun) -> Rows:
    codes = run.base["codes"]
    yield (*PLACE, *codes, "score")
    for place, score in _by_place(actor, run):
        yield (*place, *(score.contributions[code] for code in codes), score.score)


def _weights(actor: Actor, run: IndexRun) -> Rows:
    arrays = ("minimum", "maximum", "entropy", "redundancy")
    yield ("code", "name_zh", "name_en", "dimension", "direction", *arrays, "weight", "published_weight_pct")
    at = {code: i for i, code in enumerate(run.base["codes"])}
    for group in weight_table(actor, run):
        for row in group.rows:
            one = row.indicator
            fitted = (run.base[name][at[one.code]] for name in arrays)
            names = (one.code, one.name_zh, one.name_en, one.dimension, one.direction)
            yield (*names, *fitted, run.weights[one.code], row.published)


def _by_place(actor: Actor, run: IndexRun) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for year, rows in run_scores(actor, run).items():
        for score in rows.values():
            province = score.place.province
            yield (province.code, province.name_zh, province.name_en, year), score


TABLES: dict[str, Callable[[Actor, IndexRun], Rows]] = {
    "scores": _scores,
    "weights": _weights,
    "contributions": _contributions,
}


class RunTable(AnalyticsPage):
    """A table of one run, named by the run: the file says which numbers it holds."""

    needs = ("view", IndexRun)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        run = get_visible(IndexRun, self.actor, uid=self.kwargs["uid"])
        table = TABLES.get(self.kwargs["table"])
        if table is None or self.kwargs["kind"] not in FORMATS:
            raise NotFound
        stamp = "-synthetic" if run.is_synthetic else ""
        name = f"eci-{self.kwargs['table']}-{run.first_year}-{run.last_year}{stamp}-{run.inputs_hash[:8]}"
        rows = table(self.actor, run)
        return table_response(self.kwargs["kind"], name, next(rows), rows)


class IndicatorTable(AnalyticsPage):
    """The values of an indicator in force, one line for each province and year."""

    needs = ("view", IndicatorValue)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        indicator = get_visible(Indicator, self.actor, code=self.kwargs["code"])
        if self.kwargs["kind"] not in FORMATS:
            raise NotFound
        header = (
            *PLACE,
            "indicator",
            "value",
            "unit",
            "source",
            "published_on",
            "seq",
            "source_note",
            *STATE,
        )
        return table_response(self.kwargs["kind"], f"{indicator.code}-values", header, self._rows(indicator))

    def _rows(self, indicator: Indicator) -> Rows:
        cells = values_in_force(self.actor, [indicator]).get(indicator.pk, {})
        provinces = Province.objects.in_bulk({place for place, _year in cells})
        for (place, year), value in sorted(cells.items()):
            province = provinces.get(place)
            if province is None:
                continue
            names = (province.code, province.name_zh, province.name_en, year)
            vintage = (value.source, value.published_on, value.seq, value.source_note)
            state = (value.withheld, value.is_preliminary, value.is_synthetic)
            yield (*names, indicator.code, value.value, indicator.unit_zh, *vintage, *state)
