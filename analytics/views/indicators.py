"""Pages of indicators: the series of one in every province with what is behind it, and the upload of more."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from analytics.choices import Dimension
from analytics.eci.indicators import eci_indicators, park_indicators, study_variables
from analytics.forms import IndicatorFileForm
from analytics.looks import Look
from analytics.models import Indicator, IndicatorValue
from analytics.selectors.indicators import latest_run, values_in_force, vintages
from analytics.services.indicator_import import ImportReport, indicator_values_import
from analytics.views.pages import AnalyticsPage, in_language
from analytics.views.parkborn import park_born
from core.choices import NodeKind
from core.errors import DomainError, NotFound
from core.models import ScopeNode
from core.scoping import get_visible
from parks.models import Province

# Lines of the chart that stand out besides the reader's own province.
HIGHLIGHTED = 5
Row = tuple[Province, list[IndicatorValue | None]]


class IndicatorPage(AnalyticsPage):
    """One indicator: its series in every province, and the vintages of one of them down to file and line, or of a
    park-born one the places in it, down to parks and hashed lines."""

    template_name = "analytics/indicator.html"
    needs = ("view", IndicatorValue)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        indicator = get_visible(Indicator, self.actor, code=self.kwargs["code"])
        cells = values_in_force(self.actor, [indicator]).get(indicator.pk, {})
        years = sorted({year for _place, year in cells})
        nodes = ScopeNode.objects.filter(pk__in={place for place, _year in cells}, kind=NodeKind.PROVINCE)
        provinces = [node.province for node in nodes.select_related("province").order_by("code")]
        rows = [(province, [cells.get((province.pk, year)) for year in years]) for province in provinces]
        look = Look.of(indicator, [value.value for value in cells.values()])
        chosen = self._chosen(provinces)
        known = vintages(self.actor, indicator, chosen.node) if chosen else []
        if chosen and indicator.dimension == Dimension.PARKS:
            kwargs["born"] = park_born(self.actor, self.request.GET, indicator, chosen.node)
        return super().get_context_data(
            indicator=indicator,
            years=years[::-1],
            rows=[(province, values[::-1]) for province, values in rows],
            look=look,
            chosen=chosen,
            vintages=known,
            notes=list(dict.fromkeys(value.source_note for value in known if value.source_note)),
            definition=_definition(indicator),
            weight=self._weight(indicator),
            is_synthetic=any(value.is_synthetic for value in cells.values()),
            chart=self._chart(rows, years, look),
            **kwargs,
        )

    def _weight(self, indicator: Indicator) -> float | None:
        """The weight in the newest run in per cent."""
        run = latest_run(self.actor)
        return run.weights[indicator.code] * 100 if run and indicator.code in run.weights else None

    def _chosen(self, provinces: list[Province]) -> Province | None:
        """The province whose vintages are shown: the one in the address, else the reader's own, else the first."""
        code = self.request.GET.get("province", "")
        if code:
            found = next((province for province in provinces if province.code == code), None)
            if found is None:
                raise NotFound
            return found
        own = self.own_provinces()
        return next(
            (province for province in provinces if province.pk in own), provinces[0] if provinces else None
        )

    def _chart(self, rows: list[Row], years: list[int], look: Look) -> dict[str, Any]:
        """One line for each province; the reader's own and the largest of the last year stand out."""
        largest = sorted(rows, key=lambda row: _number(row[1][-1], look) or 0 if row[1] else 0, reverse=True)
        shown = self.own_provinces() | {province.pk for province, _values in largest[:HIGHLIGHTED]}
        return {
            "years": years,
            "suffix": "%" if look.is_share else "",
            "lines": [
                {
                    "name": province.short_name,
                    "shown": province.pk in shown,
                    "values": [_number(value, look) for value in values],
                }
                for province, values in rows
            ],
        }


def _number(value: IndicatorValue | None, look: Look) -> float | None:
    """A value as a chart takes it; None where there is none or it is withheld."""
    return float(look.number(value.value)) if value is not None and value.value is not None else None


def _definition(indicator: Indicator) -> str:
    """The definition in the language of the reader; shipped ones are known in both."""
    shipped = {one.code: one.definition_en for one in (*eci_indicators(), *park_indicators())}
    shipped |= {one.code: one.definition_en for one in study_variables()}
    return in_language(indicator.definition, shipped.get(indicator.code, ""))


class UploadIndicators(AnalyticsPage):
    """A statistics file: looked at first, stored when it is sent again with `confirm`.

    Under htmx the look goes into the same form, so that the browser keeps the chosen file.
    """

    template_name = "analytics/upload.html"
    needs = ("add", IndicatorValue)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", IndicatorFileForm())
        return super().get_context_data(indicators=Indicator.objects.all(), **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = IndicatorFileForm(request.POST, request.FILES)
        report: ImportReport | None = None
        refused: DomainError | None = None
        if form.is_valid():
            try:
                report = self._import(form.cleaned_data, confirmed="confirm" in request.POST)
            except DomainError as error:
                refused = error
        if report is not None and "confirm" in request.POST:
            stored = ngettext("%(count)d value is stored.", "%(count)d values are stored.", report.stored)
            messages.success(request, stored % {"count": report.stored})
            return self._stored(report)
        context = self.get_context_data(form=form, report=report, refused=refused)
        if request.htmx:  # type: ignore[attr-defined]
            return render(request, "analytics/partials/upload_look.html", context)
        status = refused.status if refused else (200 if report else 400)
        return self.render_to_response(context, status=status)

    def _import(self, values: dict[str, Any], *, confirmed: bool) -> ImportReport:
        return indicator_values_import(
            actor=self.actor,
            source=values["file"].read(),
            published_on=values["published_on"],
            indicator=values["indicator"],
            unit=values["unit"],
            file_name=values["file"].name,
            # A look shows what cannot be read beside the rest.
            skip_unreadable=values["skip_unreadable"] or not confirmed,
            dry_run=not confirmed,
        )

    def _stored(self, report: ImportReport) -> HttpResponse:
        if len(report.series) == 1:
            return redirect("analytics-indicator", code=report.series[0].indicator.code)
        return redirect("analytics-home")
