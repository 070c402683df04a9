"""Requests for samples of the goods pool in the API."""

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
    ChoiceField,
    CodeField,
    CountField,
    DayField,
    LineField,
    MoneyField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams.models import Host
from supplychain import services
from supplychain.api.pool import WRITE_GOODS
from supplychain.api.stock import SEE_STOCK, WORK
from supplychain.choices import SampleState
from supplychain.filters import SampleRequestFilter
from supplychain.models import GoodsOffer, SampleRequest, Sku, Warehouse
from tenants.choices import Platform
from tenants.models import Tenant


class SampleRequestSerializer(serializers.ModelSerializer[SampleRequest]):
    """Samples of an offer: `tenant` asked its `owner`; what is not back whole costs `price` a piece.

    `platform` and `outside_ref` are the account of the outside host whom they are for, else empty."""

    offer = serializers.UUIDField(source="offer.uid")
    product = serializers.CharField(source="offer.product.code")
    owner = serializers.CharField(source="offer.tenant.code")
    tenant = serializers.CharField(source="tenant.code")
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    platform = serializers.ChoiceField(choices=Platform.choices, allow_blank=True)
    state = serializers.ChoiceField(choices=SampleState.choices)
    overdue = serializers.BooleanField(source="is_overdue")
    price = MoneyField(allow_null=True)
    amount = MoneyField(allow_null=True)
    sku = serializers.CharField(source="sku.code", default=None, allow_null=True)
    warehouse = serializers.CharField(source="warehouse.code", default=None, allow_null=True)
    agreement = serializers.UUIDField(source="agreement.uid", default=None, allow_null=True)

    class Meta:
        model = SampleRequest
        fields = [
            "uid",
            "offer",
            "product",
            "owner",
            "tenant",
            "host",
            "platform",
            "outside_ref",
            "pieces",
            "until",
            "note",
            "state",
            "overdue",
            "answer",
            "price",
            "sku",
            "warehouse",
            "handed_out_on",
            "whole",
            "damaged",
            "back_on",
            "charged_on",
            "amount",
            "agreement",
        ]


class SampleRequestInput(StrictSerializer):
    """For the firm itself, for a host of it, or for the account of an outside host, also of the firm's own goods."""

    offer = ScopedRelatedField(model=GoodsOffer, slug_field="uid")
    tenant = ScopedRelatedField(model=Tenant)
    host = ScopedRelatedField(model=Host, required=False)
    platform = ChoiceField(choices=Platform.choices, required=False)
    outside_ref = CodeField(required=False)
    pieces = CountField(max_value=1000)
    until = DayField()
    note = LineField(max_length=200, required=False)


class SampleAgreeInput(StrictSerializer):
    price = MoneyField()
    answer = LineField(max_length=200, required=False)


class SampleRefuseInput(StrictSerializer):
    reason = LineField(max_length=200)


class SampleHandOutInput(StrictSerializer):
    """Without a warehouse goods that take no stock."""

    sku = ScopedRelatedField(model=Sku, slug_field="uid", help_text=_("Uid."))
    warehouse = ScopedRelatedField(model=Warehouse, required=False)


class SampleTakeBackInput(StrictSerializer):
    """Whole pieces go into the warehouse that is named, else to where they came from, and into the `zone` or, without
    one, to their main place."""

    whole = CountField(max_value=1000)
    damaged = CountField(max_value=1000, required=False)
    warehouse = ScopedRelatedField(model=Warehouse, required=False)
    zone = LineField(max_length=32, required=False)


class SampleRequestViewSet(ReadOnlyScopedViewSet):
    """Samples that were asked of one's own goods and by one's own firm, the latest first."""

    model = SampleRequest
    serializer_class = SampleRequestSerializer
    filterset_class = SampleRequestFilter
    permissions = {
        **dict.fromkeys(("list", "retrieve"), Needs("view", SEE_STOCK)),
        "create": Needs("add", WRITE_GOODS),
        **dict.fromkeys(("agree", "refuse", "withdraw", "charge"), Needs("change")),
        # Whoever may move the stock, which the service asks; goods that take none are their firm's affair.
        **dict.fromkeys(("hand_out", "take_back"), Needs("view", WORK)),
    }
    inputs = {
        "create": SampleRequestInput,
        "agree": SampleAgreeInput,
        "refuse": SampleRefuseInput,
        "withdraw": Nothing,
        "hand_out": SampleHandOutInput,
        "take_back": SampleTakeBackInput,
        "charge": Nothing,
    }

    def base_queryset(self) -> QuerySet[SampleRequest]:
        return SampleRequest.objects.in_full().order_by("-pk")

    @extend_schema(request=SampleRequestInput, responses={201: SampleRequestSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Ask for samples of an offer, back by a day."""
        return self.answer(lambda: services.sample_ask(actor=self.actor, **self.read()), 201)

    @extend_schema(request=SampleAgreeInput, responses=SampleRequestSerializer)
    @action(detail=True, methods=["post"])
    def agree(self, request: Request, uid: str) -> HttpResponse:
        """Say yes as the owner, with the price of a piece that does not come back whole."""
        return self._step(services.sample_agree)

    @extend_schema(request=SampleRefuseInput, responses=SampleRequestSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, uid: str) -> HttpResponse:
        """Say no as the owner, and why."""
        return self._step(services.sample_refuse)

    @extend_schema(request=Nothing, responses=SampleRequestSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Ask no longer, as long as nothing is handed out."""
        return self._step(services.sample_withdraw)

    @extend_schema(request=SampleHandOutInput, responses=SampleRequestSerializer)
    @action(detail=True, methods=["post"], url_path="hand-out")
    def hand_out(self, request: Request, uid: str) -> HttpResponse:
        """Hand out what was agreed: its pieces leave the stock that is available."""
        return self._step(services.sample_hand_out)

    @extend_schema(request=SampleTakeBackInput, responses=SampleRequestSerializer)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, uid: str) -> HttpResponse:
        """Take pieces back, all or some: whole ones are in the stock again."""
        return self._step(services.sample_take_back)

    @extend_schema(request=Nothing, responses=SampleRequestSerializer)
    @action(detail=True, methods=["post"])
    def charge(self, request: Request, uid: str) -> HttpResponse:
        """Charge what is not back whole at the agreed price, as the owner."""
        return self._step(services.sample_charge)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, request=self.get_object(), **self.read()))
