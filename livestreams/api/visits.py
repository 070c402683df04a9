"""The API of visitors: announced by firms, let in and out by the park."""

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
    CountField,
    DayField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams import services
from livestreams.filters import VisitFilter
from livestreams.models import Booking, Visit
from livestreams.models.studio import MOST_PEOPLE
from tenants.models import Tenant

READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


class VisitSerializer(serializers.ModelSerializer[Visit]):
    """Announced visitors; `name` and `plate` are empty once they are forgotten."""

    tenant = serializers.CharField(source="tenant.code")
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)
    arrived_at = InstantField(allow_null=True)
    left_at = InstantField(allow_null=True)
    withdrawn_at = InstantField(allow_null=True)

    class Meta:
        model = Visit
        fields = [
            "uid",
            "tenant",
            "booking",
            "day",
            "name",
            "people",
            "company",
            "plate",
            "arrived_at",
            "left_at",
            "withdrawn_at",
        ]


class VisitInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    name = LineField(max_length=100)
    people = CountField(min_value=1, max_value=MOST_PEOPLE, required=False)
    day = DayField(required=False)
    booking = ScopedRelatedField(model=Booking, slug_field="uid", required=False)
    company = LineField(max_length=100, required=False, allow_blank=True)
    plate = LineField(max_length=20, required=False, allow_blank=True)


class VisitViewSet(ReadOnlyScopedViewSet):
    """Visitors: a firm announces its own, the park lets them in and out."""

    model = Visit
    serializer_class = VisitSerializer
    filterset_class = VisitFilter
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        **dict.fromkeys(("arrive", "leave", "withdraw"), Needs("change", WRITE)),
    }
    inputs = {"create": VisitInput, "arrive": Nothing, "leave": Nothing, "withdraw": Nothing}

    def base_queryset(self) -> QuerySet[Visit]:
        return Visit.objects.select_related("tenant", "booking").order_by("-pk")

    @extend_schema(request=VisitInput, responses={201: VisitSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Announce visitors for a day, today if it is left out, or for a booking."""
        return self.answer(lambda: services.visit_announce(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=VisitSerializer)
    @action(detail=True, methods=["post"])
    def arrive(self, request: Request, uid: str) -> HttpResponse:
        """Let them in."""
        return self._step(services.visit_arrive)

    @extend_schema(request=Nothing, responses=VisitSerializer)
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, uid: str) -> HttpResponse:
        """See them out."""
        return self._step(services.visit_leave)

    @extend_schema(request=Nothing, responses=VisitSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Take the announcement back."""
        return self._step(services.visit_withdraw)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, visit=self.get_object(), **self.read()))
