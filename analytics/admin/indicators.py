"""The operator's door to indicators, their values and the runs of the index: looked at here, changed nowhere."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from analytics.looks import Look
from analytics.models import IndexRun, IndexScore, Indicator, IndicatorValue, ParkValue
from core.doors.admin import ScopedModelAdmin, ShownInline
from core.doors.admin.display import EMPTY


@admin.register(Indicator)
class IndicatorAdmin(ScopedModelAdmin):
    list_display = ("code", "name_zh", "name_en", "dimension", "unit_zh", "in_index", "published_weight")
    list_filter = ("dimension", "in_index")
    search_fields = ("code", "name_zh", "name_en")
    fields = (
        "code",
        ("name_zh", "name_en"),
        ("dimension", "direction"),
        ("unit_zh", "unit_en"),
        "definition",
        ("in_index", "published_weight"),
    )


class ValueAdmin(ScopedModelAdmin):
    """Values as their indicator is read; exports hold them as they are kept."""

    readonly_fields = ("figure",)

    @display(description=_("value"), ordering="value")
    def figure(self, row: IndicatorValue | ParkValue) -> str:
        return EMPTY if row.value is None else Look.of(row.indicator, [row.value]).text(row.value)

    figure.exported = lambda row: row.value


@admin.register(IndicatorValue)
class IndicatorValueAdmin(ValueAdmin):
    list_display = (
        "indicator",
        "place",
        "period_kind",
        "period",
        "figure",
        "withheld",
        "is_preliminary",
        "source",
        "published_on",
        "seq",
    )
    list_filter = ("indicator", "place", "source", "period_kind", "period", "is_preliminary", "withheld")
    search_fields = ("indicator__code", "indicator__name_zh", "place__name_zh", "place__name_en")
    ordering = ("-period", "indicator", "place")
    fields = (
        ("indicator", "place"),
        ("period_kind", "period"),
        ("figure", "withheld"),
        ("published_on", "seq", "is_preliminary"),
        ("source", "source_note", "is_synthetic"),
        "lineage",
    )


@admin.register(ParkValue)
class ParkValueAdmin(ValueAdmin):
    list_display = (
        "indicator",
        "park",
        "period_kind",
        "period",
        "figure",
        "firms",
        "lines",
        "is_preliminary",
        "published_on",
        "seq",
    )
    list_filter = ("indicator", "park", "period_kind", "period", "is_preliminary")
    search_fields = ("indicator__code", "indicator__name_zh", "park__code", "park__name_zh", "park__name_en")
    ordering = ("-period", "indicator", "park")
    fields = (
        ("indicator", "park"),
        ("period_kind", "period"),
        ("figure", "withheld"),
        ("published_on", "seq", "is_preliminary"),
        ("firms", "lines", "lines_hash"),
        "counted_at",
    )


class IndexScoreInline(ShownInline):
    model = IndexScore
    fields = ("place", "year", "score", "rank")
    ordering = ("-year", "rank")


@admin.register(IndexRun)
class IndexRunAdmin(ScopedModelAdmin):
    list_display = ("made_at", "first_year", "last_year", "made_by", "is_synthetic", "is_preliminary")
    list_filter = ("made_at", "is_synthetic", "is_preliminary")
    search_fields = ("inputs_hash",)
    fields = (("made_at", "made_by"), ("first_year", "last_year"), "parameters", "weights", "inputs_hash")
    inlines = (IndexScoreInline,)
