"""What the API reads and shows of rooms, hosts, bookings and sessions. Public codes and uids, never keys."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.doors.fields import (
    ChoiceField,
    ClockField,
    CodeField,
    CountField,
    FlagField,
    InstantField,
    LineField,
    MoneyField,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams.choices import BookingState, Delivery, Platform, SessionState
from livestreams.models import Booking, Host, LiveRoom, LiveSession
from livestreams.services.samples import COUNTERS, Reading
from tenants.models import Tenant

READINGS_PER_REQUEST = 5_000


class RoomSerializer(serializers.ModelSerializer[LiveRoom]):
    """A live room. That it is dedicated is said, to whom is not."""

    park = serializers.CharField(source="park.code")
    hourly_rate = MoneyField()
    equipment = serializers.ListField(child=serializers.CharField())
    industries = serializers.ListField(child=serializers.CharField())
    opens_at = ClockField()
    closes_at = ClockField(help_text=_("The same as the opening time means around the clock."))
    is_dedicated = serializers.SerializerMethodField()

    class Meta:
        model = LiveRoom
        fields = [
            "code",
            "name_zh",
            "name_en",
            "park",
            "scene",
            "equipment",
            "industries",
            "hourly_rate",
            "opens_at",
            "closes_at",
            "setup_minutes",
            "is_dedicated",
            "closed_on",
        ]

    def get_is_dedicated(self, room: LiveRoom) -> bool:
        return room.dedicated_to_id is not None


class WindowSerializer(serializers.Serializer[Any]):
    """A span in which a room can be booked."""

    room = serializers.CharField()
    starts_at = InstantField()
    ends_at = InstantField()


class WindowsSerializer(serializers.Serializer[Any]):
    results = WindowSerializer(many=True)


class HostSerializer(serializers.ModelSerializer[Host]):
    tenant = serializers.CharField(source="tenant.code")
    languages = serializers.ListField(child=serializers.CharField())
    categories = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Host
        fields = [
            "code",
            "name_zh",
            "name_en",
            "tenant",
            "level",
            "languages",
            "categories",
            "is_employee",
            "closed_on",
        ]


class BookingSerializer(serializers.ModelSerializer[Booking]):
    tenant = serializers.CharField(source="tenant.code")
    room = serializers.CharField(source="room.code")
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    starts_at = InstantField()
    ends_at = InstantField()
    hold_expires_at = InstantField(allow_null=True)
    checked_in_at = InstantField(allow_null=True)
    state = serializers.ChoiceField(choices=BookingState.choices)
    price = MoneyField()

    class Meta:
        model = Booking
        fields = [
            "uid",
            "tenant",
            "room",
            "host",
            "starts_at",
            "ends_at",
            "state",
            "hold_expires_at",
            "checked_in_at",
            "price",
            "purpose",
        ]


class BookingInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    room = ScopedRelatedField(model=LiveRoom)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    starts_at = InstantField()
    ends_at = InstantField()
    purpose = LineField(max_length=200, required=False, allow_blank=True)
    hold = FlagField(required=False, help_text=_("Hold the room for a while instead of booking it."))


class MoveInput(StrictSerializer):
    """What is not given stays."""

    room = ScopedRelatedField(model=LiveRoom, required=False)
    host = ScopedRelatedField(model=Host, required=False)
    starts_at = InstantField(required=False)
    ends_at = InstantField(required=False)


class SessionSerializer(serializers.ModelSerializer[LiveSession]):
    tenant = serializers.CharField(source="tenant.code")
    park = serializers.CharField(source="park.code")
    room = serializers.CharField(source="room.code", default=None, allow_null=True)
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=SessionState.choices)
    started_at = InstantField(allow_null=True)
    ended_at = InstantField(allow_null=True)

    class Meta:
        model = LiveSession
        fields = [
            "uid",
            "tenant",
            "park",
            "room",
            "booking",
            "host",
            "title",
            "platform",
            "platform_live_id",
            "delivery",
            "market",
            "state",
            "started_at",
            "ended_at",
        ]


class SessionInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    platform = ChoiceField(choices=Platform.choices)
    platform_live_id = CodeField(max_length=64, required=False, allow_blank=True)
    booking = ScopedRelatedField(model=Booking, slug_field="uid", required=False, allow_null=True)
    room = ScopedRelatedField(model=LiveRoom, required=False, allow_null=True)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    started_at = InstantField(required=False)
    title = LineField(max_length=200, required=False, allow_blank=True)
    delivery = ChoiceField(choices=Delivery.choices, required=False)
    market = CodeField(max_length=8, required=False)
    shown = ScopedRelatedField(
        model=Tenant, many=True, required=False, help_text=_("Other tenants whose goods may be shown.")
    )


class EndInput(StrictSerializer):
    ended_at = InstantField(required=False)


class ReadingInput(StrictSerializer):
    """Counters as the source shows them at one instant; what it does not know is left out."""

    at = InstantField()
    concurrent = CountField(required=False, allow_null=True)
    entered = CountField(required=False, allow_null=True)
    likes = CountField(required=False, allow_null=True)
    comments = CountField(required=False, allow_null=True)
    follows = CountField(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Reading:
        values = super().to_internal_value(data)
        return Reading(values["at"], **{name: values.get(name) for name in COUNTERS})


class SamplesInput(StrictSerializer):
    source = CodeField(max_length=32)  # type: ignore[assignment]
    readings = serializers.ListField(child=ReadingInput(), allow_empty=False, max_length=READINGS_PER_REQUEST)


class SampleCountsSerializer(serializers.Serializer[Any]):
    """What became of the readings."""

    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    corrected = serializers.IntegerField()
