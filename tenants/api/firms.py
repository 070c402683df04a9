"""Firms in the API: what they say of themselves, and what they let others see."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import ChoiceField, CountField, FlagField, LineField, StrictSerializer
from core.scoping import visible_to
from tenants.choices import TenantKind, WallVisibility
from tenants.models import Company, Tenant
from tenants.services import tenant_update


class FirmSerializer(serializers.ModelSerializer[Tenant]):
    """A firm; `wall_visibility` says what the wall and the boards of festivals show of its sales."""

    kind = serializers.ChoiceField(choices=TenantKind.choices)
    wall_visibility = serializers.ChoiceField(choices=WallVisibility.choices)

    class Meta:
        model = Tenant
        fields = [
            "code",
            "name_zh",
            "name_en",
            "kind",
            "industry",
            "headcount",
            "has_own_brand",
            "wall_visibility",
            "shares_orders_with_park",
            "closed_on",
        ]


class FirmChangeInput(StrictSerializer):
    """What is named is changed. What others see of the firm is its owner's to say."""

    name_zh = LineField(max_length=200, required=False)
    name_en = LineField(max_length=200, required=False, allow_blank=True)
    industry = LineField(max_length=100, required=False, allow_blank=True)
    headcount = CountField(required=False, allow_null=True)
    has_own_brand = FlagField(required=False)
    wall_visibility = ChoiceField(choices=WallVisibility.choices, required=False)
    shares_orders_with_park = FlagField(required=False)


class FirmViewSet(ReadOnlyScopedViewSet):
    """The firms whose pages the caller may read."""

    model = Tenant
    serializer_class = FirmSerializer
    lookup_field = "code"
    permissions = {
        "list": Needs("view", model=Company),
        "retrieve": Needs("view", model=Company),
        "change": Needs("change"),
    }
    inputs = {"change": FirmChangeInput}

    def base_queryset(self) -> QuerySet[Tenant]:
        # Whoever sees a firm's name only, as its hosts and analysts do, reads nothing more of it.
        return Tenant.objects.filter(company__in=visible_to(Company.objects.all(), self.actor)).order_by(
            "code"
        )

    @extend_schema(request=FirmChangeInput, responses=FirmSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, code: str) -> HttpResponse:
        """Change what is named; it holds from now on. 403 for who may not decide what leaves the firm."""
        return self.answer(lambda: tenant_update(actor=self.actor, tenant=self.get_object(), **self.read()))
