"""Statements in the portal, for either party: read down to the order, approved, disputed, invoiced, paid."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from core.clock import today
from core.doors.export import FORMATS
from core.doors.formfields import AmountField, DayField, LineField, WholeNumberField
from core.doors.portal import (
    ScopedDetailPage,
    ScopedListPage,
    ServiceAction,
)
from core.errors import NotFound
from core.scoping import may, visible_to
from supplychain import services
from supplychain.choices import (
    STATEMENT_OPEN,
    AgreementState,
    StatementState,
)
from supplychain.doors.statementpaper import paper_of
from supplychain.doors.statementtable import table_of
from supplychain.models import Agreement, Statement, StatementLine, StatementOrder
from supplychain.views.agreements import OfEitherSide, agreements_of
from supplychain.workings import workings_of
from tenants.models import Charge

SHOWN_MONTHS = 24

SHOWN_ORDERS = 500


class Settlement(OfEitherSide, ScopedListPage):
    """The statements, the latest month first, and the agreements behind them."""

    template_name = "portal/settlement.html"
    needs = ("view", Statement)
    model = Statement

    def base_queryset(self) -> QuerySet[Statement]:
        return Statement.objects.select_related(
            "agreement__seller", "agreement__partner__park", "agreement__partner__tenant", "agreement__host"
        ).order_by("-month", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        agreements = agreements_of(self).exclude(state=AgreementState.WITHDRAWN)
        return super().get_context_data(
            agreements=list(agreements[:100]),
            can_add=may(self.actor, "add", Agreement, self.node.pk) and not self.tenant.is_closed,
            sees_charges=may(self.actor, "view", Charge, self.node.pk),
            **kwargs,
        )


class StatementPage(OfEitherSide, ScopedDetailPage):
    """A statement line by line, and what can be done with it."""

    template_name = "portal/statement.html"
    needs = ("view", Statement)
    model = Statement

    def base_queryset(self) -> QuerySet[Statement]:
        return Statement.objects.select_related(
            "agreement__seller", "agreement__partner__park", "agreement__partner__tenant", "agreement__host"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        statement = self.get_object()
        lines = StatementLine.objects.filter(statement=statement, version=statement.version)
        may_follow = statement.next_states
        changes = may(self.actor, "change", Statement, self.node.pk)
        return super().get_context_data(
            statement=statement,
            agreement=statement.agreement,
            lines=list(visible_to(lines, self.actor).select_related("session").order_by("pk")),
            workings=workings_of(statement, self.actor),
            can_open=may(self.actor, "view", StatementOrder, self.node.pk),
            can_count=changes and statement.state in STATEMENT_OPEN,
            can_approve=changes
            and StatementState.APPROVED in may_follow
            and statement.agreement.other_node_id == self.node.pk,
            can_dispute=changes and StatementState.DISPUTED in may_follow,
            can_invoice=changes and StatementState.INVOICED in may_follow,
            can_pay=changes and StatementState.PAID in may_follow,
            today=today(),
            **kwargs,
        )


class StatementLinePage(OfEitherSide, ScopedDetailPage):
    """A line order by order."""

    template_name = "portal/statement_line.html"
    needs = ("view", StatementOrder)
    model = StatementLine
    to_agreement = "statement__agreement__"

    def base_queryset(self) -> QuerySet[StatementLine]:
        return StatementLine.objects.select_related("session", "statement__agreement__seller")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line = self.get_object()
        orders = visible_to(StatementOrder.objects.filter(line=line), self.actor).order_by("pk")
        return super().get_context_data(
            line=line,
            statement=line.statement,
            orders=list(orders[:SHOWN_ORDERS]),
            left_out=max(orders.count() - SHOWN_ORDERS, 0),
            **kwargs,
        )


class StatementTable(OfEitherSide):
    """The statement as a table file."""

    needs = ("view", Statement)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        statement = self.named(Statement.objects.all())
        if self.kwargs["kind"] not in FORMATS:
            raise NotFound
        return table_of(statement, self.actor, self.kwargs["kind"])


class StatementPaper(OfEitherSide):
    """The statement as a PDF, to be filed and signed."""

    needs = ("view", Statement)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return paper_of(self.named(Statement.objects.all()), self.actor)


class StatementAction(OfEitherSide, ServiceAction):
    """A button of a statement."""

    needs = ("change", Statement)

    @property
    def statement(self) -> Statement:
        return self.named(Statement.objects.select_related("agreement"))

    def back_to(self) -> str:
        return self.url("portal-statement", uid=self.kwargs["uid"])


class SeenForm(forms.Form):
    version = WholeNumberField(label=gettext_lazy("Version"), min_value=1)


class ApproveStatement(StatementAction):
    done = gettext_lazy("The statement is approved and stands.")

    def carry_out(self) -> None:
        services.statement_approve(
            actor=self.actor, statement=self.statement, **self.read(SeenForm(self.request.POST))
        )


class RecountStatement(StatementAction):
    done = gettext_lazy("The statement is counted again.")

    def carry_out(self) -> None:
        statement = self.statement
        services.statement_count(actor=self.actor, agreement=statement.agreement, month=statement.month)


class ObjectionForm(forms.Form):
    objection = LineField(label=gettext_lazy("What is wrong"), max_length=500)


class DisputeStatement(StatementAction):
    done = gettext_lazy("The other party sees what you dispute.")

    def carry_out(self) -> None:
        services.statement_dispute(
            actor=self.actor, statement=self.statement, **self.read(ObjectionForm(self.request.POST))
        )


class InvoiceForm(forms.Form):
    invoice_no = LineField(label=gettext_lazy("Invoice number"), max_length=40)
    invoiced_on = DayField(label=gettext_lazy("Invoiced on"))
    tax_rate = AmountField(label=gettext_lazy("Tax rate (%)"), max_digits=5, decimal_places=2)


class InvoiceStatement(StatementAction):
    done = gettext_lazy("The invoice is noted.")

    def carry_out(self) -> None:
        services.statement_invoice(
            actor=self.actor, statement=self.statement, **self.read(InvoiceForm(self.request.POST))
        )


class PaidForm(forms.Form):
    paid_on = DayField(label=gettext_lazy("Paid on"))


class PayStatement(StatementAction):
    done = gettext_lazy("The payment is noted.")

    def carry_out(self) -> None:
        services.statement_pay(
            actor=self.actor, statement=self.statement, **self.read(PaidForm(self.request.POST))
        )
