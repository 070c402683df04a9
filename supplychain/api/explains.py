"""Explained products in the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request

from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import ChoiceField, CodeField, InstantField, ScopedRelatedField, StrictSerializer
from livestreams.models import LiveSession
from supplychain.choices import ExplainKind
from supplychain.models import ExplainEvent, Product, RunLine, Sku
from supplychain.services import explain_record
from supplychain.services.sales import DEFAULT_SOURCE


class ExplainSerializer(serializers.ModelSerializer[ExplainEvent]):
    """From `at` on a product is explained, or none any more."""

    session = serializers.UUIDField(source="session.uid")
    at = InstantField()
    kind = serializers.ChoiceField(choices=ExplainKind.choices)
    product = serializers.CharField(source="product.code", default=None, allow_null=True)
    product_uid = serializers.UUIDField(source="product.uid", default=None, allow_null=True)
    sku = serializers.CharField(source="sku.code", default=None, allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]

    class Meta:
        model = ExplainEvent
        fields = ["uid", "session", "at", "kind", "product", "product_uid", "sku", "source", "external_id"]


class ExplainInput(StrictSerializer):
    session = ScopedRelatedField(model=LiveSession, slug_field="uid")
    kind = ChoiceField(choices=ExplainKind.choices)
    product = ScopedRelatedField(
        model=Product,
        slug_field="uid",
        required=False,
        allow_null=True,
        help_text=_("Uid; not needed beside `sku`."),
    )
    sku = ScopedRelatedField(
        model=Sku, slug_field="uid", required=False, allow_null=True, help_text=_("Uid.")
    )
    line = ScopedRelatedField(
        model=RunLine,
        slug_field="uid",
        required=False,
        allow_null=True,
        help_text=_(
            "Uid of a line of the run of show, instead of `product`: goods of the pool are named by it."
        ),
    )
    at = InstantField(required=False)
    source = CodeField(max_length=32, required=False)  # type: ignore[assignment]
    external_id = CodeField(max_length=64, required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        line = values.pop("line", None)
        if line is None:
            return values
        if values.get("product") not in (None, line.product):
            raise serializers.ValidationError({"product": [_("The line is of another product.")]})
        return {**values, "product": line.product}


class ExplainFilter(django_filters.FilterSet):
    """Events of one session."""

    session = django_filters.UUIDFilter("session__uid", label=_("Session id"))


class ExplainViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Products explained in live sessions, the latest first. A correction is a further event."""

    model = ExplainEvent
    serializer_class = ExplainSerializer
    filterset_class = ExplainFilter
    permissions = {
        "list": Needs("view", ("sessions:write", "goods:read")),
        "create": Needs("add", ("sessions:write",)),
    }
    inputs = {"create": ExplainInput}

    def base_queryset(self) -> QuerySet[ExplainEvent]:
        return ExplainEvent.objects.select_related("session", "product", "sku").order_by("-at", "-pk")

    @extend_schema(request=ExplainInput, responses={201: ExplainSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Say what is explained from now on, or from `at`; the same `external_id` of a `source` counts once."""
        return self.answer(
            lambda: explain_record(actor=self.actor, **({"source": DEFAULT_SOURCE} | self.read())), 201
        )
