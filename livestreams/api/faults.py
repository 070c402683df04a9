"""The API of faults: reported by whoever finds them, taken up by the studio."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    FlagField,
    InstantField,
    LineField,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams import services
from livestreams.choices import FaultKind, FaultState
from livestreams.filters import FaultFilter
from livestreams.models import Booking, Equipment, Fault, FaultStep, LiveRoom
from tenants.models import Tenant

READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


class FaultStepSerializer(serializers.ModelSerializer[FaultStep]):
    state = serializers.ChoiceField(choices=FaultState.choices)
    at = InstantField()

    class Meta:
        model = FaultStep
        fields = ["state", "at", "note"]


class FaultSerializer(serializers.ModelSerializer[Fault]):
    """A fault; `out_of_use_until` is the end of the window in which nobody can book its room."""

    park = serializers.CharField(source="park.code")
    room = serializers.CharField(source="room.code", default=None, allow_null=True)
    item = serializers.CharField(source="item.code", default=None, allow_null=True)
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)
    tenant = serializers.CharField(source="tenant.code", default=None, allow_null=True)
    kind = serializers.ChoiceField(choices=FaultKind.choices)
    state = serializers.ChoiceField(choices=FaultState.choices)
    created_at = InstantField()
    out_of_use_until = InstantField(source="window.ends_at", default=None, allow_null=True)
    steps = FaultStepSerializer(many=True)

    class Meta:
        model = Fault
        fields = [
            "uid",
            "park",
            "room",
            "item",
            "booking",
            "tenant",
            "kind",
            "text",
            "blocks",
            "state",
            "created_at",
            "out_of_use_until",
            "steps",
        ]


class FaultInput(StrictSerializer):
    """`booking` alone will do for whoever may check in to it; otherwise `room` or `item`, and the `tenant`."""

    kind = ChoiceField(choices=FaultKind.choices)
    booking = ScopedRelatedField(model=Booking, slug_field="uid", verb="check_in", required=False)
    room = ScopedRelatedField(model=LiveRoom, required=False)
    item = ScopedRelatedField(model=Equipment, required=False)
    tenant = ScopedRelatedField(model=Tenant, required=False)
    text = LineField(max_length=500, required=False, allow_blank=True)
    blocks = FlagField(required=False)


class NoteInput(StrictSerializer):
    note = LineField(max_length=500, required=False, allow_blank=True)


class TakeUpInput(NoteInput):
    blocks = FlagField(required=False)
    until = InstantField(required=False)


class ReasonInput(StrictSerializer):
    note = LineField(max_length=500)


class FaultViewSet(ReadOnlyScopedViewSet):
    """Faults of rooms and equipment: the park's all, a firm's own."""

    model = Fault
    serializer_class = FaultSerializer
    filterset_class = FaultFilter
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        **dict.fromkeys(("take_up", "repaired", "close"), Needs("change", WRITE)),
    }
    inputs = {"create": FaultInput, "take_up": TakeUpInput, "repaired": NoteInput, "close": ReasonInput}

    def base_queryset(self) -> QuerySet[Fault]:
        rows = Fault.objects.select_related("park", "room", "item", "booking", "tenant", "window")
        return rows.prefetch_related("steps").order_by("-pk")

    @extend_schema(request=FaultInput, responses={201: FaultSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Report a fault. One that blocks its room takes it out of use; no booking is cancelled by it."""
        return self.answer(lambda: services.fault_report(actor=self.actor, **self.read()), 201)

    @extend_schema(request=TakeUpInput, responses=FaultSerializer)
    @action(detail=True, methods=["post"], url_path="take-up")
    def take_up(self, request: Request, uid: str) -> HttpResponse:
        """Begin the repair, and settle whether the room can be used meanwhile."""
        return self._step(services.fault_take_up)

    @extend_schema(request=NoteInput, responses=FaultSerializer)
    @action(detail=True, methods=["post"])
    def repaired(self, request: Request, uid: str) -> HttpResponse:
        """Say that it is repaired: the room can be booked again."""
        return self._step(services.fault_repaired)

    @extend_schema(request=ReasonInput, responses=FaultSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, uid: str) -> HttpResponse:
        """Close it without repair, with the reason."""
        return self._step(services.fault_close)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, fault=self.get_object(), **self.read()))
