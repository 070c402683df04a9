"""What a firm keeps of its last live day in the API, for the people who keep its money."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.compared import TENANT, tenant_asked
from analytics.choices import ResultPart
from analytics.keep import Expected, LastDay, last_day
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import MoneyField
from core.errors import NotFound
from core.money import from_units
from core.policy import VIEW_RESULT
from tenants.models import Tenant


class ExpectedSerializer(serializers.Serializer[Any]):
    """At least, about and at most: four of five days of the firm lie between the outer two."""

    low = MoneyField()
    middle = MoneyField()
    high = MoneyField()


class KeepSerializer(serializers.Serializer[Any]):
    """The last live day of a firm in CNY. `kept` is what was sold less what was refunded, taken (commission and slot
    fees) and spent (goods, room, ads, parcels) as far as that is known; `missing` names the others.

    `expected_refunds` rests on so many orders of so many past days, each watched for `watched_days`; null: too few."""

    day = serializers.DateField()
    sessions = serializers.ListField(child=serializers.UUIDField())
    sold = MoneyField()
    refunded = MoneyField()
    taken = MoneyField()
    spent = MoneyField()
    kept = MoneyField()
    missing = serializers.ListField(child=serializers.ChoiceField(choices=ResultPart.choices))
    expected_refunds = ExpectedSerializer(allow_null=True)
    kept_then = ExpectedSerializer(allow_null=True)
    rests_on_orders = serializers.IntegerField()
    rests_on_days = serializers.IntegerField()
    watched_days = serializers.IntegerField()


class KeepViewSet(ScopedViewSet):
    """What is left of the last live day. No tool and nobody of the park sees it."""

    model = Tenant
    serializer_class = KeepSerializer
    permissions = {"retrieve": Needs(VIEW_RESULT)}

    @extend_schema(
        operation_id="keep_retrieve",
        parameters=[TENANT],
        responses=KeepSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Sold, refunded, still expected back with its range, taken by others, kept."""
        told = last_day(self.actor, tenant_asked(request, self.actor, VIEW_RESULT))
        if told is None:
            raise NotFound(_("The firm has no live day yet."))
        return Response(KeepSerializer(_body(told)).data)


def _body(told: LastDay) -> dict[str, Any]:
    return {
        "day": told.day,
        "sessions": [session.uid for session in told.sessions],
        **{name: from_units(getattr(told, name)) for name in ("sold", "refunded", "taken", "spent", "kept")},
        "missing": told.missing,
        "expected_refunds": expected_amounts(told.expected),
        "kept_then": expected_amounts(told.kept_then),
        "rests_on_orders": told.curve.orders if told.curve else 0,
        "rests_on_days": told.curve.days if told.curve else 0,
        "watched_days": told.watched,
    }


def expected_amounts(found: Expected | None) -> dict[str, Any] | None:
    """The three answers in CNY."""
    if found is None:
        return None
    return {name: from_units(getattr(found, name)) for name in ("low", "middle", "high")}
