"""The API of schedules: what a park may publish, with what proves it."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ClockField,
    CountField,
    DayField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams import services
from livestreams.api.slots import SlotSerializer
from livestreams.choices import PlanKind, PlanState, ProofKind
from livestreams.models import Host, LiveRoom, PlannedSlot, SchedulePlan
from livestreams.planning import CrewShift, PlanRules
from livestreams.services.plans import MOST_SECONDS, RULES
from parks.models import Park

READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


class PlanSerializer(serializers.ModelSerializer[SchedulePlan]):
    """A schedule: its worth, what no schedule exceeds, by how many percent more there could be at most."""

    park = serializers.CharField(source="park.code")
    kind = serializers.ChoiceField(choices=PlanKind.choices)
    base = serializers.UUIDField(source="base.uid", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=PlanState.choices)
    proof = serializers.ChoiceField(choices=ProofKind.choices, allow_blank=True)
    gap_percent = serializers.FloatField(allow_null=True)
    rules = serializers.DictField()
    changes = serializers.DictField()
    published_at = InstantField(allow_null=True)
    job = serializers.UUIDField(source="job.uid", default=None, allow_null=True)

    class Meta:
        model = SchedulePlan
        fields = [
            "uid",
            "park",
            "kind",
            "base",
            "first_day",
            "last_day",
            "state",
            "job",
            "rules",
            "changes",
            "seconds",
            "seed",
            "proof",
            "value",
            "bound",
            "gap_percent",
            "spent",
            "published_at",
        ]


class PlanWithSlotsSerializer(PlanSerializer):
    slots = SlotSerializer(many=True)

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "slots"]


class CrewShiftInput(StrictSerializer):
    begins = ClockField()
    ends = ClockField()
    people = CountField(min_value=1, max_value=1000)

    def to_internal_value(self, data: Any) -> CrewShift:
        return CrewShift(**super().to_internal_value(data))


class RulesInput(StrictSerializer):
    """The park's rules for one schedule; a limit that is left out is none."""

    def get_fields(self) -> dict[str, Any]:
        numbers = {name: CountField(max_value=most, required=False) for name, most in RULES.items()}
        shifts = {
            f"{crew}_shifts": serializers.ListField(child=CrewShiftInput(), required=False, max_length=50)
            for crew in PlanRules().shifts
        }
        return {**numbers, **shifts, **super().get_fields()}

    def to_internal_value(self, data: Any) -> PlanRules:
        values: dict[str, Any] = super().to_internal_value(data)
        for crew in {f"{crew}_shifts" for crew in PlanRules().shifts} & set(values):
            values[crew] = tuple(values[crew])
        return PlanRules(**values)


class PlanInput(StrictSerializer):
    park = ScopedRelatedField(model=Park)
    first_day = DayField()
    last_day = DayField()
    seconds = CountField(max_value=MOST_SECONDS, required=False, help_text=_("0: greedy, without proof."))
    seed = CountField(max_value=2**31 - 1, required=False)
    rules = RulesInput(required=False)


class ChangeInput(StrictSerializer):
    """Rooms that are out of use and hosts who are away, for the whole schedule unless times are given."""

    rooms = ScopedRelatedField(model=LiveRoom, many=True, required=False)
    hosts = ScopedRelatedField(model=Host, many=True, required=False)
    since = InstantField(required=False)
    until = InstantField(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        for name in {"rooms", "hosts"} & set(values):
            values[name] = tuple(values[name])
        return values


class WhatIfInput(ChangeInput):
    more_rooms = CountField(max_value=100, required=False)
    scene = LineField(max_length=100, required=False, allow_blank=True)


class ScheduleViewSet(ReadOnlyScopedViewSet):
    """Schedules of the parks that the caller runs."""

    model = SchedulePlan
    serializer_class = PlanSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        "publish": Needs("change", WRITE),
        "stop": Needs("change", WRITE),
        "what_if": Needs("add", WRITE),
        "repair": Needs("add", WRITE),
    }
    inputs = {
        "create": PlanInput,
        "publish": Nothing,
        "stop": Nothing,
        "what_if": WhatIfInput,
        "repair": ChangeInput,
    }

    def base_queryset(self) -> QuerySet[SchedulePlan]:
        plans = SchedulePlan.objects.defer("inputs").select_related("park", "base", "job").order_by("-pk")
        if self.action == "retrieve":
            related = ("plan", "request", "room", "host", "booking")
            return plans.prefetch_related(Prefetch("slots", PlannedSlot.objects.select_related(*related)))
        return plans

    def get_serializer_class(self) -> type[Any]:
        return PlanWithSlotsSerializer if self.action == "retrieve" else super().get_serializer_class()

    @extend_schema(request=PlanInput, responses={201: PlanSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Start to make a schedule; its job says how far it is."""
        return self.answer(lambda: services.plan_start(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, uid: str) -> HttpResponse:
        """Make all slots bookings, or none; a refusal names each slot that was taken meanwhile."""
        return self._step(services.plan_publish)

    @extend_schema(request=Nothing, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, uid: str) -> HttpResponse:
        """Stop a run, or discard a proposal."""
        return self._step(services.plan_stop)

    @extend_schema(request=WhatIfInput, responses={201: PlanSerializer})
    @action(detail=True, methods=["post"], url_path="what-if")
    def what_if(self, request: Request, uid: str) -> HttpResponse:
        """The same requests with other rooms and hosts; never published."""
        return self._step(services.plan_what_if, 201)

    @extend_schema(request=ChangeInput, responses={201: PlanSerializer})
    @action(detail=True, methods=["post"])
    def repair(self, request: Request, uid: str) -> HttpResponse:
        """After a room failed or a host fell ill: the smallest change that keeps most of the worth."""
        return self._step(services.plan_repair, 201)

    def _step(self, service: Any, status: int = 200) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, plan=self.get_object(), **self.read()), status)
