"""A firm's cash-flow calendar in the API, for the people who keep its money."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.compared import TENANT, tenant_asked
from analytics.cash import Entry, Flow, cash_flow
from analytics.choices import CashKind, PeriodKind
from analytics.periods import Period, period_named, period_of
from core.clock import today
from core.doors.api import Needs, ScopedViewSet, query_value
from core.doors.fields import MoneyField
from core.errors import InvalidInput
from core.money import from_units
from core.policy import VIEW_RESULT
from tenants.choices import Platform
from tenants.models import Tenant


class FlowSerializer(serializers.Serializer[Any]):
    """What came in and went out, and what is expected to, in CNY."""

    came_in = MoneyField()
    went_out = MoneyField()
    expected_in = MoneyField()
    expected_out = MoneyField()


class CashEntrySerializer(serializers.Serializer[Any]):
    """An amount, below zero what goes out. `uid` names the statement or session; `paid_on` is the day on which
    buyers paid what is in transit, `was_due` the day on which it was expected and did not come."""

    kind = serializers.ChoiceField(choices=CashKind.choices)
    name = serializers.CharField()
    amount = MoneyField()
    is_expected = serializers.BooleanField()
    uid = serializers.UUIDField(allow_null=True)
    platform = serializers.ChoiceField(choices=Platform.choices, allow_null=True)
    paid_on = serializers.DateField(allow_null=True)
    was_due = serializers.DateField(allow_null=True)


class CashDaySerializer(FlowSerializer):
    """A day; `running` is all that flowed from the first day of the month on, expected or not."""

    day = serializers.DateField()
    running = MoneyField()
    entries = CashEntrySerializer(many=True)


class UsualDelaySerializer(serializers.Serializer[Any]):
    """The days that a platform usually takes from payment to settlement."""

    platform = serializers.ChoiceField(choices=Platform.choices)
    days = serializers.IntegerField()


class SettledUntilSerializer(serializers.Serializer[Any]):
    """The day up to which settlements of a platform were imported."""

    platform = serializers.ChoiceField(choices=Platform.choices)
    day = serializers.DateField()


class CashFlowSerializer(FlowSerializer):
    """A month, day by day. It is a flow and no balance. Of the platforms `not_settled` no settlement was imported, so
    what is on its way through them is not known."""

    tenant = serializers.CharField()
    month = serializers.CharField()
    days = CashDaySerializer(many=True)
    undated = CashEntrySerializer(many=True)
    undated_in = MoneyField()
    undated_out = MoneyField()
    settled_until = SettledUntilSerializer(many=True)
    delays = UsualDelaySerializer(many=True)
    not_settled = serializers.ListField(child=serializers.ChoiceField(choices=Platform.choices))


class CashFlowViewSet(ScopedViewSet):
    """What comes in and goes out by the day. No tool and nobody of the park sees it."""

    model = Tenant
    serializer_class = CashFlowSerializer
    permissions = {"retrieve": Needs(VIEW_RESULT)}

    @extend_schema(
        operation_id="cash_flow",
        parameters=[
            TENANT,
            OpenApiParameter("month", str, description="2025-06; the present month without it."),
        ],
        responses=CashFlowSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """What came in and went out on each day of a month, what is expected to, and what has no day."""
        tenant = tenant_asked(request, self.actor, VIEW_RESULT)
        month = query_value(request, "month", _month, period_of(PeriodKind.MONTH, today()))
        flow = cash_flow(self.actor, tenant, month)
        calendar = flow.calendar
        body = {
            "tenant": tenant.code,
            "month": month.name,
            **_sums(calendar.flow),
            "days": [
                {
                    "day": each.day,
                    **_sums(each.flow),
                    "running": from_units(each.running),
                    "entries": list(map(_entry, each.entries)),
                }
                for each in calendar.days
            ],
            "undated": list(map(_entry, calendar.undated)),
            "undated_in": from_units(calendar.undated_flow.expected_in),
            "undated_out": from_units(calendar.undated_flow.expected_out),
            "settled_until": [
                {"platform": platform, "day": day} for platform, day in sorted(flow.settled_until.items())
            ],
            "delays": [
                {"platform": platform, "days": flow.delays[platform]} for platform in sorted(flow.delays)
            ],
            "not_settled": flow.not_settled,
        }
        return Response(CashFlowSerializer(body).data)


def _month(value: object) -> Period:
    found = period_named(str(value))
    if found is None or found.kind != PeriodKind.MONTH:
        raise InvalidInput(_("Give a month such as 2025-06."), code="period")
    return found


def _sums(flow: Flow) -> dict[str, Any]:
    names = ("came_in", "went_out", "expected_in", "expected_out")
    return {name: from_units(getattr(flow, name)) for name in names}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "name": entry.name,
        "amount": from_units(entry.amount),
        "is_expected": entry.is_expected,
        "uid": entry.uid or None,
        "platform": entry.platform or None,
        "paid_on": entry.paid_on,
        "was_due": entry.was_due,
    }
