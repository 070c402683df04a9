"""What the API shows of the report of an event."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from analytics.metrics import as_text
from core.doors.fields import InstantField


class ExactText(serializers.CharField):
    """A value as exact text, as figures are shown everywhere."""

    def to_representation(self, value: Any) -> Any:
        return as_text(value)


class FigureSerializer(serializers.Serializer[Any]):
    """A figure of an event as exact text, with its definition; null where there is nothing to divide by.

    `ground` says of a figure that rests on entries how many of the sessions count them; else it is empty.
    """

    code = serializers.CharField(source="metric.code")
    label = serializers.CharField(source="metric.label")  # type: ignore[assignment]
    unit = serializers.CharField(source="metric.unit.value")
    value = ExactText(allow_null=True)
    formula = serializers.CharField(source="metric.formula")
    ground = serializers.CharField()


class ProgressSerializer(serializers.Serializer[Any]):
    """A joint target and what is reached of it; `share` of one, and more when it is passed."""

    code = serializers.CharField(source="metric.code")
    target = ExactText()
    value = ExactText()
    share = ExactText()


class VenuePlaceSerializer(serializers.Serializer[Any]):
    """A venue by the paid GMV of `counted` of its `tenants`: those whose amounts the caller may know."""

    park = serializers.CharField(source="park.code")
    is_main = serializers.BooleanField()
    tenants = serializers.IntegerField()
    counted = serializers.IntegerField()
    gmv_paid = ExactText(source="amount")


class PlaceSerializer(serializers.Serializer[Any]):
    """A tenant's rank by paid GMV; the amount is null where the caller may not know it."""

    rank = serializers.IntegerField()
    name_zh = serializers.CharField(source="tenant.name_zh")
    name_en = serializers.CharField(source="tenant.name_en")
    park = serializers.CharField(source="park.code")
    gmv_paid = ExactText(source="amount", allow_null=True)


class BoardSerializer(serializers.Serializer[Any]):
    """Progress and leaderboards; sums go over `counted` of the `tenants`, `dirty` hours are still to be counted."""

    tenants = serializers.IntegerField()
    counted = serializers.IntegerField()
    dirty = serializers.IntegerField()
    progress = ProgressSerializer(many=True)
    venues = VenuePlaceSerializer(many=True)
    places = PlaceSerializer(many=True)


class AfterDaySerializer(serializers.Serializer[Any]):
    """Paid GMV of a day after the main phase, and its share of the base."""

    day = serializers.DateField()
    gmv_paid = ExactText(source="amount")
    share = ExactText(allow_null=True)


class DecaySerializer(serializers.Serializer[Any]):
    """What stays: paid GMV per day before the event (base), in its main phase, and on each day after."""

    base = ExactText(allow_null=True)
    main = ExactText(allow_null=True)
    days = AfterDaySerializer(many=True)


class EventReportSerializer(serializers.Serializer[Any]):
    """The report of an event as far as the caller may know the amounts behind it."""

    event = serializers.UUIDField(source="event.uid")
    at = InstantField()
    figures = FigureSerializer(many=True)
    board = BoardSerializer()
    decay = DecaySerializer()
