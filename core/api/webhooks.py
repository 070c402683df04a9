"""Webhooks in the API: the receivers of a firm or park, and the messages for them. For people, not for keys."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.choices import WEBHOOK_EVENTS, DeliveryFault, DeliveryState, WebhookEvent, WebhookState
from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    CountField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.models import ScopeNode, WebhookDelivery, WebhookEndpoint
from core.webhooks import endpoints


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """A receiver. `failing_since` is its first failure after the last success, `fault` the last one."""

    node = serializers.CharField(source="node.code")
    events = serializers.ListField(child=serializers.ChoiceField(choices=WEBHOOK_EVENTS))
    state = serializers.ChoiceField(choices=WebhookState.choices)
    fault = serializers.ChoiceField(choices=DeliveryFault.choices, allow_blank=True)
    failing_since = InstantField(allow_null=True)
    last_delivered_at = InstantField(allow_null=True)

    class Meta:
        model = WebhookEndpoint
        fields = [
            "uid",
            "node",
            "name",
            "url",
            "events",
            "low_stock",
            "state",
            "fault",
            "failing_since",
            "last_delivered_at",
        ]


class WebhookChangeInput(StrictSerializer):
    name = LineField(max_length=100, required=False)
    url = LineField(max_length=500, required=False)
    events = serializers.ListField(
        child=ChoiceField(choices=WEBHOOK_EVENTS), allow_empty=False, max_length=20, required=False
    )
    low_stock = CountField(required=False)


class WebhookInput(WebhookChangeInput):
    """A receiver of the park or firm whose code is `node`."""

    node = ScopedRelatedField(model=ScopeNode)
    name = LineField(max_length=100)
    url = LineField(max_length=500)
    events = serializers.ListField(
        child=ChoiceField(choices=WEBHOOK_EVENTS), allow_empty=False, max_length=20
    )


class WebhookSecretSerializer(serializers.Serializer[Any]):
    """What signs the messages to a receiver: `whsec_` and base64, as Standard Webhooks has it."""

    secret = serializers.CharField()


class WebhookViewSet(ReadOnlyScopedViewSet):
    """Receivers of webhooks."""

    model = WebhookEndpoint
    serializer_class = WebhookSerializer
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        **dict.fromkeys(("change", "pause", "resume", "try_out", "secret", "renew_secret"), Needs("change")),
    }
    inputs = {
        "create": WebhookInput,
        "change": WebhookChangeInput,
        **dict.fromkeys(("pause", "resume", "try_out", "renew_secret"), Nothing),
    }

    def base_queryset(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.select_related("node").order_by("-pk")

    @extend_schema(request=WebhookInput, responses={201: WebhookSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Add a receiver; its secret is read by GET of its `secret`."""
        return self.answer(lambda: endpoints.webhook_create(actor=self.actor, **self.read())[0], 201)

    @extend_schema(request=WebhookChangeInput, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, uid: str) -> HttpResponse:
        """Change what is named; what waits goes to the new address."""
        return self._step(endpoints.webhook_update)

    @extend_schema(request=Nothing, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, uid: str) -> HttpResponse:
        """Tell it nothing; what happens meanwhile is not told later."""
        return self._step(endpoints.webhook_pause)

    @extend_schema(request=Nothing, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, uid: str) -> HttpResponse:
        """Tell it again, beginning with what still waits for it."""
        return self._step(endpoints.webhook_resume)

    @extend_schema(request=Nothing, responses=WebhookSerializer)
    @action(detail=True, methods=["post"], url_path="try")
    def try_out(self, request: Request, uid: str) -> HttpResponse:
        """Send it a message that tells of nothing."""
        return self._step(endpoints.webhook_try)

    @extend_schema(responses=WebhookSecretSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def secret(self, request: Request, uid: str) -> Response:
        """What signs its messages."""
        secret = endpoints.webhook_secret(actor=self.actor, endpoint=self.get_object())
        return Response({"secret": secret})

    @extend_schema(request=Nothing, responses=WebhookSerializer)
    @secret.mapping.post
    def renew_secret(self, request: Request, uid: str) -> HttpResponse:
        """Give it another secret; read it by GET."""
        return self.answer(
            lambda: endpoints.webhook_renew_secret(
                actor=self.actor, endpoint=self.get_object(), **self.read()
            )[0]
        )

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, endpoint=self.get_object(), **self.read()))


class WebhookMessageSerializer(serializers.ModelSerializer[WebhookDelivery]):
    """A message. `uid` is its webhook-id, `body` what is sent, to the byte."""

    webhook = serializers.UUIDField(source="endpoint.uid")
    event = serializers.ChoiceField(choices=WebhookEvent.choices)
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    fault = serializers.ChoiceField(choices=DeliveryFault.choices, allow_blank=True)
    created_at = InstantField()
    last_try_at = InstantField(allow_null=True)
    next_try_at = InstantField(allow_null=True)
    delivered_at = InstantField(allow_null=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            "uid",
            "webhook",
            "event",
            "state",
            "attempts",
            "status",
            "fault",
            "created_at",
            "last_try_at",
            "next_try_at",
            "delivered_at",
            "body",
        ]


class WebhookMessageFilter(django_filters.FilterSet):
    """Messages for a receiver or in a state."""

    webhook = django_filters.UUIDFilter("endpoint__uid", label=_("Webhook"))
    state = django_filters.ChoiceFilter(choices=DeliveryState, label=_("State"), empty_label=_("all"))


class WebhookMessageViewSet(ReadOnlyScopedViewSet):
    """Messages for receivers of webhooks: a month of those that are done."""

    model = WebhookDelivery
    serializer_class = WebhookMessageSerializer
    filterset_class = WebhookMessageFilter
    permissions = {"list": Needs("view"), "retrieve": Needs("view"), "again": Needs("change")}
    inputs = {"again": Nothing}

    def base_queryset(self) -> QuerySet[WebhookDelivery]:
        return WebhookDelivery.objects.select_related("endpoint").order_by("-pk")

    @extend_schema(request=Nothing, responses=WebhookMessageSerializer)
    @action(detail=True, methods=["post"])
    def again(self, request: Request, uid: str) -> HttpResponse:
        """Send it again with the same id, delivered or given up."""
        return self.answer(
            lambda: endpoints.delivery_again(actor=self.actor, delivery=self.get_object(), **self.read())
        )
