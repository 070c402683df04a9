"""The API of requests for slots, with what published schedules gave them."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.clock import local
from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    CountField,
    DayField,
    FlagField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.strict import instant
from livestreams import services
from livestreams.answers import obstacles, ways_in
from livestreams.api.serializers import LONGEST_MINUTES
from livestreams.choices import CrewKind, PlanState
from livestreams.models import Host, LiveRoom, PlannedSlot, SlotRequest
from livestreams.planning import CrewWish
from livestreams.services.slots import MOST_PEOPLE, MOST_WINDOWS
from tenants.models import Tenant

READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


class SlotSerializer(serializers.ModelSerializer[PlannedSlot]):
    """What a request got of a schedule in one of its weeks."""

    request = serializers.UUIDField(source="request.uid")
    plan = serializers.UUIDField(source="plan.uid")
    room = serializers.CharField(
        source="room.code",
        default=None,
        allow_null=True,
        help_text=_("Null with a time: a new room, which only the what-if has."),
    )
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    starts_at = InstantField(allow_null=True)
    ends_at = InstantField(allow_null=True)
    made_up_at = InstantField(allow_null=True)
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)
    obstacles = serializers.SerializerMethodField(help_text=_("What stands in the way."))
    ways_in = serializers.SerializerMethodField(help_text=_("What would let it in."))

    class Meta:
        model = PlannedSlot
        fields = [
            "plan",
            "request",
            "week",
            "room",
            "host",
            "starts_at",
            "ends_at",
            "made_up_at",
            "booking",
            "obstacles",
            "ways_in",
        ]

    def get_obstacles(self, slot: PlannedSlot) -> list[str]:
        return obstacles(slot)

    def get_ways_in(self, slot: PlannedSlot) -> list[str]:
        return ways_in(slot)


class WindowInput(StrictSerializer):
    """[from, until): session and all lie within it."""

    starts_at = InstantField()
    ends_at = InstantField()


class CrewSerializer(serializers.Serializer[Any]):
    """People of a crew of the park during the session; without minutes for all of it."""

    crew = serializers.ChoiceField(choices=CrewKind.choices)
    people = serializers.IntegerField()
    minutes = serializers.IntegerField(allow_null=True)


class CrewInput(StrictSerializer):
    crew = ChoiceField(choices=CrewKind.choices)
    people = CountField(min_value=1, max_value=MOST_PEOPLE, required=False)
    minutes = CountField(min_value=1, max_value=LONGEST_MINUTES, required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> CrewWish:
        return CrewWish(**super().to_internal_value(data))


class SlotRequestSerializer(serializers.ModelSerializer[SlotRequest]):
    """A request, with what published schedules gave it."""

    tenant = serializers.CharField(source="tenant.code")
    room = serializers.CharField(source="room.code", default=None, allow_null=True)
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    preferred_host = serializers.CharField(source="preferred_host.code", default=None, allow_null=True)
    windows = serializers.SerializerMethodField()
    crews = CrewSerializer(many=True)
    answers = SlotSerializer(source="published", many=True)

    class Meta:
        model = SlotRequest
        fields = [
            "uid",
            "tenant",
            "minutes",
            "windows",
            "repeat_until",
            "room",
            "scene",
            "host",
            "category",
            "preferred_host",
            "value",
            "priority",
            "made_up",
            "crews",
            "purpose",
            "withdrawn_at",
            "answers",
        ]

    def get_windows(self, request: SlotRequest) -> list[dict[str, str]]:
        return [{"starts_at": _shown(start), "ends_at": _shown(end)} for start, end in request.windows]


def _shown(stored: str) -> str:
    return local(instant(stored)).isoformat()


class SlotRequestInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    minutes = CountField(min_value=30, max_value=LONGEST_MINUTES, help_text=_("Whole half hours."))
    windows = serializers.ListField(child=WindowInput(), allow_empty=False, max_length=MOST_WINDOWS)
    repeat_until = DayField(required=False, allow_null=True)
    room = ScopedRelatedField(model=LiveRoom, required=False, allow_null=True)
    scene = LineField(max_length=100, required=False, allow_blank=True)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    category = LineField(max_length=100, required=False, allow_blank=True)
    preferred_host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    value = CountField(min_value=1, max_value=1000, required=False)
    made_up = FlagField(required=False)
    crews = serializers.ListField(child=CrewInput(), required=False, max_length=len(CrewKind))
    purpose = LineField(max_length=200, required=False, allow_blank=True)

    def validate_windows(self, windows: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
        return [(window["starts_at"], window["ends_at"]) for window in windows]


class RankInput(StrictSerializer):
    priority = CountField(min_value=1, max_value=10)


class SlotRequestViewSet(ReadOnlyScopedViewSet):
    """What tenants ask of the schedule."""

    model = SlotRequest
    serializer_class = SlotRequestSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        "rank": Needs("change", WRITE),
        "withdraw": Needs("change", WRITE),
    }
    inputs = {"create": SlotRequestInput, "rank": RankInput, "withdraw": Nothing}

    def base_queryset(self) -> QuerySet[SlotRequest]:
        related = ("plan", "request", "room", "host", "booking")
        published = PlannedSlot.objects.filter(plan__state=PlanState.PUBLISHED).select_related(*related)
        published = published.defer("plan__inputs")
        return (
            SlotRequest.objects.select_related("tenant", "room", "host", "preferred_host")
            .prefetch_related(Prefetch("slots", published.order_by("week", "pk"), to_attr="published"))
            .order_by("-pk")
        )

    def shown(self, row: Any) -> dict[str, Any]:
        """A row that was just written, read again with its answers."""
        return super().shown(self.base_queryset().get(pk=row.pk))

    @extend_schema(request=SlotRequestInput, responses={201: SlotRequestSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Ask for a slot."""
        return self.answer(lambda: services.slot_request_make(actor=self.actor, **self.read()), 201)

    @extend_schema(request=RankInput, responses=SlotRequestSerializer)
    @action(detail=True, methods=["post"])
    def rank(self, request: Request, uid: str) -> HttpResponse:
        """Say how often the worth of a request counts; the park's to say."""
        return self._step(services.slot_request_rank)

    @extend_schema(request=Nothing, responses=SlotRequestSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Ask no longer."""
        return self._step(services.slot_request_withdraw)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, request=self.get_object(), **self.read()))
