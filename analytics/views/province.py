"""Pages of the index and its indicators: the ranking and map of a year, a province, an indicator."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import metrics
from analytics.figures import BureauRow, bureau_figures
from analytics.looks import Look
from analytics.models import IndexRun, IndexScore, Indicator, IndicatorValue
from analytics.selectors.indicators import (
    SeriesSummary,
    latest_run,
    ranking,
    run_scores,
    series_stored,
    values_in_force,
    vintages,
    weight_table,
)
from analytics.services.index_runs import index_run_create
from analytics.views.pages import AnalyticsPage, in_language
from core import clock
from core.choices import ANALYST_ROLES
from core.errors import DomainError
from core.models import ScopeNode
from core.scoping import get_visible, may
from core.strict import quantity
from parks.models import Park, Province
from parks.provinces import LETTERS, PROVINCES

# Six classes of scores, pale to dark; the same for all years, so that years compare.
COLOURS = ("#eaf2f0", "#c5dfdb", "#94c4bf", "#58a09f", "#26777c", "#0a474d")
PARK_METRICS = ("gmv_paid", "net_sales", "orders", "aov_order", "refund_rate_amount")
PARK_MONTHS = 6
SALES_OF_PARKS = "park_net_sales"
WITHHELD = {
    "few_firms": gettext_lazy("withheld: fewer than three firms"),
    "dominant_firm": gettext_lazy("withheld: one firm makes more than 80 %"),
}
YearScores = dict[int, dict[int, IndexScore]]


class AnalyticsHome(AnalyticsPage):
    """The index: map and ranking of a year, weights beside the published ones, how it is computed, downloads."""

    template_name = "analytics/home.html"
    needs = ("view", IndexRun)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = latest_run(self.actor)
        stored = series_stored(self.actor)
        if run is not None:
            kwargs |= self._of_run(run)
        return super().get_context_data(
            run=run,
            series=[one for one in stored if not one.indicator.in_index],
            years_stored=_years_of_the_index(stored),
            may_import=may(self.actor, "add", IndicatorValue),
            may_compute=may(self.actor, "add", IndexRun),
            park_figures=[self._park_figures(place) for place in self._own_places()],
            park_metrics=[metrics.REGISTRY[code] for code in PARK_METRICS],
            **kwargs,
        )

    def _of_run(self, run: IndexRun) -> dict[str, Any]:
        scores = run_scores(self.actor, run)
        year = self.year_of(list(scores))
        groups = weight_table(self.actor, run)
        classes = _classes(scores)
        return {
            "year": year,
            "years": sorted(scores),
            "ranking": ranking(scores, year or 0),
            "groups": groups,
            "published_sum": sum(group.published for group in groups),
            "computed_sum": sum(group.computed for group in groups),
            "classes": classes,
            "map": {
                "year": year,
                "classes": classes,
                "tiles": _tiles(scores),
                "words": {"rank": _("rank"), "none": _("not in the index")},
            },
        }

    def _own_places(self) -> list[ScopeNode]:
        """The places whose parks an analyst answers for."""
        nodes = self.actor.nodes_with(ANALYST_ROLES)
        return list(ScopeNode.objects.filter(pk__in=nodes).order_by("path"))

    def _park_figures(self, place: ScopeNode) -> dict[str, Any]:
        """Sums over the firms of a place by month, the newest first; a withheld cell says why."""
        until = clock.today()
        since = clock.month_of(until)
        for _month in range(PARK_MONTHS - 1):
            since = clock.month_of(since - clock.DAY)
        rows = bureau_figures(actor=self.actor, place=place, since=since, until=until)
        return {
            "place": in_language(place.name_zh, place.name_en),
            "rows": [(row, [_cell(row, code) for code in PARK_METRICS]) for row in reversed(rows)],
            "is_synthetic": Park.objects.filter(
                node__path__startswith=place.path, is_synthetic=True
            ).exists(),
        }


def _cell(row: BureauRow, code: str) -> dict[str, Any]:
    return {
        "unit": metrics.REGISTRY[code].unit.name,
        "value": row.values[code],
        "withheld": WITHHELD.get(row.withheld.get(code, "")),
    }


def _years_of_the_index(stored: list[SeriesSummary]) -> tuple[int, int] | None:
    """The years in which all indicators of the index have values, as far as their first and last year tell."""
    twelve = [one for one in stored if one.indicator.in_index]
    if not twelve:
        return None
    return max(one.first_year for one in twelve), min(one.last_year for one in twelve)


def _classes(scores: YearScores) -> list[dict[str, Any]]:
    """Bounds of the map's colours: sixths of all scores of the run."""
    pooled = [row.score for rows in scores.values() for row in rows.values()]
    bounds = [round(float(bound), 3) for bound in np.quantile(pooled, np.linspace(0, 1, len(COLOURS) + 1))]
    return [
        {"colour": colour, "low": low, "high": high}
        for colour, low, high in zip(COLOURS, bounds[:-1], bounds[1:], strict=True)
    ]


