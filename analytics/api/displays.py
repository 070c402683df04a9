"""Display links in the API: the right of a screen in a hall to one wall."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from analytics import services
from analytics.models import DisplayLink
from analytics.wall.subjects import page_of
from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import InstantField, LineField, Nothing, ScopedRelatedField, StrictSerializer
from core.models import ScopeNode


class DisplayLinkSerializer(serializers.ModelSerializer[DisplayLink]):
    """A link to the wall of a park or place, and when a screen that shows it was last seen."""

    node = serializers.CharField(source="node.code")
    expires_at = InstantField(allow_null=True)
    revoked_at = InstantField(allow_null=True)
    last_seen_at = InstantField(allow_null=True)

    class Meta:
        model = DisplayLink
        fields = ["uid", "node", "name", "prefix", "expires_at", "revoked_at", "last_seen_at"]


class DisplayLinkInput(StrictSerializer):
    """To the wall of the park or place whose code is `node`."""

    node = ScopedRelatedField(model=ScopeNode)
    name = LineField(max_length=100)
    expires_at = InstantField(required=False)


class MadeDisplayLinkSerializer(DisplayLinkSerializer):
    """A new link with the address to open on the screen, shown this once."""

    address = serializers.CharField()

    class Meta(DisplayLinkSerializer.Meta):
        fields = [*DisplayLinkSerializer.Meta.fields, "address"]


class DisplayLinkViewSet(ReadOnlyScopedViewSet):
    """Links of screens to walls."""

    model = DisplayLink
    serializer_class = DisplayLinkSerializer
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        "revoke": Needs("change"),
    }
    inputs = {"create": DisplayLinkInput, "revoke": Nothing}

    def base_queryset(self) -> QuerySet[DisplayLink]:
        return DisplayLink.objects.select_related("node").order_by("-pk")

    @extend_schema(request=DisplayLinkInput, responses={201: MadeDisplayLinkSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Make a link."""

        def made() -> dict[str, Any]:
            link, secret = services.display_link_make(actor=self.actor, **self.read())
            address = request.build_absolute_uri(page_of(link.node))
            return self.shown(link) | {"address": f"{address}?key={secret}"}

        return self.answer_unkept(made, 201)

    @extend_schema(request=Nothing, responses=DisplayLinkSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, uid: str) -> HttpResponse:
        """Every screen that shows the link goes dark within two seconds."""
        return self.answer(
            lambda: services.display_link_revoke(actor=self.actor, link=self.get_object(), **self.read())
        )
