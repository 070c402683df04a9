"""Ad spend of a session by the hour, in the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.doors.api import Needs, encode
from core.doors.fields import InstantField, MoneyField, StrictSerializer
from core.idempotency import Answer
from core.scoping import visible_to
from livestreams import services
from livestreams.models import AdSpend
from livestreams.services import SpendHour
from livestreams.spending import spend_by_hour

HOURS_PER_REQUEST = 500
WRITE_SESSIONS = ("sessions:write",)


class SpendHourInput(StrictSerializer):
    """When the hour began, and what it cost in CNY."""

    hour = InstantField()
    amount = MoneyField()

    def to_internal_value(self, data: Any) -> SpendHour:
        return SpendHour(**super().to_internal_value(data))


class SpendInput(StrictSerializer):
    hours = serializers.ListField(child=SpendHourInput(), allow_empty=False, max_length=HOURS_PER_REQUEST)


class SpendCountsSerializer(serializers.Serializer[Any]):
    """What became of the hours."""

    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    corrected = serializers.IntegerField()


class SpendHourSerializer(serializers.Serializer[Any]):
    hour = InstantField()
    amount = MoneyField()


class SpendSerializer(serializers.Serializer[Any]):
    """The amounts that count, by hour, and their sum."""

    hours = SpendHourSerializer(many=True)
    total = MoneyField()


class SpendActions:
    """What sessions offer besides: their ad spend."""

    permissions: ClassVar[dict[str, Needs]] = {
        "ad_spend": Needs("view", WRITE_SESSIONS, model=AdSpend),
        "tell_ad_spend": Needs("add", WRITE_SESSIONS, model=AdSpend),
    }
    inputs: ClassVar[dict[str, type[StrictSerializer]]] = {"tell_ad_spend": SpendInput}

    @extend_schema(responses=SpendSerializer)
    @action(detail=True, url_path="ad-spend", filter_backends=[], pagination_class=None)
    def ad_spend(self: Any, request: Request, uid: str) -> Response:
        """What the session spent on traffic, by the hour."""
        spend = spend_by_hour(visible_to(AdSpend.objects.filter(session=self.get_object()), self.actor))
        hours = [{"hour": hour, "amount": amount} for hour, amount in spend.items()]
        return Response(SpendSerializer({"hours": hours, "total": sum(spend.values())}).data)

    @extend_schema(request=SpendInput, responses=SpendCountsSerializer)
    @ad_spend.mapping.post
    def tell_ad_spend(self: Any, request: Request, uid: str) -> HttpResponse:
        """Append the ad spend of hours. The same amount again is a duplicate, another one a correction."""

        def record() -> Answer:
            counts = services.spend_record(actor=self.actor, session=self.get_object(), **self.read())
            return Answer(200, encode(asdict(counts)).decode())

        return self.answer(record)
