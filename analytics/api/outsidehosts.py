"""Outside hosts who sold for a firm in the API, for the people who keep its money."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.compared import PERIODS, TENANT, periods_asked, tenant_asked
from analytics.api.keep import ExpectedSerializer, expected_amounts
from analytics.api.result import ResultLineSerializer
from analytics.choices import ResultPart
from analytics.outsidehosts import HostAccount, address_of, outside_host, outside_hosts, ref_of
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import MoneyField
from core.errors import NotFound
from core.money import from_units
from core.policy import VIEW_RESULT
from supplychain.choices import SampleState
from tenants.choices import Platform
from tenants.models import Tenant

PERIOD = PERIODS[0]
ADDRESS = OpenApiParameter(
    "code",
    str,
    OpenApiParameter.PATH,
    description="The account: ASCII letters, digits and - as they are, other bytes of UTF-8 as _ and two hex digits.",
)


class OutsideHostRowSerializer(serializers.Serializer[Any]):
    """An account, what it sold in the period and how many samples it was lent; `address` names it in addresses, `name`
    is that of an agreement."""

    host = serializers.CharField(source="ref")
    address = serializers.CharField()
    name = serializers.CharField()
    orders = serializers.IntegerField()
    paid = MoneyField()
    refunds = MoneyField()
    net = MoneyField()
    samples = serializers.IntegerField()


class OutsideHostListSerializer(serializers.Serializer[Any]):
    """Who brought most first."""

    tenant = serializers.CharField()
    period = serializers.CharField()
    hosts = OutsideHostRowSerializer(many=True)


class HostProductSerializer(serializers.Serializer[Any]):
    """A product of the firm, or the goods of another owner; neither: what names no goods."""

    product = serializers.CharField(allow_null=True)
    owner = serializers.CharField(allow_null=True)
    paid = MoneyField()
    refunds = MoneyField()
    net = MoneyField()
    units_paid = serializers.IntegerField()
    units_refunded = serializers.IntegerField()


class LentSampleSerializer(serializers.Serializer[Any]):
    """A request for samples that was handed out."""

    uid = serializers.UUIDField()
    product = serializers.CharField(source="offer.product.code")
    owner = serializers.CharField(source="offer.tenant.code")
    platform = serializers.ChoiceField(choices=Platform.choices)
    state = serializers.ChoiceField(choices=SampleState.choices)
    pieces = serializers.IntegerField()
    handed_out_on = serializers.DateField()
    until = serializers.DateField()
    overdue = serializers.BooleanField(source="is_overdue")
    amount = MoneyField(allow_null=True)


class HostSamplesSerializer(serializers.Serializer[Any]):
    """Pieces handed out in the period: `back` whole, `damaged` and not charged, `charged` for `amount`. `out` pieces
    are with the host today, whenever they went out, and cost `worth` if they are kept."""

    pieces = serializers.IntegerField()
    back = serializers.IntegerField()
    damaged = serializers.IntegerField()
    charged = serializers.IntegerField()
    amount = MoneyField()
    out = serializers.IntegerField()
    worth = MoneyField()
    sent = LentSampleSerializer(many=True)


class OutsideHostSerializer(OutsideHostRowSerializer):
    """`left` is net sales less what is known of commission and fees, `missing` names what is not known. Refunds are
    expected within `watched_days` after the payment; null: the firm's past is too short."""

    tenant = serializers.CharField()
    period = serializers.CharField()
    left = MoneyField(source="left_amount")
    missing = serializers.ListField(child=serializers.ChoiceField(choices=ResultPart.choices))
    provisional = serializers.BooleanField()
    expected_refunds = ExpectedSerializer(allow_null=True)
    kept_then = ExpectedSerializer(allow_null=True)
    watched_days = serializers.IntegerField()
    lines = ResultLineSerializer(many=True)
    products = HostProductSerializer(many=True)
    samples = HostSamplesSerializer()  # type: ignore[assignment]


class OutsideHostViewSet(ScopedViewSet):
    """What hosts of others sold for a firm. No tool and nobody of the park sees it."""

    model = Tenant
    serializer_class = OutsideHostSerializer
    permissions = {"every": Needs(VIEW_RESULT), "retrieve": Needs(VIEW_RESULT)}

    @extend_schema(
        operation_id="outside_hosts_all", parameters=[TENANT, PERIOD], responses=OutsideHostListSerializer
    )
    def every(self, request: Request) -> Response:
        """Those whose sales were paid in the period, with what came back of them so far, or who got samples in it."""
        tenant = tenant_asked(request, self.actor, VIEW_RESULT)
        period, _against = periods_asked(request)
        hosts = [
            {
                "ref": host.ref,
                "address": address_of(host.ref),
                "name": host.name,
                "orders": host.orders,
                "paid": from_units(host.gross),
                "refunds": from_units(host.refunds),
                "net": from_units(host.net),
                "samples": host.samples,
            }
            for host in outside_hosts(self.actor, tenant, period)
        ]
        body = {"tenant": tenant.code, "period": period.name, "hosts": hosts}
        return Response(OutsideHostListSerializer(body).data)

    @extend_schema(
        operation_id="outside_hosts_retrieve",
        parameters=[ADDRESS, TENANT, PERIOD],
        responses=OutsideHostSerializer,
    )
    def retrieve(self, request: Request, code: str) -> Response:
        """What one of them sold, what is taken off line by line with the record behind it, and what is kept."""
        tenant = tenant_asked(request, self.actor, VIEW_RESULT)
        period, _against = periods_asked(request)
        ref = ref_of(code)
        if ref is None:
            raise NotFound
        host = outside_host(self.actor, tenant, ref, period)
        body = {"tenant": tenant.code, "period": period.name, "address": code, **_told(host)}
        return Response(OutsideHostSerializer(body).data)


def _told(host: HostAccount) -> dict[str, Any]:
    account = host.account
    return {
        **{name: getattr(host, name) for name in ("ref", "name", "orders")},
        "paid": from_units(account.paid),
        "refunds": from_units(host.refunds),
        "net": from_units(account.net),
        "left_amount": account.left_amount,
        "missing": [line.part for line in account.missing],
        "provisional": account.provisional,
        "expected_refunds": expected_amounts(host.expected),
        "kept_then": expected_amounts(host.kept_then),
        "watched_days": host.watched,
        "lines": list(account.lines.values()),
        "products": [
            {
                "product": row.product.code if row.product else None,
                "owner": row.owner.code if row.owner else None,
                **{name: from_units(getattr(row, name)) for name in ("paid", "refunds", "net")},
                **{name: getattr(row, name) for name in ("units_paid", "units_refunded")},
            }
            for row in host.products
        ],
        "samples": {
            **{
                name: getattr(host.samples, name)
                for name in ("pieces", "back", "damaged", "charged", "out", "sent")
            },
            **{name: from_units(getattr(host.samples, name)) for name in ("amount", "worth")},
        },
    }
