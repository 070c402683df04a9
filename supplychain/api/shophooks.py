"""Connections to shops in the API, and what came over them. For people, not for keys."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from supplychain import services
from supplychain.choices import ShopFault, ShopKind, ShopMessageState, ShopNews, ShopRefusal
from supplychain.filters import ShopMessageFilter
from supplychain.models import ShopHook, ShopMessage
from tenants.models import Tenant


class ShopHookSerializer(serializers.ModelSerializer[ShopHook]):
    """A connection. `address` is what the shop calls; the secret before this one is good until `before_until`."""

    tenant = serializers.CharField(source="tenant.code")
    kind = serializers.ChoiceField(choices=ShopKind.choices)
    address = serializers.SerializerMethodField()
    before_until = InstantField(allow_null=True)
    revoked_at = InstantField(allow_null=True)
    last_heard_at = InstantField(allow_null=True)
    refused = serializers.IntegerField(source="refusals.refused")
    last_refused_at = InstantField(source="refusals.last_at", allow_null=True)
    last_refusal = serializers.ChoiceField(
        source="refusals.reason", choices=ShopRefusal.choices, allow_blank=True
    )

    class Meta:
        model = ShopHook
        fields = [
            "uid",
            "tenant",
            "name",
            "kind",
            "source",
            "shop_id",
            "app_key",
            "address",
            "before_until",
            "revoked_at",
            "last_heard_at",
            "refused",
            "last_refused_at",
            "last_refusal",
        ]

    def get_address(self, hook: ShopHook) -> str:
        return reverse("api-hook-in", [hook.uid], request=self.context.get("request"))


class ShopHookChangeInput(StrictSerializer):
    name = LineField(max_length=100, required=False)
    shop_id = LineField(max_length=40, required=False, allow_blank=True)


class ShopSecretInput(StrictSerializer):
    """What the shop signs with; of a WeChat shop `secret` is the token. Standard Webhooks: made where none is given."""

    secret = LineField(max_length=128, required=False)
    aes_key = LineField(max_length=43, required=False)


class ShopHookInput(ShopSecretInput):
    """A shop of a firm. `source` only for Standard Webhooks; `app_key` for platforms."""

    tenant = ScopedRelatedField(model=Tenant)
    name = LineField(max_length=100)
    kind = ChoiceField(choices=ShopKind.choices)
    source = LineField(max_length=32, required=False)  # type: ignore[assignment]  # a field of the input
    shop_id = LineField(max_length=40, required=False)
    app_key = LineField(max_length=64, required=False)


class ShopSecretSerializer(serializers.Serializer[Any]):
    """What a connection of Standard Webhooks is signed with: `whsec_` and base64."""

    secret = serializers.CharField()


class ShopHookViewSet(ReadOnlyScopedViewSet):
    """Connections to shops."""

    model = ShopHook
    serializer_class = ShopHookSerializer
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        **dict.fromkeys(("change", "secret", "renew_secret", "revoke"), Needs("change")),
    }
    inputs = {
        "create": ShopHookInput,
        "change": ShopHookChangeInput,
        "renew_secret": ShopSecretInput,
        "revoke": Nothing,
    }

    def base_queryset(self) -> QuerySet[ShopHook]:
        return ShopHook.objects.select_related("tenant", "refusals").order_by("-pk")

    @extend_schema(request=ShopHookInput, responses={201: ShopHookSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Connect a shop; a secret that was made for it is read by GET of its `secret`."""
        return self.answer(lambda: services.shop_hook_create(actor=self.actor, **self.read())[0], 201)

    @extend_schema(request=ShopHookChangeInput, responses=ShopHookSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, uid: str) -> HttpResponse:
        """Change its name or the shop whose messages are read."""
        return self.answer(
            lambda: services.shop_hook_update(actor=self.actor, hook=self.get_object(), **self.read())
        )

    @extend_schema(responses=ShopSecretSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def secret(self, request: Request, uid: str) -> Response:
        """What its messages are signed with; only of Standard Webhooks, where the other side has to learn it."""
        return Response({"secret": services.shop_hook_secret(actor=self.actor, hook=self.get_object())})

    @extend_schema(request=ShopSecretInput, responses=ShopHookSerializer)
    @secret.mapping.post
    def renew_secret(self, request: Request, uid: str) -> HttpResponse:
        """Give it another secret; the one before is good for a day more."""
        return self.answer(
            lambda: services.shop_hook_renew(actor=self.actor, hook=self.get_object(), **self.read())[0]
        )

    @extend_schema(request=Nothing, responses=ShopHookSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, uid: str) -> HttpResponse:
        """Hear nothing more over it, for ever."""
        return self.answer(
            lambda: services.shop_hook_revoke(actor=self.actor, hook=self.get_object(), **self.read())
        )


class ShopMessageSerializer(serializers.ModelSerializer[ShopMessage]):
    """A message. `body` is what was kept, `dropped` names what was not, `detail` says why it was not understood,
    `note` why it was set aside.
    """

    connection = serializers.UUIDField(source="hook.uid")
    state = serializers.ChoiceField(choices=ShopMessageState.choices)
    news = serializers.ChoiceField(choices=ShopNews.choices, allow_blank=True)
    fault = serializers.ChoiceField(choices=ShopFault.choices, allow_blank=True)
    created_at = InstantField()
    sent_at = InstantField(allow_null=True)
    read_at = InstantField(allow_null=True)
    body: Any = serializers.JSONField()
    dropped = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ShopMessage
        fields = [
            "uid",
            "connection",
            "message_id",
            "event",
            "shop_id",
            "state",
            "order_no",
            "news",
            "stored",
            "known",
            "fault",
            "detail",
            "note",
            "tries",
            "sent_at",
            "created_at",
            "read_at",
            "body",
            "dropped",
        ]


class ShopMessageCloseInput(StrictSerializer):
    note = LineField(max_length=300)


class ShopMessageViewSet(ReadOnlyScopedViewSet):
    """What shops told, and what became of it."""

    model = ShopMessage
    serializer_class = ShopMessageSerializer
    filterset_class = ShopMessageFilter
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        **dict.fromkeys(("again", "close"), Needs("change")),
    }
    inputs = {"again": Nothing, "close": ShopMessageCloseInput}

    def base_queryset(self) -> QuerySet[ShopMessage]:
        return ShopMessage.objects.select_related("hook").order_by("-pk")

    @extend_schema(request=Nothing, responses=ShopMessageSerializer)
    @action(detail=True, methods=["post"])
    def again(self, request: Request, uid: str) -> HttpResponse:
        """Read it again, after the cause is mended: for messages that were not understood."""
        return self._do(services.shop_message_replay)

    @extend_schema(request=ShopMessageCloseInput, responses=ShopMessageSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, uid: str) -> HttpResponse:
        """Set a message aside that was not understood and need not be, with the reason; what it said stays."""
        return self._do(services.shop_message_close)

    def _do(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, message=self.get_object(), **self.read()))
