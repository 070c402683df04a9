"""The channels of a firm in the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.channels import Against, Row, channel_mix, period_before
from analytics.choices import PeriodKind
from analytics.metrics import as_text
from analytics.models import HourSales
from analytics.periods import Period, period_named, period_of
from core.clock import DAY, month_of, today
from core.doors.api import Needs, ScopedViewSet, one_of, query_value
from core.doors.fields import MoneyField, is_public_name
from core.errors import InvalidInput, NotFound
from core.scoping import get_visible, may
from supplychain.choices import Channel
from tenants.models import Tenant


class ChannelRowSerializer(serializers.Serializer[Any]):
    """A channel: shares in percent, `points` in percentage points, `growth` in percent; null: nothing to compare."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    paid = MoneyField()
    paid_before = MoneyField()
    share = serializers.CharField(allow_null=True)
    share_before = serializers.CharField(allow_null=True)
    points = serializers.CharField(allow_null=True)
    growth = serializers.CharField(allow_null=True)


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


PERIODS = (
    OpenApiParameter("period", str, description="2025-06, 2025-Q2 or 2025; last month without it."),
    OpenApiParameter(
        "against",
        str,
        enum=[each.value for each in Against],
        description="With the period before it, or the same of the year before.",
    ),
)


def periods_asked(request: Request) -> tuple[Period, Against]:
    """The period that is asked for, and with what it is compared. InvalidInput when there is no such thing."""
    last_month = period_of(PeriodKind.MONTH, month_of(today()) - DAY)
    period = query_value(request, "period", _period, last_month)
    return period, Against(query_value(request, "against", one_of(tuple(Against)), Against.BEFORE))


def changes(row: Row) -> dict[str, Any]:
    """A row's amounts, shares and what became of them."""
    return {
        "paid": row.now,
        "paid_before": row.before,
        **{name: as_text(getattr(row, name)) for name in ("share", "share_before", "points", "growth")},
    }


class ChannelViewSet(ScopedViewSet):
    """Through which channels a firm sells."""

    model = HourSales
    serializer_class = ChannelMixSerializer
    permissions = {"retrieve": Needs("view", ("figures:read",))}

    @extend_schema(
        operation_id="channels_retrieve",
        parameters=[
            OpenApiParameter("tenant", str, required=True, description="Code of the firm."),
            *PERIODS,
        ],
        responses=ChannelMixSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Shares, their change in percentage points, growth in percent, and concentration."""
        tenant = self._tenant(request)
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

    def _tenant(self, request: Request) -> Tenant:
        code = request.query_params.get("tenant", "")
        if not code:
            raise InvalidInput(_("Name the firm."), code="required", field="tenant")
        if not is_public_name(code, "code"):
            raise NotFound
        tenant = get_visible(Tenant, self.actor, code=code)
        if not may(self.actor, "view", HourSales, tenant.pk):
            raise NotFound
        return tenant


def _period(value: object) -> Period:
    found = period_named(str(value))
    if found is None:
        raise InvalidInput(_("Give a period such as 2025-06, 2025-Q2 or 2025."), code="period")
    return found
