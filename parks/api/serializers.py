"""What the API shows of parks."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.doors.fields import (
    ChoiceField,
    CodeField,
    CountField,
    DayField,
    FlagField,
    LineField,
    MoneyField,
    ScopedRelatedField,
    StrictSerializer,
)
from parks.choices import EventKind
from parks.collisions import Collision
from parks.models import Event, Park, Town
from parks.selectors import event_collisions, towns_near


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


class TownSerializer(serializers.ModelSerializer[Town]):
    """A town and where its middle lies (WGS 84, degrees); null where that is not known."""

    city = serializers.CharField(source="city.code")

    class Meta:
        model = Town
        fields = ["code", "name_zh", "name_en", "city", "latitude", "longitude"]


class NearTownSerializer(serializers.Serializer[Any]):
    """A town near by; `km` is null where one of the two has no coordinates: they lie in one city."""

    town = serializers.CharField()
    name = serializers.CharField()
    km = serializers.FloatField(allow_null=True)


class TownWithNearSerializer(TownSerializer):
    """A town with those near it, the nearest first: events of one industry there on the same days collide."""

    near = serializers.SerializerMethodField()

    class Meta(TownSerializer.Meta):
        fields = [*TownSerializer.Meta.fields, "near"]

    @extend_schema_field(NearTownSerializer(many=True))
    def get_near(self, town: Town) -> list[dict[str, Any]]:
        return [
            {"town": other.code, "name": other.name, "km": None if km is None else round(km, 1)}
            for other, km in towns_near(town)
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
            "is_announced",
            "target_gmv_paid",
            "target_net_sales",
            "target_orders",
            "venues",
        ]


class CollisionSerializer(serializers.Serializer[Any]):
    """An announced event of another park that is near, of one industry, and on the same days (first and last of them).

    `town` is the other's, `here` the nearest of one's own; `km` is null where one of them has no coordinates.
    """

    name = serializers.CharField(source="other.name")
    town = serializers.CharField(source="there.name")
    here = serializers.CharField(source="here.name")
    km = serializers.SerializerMethodField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()

    def get_km(self, collision: Collision) -> int | None:
        return None if collision.km is None else round(collision.km)


class CollisionsSerializer(serializers.Serializer[Any]):
    results = CollisionSerializer(many=True)


class PlannedEventSerializer(EventSerializer):
    """An event as its organiser is answered, with what else happens near by on the same days."""

    collisions = serializers.SerializerMethodField()

    class Meta(EventSerializer.Meta):
        fields = [*EventSerializer.Meta.fields, "collisions"]

    @extend_schema_field(CollisionSerializer(many=True))
    def get_collisions(self, event: Event) -> list[dict[str, Any]]:
        return [dict(each) for each in CollisionSerializer(event_collisions(event), many=True).data]


class EventFields(StrictSerializer):
    """What may be said of an event."""

    name_zh = LineField(max_length=100, required=False)
    name_en = LineField(max_length=100, required=False, allow_blank=True)
    kind = ChoiceField(choices=EventKind.choices, required=False)
    industry = LineField(max_length=100, required=False, allow_blank=True)
    first_day = DayField(required=False)
    main_from = DayField(required=False)
    main_until = DayField(required=False)
    last_day = DayField(required=False)
    is_announced = FlagField(required=False)
    target_gmv_paid = MoneyField(required=False, allow_null=True)
    target_net_sales = MoneyField(required=False, allow_null=True)
    target_orders = CountField(required=False, allow_null=True)


class EventChangeInput(EventFields):
    """What is named is changed; an event is called off by the day `called_off`, and takes place again with null."""

    called_off = DayField(source="closed_on", required=False, allow_null=True)


class EventInput(EventFields):
    """A new event of a park. Without a main phase of its own the whole event is the main phase."""

    park = ScopedRelatedField(model=Park)
    name_zh = LineField(max_length=100)
    kind = ChoiceField(choices=EventKind.choices)
    first_day = DayField()
    last_day = DayField()


class VenueInput(StrictSerializer):
    park_code = CodeField(max_length=64, help_text=_("As it stands in the address of the park's wall."))
