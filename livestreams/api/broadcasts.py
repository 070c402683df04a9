"""The way of a booking's picture to its platform, in the API. The platform's key goes in and never out."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.doors.api import Needs, encode
from core.doors.fields import ChoiceField, InstantField, LineField, StrictSerializer
from core.errors import NotFound
from core.idempotency import Answer
from core.scoping import visible_to
from livestreams import services
from livestreams.choices import DELIVERIES_TOLD
from livestreams.models import Booking, Broadcast
from tenants.choices import Platform

WRITE_STREAMS = ("streams:write",)


class BroadcastSerializer(serializers.ModelSerializer[Broadcast]):
    """`has_key` says whether the platform's key is known; the key itself is shown to nobody."""

    route = serializers.ChoiceField(choices=DELIVERIES_TOLD)
    has_key = serializers.BooleanField()
    key_set_at = InstantField(allow_null=True)
    handed_at = InstantField(allow_null=True)

    class Meta:
        model = Broadcast
        fields = ["route", "platform", "server", "has_key", "key_set_at", "handed_at", "hand_overs"]


class BroadcastInput(StrictSerializer):
    route = ChoiceField(choices=DELIVERIES_TOLD)
    platform = ChoiceField(choices=Platform.choices)
    server = LineField(max_length=200, required=False, allow_blank=True)
    key = LineField(max_length=800, required=False, allow_blank=True, write_only=True)


class BroadcastActions:
    """What bookings offer besides: their way to the platform."""

    permissions: ClassVar[dict[str, Needs]] = {
        "broadcast": Needs("view", WRITE_STREAMS, model=Broadcast),
        "choose_broadcast": Needs("add", WRITE_STREAMS, model=Broadcast),
    }
    inputs: ClassVar[dict[str, type[StrictSerializer]]] = {"choose_broadcast": BroadcastInput}

    @extend_schema(responses=BroadcastSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def broadcast(self: Any, request: Request, uid: str) -> Response:
        """How the picture of a booking reaches its platform; 404 until somebody said so."""
        row = visible_to(Broadcast.objects.filter(booking=self.get_object()), self.actor).first()
        if row is None:
            raise NotFound
        return Response(BroadcastSerializer(row).data)

    @extend_schema(request=BroadcastInput, responses=BroadcastSerializer)
    @broadcast.mapping.post
    def choose_broadcast(self: Any, request: Request, uid: str) -> HttpResponse:
        """Say how the picture reaches the platform; `server` and `key` for one that the media node hands on."""

        def chosen() -> Answer:
            booking: Booking = self.get_object()
            row = services.broadcast_choose(actor=self.actor, booking=booking, **self.read())
            return Answer(200, encode(BroadcastSerializer(row).data).decode())

        return self.answer(chosen)
