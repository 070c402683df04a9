"""The channels of a firm in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.compared import PERIODS, TENANT, ComparedSerializer, changes, periods_asked, tenant_asked
from analytics.channels import channel_mix, period_before
from analytics.metrics import as_text
from analytics.models import HourSales
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import MoneyField
from core.errors import NotFound
from core.policy import VIEW
from core.scoping import may
from supplychain.choices import Channel


class ChannelRowSerializer(ComparedSerializer):
    """A channel beside what it was."""

    channel = serializers.ChoiceField(choices=Channel.choices)


class ChannelMixSerializer(serializers.Serializer[Any]):
    """Channels by paid GMV. `ruler` brings more than all others together."""

    tenant = serializers.CharField()
    period = serializers.CharField()
    compared_with = serializers.CharField()
    paid = MoneyField()
    paid_before = MoneyField()
    growth = serializers.CharField(allow_null=True)
    channel_hhi = serializers.CharField(allow_null=True)
    channel_hhi_before = serializers.CharField(allow_null=True)
    ruler = serializers.ChoiceField(choices=Channel.choices, allow_null=True)
    rows = ChannelRowSerializer(many=True)


class ChannelViewSet(ScopedViewSet):
    """Through which channels a firm sells."""

    model = HourSales
    serializer_class = ChannelMixSerializer
    permissions = {"retrieve": Needs("view", ("figures:read",))}

    @extend_schema(
        operation_id="channels_retrieve",
        parameters=[TENANT, *PERIODS],
        responses=ChannelMixSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Shares, their change in percentage points, growth in percent, and concentration."""
        tenant = tenant_asked(request, self.actor)
        if not may(self.actor, VIEW, HourSales, tenant.pk):
            raise NotFound
        period, against = periods_asked(request)
        mix = channel_mix(self.actor, tenant, period, against)
        body = {
            "tenant": tenant.code,
            "period": period.name,
            "compared_with": period_before(period, against).name,
            "paid": mix.total.now,
            "paid_before": mix.total.before,
            "growth": as_text(mix.total.growth),
            "channel_hhi": as_text(mix.hhi),
            "channel_hhi_before": as_text(mix.hhi_before),
            "ruler": mix.ruler.name if mix.ruler else None,
            "rows": [{"channel": row.name, **changes(row)} for row in mix.rows],
        }
        return Response(ChannelMixSerializer(body).data)
