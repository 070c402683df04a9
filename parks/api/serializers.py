"""What the API shows of parks."""

from __future__ import annotations

from rest_framework import serializers

from parks.models import Park


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
