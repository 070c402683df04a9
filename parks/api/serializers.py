"""What the API shows of parks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.doors.fields import MoneyField
from parks.models import Event, Park


class ParkSerializer(serializers.ModelSerializer[Park]):
    """A park and where it stands."""

    town = serializers.CharField(source="town.code")
    city = serializers.CharField(source="town.city.code")
    province = serializers.CharField(source="town.city.province.code")
    industries = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Park
        fields = [
            "code",
            "name_zh",
            "name_en",
            "town",
            "city",
            "province",
            "operating_mode",
            "operator",
            "opened_on",
            "industries",
            "floor_area_m2",
            "is_synthetic",
        ]


class VenueSerializer(serializers.Serializer[Any]):
    """A park in which an event takes place."""

    park = serializers.CharField(source="park.code")
    is_main = serializers.BooleanField()


class EventSerializer(serializers.ModelSerializer[Event]):
    """A festival or campaign; days are business days, both ends included. `called_off` says since when."""

    park = serializers.CharField(source="park.code")
    venues = VenueSerializer(many=True, source="open_venues")
    target_gmv_paid = MoneyField(allow_null=True)
    target_net_sales = MoneyField(allow_null=True)
    called_off = serializers.DateField(source="closed_on", allow_null=True)

    class Meta:
        model = Event
        fields = [
            "uid",
            "park",
            "kind",
            "name_zh",
            "name_en",
            "industry",
            "first_day",
            "main_from",
            "main_until",
            "last_day",
            "called_off",
            "target_gmv_paid",
            "target_net_sales",
            "target_orders",
            "venues",
        ]
