"""What was sold by the owners of the goods, in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.compared import PERIODS, TENANT, ComparedSerializer, changes, periods_asked, tenant_asked
from analytics.channels import period_before
from analytics.collective import NOTHING_PAID, OwnerRow, collective_result
from analytics.metrics import as_text
from analytics.models import DaySales
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import MoneyField


class _SoldSerializer(serializers.Serializer[Any]):
    net = MoneyField()
    refunds = MoneyField()
    units_paid = serializers.IntegerField()
    units_refunded = serializers.IntegerField()


class OwnerResultRowSerializer(_SoldSerializer, ComparedSerializer):
    """An owner of goods beside what it was."""

    owner = serializers.CharField(source="maker.code")
    products = serializers.IntegerField(help_text="Goods that were sold.")
    certified = serializers.IntegerField(help_text="Of a member: those of them with a certificate today.")
    member = serializers.BooleanField(
        source="is_member", help_text="A member of a collective store of the firm."
    )


class SoldForRowSerializer(_SoldSerializer):
    """A collective store's firm that sold the asking firm's goods."""

    seller = serializers.CharField(source="seller.code")
    paid = MoneyField()


class OwnerResultSerializer(serializers.Serializer[Any]):
    """Rows of owners add up to what the firm sold, and their shares to 100."""

    tenant = serializers.CharField()
    period = serializers.CharField()
    compared_with = serializers.CharField()
    read_from = serializers.DateField(
        allow_null=True,
        help_text="The day on which the firm came, when you read a period from then on only: it is not whole.",
    )
    paid = MoneyField()
    paid_before = MoneyField()
    growth = serializers.CharField(allow_null=True)
    refunds = MoneyField()
    owners = OwnerResultRowSerializer(many=True)
    sold_by = SoldForRowSerializer(many=True)


class OwnerResultViewSet(ScopedViewSet):
    """What a firm sold of whose goods."""

    model = DaySales
    serializer_class = OwnerResultSerializer
    permissions = {"retrieve": Needs("view", ("figures:read",))}

    @extend_schema(
        operation_id="owner_results_retrieve",
        parameters=[TENANT, *PERIODS],
        responses=OwnerResultSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """By owner of the goods, beside an earlier period; and what collective stores sold of the firm's own."""
        tenant = tenant_asked(request, self.actor)
        period, against = periods_asked(request)
        result = collective_result(self.actor, tenant, period, against)
        total = result.mix.total
        body = {
            "tenant": tenant.code,
            "period": period.name,
            "compared_with": period_before(period, against).name,
            "read_from": result.read_from,
            "paid": total.now,
            "paid_before": total.before,
            "growth": as_text(total.growth),
            "refunds": result.refunds,
            "owners": [_owner(row) for row in result.rows],
            "sold_by": result.sold_by,
        }
        return Response(OwnerResultSerializer(body).data)


def _owner(row: OwnerRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("maker", "is_member", "net", "refunds", "units_paid")},
        **{name: getattr(row, name) for name in ("units_refunded", "products", "certified")},
        **changes(row.share or NOTHING_PAID),
    }
