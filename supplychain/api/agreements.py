"""Agreements in the API: proposed, signed, withdrawn, ended, and counted."""

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
    FlagField,
    LineField,
    MoneyField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from livestreams.models import Host
from supplychain import services
from supplychain.choices import (
    AgreementKind,
    AgreementState,
    SettledBase,
    SettledSales,
    SlotFeeBack,
    SlotFeePer,
)
from supplychain.models import Agreement, Product, Statement
from tenants.choices import Platform
from tenants.models import Tenant

READ = ("figures:read",)


class TierSerializer(serializers.Serializer[Any]):
    above = serializers.CharField()
    rate = serializers.CharField()


class AgreementSerializer(serializers.ModelSerializer[Agreement]):
    """An agreement; rates in percent, `tiers` by slices of a month's base."""

    seller = serializers.CharField(source="seller.code")
    partner = serializers.CharField(source="partner.code", default=None, allow_null=True)
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    kind = serializers.ChoiceField(choices=AgreementKind.choices)
    sales = serializers.ChoiceField(choices=SettledSales.choices)
    platform = serializers.ChoiceField(choices=Platform.choices, allow_blank=True)
    product = serializers.CharField(source="product.code", default=None, allow_null=True)
    product_uid = serializers.UUIDField(source="product.uid", default=None, allow_null=True)
    base = serializers.ChoiceField(choices=SettledBase.choices)
    tiers = TierSerializer(many=True)
    guarantee = MoneyField()
    slot_fee = MoneyField()
    slot_fee_per = serializers.ChoiceField(choices=SlotFeePer.choices)
    guaranteed_sales = MoneyField()
    slot_fee_back = serializers.ChoiceField(choices=SlotFeeBack.choices)
    deduction_rate = MoneyField()
    deduction = MoneyField()
    follows = serializers.UUIDField(source="follows.uid", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=AgreementState.choices)

    class Meta:
        model = Agreement
        fields = [
            "uid",
            "title",
            "kind",
            "seller",
            "partner",
            "host",
            "outside_name",
            "outside_ref",
            "seller_pays",
            "withheld",
            "from_day",
            "to_day",
            "sales",
            "platform",
            "product",
            "product_uid",
            "base",
            "tiers",
            "guarantee",
            "slot_fee",
            "slot_fee_per",
            "guaranteed_sales",
            "slot_fee_back",
            "deduction_rate",
            "deduction",
            "clawback_days",
            "pay_within_days",
            "follows",
            "state",
        ]


class TierInput(StrictSerializer):
    above = MoneyField()
    rate = MoneyField()


class AgreementInput(StrictSerializer):
    """`partner` is the code of a park or a firm; without one it is with an own `host` or an outside one.

    `sales` "for_others": what an own host sells for other firms, of which `base` "commission" is what the agency earns.
    """

    seller = ScopedRelatedField(model=Tenant)
    partner = CodeField(required=False)
    host = ScopedRelatedField(model=Host, required=False)
    outside_name = LineField(max_length=100, required=False)
    outside_ref = CodeField(required=False)
    title = LineField(max_length=100)
    kind = ChoiceField(choices=AgreementKind.choices)
    seller_pays = FlagField(required=False)
    withheld = FlagField(required=False)
    from_day = DayField()
    to_day = DayField(required=False)
    sales = ChoiceField(choices=SettledSales.choices)
    platform = ChoiceField(choices=Platform.choices, required=False)
    product = ScopedRelatedField(model=Product, slug_field="uid", required=False, help_text=_("Uid."))
    base = ChoiceField(choices=SettledBase.choices, required=False)
    tiers = serializers.ListField(child=TierInput(), allow_empty=False, max_length=10)
    guarantee = MoneyField(required=False)
    slot_fee = MoneyField(required=False)
    slot_fee_per = ChoiceField(choices=SlotFeePer.choices, required=False)
    guaranteed_sales = MoneyField(required=False)
    slot_fee_back = ChoiceField(choices=SlotFeeBack.choices, required=False)
    deduction_rate = MoneyField(required=False)
    deduction = MoneyField(required=False)
    clawback_days = CountField(max_value=3650, required=False)
    pay_within_days = CountField(max_value=365, required=False)
    follows = ScopedRelatedField(model=Agreement, slug_field="uid", required=False)

    def validate_tiers(self, tiers: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
        return [(tier["above"], tier["rate"]) for tier in tiers]


class StatementMonthInput(StrictSerializer):
    month = DayField(help_text=_("The first day of a month that is over."))


class AgreementEndInput(StrictSerializer):
    to_day = DayField()


class AgreementViewSet(ReadOnlyScopedViewSet):
    """Agreements to which one is a party."""

    model = Agreement
    serializer_class = AgreementSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add"),
        **dict.fromkeys(("sign", "withdraw", "end"), Needs("change")),
        "count": Needs("add", model=Statement),
    }
    inputs = {
        "create": AgreementInput,
        "sign": Nothing,
        "withdraw": Nothing,
        "end": AgreementEndInput,
        "count": StatementMonthInput,
    }

    def base_queryset(self) -> QuerySet[Agreement]:
        return Agreement.objects.select_related("seller", "partner", "host", "product", "follows").order_by(
            "-pk"
        )

    @extend_schema(request=AgreementInput, responses={201: AgreementSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Propose an agreement; it counts once the other party has signed it."""
        return self.answer(lambda: services.agreement_propose(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=AgreementSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, uid: str) -> HttpResponse:
        """Sign what the other party proposed."""
        return self._step(services.agreement_sign)

    @extend_schema(request=Nothing, responses=AgreementSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Take back or turn down what is only proposed."""
        return self._step(services.agreement_withdraw)

    @extend_schema(request=AgreementEndInput, responses=AgreementSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uid: str) -> HttpResponse:
        """End a signed agreement."""
        return self._step(services.agreement_end)

    @extend_schema(request=StatementMonthInput, responses=AgreementSerializer)
    @action(detail=True, methods=["post"])
    def count(self, request: Request, uid: str) -> HttpResponse:
        """Count the statement of a month; it stands among the statements."""

        def counted() -> Agreement:
            agreement: Agreement = self.get_object()
            services.statement_count(actor=self.actor, agreement=agreement, **self.read())
            return agreement

        return self.answer(counted)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, agreement=self.get_object(), **self.read()))
