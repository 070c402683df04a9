"""The operator's door to indicators, their values and the runs of the index: looked at here, changed nowhere."""

from __future__ import annotations

from django.contrib import admin

from analytics.models import IndexRun, IndexScore, Indicator, IndicatorValue, ParkValue
from core.doors.admin import ScopedModelAdmin, ShownInline


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


@admin.register(IndicatorValue)
class IndicatorValueAdmin(ScopedModelAdmin):
    list_display = (
        "indicator",
        "place",
        "period_kind",
        "period",
        "value",
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
        ("value", "withheld"),
        ("published_on", "seq", "is_preliminary"),
        ("source", "source_note", "is_synthetic"),
        "lineage",
    )


@admin.register(ParkValue)
class ParkValueAdmin(ScopedModelAdmin):
    list_display = (
        "indicator",
        "park",
        "period_kind",
        "period",
        "value",
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
        ("value", "withheld"),
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
