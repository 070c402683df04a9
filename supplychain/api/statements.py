"""Statements in the API: read line by line, approved, disputed, invoiced, paid."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import F, Prefetch, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet, one_of, query_value
from core.doors.export import FORMATS
from core.doors.fields import (
    CountField,
    DayField,
    InstantField,
    LineField,
    MoneyField,
    StrictSerializer,
)
from supplychain import services
from supplychain.choices import (
    DueKind,
    StatementState,
)
from supplychain.doors.statementpaper import paper_of
from supplychain.doors.statementtable import table_of
from supplychain.models import Statement, StatementLine, StatementOrder
from supplychain.workings import Working, workings_of

READ = ("figures:read",)


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
    withheld = MoneyField(help_text=_("Of the total, what the platform pays itself."))
    to_pay = MoneyField(help_text=_("What is left of the total to be paid beside."))
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
            "withheld",
            "to_pay",
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


class SliceSerializer(serializers.Serializer[Any]):
    """A part of the base with its rate in percent."""

    amount = MoneyField()
    rate = MoneyField()


class WorkingSerializer(serializers.Serializer[Working]):
    """A month's share: its base less what is taken off, by slices, less what earlier statements said of it."""

    month = serializers.DateField()
    base = MoneyField()
    deduction_rate = MoneyField()
    slices = SliceSerializer(many=True, source="by_slices")
    share = MoneyField()
    stated = MoneyField()
    due = MoneyField()


class WorkingsSerializer(serializers.Serializer[Any]):
    workings = WorkingSerializer(many=True)


class StatementOrderSerializer(serializers.ModelSerializer[StatementOrder]):
    """What an order adds to a line of a statement."""

    statement = serializers.UUIDField(source="line.statement.uid")
    line = serializers.UUIDField(source="line.uid")
    paid = MoneyField()
    refunds = MoneyField()
    amount = MoneyField()
    earned = MoneyField(
        allow_null=True,
        help_text=_("The commission of the agency that its own host shares in; null where none is shared."),
    )

    class Meta:
        model = StatementOrder
        fields = ["statement", "line", "source", "order_no", "paid", "refunds", "amount", "earned"]


class AnyFile(JSONRenderer):
    """Whatever a caller says that it accepts, it gets the file; a refusal is JSON as ever."""

    media_type = "*/*"


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


class StatementOrderFilter(django_filters.FilterSet):
    """Orders of a statement, or of one of its lines."""

    statement = django_filters.UUIDFilter("line__statement__uid", label=_("statement"))
    line = django_filters.UUIDFilter("line__uid", label=_("line of a statement"))
    order_no = django_filters.CharFilter("order_no", label=_("Order number"), max_length=64)


class StatementOrderViewSet(mixins.ListModelMixin, ScopedViewSet):
    """The orders behind the lines of statements that count, for the two firms that settle them."""

    model = StatementOrder
    serializer_class = StatementOrderSerializer
    filterset_class = StatementOrderFilter
    permissions = {"list": Needs("view")}

    def base_queryset(self) -> QuerySet[StatementOrder]:
        counted = StatementOrder.objects.filter(line__version=F("line__statement__version"))
        return counted.select_related("line__statement").order_by("pk")


def with_lines(rows: QuerySet[Statement]) -> QuerySet[Statement]:
    lines = StatementLine.objects.filter(version=F("statement__version")).select_related("session")
    return rows.select_related("agreement").prefetch_related(
        Prefetch("lines", lines.order_by("pk"), to_attr="lines_now")
    )


class StatementViewSet(ReadOnlyScopedViewSet):
    """Monthly statements of agreements to which one is a party."""

    model = Statement
    serializer_class = StatementSerializer
    filterset_class = StatementFilter
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "paper": Needs("view", READ),
        "table": Needs("view", READ),
        "workings": Needs("view", READ),
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

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[AnyFile])
    def paper(self, request: Request, uid: str) -> HttpResponse:
        """The statement as a PDF, as its parties file and sign it."""
        return paper_of(self.get_object(), self.actor)

    @extend_schema(
        parameters=[OpenApiParameter("kind", str, enum=FORMATS, description="xlsx by default.")],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    @action(detail=True, renderer_classes=[AnyFile])
    def table(self, request: Request, uid: str) -> HttpResponseBase:
        """The statement as a table file: each line, and below it its orders, as far as one may see them."""
        kind = query_value(request, "kind", one_of(FORMATS), "xlsx")
        return table_of(self.get_object(), self.actor, kind)

    @extend_schema(responses=WorkingsSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def workings(self, request: Request, uid: str) -> Response:
        """How the shares of its months were computed, where base times rate does not say it."""
        found = workings_of(self.get_object(), self.actor)
        return Response(WorkingsSerializer({"workings": found}).data)

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