def _tiles(scores: YearScores) -> list[dict[str, Any]]:
    """One tile for each province of the map with its scores and ranks by year."""
    known = Province.objects.in_bulk([tile.code for tile in PROVINCES], field_name="code")
    return [
        {
            "name": province.short_name,
            "letters": LETTERS[tile.code],
            "x": tile.column,
            "y": tile.row,
            "url": reverse("analytics-province", args=[tile.code]),
            "scores": {year: [rows[province.pk].score, rows[province.pk].rank] for year, rows in scores.items()
                       if province.pk in rows},
        }
        for tile in PROVINCES
        if (province := known.get(tile.code))
    ]  # fmt: skip


class ComputeIndex(AnalyticsPage):
    """A button: computes the index anew on the values in force."""

    http_method_names = ["post", "options"]
    needs = ("add", IndexRun)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            first, last = (quantity(request.POST.get(name, "")) for name in ("first_year", "last_year"))
            index_run_create(actor=self.actor, first_year=first, last_year=last)
        except DomainError as error:
            messages.error(request, str(error.detail))
        else:
            messages.success(request, _("The index is computed anew."))
        return redirect("analytics-home")


class ProvincePage(AnalyticsPage):
    """One province: its score and rank over the years, what each indicator contributes, the values themselves."""

    template_name = "analytics/province.html"
    needs = ("view", IndexScore)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        province = get_visible(Province, self.actor, code=self.kwargs["code"])
        run = latest_run(self.actor)
        scores = run_scores(self.actor, run) if run is not None else {}
        own = {year: rows[province.pk] for year, rows in scores.items() if province.pk in rows}
        year = self.year_of(list(own))
        lines = [
            row for of_year in own for row in ranking(scores, of_year) if row.score.place_id == province.pk
        ]
        return super().get_context_data(
            province=province,
            run=run,
            year=year,
            years=sorted(own),
            line=next((row for row in lines if row.score.year == year), None),
            lines=sorted(lines, key=lambda row: row.score.year, reverse=True),
            ranked=len(scores.get(year or 0, {})),
            dimensions=self._dimensions(run, own.get(year or 0)),
            values=self._values(province, year, own),
            chain=self._chain(province, run, year),
            chart={
                "years": sorted(own),
                "names": [province.short_name, _("mean of the provinces")],
                "own": [own[of_year].score for of_year in sorted(own)],
                "mean": [
                    float(np.mean([row.score for row in scores[of_year].values()])) for of_year in sorted(own)
                ],
            },
            bars=self._bars(own.get(year or 0)),
            **kwargs,
        )

    def _chain(self, province: Province, run: IndexRun | None, year: int | None) -> dict[str, Any] | None:
        """How the order lines of the parks in a province became its indicator, and a score where the run took it."""
        indicator = Indicator.objects.filter(code=SALES_OF_PARKS).first()
        known = vintages(self.actor, indicator, province.node) if indicator else []
        value = next((one for one in known if one.period.year == year), known[0] if known else None)
        if indicator is None or value is None:
            return None
        taken = run is not None and indicator.code in run.weights and value.period.year == year
        look = Look.of(indicator, [value.value])
        return {"indicator": indicator, "value": value, "look": look, "is_in_index": taken}

    def _dimensions(self, run: IndexRun | None, score: IndexScore | None) -> list[dict[str, Any]]:
        """What each dimension adds to a score, and the most it could add."""
        if run is None or score is None:
            return []
        return [
            {
                "label": group.label,
                "score": sum(score.contributions[row.indicator.code] for row in group.rows),
                "most": group.computed / 100,
            }
            for group in weight_table(self.actor, run)
        ]

    def _values(
        self, province: Province, year: int | None, own: dict[int, IndexScore]
    ) -> list[dict[str, Any]]:
        """Each indicator with its value of the year (or its newest one), the year before, and its contribution."""
        indicators = list(Indicator.objects.all())
        found = values_in_force(self.actor, indicators, place=province.node)
        table = []
        for indicator in indicators:
            cells = {of_year: value for (_place, of_year), value in found.get(indicator.pk, {}).items()}
            if not cells and not indicator.in_index:
                continue
            at = year if indicator.in_index and year else max(cells, default=None)
            score = own.get(at or 0) if indicator.in_index else None
            table.append(
                {
                    "indicator": indicator,
                    "value": cells.get(at or 0),
                    "before": cells.get((at or 0) - 1),
                    "look": Look.of(indicator, [value.value for value in cells.values()]),
                    "contribution": score.contributions.get(indicator.code) if score else None,
                }
            )
        return table

    def _bars(self, score: IndexScore | None) -> dict[str, Any]:
        if score is None:
            return {}
        names = {row.code: row.name for row in Indicator.objects.filter(code__in=score.contributions)}
        parts = sorted(score.contributions.items(), key=lambda item: (item[1], item[0]))
        return {
            "names": [names.get(code, code) for code, _part in parts],
            "parts": [part for _code, part in parts],
        }
