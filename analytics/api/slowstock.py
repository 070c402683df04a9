"""Slow stock of a tenant, or of the tenants of a park by classes, beside the survey of 2022."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.subjects import subject_of
from analytics.slowstock import SALES_DAYS, SLOW_DAYS, counted, slow_stock
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import MoneyField
from supplychain.models import StockLevel

READ = ("figures:read",)


class SlowFirmSerializer(serializers.Serializer[Any]):
    """A firm's slow stock at list prices beside its net sales, in CNY; `share` is null without sales. Where some of
    it has no list price the class is `unknown`, the share null and the amount that of the rest."""

    tenant = serializers.CharField(source="tenant.code")
    pieces = serializers.IntegerField()
    amount = MoneyField()
    sales = MoneyField()
    share = serializers.DecimalField(max_digits=None, decimal_places=4, allow_null=True)
    in_class = serializers.CharField(source="of_class.code")


class SlowClassSerializer(serializers.Serializer[Any]):
    """How many firms are in a class, their share of all of them and that in the survey, in percent."""

    code = serializers.CharField(source="of_class.code")
    up_to = serializers.IntegerField(source="of_class.up_to", allow_null=True)
    firms = serializers.IntegerField()
    share = serializers.IntegerField()
    survey = serializers.IntegerField(source="of_class.survey")


class SlowStockSerializer(serializers.Serializer[Any]):
    """Slow is what has lain for `slow_days` and would not be sold in as many; sales are those of `sales_days`."""

    slow_days = serializers.IntegerField()
    sales_days = serializers.IntegerField()
    firms = SlowFirmSerializer(many=True)
    classes = SlowClassSerializer(many=True)


class SlowStockViewSet(ScopedViewSet):
    """Stock that hardly moves."""

    model = StockLevel
    serializer_class = SlowStockSerializer
    permissions = {"retrieve": Needs("view", READ)}

    @extend_schema(
        operation_id="slow_stock",
        parameters=[
            OpenApiParameter("tenant", str, description="Code of a tenant."),
            OpenApiParameter("park", str, description="Or code of a park: its tenants that keep stock."),
        ],
        responses=SlowStockSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Slow stock beside sales, firm by firm and in the six classes of the survey."""
        rows = slow_stock(self.actor, [subject_of(request, self.actor).pk])
        body = {"slow_days": SLOW_DAYS, "sales_days": SALES_DAYS, "firms": rows, "classes": counted(rows)}
        return Response(self.shown(body))
