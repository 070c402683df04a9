"""The API of a studio's day: readiness of rooms, equipment and loans, cleaning."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet, encode
from core.doors.fields import (
    ChoiceField,
    FlagField,
    InstantField,
    LineField,
    ScopedRelatedField,
    StrictSerializer,
)
from core.idempotency import Answer
from livestreams import services
from livestreams.choices import Condition, EquipmentKind, ObstacleKind, RoomCheckItem, RoomState
from livestreams.models import Booking, Cleaning, CleaningDuty, Equipment, EquipmentLoan, RoomCheck
from livestreams.readiness import Readiness
from livestreams.studio import readiness_of
from tenants.models import Tenant

READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


# --- readiness ------------------------------------------------------------------------------------------------


class ObstacleSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ObstacleKind.choices)
    what = serializers.CharField()
    at = InstantField(allow_null=True)


class ReadinessSerializer(serializers.Serializer[Readiness]):
    """`not_ready` with its obstacles; without any it is `ready` once `unchecked` is empty and nobody is in it."""

    state = serializers.ChoiceField(choices=RoomState.choices)
    obstacles = ObstacleSerializer(many=True)
    unchecked = serializers.ListField(child=serializers.ChoiceField(choices=RoomCheckItem.choices))


class RoomCheckInput(StrictSerializer):
    point = ChoiceField(choices=RoomCheckItem.choices)
    done = FlagField(required=False)


class ReadinessActions:
    """What bookings offer besides: whether their room is ready."""

    permissions: ClassVar[dict[str, Needs]] = {
        "readiness": Needs("view", READ),
        "room_check": Needs("add", WRITE, model=RoomCheck),
    }
    inputs: ClassVar[dict[str, type[StrictSerializer]]] = {"room_check": RoomCheckInput}

    @extend_schema(responses=ReadinessSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def readiness(self: Any, request: Request, uid: str) -> Response:
        """Whether the room is ready for a booking as it stands now, and what is missing."""
        booking = self.get_object()
        return Response(ReadinessSerializer(readiness_of([booking])[booking.pk]).data)

    @extend_schema(request=RoomCheckInput, responses=ReadinessSerializer)
    @action(detail=True, methods=["post"], url_path="room-check", filter_backends=[], pagination_class=None)
    def room_check(self: Any, request: Request, uid: str) -> HttpResponse:
        """Tick a point of the checklist, or take the tick back."""

        def checked() -> Answer:
            booking: Booking = self.get_object()
            services.room_check(actor=self.actor, booking=booking, **self.read())
            return Answer(200, encode(ReadinessSerializer(readiness_of([booking])[booking.pk]).data).decode())

        return self.answer(checked)


# --- equipment and cleaning -----------------------------------------------------------------------------------


class EquipmentSerializer(serializers.ModelSerializer[Equipment]):
    park = serializers.CharField(source="park.code")
    kind = serializers.ChoiceField(choices=EquipmentKind.choices)
    room = serializers.CharField(source="room.code", default=None, allow_null=True)

    class Meta:
        model = Equipment
        fields = ["code", "name_zh", "name_en", "kind", "serial", "park", "room", "closed_on"]


class EquipmentViewSet(ReadOnlyScopedViewSet):
    """Equipment of the parks that the caller may look at."""

    model = Equipment
    serializer_class = EquipmentSerializer
    lookup_field = "code"
    permissions = {"list": Needs("view", READ), "retrieve": Needs("view", READ)}

    def base_queryset(self) -> QuerySet[Equipment]:
        return Equipment.objects.select_related("park", "room").order_by("code")


class LoanSerializer(serializers.ModelSerializer[EquipmentLoan]):
    item = serializers.CharField(source="item.code")
    tenant = serializers.CharField(source="tenant.code")
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)
    out_at = InstantField()
    due_at = InstantField()
    back_at = InstantField(allow_null=True)
    is_overdue = serializers.BooleanField()
    condition = serializers.ChoiceField(choices=Condition.choices, allow_blank=True)

    class Meta:
        model = EquipmentLoan
        fields = [
            "uid",
            "item",
            "tenant",
            "booking",
            "out_at",
            "due_at",
            "back_at",
            "is_overdue",
            "condition",
            "note",
        ]


class LoanInput(StrictSerializer):
    """To a `tenant` until `due_at`, or for a `booking`, at whose end it is due."""

    item = ScopedRelatedField(model=Equipment)
    tenant = ScopedRelatedField(model=Tenant, required=False)
    booking = ScopedRelatedField(model=Booking, slug_field="uid", required=False)
    due_at = InstantField(required=False)
    note = LineField(max_length=200, required=False, allow_blank=True)


class ReturnInput(StrictSerializer):
    condition = ChoiceField(choices=Condition.choices, required=False)
    note = LineField(max_length=200, required=False, allow_blank=True)


class LoanViewSet(ReadOnlyScopedViewSet):
    """Loans of equipment. An item that somebody has gets 409 `item_out`."""

    model = EquipmentLoan
    serializer_class = LoanSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        "give_back": Needs("change", WRITE),
    }
    inputs = {"create": LoanInput, "give_back": ReturnInput}

    def base_queryset(self) -> QuerySet[EquipmentLoan]:
        return EquipmentLoan.objects.select_related("item", "tenant", "booking").order_by("-pk")

    @extend_schema(request=LoanInput, responses={201: LoanSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Hand an item out."""
        return self.answer(lambda: services.loan_begin(actor=self.actor, **self.read()), 201)

    @extend_schema(request=ReturnInput, responses=LoanSerializer)
    @action(detail=True, methods=["post"], url_path="return")
    def give_back(self, request: Request, uid: str) -> HttpResponse:
        """Take an item back; a damaged or incomplete one gets an open fault."""
        return self.answer(
            lambda: services.loan_return(actor=self.actor, loan=self.get_object(), **self.read())
        )


