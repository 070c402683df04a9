"""The API of shifts: who is planned before the camera and behind it, and who was."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    InstantField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.scoping import visible_to
from livestreams import services
from livestreams.choices import ShiftRole
from livestreams.hostfigures import shift_gaps
from livestreams.models import (
    Booking,
    Host,
    HostShift,
    LiveSession,
    PlannedShift,
)

READ = ("bookings:read", "bookings:write", "sessions:write")


class GapSerializer(serializers.Serializer[Any]):
    starts_at = InstantField()
    ends_at = InstantField()


class PlannedShiftSerializer(serializers.ModelSerializer[PlannedShift]):
    """A planned shift, with the times of its booking in which nobody is planned before the camera: a warning.

    By the shifts of the booking that the caller sees.
    """

    booking = serializers.UUIDField(source="booking.uid")
    host = serializers.CharField(source="host.code")
    role = serializers.ChoiceField(choices=ShiftRole.choices)
    starts_at = InstantField()
    ends_at = InstantField()
    gaps = serializers.SerializerMethodField()

    class Meta:
        model = PlannedShift
        fields = ["uid", "booking", "host", "role", "starts_at", "ends_at", "released", "gaps"]

    @extend_schema_field(GapSerializer(many=True))
    def get_gaps(self, shift: PlannedShift) -> list[dict[str, Any]]:
        gaps = shift_gaps(shift.booking, shift.booking.shifts.all())
        rows = [{"starts_at": gap.start, "ends_at": gap.end} for gap in gaps]
        return [dict(row) for row in GapSerializer(rows, many=True).data]


class PlannedShiftInput(StrictSerializer):
    booking = ScopedRelatedField(model=Booking, slug_field="uid")
    host = ScopedRelatedField(model=Host)
    role = ChoiceField(choices=ShiftRole.choices, required=False)
    starts_at = InstantField()
    ends_at = InstantField()


class PlannedShiftViewSet(ReadOnlyScopedViewSet):
    """Who is to be host or controller within bookings. One person has one shift at a time."""

    model = PlannedShift
    serializer_class = PlannedShiftSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", ("bookings:write",)),
        "drop": Needs("change", ("bookings:write",)),
    }
    inputs = {"create": PlannedShiftInput, "drop": Nothing}

    def base_queryset(self) -> QuerySet[PlannedShift]:
        seen = Prefetch("booking__shifts", visible_to(PlannedShift.objects.all(), self.actor))
        return PlannedShift.objects.select_related("booking", "host").prefetch_related(seen).order_by("-pk")

    @extend_schema(request=PlannedShiftInput, responses={201: PlannedShiftSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Plan a host or controller."""
        return self.answer(lambda: services.shift_plan(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=PlannedShiftSerializer)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, uid: str) -> HttpResponse:
        """Take a shift that lies ahead off the plan."""
        return self.answer(
            lambda: services.shift_drop(actor=self.actor, shift=self.get_object(), **self.read())
        )


class ShiftSerializer(serializers.ModelSerializer[HostShift]):
    session = serializers.UUIDField(source="session.uid")
    host = serializers.CharField(source="host.code")
    role = serializers.ChoiceField(choices=ShiftRole.choices)
    starts_at = InstantField()
    ends_at = InstantField(allow_null=True)

    class Meta:
        model = HostShift
        fields = ["uid", "session", "host", "role", "starts_at", "ends_at"]


class ShiftInput(StrictSerializer):
    session = ScopedRelatedField(model=LiveSession, slug_field="uid")
    host = ScopedRelatedField(model=Host)
    role = ChoiceField(choices=ShiftRole.choices, required=False)
    at = InstantField(required=False, help_text=_("When it began; now if it is left out."))
    ends_at = InstantField(required=False, help_text=_("For a session that is over."))
    relieves = ScopedRelatedField(
        model=Host, required=False, help_text=_("Whose shift ends at the same instant: a hand-over.")
    )


class StopInput(StrictSerializer):
    at = InstantField(required=False)


class ShiftViewSet(ReadOnlyScopedViewSet):
    """Who was host or controller in a session from when to when."""

    model = HostShift
    serializer_class = ShiftSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", ("sessions:write",)),
        "end": Needs("change", ("sessions:write",)),
    }
    inputs = {"create": ShiftInput, "end": StopInput}

    def base_queryset(self) -> QuerySet[HostShift]:
        return HostShift.objects.select_related("session", "host").order_by("-pk")

    @extend_schema(request=ShiftInput, responses={201: ShiftSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Somebody begins to work in a session, or takes over from somebody."""
        return self.answer(lambda: services.shift_begin(actor=self.actor, **self.read()), 201)

    @extend_schema(request=StopInput, responses=ShiftSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uid: str) -> HttpResponse:
        """Somebody stops before the session ends."""
        return self.answer(
            lambda: services.shift_end(actor=self.actor, shift=self.get_object(), **self.read())
        )
