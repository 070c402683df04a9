"""Slow stock of a tenant, or of the tenants of a park by classes, beside the survey of 2022."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.slowstock import SALES_DAYS, SLOW_DAYS, counted, slow_stock
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import MoneyField, is_public_name
from core.errors import InvalidInput, NotFound
from core.scoping import get_visible
from parks.models import Park
from supplychain.models import StockLevel
from tenants.models import Tenant

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
        rows = slow_stock(self.actor, [self._node(request)])
        body = {"slow_days": SLOW_DAYS, "sales_days": SALES_DAYS, "firms": rows, "classes": counted(rows)}
        return Response(self.shown(body))

    def _node(self, request: Request) -> int:
        tenant, park = self._named(request, "tenant", Tenant), self._named(request, "park", Park)
        if (tenant is None) == (park is None):
            raise InvalidInput(_("Name one tenant or park."), code="subject_required", field="tenant")
        return int((tenant or park).pk)

    def _named(self, request: Request, name: str, model: Any) -> Any:
        code = request.query_params.get(name)
        if not code:
            return None
        if not is_public_name(code, "code"):
            raise NotFound
        return get_visible(model, self.actor, code=code)
