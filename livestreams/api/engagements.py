"""The API of engagements: whose host somebody is, and what a park's guarantee to its brands comes to."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet
from core.doors.fields import (
    ChoiceField,
    CountField,
    DayField,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams import services
from livestreams.choices import EngagementKind
from livestreams.hostcover import brand_covers
from livestreams.models import Engagement, Host
from parks.models import Park
from tenants.models import Tenant


class EngagementSerializer(serializers.ModelSerializer[Engagement]):
    """Whose host it is on the days from `from_day` to before `to_day`, and how many sessions a month are agreed."""

    kind = serializers.ChoiceField(choices=EngagementKind.choices)
    park = serializers.CharField(source="park.code", default=None, allow_null=True)

    class Meta:
        model = Engagement
        fields = ["kind", "park", "from_day", "to_day", "monthly_sessions"]


class EngagementRowSerializer(EngagementSerializer):
    host = serializers.CharField(source="host.code")

    class Meta(EngagementSerializer.Meta):
        fields = ["uid", "host", *EngagementSerializer.Meta.fields]


class EngagementInput(StrictSerializer):
    """`park` is named for its own hosts, by that park."""

    host = ScopedRelatedField(model=Host)
    kind = ChoiceField(choices=EngagementKind.choices)
    from_day = DayField()
    to_day = DayField(required=False)
    park = ScopedRelatedField(model=Park, required=False)
    monthly_sessions = CountField(max_value=1_000, required=False)


class EngagementEndInput(StrictSerializer):
    to_day = DayField(required=False)


class EngagementFilter(django_filters.FilterSet):
    host = django_filters.CharFilter("host__code", label=_("Host"))


class EngagementViewSet(ReadOnlyScopedViewSet):
    """Engagements of hosts, the newest first. Those of one host never overlap."""

    model = Engagement
    serializer_class = EngagementRowSerializer
    filterset_class = EngagementFilter
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        "end": Needs("change"),
    }
    inputs = {"create": EngagementInput, "end": EngagementEndInput}

    def base_queryset(self) -> QuerySet[Engagement]:
        return Engagement.objects.select_related("host", "park").order_by("-from_day", "-pk")

    @extend_schema(request=EngagementInput, responses={201: EngagementRowSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Say whose host somebody is from a day on."""
        return self.answer(lambda: services.engagement_begin(actor=self.actor, **self.read()), 201)

    @extend_schema(request=EngagementEndInput, responses=EngagementRowSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uid: str) -> HttpResponse:
        """End it: `to_day`, or today, is the first day on which it no longer holds."""
        return self.answer(
            lambda: services.engagement_end(actor=self.actor, engagement=self.get_object(), **self.read())
        )


# --- cover ----------------------------------------------------------------------------------------------------


class DaysSerializer(serializers.Serializer[Any]):
    first = serializers.DateField()
    last = serializers.DateField()


class CoverSerializer(serializers.Serializer[Any]):
    """Of the days that count, how many are covered; `missing` are the others, in runs."""

    counted = serializers.IntegerField()
    covered = serializers.IntegerField()
    percent = serializers.CharField(allow_null=True)
    missing = DaysSerializer(many=True)


class BrandCoverSerializer(serializers.Serializer[Any]):
    """The 365 days up to yesterday, and the 365 from today on."""

    tenant = serializers.CharField(source="tenant.code")
    behind = CoverSerializer()
    ahead = CoverSerializer()


class BrandCoversSerializer(serializers.Serializer[Any]):
    results = BrandCoverSerializer(many=True)


class BrandCoverViewSet(ScopedViewSet):
    """How far parks keep their guarantee of an own host to their brands on each of 365 days."""

    model = Tenant
    serializer_class = BrandCoversSerializer
    permissions = {"retrieve": Needs("view")}

    @extend_schema(responses=BrandCoversSerializer)
    def retrieve(self, request: Request) -> Response:
        """The cover of each brand that the caller may look at. Whose host covers a day is not said."""
        return Response(BrandCoversSerializer({"results": brand_covers(actor=self.actor)}).data)