class CleaningSerializer(serializers.ModelSerializer[Cleaning]):
    booking = serializers.UUIDField(source="booking.uid")
    room = serializers.CharField(source="booking.room.code")
    at = InstantField()

    class Meta:
        model = Cleaning
        fields = ["booking", "room", "at"]


class CleaningInput(StrictSerializer):
    booking = ScopedRelatedField(model=Booking, slug_field="uid")


class CleaningViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Rooms that were cleaned, and after which booking."""

    model = Cleaning
    serializer_class = CleaningSerializer
    permissions = {"list": Needs("view", READ), "create": Needs("add", WRITE)}
    inputs = {"create": CleaningInput}

    def base_queryset(self) -> QuerySet[Cleaning]:
        return Cleaning.objects.select_related("booking__room").order_by("-pk")

    @extend_schema(request=CleaningInput, responses={201: CleaningSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Say that the room was cleaned after a booking. Said twice, it counts once."""
        return self.answer(lambda: services.room_cleaned(actor=self.actor, **self.read()), 201)


class CleaningDutySerializer(serializers.ModelSerializer[CleaningDuty]):
    """Who is to clean a room after a booking, by the name of the log-in; the newest of a booking counts."""

    booking = serializers.UUIDField(source="booking.uid")
    room = serializers.CharField(source="booking.room.code")
    person = serializers.CharField(source="person.username", default=None, allow_null=True)
    at = InstantField()

    class Meta:
        model = CleaningDuty
        fields = ["booking", "room", "person", "at"]


class CleaningDutyInput(StrictSerializer):
    """`person` is a log-in of the park's studio; nobody any more when it is left out."""

    booking = ScopedRelatedField(model=Booking, slug_field="uid")
    person = LineField(max_length=150, required=False, allow_blank=True)


class CleaningDutyViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Who was given which room to clean."""

    model = CleaningDuty
    serializer_class = CleaningDutySerializer
    permissions = {"list": Needs("view", READ), "create": Needs("add", WRITE)}
    inputs = {"create": CleaningDutyInput}

    def base_queryset(self) -> QuerySet[CleaningDuty]:
        return CleaningDuty.objects.select_related("booking__room", "person").order_by("-pk")

    @extend_schema(request=CleaningDutyInput, responses={201: CleaningDutySerializer})
    def create(self, request: Request) -> HttpResponse:
        """Give the cleaning after a booking to somebody of the park's studio, or to nobody any more."""
        return self.answer(lambda: services.cleaning_assign(actor=self.actor, **self.read()), 201)
