"""What the API shows of the ledger, and the answer to a batch."""

from __future__ import annotations

from typing import Any

import msgspec
from rest_framework import serializers

from core.doors.fields import InstantField, MoneyField
from supplychain.choices import Channel, CustomsMode, LineType, SalesKind
from supplychain.models import SalesEvent


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
            "host_ref",
            "owner",
            "owner_ref",
            "destination",
            "customs_mode",
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
