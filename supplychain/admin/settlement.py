"""Agreements and statements: of a park those to which it is a party."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.decorators import display

from core.actors import Actor
from core.clock import today
from core.doors.admin import (
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ServiceForm,
    ShownInline,
    badge,
    style,
)
from core.doors.context import actor_of
from core.doors.formfields import AmountField, CodeField
from core.errors import NotFound
from core.templatetags.portal import money
from supplychain import services
from supplychain.choices import STATEMENT_OPEN, AgreementState, StatementState
from supplychain.doors.statementpaper import file_name, paper_of
from supplychain.doors.statementtable import table_of
from supplychain.forms import TiersField
from supplychain.models import Agreement, Statement, StatementLine

AGREEMENT_COLOURS = {AgreementState.PROPOSED: "warning", AgreementState.SIGNED: "success"}
STATEMENT_COLOURS = {
    StatementState.DRAFT: "warning",
    StatementState.DISPUTED: "danger",
    StatementState.APPROVED: "info",
    StatementState.INVOICED: "info",
    StatementState.PAID: "success",
}
TEXT = widgets.UnfoldAdminTextInputWidget


class AgreementForm(ServiceForm):
    """The partner is named by its code: a firm of another park cannot be looked up."""

    partner_code = CodeField(
        label=_("partner"),
        required=False,
        widget=TEXT(),
        help_text=_("Code of a park or a firm; empty for an own or an outside host."),
    )
    rates = TiersField(
        label=_("rates (%)"),
        widget=TEXT(),
        help_text=_("20, or by slices of a month's base: 0: 20; 100000: 25."),
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        return {"partner": values.pop("partner_code"), "tiers": values.pop("rates"), **values}


class MonthForm(OperationForm):
    """A month of the agreement that is over."""

    month = forms.TypedChoiceField(
        label=_("month"), coerce=date.fromisoformat, widget=widgets.UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, row: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        field: Any = self.fields["month"]
        field.choices = [(f"{month}", f"{month:%Y-%m}") for month in services.months_to_count(row)]


class EndForm(OperationForm):
    to_day = style(forms.DateField, _("first day without it"))


class ApproveForm(OperationForm):
    """Names the count whose amount the question told: another one since then is not approved."""

    from_row = ("version",)
    version = forms.IntegerField(widget=forms.HiddenInput)


class ObjectionForm(OperationForm):
    objection = style(forms.CharField, _("what is wrong"), max_length=500)


class InvoiceForm(OperationForm):
    invoice_no = style(forms.CharField, _("invoice number"), max_length=40)
    tax_rate = style(AmountField, _("tax rate (%)"), max_digits=5, decimal_places=2, initial=6)
    invoiced_on = style(forms.DateField, _("invoiced on"), initial=today)


class PaidForm(OperationForm):
    paid_on = style(forms.DateField, _("paid on"), initial=today)


def _is(*states: str) -> Any:
    return lambda row: row.state in states


def _of_amount(name: str, question: Any) -> Any:
    """What is asked with an amount of the statement: the portal's question."""
    return lambda statement: question % {"amount": money(getattr(statement, name))}


def _fieldsets(partner: str, rates: str) -> Any:
    parties = ("title", "kind", ("seller", partner), "host", ("outside_name", "outside_ref"))
    terms = (
        ("from_day", "to_day"),
        ("seller_pays", "withheld"),
        ("sales", "platform"),
        "product",
        "base",
        rates,
    )
    besides = (
        "guarantee",
        ("slot_fee", "slot_fee_per"),
        ("guaranteed_sales", "slot_fee_back"),
        ("deduction_rate", "deduction"),
        ("clawback_days", "pay_within_days"),
    )
    return (
        (None, {"fields": parties}),
        (_("Terms"), {"fields": terms}),
        (_("Besides"), {"fields": besides}),
    )


