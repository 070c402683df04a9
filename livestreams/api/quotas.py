"""The API of firms' quotas: how many hours of a park's rooms they have, by schedules and by hand."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import CountField, ScopedRelatedField, StrictSerializer
from core.records import record_create, record_update
from livestreams.models import SlotQuota
from livestreams.models.quota import MOST_HOURS
from parks.models import Park
from tenants.models import Tenant

READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


class QuotaSerializer(serializers.ModelSerializer[SlotQuota]):
    """Hours at most of a firm, or of every firm without its own; null is the park's limit, and there none."""

    park = serializers.CharField(source="park.code")
    tenant = serializers.CharField(source="tenant.code", default=None, allow_null=True)

    class Meta:
        model = SlotQuota
        fields = ["uid", "park", "tenant", "day_hours", "week_hours"]


class QuotaChangeInput(StrictSerializer):
    """What is named is changed; null takes the limit away."""

    day_hours = CountField(max_value=MOST_HOURS, required=False, allow_null=True)
    week_hours = CountField(max_value=MOST_HOURS, required=False, allow_null=True)


class QuotaInput(QuotaChangeInput):
    park = ScopedRelatedField(model=Park)
    tenant = ScopedRelatedField(
        model=Tenant, required=False, allow_null=True, help_text=_("Left out: every firm without its own.")
    )


class QuotaViewSet(ReadOnlyScopedViewSet):
    """Quotas of the firms that the caller may look at: firms see their own."""

    model = SlotQuota
    serializer_class = QuotaSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        "change": Needs("change", WRITE),
    }
    inputs = {"create": QuotaInput, "change": QuotaChangeInput}

    def base_queryset(self) -> QuerySet[SlotQuota]:
        return SlotQuota.objects.select_related("park", "tenant").order_by("pk")

    @extend_schema(request=QuotaInput, responses={201: QuotaSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Give a firm, or all firms without their own, a quota of hours; it has one at a park."""
        return self.answer(lambda: record_create(actor=self.actor, model=SlotQuota, **self.read()), 201)

    @extend_schema(request=QuotaChangeInput, responses=QuotaSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, uid: str) -> HttpResponse:
        """Change what is named, for what is booked and scheduled from now on; what was stays as it is."""
        return self.answer(lambda: record_update(actor=self.actor, row=self.get_object(), **self.read()))
