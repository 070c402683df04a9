"""Inbound notices in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    CountField,
    DayField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.strict import MAX_QUANTITY
from supplychain import services
from supplychain.api.pool import WRITE_GOODS
from supplychain.api.stock import SEE_STOCK, WORK
from supplychain.choices import InboundState
from supplychain.filters import InboundNoticeFilter
from supplychain.models import InboundNotice, Sku, StockMove, Warehouse


class InboundNoticeSerializer(serializers.ModelSerializer[InboundNotice]):
    """Announced goods; `missing` is by how many pieces less came, below zero more."""

    owner = serializers.CharField(source="owner.code")
    warehouse = serializers.CharField(source="warehouse.code")
    sku = serializers.CharField(source="sku.code")
    state = serializers.ChoiceField(choices=InboundState.choices)
    missing = serializers.IntegerField()

    class Meta:
        model = InboundNotice
        fields = [
            "uid",
            "owner",
            "warehouse",
            "sku",
            "pieces",
            "day",
            "note",
            "state",
            "received",
            "received_on",
            "missing",
            "difference",
        ]


class InboundNoticeInput(StrictSerializer):
    warehouse = ScopedRelatedField(model=Warehouse)
    sku = ScopedRelatedField(model=Sku, slug_field="uid", help_text=_("Uid."))
    pieces = CountField(max_value=MAX_QUANTITY)
    day = DayField()
    note = LineField(max_length=200, required=False)


class InboundReceiveInput(StrictSerializer):
    received = CountField(max_value=MAX_QUANTITY)
    difference = LineField(max_length=200, required=False)
    zone = LineField(max_length=32, required=False)


class InboundNoticeViewSet(ReadOnlyScopedViewSet):
    """What is announced to warehouses and what came of it, the latest first."""

    model = InboundNotice
    serializer_class = InboundNoticeSerializer
    filterset_class = InboundNoticeFilter
    permissions = {
        **dict.fromkeys(("list", "retrieve"), Needs("view", SEE_STOCK)),
        "create": Needs("add", WRITE_GOODS),
        "withdraw": Needs("change"),
        "receive": Needs("add", WORK, model=StockMove),
    }
    inputs = {"create": InboundNoticeInput, "withdraw": Nothing, "receive": InboundReceiveInput}

    def base_queryset(self) -> QuerySet[InboundNotice]:
        return InboundNotice.objects.select_related("owner", "warehouse", "sku").order_by("-pk")

    @extend_schema(request=InboundNoticeInput, responses={201: InboundNoticeSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Announce goods to a warehouse of the park."""
        return self.answer(lambda: services.inbound_announce(actor=self.actor, **self.read()), 201)

    @extend_schema(request=InboundReceiveInput, responses=InboundNoticeSerializer)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, uid: str) -> HttpResponse:
        """Take in what came, as a receipt of the stock ledger; another number than announced needs its reason."""
        return self._step(services.inbound_receive)

    @extend_schema(request=Nothing, responses=InboundNoticeSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """The goods do not come."""
        return self._step(services.inbound_withdraw)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, notice=self.get_object(), **self.read()))