@admin.register(Agreement)
class AgreementAdmin(ScopedModelAdmin):
    writes = frozenset({"add"})
    add_form = AgreementForm
    list_display = (
        "title",
        "kind",
        "seller",
        "partner_name",
        "from_day",
        "to_day",
        badge("state", _("state"), AGREEMENT_COLOURS),
    )
    list_filter = ("kind", "state")
    list_select_related = ("partner__park", "partner__tenant", "host")
    search_fields = ("title", "seller__code", "outside_name")
    fieldsets = _fieldsets("partner_name", "rates_told")
    readonly_fields = ("partner_name", "rates_told")
    add_fieldsets = _fieldsets("partner_code", "rates")
    autocomplete_fields = ("seller", "host", "product")
    operations = (
        Operation(
            "sign",
            _("Sign"),
            services.agreement_sign,
            row="agreement",
            icon="ink_pen",
            question=_("Signed, it is not changed any more; another one can follow it."),
            when=_is(AgreementState.PROPOSED),
        ),
        Operation(
            "withdraw",
            _("Withdraw or turn down"),
            services.agreement_withdraw,
            row="agreement",
            icon="cancel",
            danger=True,
            when=_is(AgreementState.PROPOSED),
        ),
        Operation(
            "count",
            _("Count a month"),
            services.statement_count,
            row="agreement",
            form=MonthForm,
            icon="calculate",
            when=lambda row: row.state == AgreementState.SIGNED and bool(services.months_to_count(row)),
        ),
        Operation(
            "end",
            _("End the agreement"),
            services.agreement_end,
            row="agreement",
            form=EndForm,
            icon="event_busy",
            danger=True,
            when=_is(AgreementState.SIGNED),
        ),
    )

    @display(description=_("partner"))
    def partner_name(self, agreement: Agreement) -> str:
        return agreement.partner_name

    @display(description=_("rates (%)"))
    def rates_told(self, agreement: Agreement) -> str:
        return TiersField().prepare_value(agreement.tiers)

    def create(self, actor: Actor, values: dict[str, Any]) -> Agreement:
        return services.agreement_propose(actor=actor, **values)


class LineInline(ShownInline):
    model = StatementLine
    fields = ("month", "kind", "session", "count", "base", "amount")
    ordering = ("pk",)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).filter(version=F("statement__version"))


@admin.register(Statement)
class StatementAdmin(ScopedModelAdmin):
    list_display = (
        "month",
        "agreement",
        "total",
        "to_pay",
        badge("state", _("state"), STATEMENT_COLOURS),
        "due_on",
        "counted_at",
    )
    list_filter = ("state", "month")
    list_select_related = ("agreement__partner__park", "agreement__partner__tenant", "agreement__host")
    search_fields = ("agreement__title", "agreement__seller__code", "invoice_no")
    fields = (
        ("agreement", "month"),
        ("total", "withheld", "to_pay"),
        "state",
        ("counted_at", "version"),
        "objection",
        ("approved_at", "approved_by", "due_on"),
        ("invoice_no", "invoiced_on", "tax_rate", "tax"),
        "paid_on",
        "paper",
    )
    readonly_fields = ("to_pay", "paper")
    inlines = (LineInline,)
    operations = (
        Operation(
            "approve",
            _("Approve"),
            services.statement_approve,
            row="statement",
            form=ApproveForm,
            icon="task_alt",
            question=_of_amount(
                "total",
                _(
                    "Approve %(amount)s? From then on the statement stands; what comes later goes into a later month."
                ),
            ),
            when=_is(*STATEMENT_OPEN),
        ),
        Operation(
            "dispute",
            _("Dispute"),
            services.statement_dispute,
            row="statement",
            form=ObjectionForm,
            icon="report",
            when=_is(StatementState.DRAFT),
        ),
        Operation(
            "invoice",
            _("Note the invoice"),
            services.statement_invoice,
            row="statement",
            form=InvoiceForm,
            icon="receipt",
            question=_("Note this invoice? Its number and its tax are not changed any more."),
            when=_is(StatementState.APPROVED),
        ),
        Operation(
            "pay",
            _("It is paid"),
            services.statement_pay,
            row="statement",
            form=PaidForm,
            icon="payments",
            question=_of_amount("to_pay", _("Note %(amount)s as paid? This is not taken back.")),
            when=lambda statement: StatementState.PAID in statement.next_states,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.paper_view)
        table = self.admin_site.admin_view(self.table_view)
        return [
            path("<path:object_id>/paper.pdf", view, name="supplychain_statement_paper"),
            path("<path:object_id>/table.xlsx", table, name="supplychain_statement_table"),
            *super().get_urls(),
        ]

    def paper_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return paper_of(self._seen(request, object_id), actor_of(request))

    def table_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return table_of(self._seen(request, object_id), actor_of(request), "xlsx")

    def _seen(self, request: HttpRequest, object_id: str) -> Statement:
        statement = self.get_object(request, object_id)
        if statement is None:
            raise NotFound
        return statement

    @admin.display(description=_("to be paid beside (CNY)"))
    def to_pay(self, statement: Statement) -> str:
        return f"{statement.to_pay:,.2f}"

    @admin.display(description=_("files"))
    def paper(self, statement: Statement) -> str:
        files = (
            (
                reverse(f"admin:supplychain_statement_{what}", args=(statement.pk,)),
                file_name(statement),
                ending,
            )
            for what, ending in (("paper", "pdf"), ("table", "xlsx"))
        )
        return format_html_join(" · ", '<a href="{}">{}.{}</a>', files)
