"""What the API shows of figures and indicators."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from analytics.choices import ClaimSource, PeriodKind, ValueSource, Withheld
from analytics.models import Indicator, IndicatorValue, SessionClaim
from core.choices import NodeKind
from core.doors.fields import (
    ChoiceField,
    CountField,
    InstantField,
    MoneyField,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams.models import LiveSession


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
    """One value of one vintage; null where it is withheld. `lineage` names file and line, or of a value counted from
    the parks how many parks, firms and lines it has, the hash over them, and what it changed."""

    indicator = serializers.CharField(source="indicator.code")
    place = serializers.CharField(source="place.code")
    place_name = serializers.CharField(source="place.name_zh")
    place_kind = serializers.ChoiceField(source="place.kind", choices=NodeKind.choices)
    period_kind = serializers.ChoiceField(choices=PeriodKind.choices)
    value = PlainDecimal(allow_null=True)
    withheld = serializers.ChoiceField(choices=[("", ""), *Withheld.choices])
    source = serializers.ChoiceField(choices=ValueSource.choices)  # type: ignore[assignment]
    lineage = serializers.DictField()

    class Meta:
        model = IndicatorValue
        fields = [
            "indicator",
            "place",
            "place_name",
            "place_kind",
            "period_kind",
            "period",
            "value",
            "withheld",
            "is_preliminary",
            "is_synthetic",
            "source",
            "source_note",
            "published_on",
            "seq",
            "lineage",
        ]


class ParkPartSerializer(serializers.Serializer[Any]):
    """What a park brought into a value; null where it is withheld from the caller."""

    park = serializers.CharField(source="row.park.code")
    park_name = serializers.CharField(source="row.park.name_zh")
    value = PlainDecimal(allow_null=True)
    withheld = serializers.ChoiceField(choices=[("", ""), *Withheld.choices])
    firms = serializers.IntegerField(source="row.firms")
    lines = serializers.IntegerField(source="row.lines")
    lines_hash = serializers.CharField(source="row.lines_hash")
    counted_at = InstantField(source="row.counted_at")


class LineageSerializer(serializers.Serializer[Any]):
    """A value, the vintages of it, and the parks it was counted from, as far as the caller may see them."""

    value = IndicatorValueSerializer()
    vintages = IndicatorValueSerializer(many=True)
    parks = ParkPartSerializer(many=True)


class SessionClaimInput(StrictSerializer):
    """What the platform's report, the agency or the firm says of a session; what nobody stated is left out."""

    session = ScopedRelatedField(model=LiveSession, slug_field="uid")
    source = ChoiceField(choices=ClaimSource.choices, required=False)  # type: ignore[assignment]
    sales = MoneyField(required=False, allow_null=True)
    viewers = CountField(required=False, allow_null=True)
    stay_seconds = CountField(required=False, allow_null=True)
    minutes = CountField(required=False, allow_null=True)


class SessionClaimSerializer(serializers.ModelSerializer[SessionClaim]):
    """Figures as they were stated."""

    session = serializers.UUIDField(source="session.uid")
    source = serializers.ChoiceField(choices=ClaimSource.choices)  # type: ignore[assignment]
    sales = MoneyField(allow_null=True)
    made_at = InstantField()

    class Meta:
        model = SessionClaim
        fields = ["session", "version", "source", "sales", "viewers", "stay_seconds", "minutes", "made_at"]
