"""The result of a session in the API, for the people who keep the firm's money."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.choices import ResultPart, SourceKind
from analytics.metrics import as_text
from analytics.result import account_of
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import MoneyField
from core.policy import VIEW_RESULT
from livestreams.models import LiveSession
from tenants.models import Tenant


class ResultSourceSerializer(serializers.Serializer[Any]):
    """An amount and the record it rests on; null: nobody recorded it."""

    kind = serializers.ChoiceField(choices=SourceKind.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    amount = MoneyField(allow_null=True)
    note = serializers.CharField()
    uid = serializers.CharField()
    provisional = serializers.BooleanField()


class ResultLineSerializer(serializers.Serializer[Any]):
    """A line: null when not all of it is known, beside what is. Its sources add up to what is known."""

    part = serializers.ChoiceField(choices=ResultPart.choices)
    amount = MoneyField(allow_null=True)
    known = MoneyField(source="known_amount", allow_null=True)
    sources = ResultSourceSerializer(many=True)


class SessionResultSerializer(serializers.Serializer[Any]):
    """Net sales and costs of a session, in CNY. `left` is net sales less what is known of the costs; `missing` names
    the lines without which there is no result."""

    session = serializers.UUIDField()
    left = MoneyField(source="left_amount")
    missing = serializers.ListField(child=serializers.ChoiceField(choices=ResultPart.choices))
    provisional = serializers.BooleanField()
    metrics = serializers.DictField(child=serializers.CharField(allow_null=True))
    lines = ResultLineSerializer(many=True)


class SessionResultViewSet(ScopedViewSet):
    """What a firm keeps of a session. No tool and nobody of the park sees it."""

    model = LiveSession
    serializer_class = SessionResultSerializer
    permissions = {"retrieve": Needs(VIEW_RESULT, model=Tenant)}

    def base_queryset(self) -> QuerySet[LiveSession]:
        return LiveSession.objects.select_related("booking__room")

    @extend_schema(operation_id="sessions_result", responses=SessionResultSerializer)
    def retrieve(self, request: Request, uid: str) -> Response:
        """Line by line, with the record behind each amount; `metrics` by code (GET figures/metrics defines them)."""
        session = self.get_object()
        account = account_of(self.actor, session)
        body = {
            "session": session.uid,
            "left_amount": account.left_amount,
            "missing": [line.part for line in account.missing],
            "provisional": account.provisional,
            "metrics": {code: as_text(value) for code, value in account.metrics.items()},
            "lines": list(account.lines.values()),
        }
        return Response(SessionResultSerializer(body).data)
