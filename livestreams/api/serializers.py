"""What the API reads and shows of rooms, bookings and sessions. Public codes and uids, never keys."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.clock import HOUR
from core.doors.fields import (
    ChoiceField,
    ClockField,
    CodeField,
    CountField,
    DayField,
    FlagField,
    InstantField,
    LineField,
    MomentField,
    MoneyField,
    PlatformIdField,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams.choices import DELIVERIES_TOLD, BookingState, SessionState, WaitState
from livestreams.models import Booking, BookingSeries, Host, LiveRoom, LiveSession, WaitlistEntry
from livestreams.readings import SHOWN, Reading
from livestreams.services.placing import LONGEST
from livestreams.services.series import MOST
from tenants.choices import Platform
from tenants.models import Tenant

READINGS_PER_REQUEST = 5_000
LONGEST_MINUTES = LONGEST // (HOUR / 60)


class BookingSerializer(serializers.ModelSerializer[Booking]):
    tenant = serializers.CharField(source="tenant.code")
    room = serializers.CharField(source="room.code")
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    starts_at = InstantField()
    ends_at = InstantField()
    hold_expires_at = InstantField(allow_null=True)
    check_in_from = InstantField(read_only=True)
    checked_in_at = InstantField(allow_null=True)
    state = serializers.ChoiceField(choices=BookingState.choices)
    free_until = InstantField(allow_null=True)
    price = MoneyField()
    given_up = MoneyField()
    due = MoneyField()
    series = serializers.UUIDField(source="series.uid", default=None, allow_null=True)

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
            "check_in_from",
            "checked_in_at",
            "free_until",
            "price",
            "given_up",
            "due",
            "series",
            "purpose",
        ]


BEYOND_QUOTA = _("Of the park: why the firm may have more hours than its quota.")


class BookingInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    room = ScopedRelatedField(model=LiveRoom)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    starts_at = InstantField()
    ends_at = InstantField()
    purpose = LineField(max_length=200, required=False, allow_blank=True)
    hold = FlagField(required=False, help_text=_("Hold the room for a while instead of booking it."))
    beyond_quota = LineField(max_length=200, required=False, help_text=BEYOND_QUOTA)


class CheckInInput(StrictSerializer):
    at = InstantField(
        required=False, help_text=_("When that was, if it is told later: a phone may be without a network.")
    )


class SwapInput(StrictSerializer):
    other = ScopedRelatedField(model=Booking, slug_field="uid", verb="change")
    beyond_quota = LineField(max_length=200, required=False, help_text=BEYOND_QUOTA)


class StreamKeyInput(StrictSerializer):
    platform = ChoiceField(
        choices=Platform.choices,
        required=False,
        help_text=_("Where the picture is shown; without it as before."),
    )
    spare = FlagField(required=False, help_text=_("The key of the spare encoder, beside the booking's own."))


class CredentialsSerializer(serializers.Serializer[Any]):
    """What is typed into an encoder: `server` and `stream_name`; `test_server` instead of `server` to try it out."""

    server = serializers.CharField()
    test_server = serializers.CharField()
    key = serializers.CharField()
    stream_name = serializers.CharField()
    spare_stream_name = serializers.CharField()
    platform = serializers.CharField()
    valid_from = InstantField()
    valid_until = InstantField()


class SeriesSerializer(serializers.ModelSerializer[BookingSeries]):
    """A series with its bookings by uid, and the days that were left out with the reason."""

    tenant = serializers.CharField(source="tenant.code")
    room = serializers.CharField(source="room.code")
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    weekdays = serializers.ListField(child=serializers.IntegerField())
    start = ClockField(source="starts_at")
    skipped = serializers.ListField(child=serializers.DictField())
    bookings = serializers.SerializerMethodField()

    class Meta:
        model = BookingSeries
        fields = [
            "uid",
            "tenant",
            "room",
            "host",
            "first_day",
            "last_day",
            "weekdays",
            "start",
            "minutes",
            "purpose",
            "skipped",
            "bookings",
        ]

    def get_bookings(self, series: BookingSeries) -> list[str]:
        return [str(booking.uid) for booking in series.bookings.all()]


class SeriesInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    room = ScopedRelatedField(model=LiveRoom)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    first_day = DayField()
    last_day = DayField()
    weekdays = serializers.ListField(
        child=CountField(max_value=6), allow_empty=False, max_length=7, help_text=_("0 is Monday.")
    )
    start = ClockField()
    minutes = CountField(min_value=1, max_value=LONGEST_MINUTES)
    purpose = LineField(max_length=200, required=False, allow_blank=True)
    skip = serializers.ListField(child=DayField(), required=False, max_length=MOST)
    skip_taken = FlagField(
        required=False, help_text=_("Leave out the days that cannot be had instead of refusing all.")
    )
    beyond_quota = LineField(max_length=200, required=False, help_text=BEYOND_QUOTA)


class WaitlistSerializer(serializers.ModelSerializer[WaitlistEntry]):
    tenant = serializers.CharField(source="tenant.code")
    room = serializers.CharField(source="room.code", default=None, allow_null=True)
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    earliest = InstantField()
    latest = InstantField()
    state = serializers.ChoiceField(choices=WaitState.choices)
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)

    class Meta:
        model = WaitlistEntry
        fields = [
            "uid",
            "tenant",
            "room",
            "scene",
            "host",
            "earliest",
            "latest",
            "minutes",
            "purpose",
            "state",
            "booking",
        ]


class WaitlistInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    room = ScopedRelatedField(model=LiveRoom, required=False, allow_null=True)
    scene = LineField(max_length=100, required=False, allow_blank=True)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    earliest = InstantField()
    latest = InstantField()
    minutes = CountField(min_value=1, max_value=LONGEST_MINUTES)
    purpose = LineField(max_length=200, required=False, allow_blank=True)


class MoveInput(StrictSerializer):
    """What is not given stays."""

    room = ScopedRelatedField(model=LiveRoom, required=False)
    host = ScopedRelatedField(model=Host, required=False)
    starts_at = InstantField(required=False)
    ends_at = InstantField(required=False)
    beyond_quota = LineField(max_length=200, required=False, help_text=BEYOND_QUOTA)
    may_give_up = MoneyField(
        required=False,
        help_text=_(
            "CNY that may stay due for places that were left; a move by which more stays due is refused."
        ),
    )


class SessionSerializer(serializers.ModelSerializer[LiveSession]):
    tenant = serializers.CharField(source="tenant.code")
    park = serializers.CharField(source="park.code")
    room = serializers.CharField(source="room.code", default=None, allow_null=True)
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    needs_report = serializers.BooleanField(
        read_only=True, help_text=_("No media node saw the picture: the platform's report has to confirm it.")
    )
    unbooked = serializers.BooleanField(
        source="is_unbooked",
        read_only=True,
        help_text=_("In a room, without a booking: there is no check-in that bears it out."),
    )
    state = serializers.ChoiceField(choices=SessionState.choices)
    started_at = InstantField(allow_null=True)
    ended_at = InstantField(allow_null=True)
    trust = serializers.CharField(
        default=None,
        allow_null=True,
        help_text=_("verified, doubtful or cannot_tell; null before a verdict."),
    )
    trust_reasons = serializers.SerializerMethodField(
        help_text=_("Codes of the reasons, or of the witnesses that contradict.")
    )

    class Meta:
        model = LiveSession
        fields = [
            "uid",
            "tenant",
            "park",
            "room",
            "booking",
            "unbooked",
            "host",
            "title",
            "platform",
            "platform_live_id",
            "delivery",
            "needs_report",
            "market",
            "state",
            "started_at",
            "ended_at",
            "trust",
            "trust_reasons",
        ]

    def get_trust_reasons(self, session: LiveSession) -> list[str]:
        return (getattr(session, "trust_reasons", None) or "").split()


class SessionInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    platform = ChoiceField(choices=Platform.choices)
    platform_live_id = PlatformIdField(max_length=64, required=False, allow_blank=True)
    booking = ScopedRelatedField(model=Booking, slug_field="uid", required=False, allow_null=True)
    room = ScopedRelatedField(model=LiveRoom, required=False, allow_null=True)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    started_at = InstantField(required=False)
    title = LineField(max_length=200, required=False, allow_blank=True)
    delivery = ChoiceField(choices=DELIVERIES_TOLD, required=False)
    market = CodeField(max_length=8, required=False)
    shown = ScopedRelatedField(
        model=Tenant, many=True, required=False, help_text=_("Other tenants whose goods may be shown.")
    )


class EndInput(StrictSerializer):
    ended_at = InstantField(required=False)


class ReadingInput(StrictSerializer):
    """Counters as the source shows them at one instant; what it does not know is left out."""

    at = MomentField()
    concurrent = CountField(required=False, allow_null=True)
    entered = CountField(required=False, allow_null=True)
    likes = CountField(required=False, allow_null=True)
    comments = CountField(required=False, allow_null=True)
    follows = CountField(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Reading:
        values = super().to_internal_value(data)
        return Reading(values["at"], **{name: values.get(name) for name in SHOWN})


class SamplesInput(StrictSerializer):
    source = CodeField(max_length=32)  # type: ignore[assignment]
    readings = serializers.ListField(child=ReadingInput(), allow_empty=False, max_length=READINGS_PER_REQUEST)


class SampleCountsSerializer(serializers.Serializer[Any]):
    """What became of the readings."""

    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    corrected = serializers.IntegerField()
