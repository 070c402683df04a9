"""What platforms say beside our own ledger in the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.compared import TENANT, tenant_asked
from analytics.beside import Bridge, Side, Transit, days_beside, money_in_transit, session_beside
from analytics.choices import BesidePart
from core import strict
from core.clock import DAY, today
from core.doors.api import Needs, ScopedViewSet, query_value
from core.doors.fields import InstantField, MoneyField
from core.errors import InvalidInput
from core.money import from_units
from livestreams.models import LiveSession
from supplychain.models import PayoutEntry
from tenants.choices import Platform

MOST_DAYS = 31
READ = Needs("view", ("figures:read",), model=PayoutEntry)


class SideSerializer(serializers.Serializer[Any]):
    """Paid, given back, and the one less the other."""

    paid = MoneyField()
    refunds = MoneyField()
    net = MoneyField()


class PartSerializer(SideSerializer):
    """A part of the difference; `orders` names some that it comes from."""

    part = serializers.ChoiceField(choices=BesidePart.choices)
    orders = serializers.ListField(child=serializers.CharField())


class BridgeSerializer(serializers.Serializer[Any]):
    """`ours` and all parts add up to `theirs`."""

    ours = SideSerializer()
    theirs = SideSerializer()
    parts = PartSerializer(many=True)
    explained = serializers.BooleanField()


class DayBesideSerializer(BridgeSerializer):
    """The orders first paid on a day through a platform; `settles`: a settlement of it was imported."""

    day = serializers.DateField()
    platform = serializers.ChoiceField(choices=Platform.choices)
    settles = serializers.BooleanField()


class AgeSerializer(serializers.Serializer[Any]):
    """Up to 7, 15, 30 days after the payment, and longer ago."""

    week = MoneyField()
    half_month = MoneyField()
    month = MoneyField()
    older = MoneyField()


class TransitSerializer(serializers.Serializer[Any]):
    """Paid in the last 60 days, not given back and not settled; null: no settlement of the platform was imported."""

    platform = serializers.ChoiceField(choices=Platform.choices)
    settled_until = InstantField(allow_null=True)
    total = MoneyField(allow_null=True)
    ages = AgeSerializer(allow_null=True)


class BesideSerializer(serializers.Serializer[Any]):
    """Days beside what platforms settled of their orders, and money in transit."""

    tenant = serializers.CharField()
    days = DayBesideSerializer(many=True)
    in_transit = TransitSerializer(many=True)


class SessionBesideSerializer(serializers.Serializer[Any]):
    """A session beside its platform's report, which states payments only; null: no report states any."""

    session = serializers.UUIDField()
    ours = SideSerializer()
    refunds_after_report = MoneyField()
    read_at = InstantField(allow_null=True)
    bridge = BridgeSerializer(allow_null=True)


class BesideViewSet(ScopedViewSet):
    """What platforms settled beside our own orders."""

    model = PayoutEntry
    serializer_class = BesideSerializer
    permissions = {"retrieve": READ}

    @extend_schema(
        operation_id="beside_retrieve",
        parameters=[
            TENANT,
            OpenApiParameter("since", date, description="First day; a week before the last one without it."),
            OpenApiParameter("until", date, description="Last day; today without it. At most 31 days."),
        ],
        responses=BesideSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Each day by platform: our figure, the platform's, and every part of the difference."""
        tenant = tenant_asked(request, self.actor)
        until = query_value(request, "until", strict.day, today())
        since = query_value(request, "since", strict.day, until - 6 * DAY)
        if not 0 <= (until - since).days < MOST_DAYS:
            message = _("Ask for at most %(days)d days, the first before the last.") % {"days": MOST_DAYS}
            raise InvalidInput(message, code="period", field="since")
        body = {
            "tenant": tenant.code,
            "days": [
                {
                    "day": each.day,
                    "platform": each.platform,
                    "settles": each.settles,
                    **_bridge(each.bridge),
                }
                for each in days_beside(self.actor, tenant, since, until)
            ],
            "in_transit": list(map(_transit, money_in_transit(self.actor, tenant))),
        }
        return Response(BesideSerializer(body).data)


class SessionBesideViewSet(ScopedViewSet):
    """What a platform's report says of a session beside our own orders."""

    model = LiveSession
    serializer_class = SessionBesideSerializer
    permissions = {"retrieve": READ}

    def base_queryset(self) -> QuerySet[LiveSession]:
        return LiveSession.objects.all()

    @extend_schema(responses=SessionBesideSerializer)
    def retrieve(self, request: Request, uid: str) -> Response:
        """Our payments, the report's, and every part of the difference."""
        session = self.get_object()
        found = session_beside(self.actor, session)
        body = {
            "session": session.uid,
            "ours": _side(found.ours),
            "refunds_after_report": from_units(found.late),
            "read_at": found.read_at,
            "bridge": _bridge(found.bridge) if found.bridge is not None else None,
        }
        return Response(SessionBesideSerializer(body).data)


def _side(side: Side) -> dict[str, Any]:
    return dict(zip(("paid", "refunds", "net"), side.amounts, strict=True))


def _bridge(bridge: Bridge) -> dict[str, Any]:
    return {
        "ours": _side(bridge.ours),
        "theirs": _side(bridge.theirs),
        "parts": [
            {"part": part, "orders": bridge.orders.get(part, []), **_side(bridge.parts[part])}
            for part in BesidePart
            if part in bridge.parts
        ],
        "explained": bridge.explained,
    }


def _transit(transit: Transit) -> dict[str, Any]:
    known = transit.settled_until is not None
    names = ("week", "half_month", "month", "older")
    return {
        "platform": transit.platform,
        "settled_until": transit.settled_until,
        "total": from_units(transit.total) if known else None,
        "ages": dict(zip(names, map(from_units, transit.ages), strict=True)) if known else None,
    }
