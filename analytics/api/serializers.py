"""What the API shows of figures and indicators."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from analytics.choices import PeriodKind, ValueSource
from analytics.models import Indicator, IndicatorValue
from core.choices import NodeKind
from core.doors.fields import InstantField


class FigureRowSerializer(serializers.Serializer[Any]):
    """The metrics of one period by code, as exact text; null where there is nothing to divide by."""

    period = serializers.DateField()
    as_of = InstantField()
    dirty = serializers.IntegerField(help_text="Hours that are still to be counted again.")
    values = serializers.DictField(child=serializers.CharField(allow_null=True))
    firms = serializers.IntegerField(required=False)
    withheld = serializers.DictField(child=serializers.CharField(), required=False)


class FiguresSerializer(serializers.Serializer[Any]):
    """Figures of a tenant, a park or a place."""

    of = serializers.CharField()
    kind = serializers.ChoiceField(choices=NodeKind.choices)
    since = serializers.DateField()
    until = serializers.DateField()
    by = serializers.ChoiceField(choices=["day", "month", "total"])
    rows = FigureRowSerializer(many=True)


class MetricSerializer(serializers.Serializer[Any]):
    """A registered definition."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField()
    adds = serializers.CharField()
    formula = serializers.CharField()


class MetricsSerializer(serializers.Serializer[Any]):
    results = MetricSerializer(many=True)


class IndicatorSerializer(serializers.ModelSerializer[Indicator]):
    """A series of the provinces, with its definition."""

    class Meta:
        model = Indicator
        fields = [
            "code",
            "name_zh",
            "name_en",
            "dimension",
            "unit_zh",
            "unit_en",
            "definition",
            "direction",
            "in_index",
            "published_weight",
        ]


class PlainDecimal(serializers.CharField):
    """A decimal as exact text, without needless zeros."""

    def to_representation(self, value: Any) -> str:
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text


class IndicatorValueSerializer(serializers.ModelSerializer[IndicatorValue]):
    """One value of one vintage."""

    indicator = serializers.CharField(source="indicator.code")
    place = serializers.CharField(source="place.code")
    place_name = serializers.CharField(source="place.name_zh")
    period_kind = serializers.ChoiceField(choices=PeriodKind.choices)
    value = PlainDecimal()
    source = serializers.ChoiceField(choices=ValueSource.choices)  # type: ignore[assignment]

    class Meta:
        model = IndicatorValue
        fields = [
            "indicator",
            "place",
            "place_name",
            "period_kind",
            "period",
            "value",
            "source",
            "source_note",
            "published_on",
            "seq",
        ]
