"""What the API shows of the ledger, and the answer to a batch."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.doors.fields import (
    CodeField,
    CountField,
    DayField,
    FlagField,
    InstantField,
    LineField,
    MoneyField,
    ScopedRelatedField,
    StrictSerializer,
)
from core.scoping import hidden_columns
from supplychain.choices import Channel, CustomsMode, LineType, SalesKind
from supplychain.models import Product, SalesEvent, Sku
from tenants.models import Tenant


class OrderLineSerializer(serializers.ModelSerializer[SalesEvent]):
    """One fact of the ledger, in the version that counts. Codes and references are as the source gave them."""

    seller = serializers.CharField(source="seller.code")
    owner = serializers.CharField(source="owner.code")
    qty = serializers.IntegerField(source="quantity")
    amount = MoneyField()
    amount_foreign = MoneyField(allow_null=True)
    occurred_at = InstantField()
    received_at = InstantField()
    session = serializers.UUIDField(source="session_uid", allow_null=True)
    rule = serializers.CharField(
        source="answer.rule",
        help_text="By what it has its session, or why it has none. Empty: not known yet, or as its line has none.",
    )
    rule_version = serializers.IntegerField(
        source="answer.rule_version", help_text="Of the rule that found it; 0: the order or a person said so."
    )
    window_hours = serializers.IntegerField(
        source="answer.window_hours",
        help_text="How long after its end a session could have it, when it was found.",
    )
    exceeds_paid = serializers.BooleanField(
        source="exceeds",
        help_text="A refund; with it more was refunded of its line, or of its order, than was paid.",
    )

    class Meta:
        model = SalesEvent
        fields = [
            "seller",
            "source",
            "external_id",
            "version",
            "kind",
            "line_type",
            "order_no",
            "line_no",
            "ref_order_no",
            "ref_line",
            "sku_code",
            "title",
            "qty",
            "amount",
            "currency",
            "amount_foreign",
            "rate",
            "rate_day",
            "occurred_at",
            "received_at",
            "business_day",
            "channel",
            "session_ref",
            "session",
            "rule",
            "rule_version",
            "window_hours",
            "host_ref",
            "owner",
            "owner_ref",
            "destination",
            "customs_mode",
            "exceeds_paid",
        ]


class FieldReason(msgspec.Struct, frozen=True, gc=False):
    """Why a field of a row is refused; `field` is empty where the whole row is meant."""

    field: str
    code: str
    message: str


class RowResult(msgspec.Struct, omit_defaults=True, gc=False):
    """What became of a row: stored | duplicate | conflict | rejected; refused rows say why."""

    index: int
    status: str
    errors: list[FieldReason] = []


class BatchAnswer(msgspec.Struct, gc=False):
    """The verdict on a batch: how many rows had which, and each row by its index."""

    tenant: str
    source: str
    counts: dict[str, int]
    results: list[RowResult]


class FieldReasonSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class RowResultSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    status = serializers.ChoiceField(choices=["stored", "duplicate", "conflict", "rejected"])
    errors = FieldReasonSerializer(many=True, required=False)  # type: ignore[assignment]


class BatchCountsSerializer(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    stored = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    conflict = serializers.IntegerField()
    rejected = serializers.IntegerField()


class BatchAnswerSerializer(serializers.Serializer[Any]):
    """The verdict on a batch as the API describes it; BatchAnswer writes it."""

    tenant = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    counts = BatchCountsSerializer()
    results = RowResultSerializer(many=True)


class OrderLineInput(serializers.Serializer[Any]):
    """A row of a batch as the API describes it; `supplychain.facts` reads it."""

    kind = serializers.ChoiceField(choices=SalesKind.choices)
    order_no = serializers.CharField(max_length=64)
    qty = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    amount = serializers.CharField(required=False, help_text='CNY as text, up to 4 decimals: "12.50"')
    external_id = serializers.CharField(required=False, max_length=128)
    version = serializers.IntegerField(required=False, min_value=1)
    line_no = serializers.CharField(required=False, max_length=64)
    line_type = serializers.ChoiceField(required=False, choices=LineType.choices)
    ref_order_no = serializers.CharField(required=False, max_length=64)
    ref_line = serializers.CharField(required=False, max_length=64)
    sku_code = serializers.CharField(required=False, max_length=64)
    title = serializers.CharField(required=False, max_length=200)
    currency = serializers.CharField(required=False, min_length=3, max_length=3)
    amount_foreign = serializers.CharField(required=False)
    rate = serializers.CharField(required=False)
    rate_day = serializers.DateField(required=False)
    channel = serializers.ChoiceField(required=False, choices=Channel.choices)
    session_ref = serializers.CharField(required=False, max_length=64)
    host_ref = serializers.CharField(required=False, max_length=64)
    owner = serializers.CharField(required=False, max_length=64)
    destination = serializers.CharField(required=False, max_length=64)
    customs_mode = serializers.ChoiceField(required=False, choices=CustomsMode.choices)


class SkuSerializer(serializers.ModelSerializer[Sku]):
    """A SKU with what is known of its product. `cost` stands there for people of the tenant only."""

    tenant = serializers.CharField(source="tenant.code")
    product = serializers.CharField(source="product.code")
    product_uid = serializers.UUIDField(source="product.uid")
    name_zh = serializers.CharField(source="product.name_zh")
    name_en = serializers.CharField(source="product.name_en")
    category = serializers.CharField(source="product.category")
    dropped_on = serializers.DateField(source="product.dropped_on", allow_null=True)
    list_price = MoneyField(source="product.list_price")
    cost = MoneyField(source="product.cost", required=False)
    tracked_since = InstantField(allow_null=True)

    class Meta:
        model = Sku
        fields = [
            "uid",
            "tenant",
            "code",
            "specification",
            "product",
            "product_uid",
            "name_zh",
            "name_en",
            "category",
            "dropped_on",
            "list_price",
            "cost",
            "tracked_since",
            "presale_limit",
            "closed_on",
        ]

    def to_representation(self, instance: Sku) -> dict[str, Any]:
        hidden = hidden_columns(self.context["view"].actor, Product, instance.tenant_id)
        return {
            name: value for name, value in super().to_representation(instance).items() if name not in hidden
        }


class SkuInput(StrictSerializer):
    """A new SKU. What describes its product is needed where there is no product of that code yet."""

    tenant = ScopedRelatedField(model=Tenant)
    code = CodeField(max_length=64)
    specification = LineField(max_length=200, required=False, allow_blank=True)
    presale_limit = CountField(required=False)
    takes_stock = FlagField(required=False)
    product = CodeField(
        max_length=64, required=False, help_text=_("The product's code; the SKU's own without it.")
    )
    name_zh = LineField(max_length=200, required=False)
    name_en = LineField(max_length=200, required=False, allow_blank=True)
    category = LineField(max_length=100, required=False, allow_blank=True)
    dropped_on = DayField(required=False)
    list_price = MoneyField(required=False)
    cost = MoneyField(required=False)
