"""Agreements and statements in the API: proposed, signed, counted, approved, disputed, invoiced, paid."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import F, Prefetch, QuerySet
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
    InstantField,
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
    DueKind,
    SettledBase,
    SettledSales,
    SlotFeePer,
    StatementState,
)
from supplychain.models import Agreement, Statement, StatementLine
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
    base = serializers.ChoiceField(choices=SettledBase.choices)
    tiers = TierSerializer(many=True)
    guarantee = MoneyField()
    slot_fee = MoneyField()
    slot_fee_per = serializers.ChoiceField(choices=SlotFeePer.choices)
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
            "from_day",
            "to_day",
            "sales",
            "base",
            "tiers",
            "guarantee",
            "slot_fee",
            "slot_fee_per",
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
    """`partner` is the code of a park or a firm; without one it is with an own `host` or an outside one."""

    seller = ScopedRelatedField(model=Tenant)
    partner = CodeField(required=False)
    host = ScopedRelatedField(model=Host, required=False)
    outside_name = LineField(max_length=100, required=False)
    outside_ref = CodeField(required=False)
    title = LineField(max_length=100)
    kind = ChoiceField(choices=AgreementKind.choices)
    seller_pays = FlagField(required=False)
    from_day = DayField()
    to_day = DayField(required=False)
    sales = ChoiceField(choices=SettledSales.choices)
    base = ChoiceField(choices=SettledBase.choices, required=False)
    tiers = serializers.ListField(child=TierInput(), allow_empty=False, max_length=10)
    guarantee = MoneyField(required=False)
    slot_fee = MoneyField(required=False)
    slot_fee_per = ChoiceField(choices=SlotFeePer.choices, required=False)
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


class StatementLineSerializer(serializers.ModelSerializer[StatementLine]):
    """A line; of an earlier month than the statement's it is a correction."""

    kind = serializers.ChoiceField(choices=DueKind.choices)
    session = serializers.UUIDField(source="session.uid", default=None, allow_null=True)
    base = MoneyField()
    amount = MoneyField()

    class Meta:
        model = StatementLine
        fields = ["uid", "month", "kind", "session", "count", "base", "amount"]


class StatementSerializer(serializers.ModelSerializer[Statement]):
    """A statement with the lines that count."""

    agreement = serializers.UUIDField(source="agreement.uid")
    state = serializers.ChoiceField(choices=StatementState.choices)
    total = MoneyField()
    counted_at = InstantField()
    tax_rate = MoneyField(allow_null=True)
    tax = MoneyField(allow_null=True)
    lines = StatementLineSerializer(source="lines_now", many=True)

    class Meta:
        model = Statement
        fields = [
            "uid",
            "agreement",
            "month",
            "version",
            "state",
            "total",
            "counted_at",
            "objection",
            "due_on",
            "invoice_no",
            "invoiced_on",
            "tax_rate",
            "tax",
            "paid_on",
            "lines",
        ]


class StatementVersionInput(StrictSerializer):
    version = CountField(help_text=_("The version that was looked at."))


class ObjectionInput(StrictSerializer):
    objection = LineField(max_length=500)


class StatementInvoiceInput(StrictSerializer):
    invoice_no = LineField(max_length=40)
    tax_rate = MoneyField()
    invoiced_on = DayField(required=False)


class StatementPaidInput(StrictSerializer):
    paid_on = DayField(required=False)


class StatementFilter(django_filters.FilterSet):
    """Statements of an agreement or in a state."""

    agreement = django_filters.UUIDFilter("agreement__uid", label=_("Agreement"))
    state = django_filters.ChoiceFilter(choices=StatementState, label=_("State"), empty_label=_("all"))

    class Meta:
        model = Statement
        fields: list[str] = []


def with_lines(rows: QuerySet[Statement]) -> QuerySet[Statement]:
    lines = StatementLine.objects.filter(version=F("statement__version")).select_related("session")
    return rows.select_related("agreement").prefetch_related(
        Prefetch("lines", lines.order_by("pk"), to_attr="lines_now")
    )


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
        return Agreement.objects.select_related("seller", "partner", "host", "follows").order_by("-pk")

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


class StatementViewSet(ReadOnlyScopedViewSet):
    """Monthly statements of agreements to which one is a party."""

    model = Statement
    serializer_class = StatementSerializer
    filterset_class = StatementFilter
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        **dict.fromkeys(("approve", "dispute", "invoice", "pay"), Needs("change")),
    }
    inputs = {
        "approve": StatementVersionInput,
        "dispute": ObjectionInput,
        "invoice": StatementInvoiceInput,
        "pay": StatementPaidInput,
    }

    def base_queryset(self) -> QuerySet[Statement]:
        return with_lines(Statement.objects.order_by("-month", "-pk"))

    def shown(self, row: Any) -> dict[str, Any]:
        """A row that was just written, read again with its lines."""
        return super().shown(self.base_queryset().get(pk=row.pk))

    @extend_schema(request=StatementVersionInput, responses=StatementSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, uid: str) -> HttpResponse:
        """Approve the version that was looked at; a conflict says that the ledger has changed."""
        return self._step(services.statement_approve)

    @extend_schema(request=ObjectionInput, responses=StatementSerializer)
    @action(detail=True, methods=["post"])
    def dispute(self, request: Request, uid: str) -> HttpResponse:
        """Say what is wrong."""
        return self._step(services.statement_dispute)

    @extend_schema(request=StatementInvoiceInput, responses=StatementSerializer)
    @action(detail=True, methods=["post"])
    def invoice(self, request: Request, uid: str) -> HttpResponse:
        """Note the invoice; the tax contained follows from the rate."""
        return self._step(services.statement_invoice)

    @extend_schema(request=StatementPaidInput, responses=StatementSerializer)
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, uid: str) -> HttpResponse:
        """Note that it is paid."""
        return self._step(services.statement_pay)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, statement=self.get_object(), **self.read()))
