"""Agreements and statements in the portal, for either party."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import DAY, month_of, today
from core.doors.export import FORMATS, table_response
from core.doors.filters import DayInput
from core.doors.formfields import AmountField, CodeField, DayField, WholeNumberField
from core.doors.portal import (
    ScopedChoiceField,
    ScopedDetailPage,
    ScopedForm,
    ScopedListPage,
    ServiceAction,
    ServiceFormPage,
    TenantPage,
)
from core.errors import InvalidInput, NotFound
from core.scoping import may, visible_to
from livestreams.models import Host
from supplychain import services
from supplychain.agreementforms import TiersField
from supplychain.choices import (
    STATEMENT_OPEN,
    STATEMENT_TRANSITIONS,
    AgreementKind,
    AgreementState,
    SettledBase,
    SettledSales,
    SlotFeePer,
    StatementState,
)
from supplychain.models import Agreement, Statement, StatementLine, StatementOrder

SHOWN_MONTHS = 24
SHOWN_ORDERS = 500


class OfEitherSide(TenantPage):
    """Rows of agreements in which the tenant is the seller or the partner."""

    section = "settlement"
    to_agreement: ClassVar[str] = "agreement__"

    def own(self, queryset: QuerySet[Any], verb: str = "view", lookup: str = "") -> QuerySet[Any]:
        sides = (f"{self.to_agreement}seller_id", f"{self.to_agreement}partner_id")
        seller, partner = (super(OfEitherSide, self).own(queryset, verb, side) for side in sides)
        return seller | partner


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
        agreements = AgreementPage.of(self).exclude(state=AgreementState.WITHDRAWN)
        return super().get_context_data(
            agreements=list(agreements[:100]),
            can_add=may(self.actor, "add", Agreement, self.node.pk),
            **kwargs,
        )


class AgreementPage(OfEitherSide, ScopedDetailPage):
    """An agreement: its terms in words, and its statements."""

    template_name = "portal/agreement.html"
    needs = ("view", Agreement)
    model = Agreement
    to_agreement = ""

    @staticmethod
    def of(page: OfEitherSide) -> QuerySet[Agreement]:
        rows = visible_to(
            Agreement.objects.select_related("seller", "partner__park", "partner__tenant", "host"), page.actor
        )
        return (rows.filter(seller=page.tenant) | rows.filter(partner=page.node)).order_by("-pk")

    def base_queryset(self) -> QuerySet[Agreement]:
        return Agreement.objects.select_related("seller", "partner__park", "partner__tenant", "host")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        agreement = self.get_object()
        changes = may(self.actor, "change", Agreement, self.node.pk)
        signs = agreement.proposed_by_id != self.node.pk or agreement.partner_id is None
        proposed = agreement.state == AgreementState.PROPOSED
        return super().get_context_data(
            agreement=agreement,
            statements=list(agreement.statements.order_by("-month")[:SHOWN_MONTHS]),
            can_sign=proposed and changes and signs,
            can_withdraw=proposed and changes,
            can_count=agreement.state == AgreementState.SIGNED
            and may(self.actor, "add", Statement, self.node.pk),
            last_month=month_of(month_of(today()) - DAY),
            **kwargs,
        )


class AgreementForm(ScopedForm):
    """The terms of a new agreement, of which the tenant is the seller."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("With whom"), choices=AgreementKind)
    partner = CodeField(
        label=gettext_lazy("Code of the park or firm"),
        required=False,
        help_text=gettext_lazy("Empty for an own or an outside host."),
    )
    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Host"), required=False)
    outside_name = forms.CharField(
        label=gettext_lazy("Name of the outside host"), max_length=100, required=False
    )
    outside_ref = CodeField(label=gettext_lazy("Account of the outside host"), required=False)
    from_day = DayField(label=gettext_lazy("From"), widget=DayInput)
    to_day = DayField(label=gettext_lazy("Until (first day without)"), widget=DayInput, required=False)
    sales = forms.ChoiceField(label=gettext_lazy("Of which sales"), choices=SettledSales)
    base = forms.ChoiceField(
        label=gettext_lazy("Base of the share"), choices=SettledBase, initial=SettledBase.VERIFIED_NET
    )
    tiers = TiersField(
        label=gettext_lazy("Rates (%)"),
        help_text=gettext_lazy("20, or by slices of a month's base: 0: 20; 100000: 25."),
    )
    seller_pays = forms.BooleanField(label=gettext_lazy("We pay"), initial=True, required=False)
    guarantee = AmountField(label=gettext_lazy("Guarantee a month"), required=False)
    slot_fee = AmountField(label=gettext_lazy("Slot fee"), required=False)
    slot_fee_per = forms.ChoiceField(label=gettext_lazy("Slot fee for"), choices=SlotFeePer)
    deduction_rate = AmountField(
        label=gettext_lazy("Taken off the base first (%)"), max_digits=5, decimal_places=2, required=False
    )
    deduction = AmountField(label=gettext_lazy("Taken off the month's amount"), required=False)
    clawback_days = WholeNumberField(
        label=gettext_lazy("Refunds count for (days)"),
        min_value=0,
        max_value=3650,
        required=False,
        help_text=gettext_lazy("Empty: however late they come."),
    )
    pay_within_days = WholeNumberField(
        label=gettext_lazy("To be paid within (days)"), min_value=0, max_value=365, initial=30
    )

    @property
    def terms(self) -> dict[str, Any]:
        """What was filled in: the rest is as the model has it."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class NewAgreement(ServiceFormPage):
    """Proposes an agreement; the other party finds it in its own portal."""

    template_name = "portal/agreement_new.html"
    section = "settlement"
    needs = ("add", Agreement)
    form_class = AgreementForm

    def carry_out(self, form: Any) -> HttpResponse:
        agreement = services.agreement_propose(actor=self.actor, seller=self.tenant, **form.terms)
        messages.success(self.request, _("It is proposed and counts once the other party has signed it."))
        return redirect(self.url("portal-agreement", uid=agreement.uid))


class AgreementAction(OfEitherSide, ServiceAction):
    """A button of an agreement."""

    needs: ClassVar[tuple[str, type[Model]] | None] = ("change", Agreement)
    to_agreement = ""

    @property
    def agreement(self) -> Agreement:
        return self.named(Agreement.objects.all())

    def back_to(self) -> str:
        return self.url("portal-agreement", uid=self.kwargs["uid"])


class SignAgreement(AgreementAction):
    done = gettext_lazy("It is signed. Its statements are made when a month is over.")

    def carry_out(self) -> None:
        services.agreement_sign(actor=self.actor, agreement=self.agreement)


class WithdrawAgreement(AgreementAction):
    done = gettext_lazy("It is withdrawn.")

    def carry_out(self) -> None:
        services.agreement_withdraw(actor=self.actor, agreement=self.agreement)


class MonthField(forms.Form):
    month = DayField()


class CountStatement(AgreementAction):
    """Counts the month that the form names."""

    needs = ("add", Statement)
    done = gettext_lazy("The statement is counted.")

    def carry_out(self) -> None:
        form = MonthField(self.request.POST)
        if not form.is_valid():
            raise InvalidInput(_("Name a month by its first day."), code="month", field="month")
        services.statement_count(actor=self.actor, agreement=self.agreement, month=form.cleaned_data["month"])


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
        may_follow = STATEMENT_TRANSITIONS[statement.state]
        changes = may(self.actor, "change", Statement, self.node.pk)
        return super().get_context_data(
            statement=statement,
            agreement=statement.agreement,
            lines=list(visible_to(lines, self.actor).select_related("session").order_by("pk")),
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
    """The statement as a table file: each line, and below it its orders, as far as one may see them."""

    needs = ("view", Statement)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        statement = self.named(Statement.objects.select_related("agreement"))
        if self.kwargs["kind"] not in FORMATS:
            raise NotFound
        header = (
            _("month"),
            _("for what"),
            _("live session"),
            _("order"),
            _("number"),
            _("paid"),
            _("refunds"),
            _("base"),
            _("amount"),
        )
        name = f"statement-{statement.month:%Y-%m}-{str(statement.uid)[-8:]}"
        return table_response(self.kwargs["kind"], name, header, list(self._rows(statement)))

    def _rows(self, statement: Statement) -> Iterator[tuple[Any, ...]]:
        lines = StatementLine.objects.filter(statement=statement, version=statement.version)
        orders: dict[int, list[StatementOrder]] = defaultdict(list)
        for order in visible_to(StatementOrder.objects.filter(line__in=lines), self.actor).order_by("pk"):
            orders[order.line_id].append(order)
        terms = statement.agreement.terms
        for line in visible_to(lines, self.actor).select_related("session").order_by("pk"):
            what = (
                f"{line.month:%Y-%m}",
                line.get_kind_display(),
                line.session.title if line.session else "",
            )
            yield (*what, "", line.count, None, None, line.base, line.amount)
            for order in orders[line.pk]:
                base = order.paid if terms.base == SettledBase.GROSS_PAID else order.paid - order.refunds
                yield (*what, order.order_no, None, order.paid, order.refunds, base, order.amount)
        yield ("", _("Total"), "", "", None, None, None, None, statement.total)


class StatementAction(OfEitherSide, ServiceAction):
    """A button of a statement."""

    needs = ("change", Statement)

    @property
    def statement(self) -> Statement:
        return self.named(Statement.objects.select_related("agreement"))

    def back_to(self) -> str:
        return self.url("portal-statement", uid=self.kwargs["uid"])

    def read(self, form: forms.Form) -> dict[str, Any]:
        """The clean values of a small form. InvalidInput names what is wrong."""
        if not form.is_valid():
            field, found = next(iter(form.errors.items()))
            raise InvalidInput(f"{form.fields[field].label}: {' '.join(found)}", field=field)  # type: ignore[arg-type]
        return form.cleaned_data


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
    objection = forms.CharField(label=gettext_lazy("What is wrong"), max_length=500)


class DisputeStatement(StatementAction):
    done = gettext_lazy("The other party sees what you dispute.")

    def carry_out(self) -> None:
        services.statement_dispute(
            actor=self.actor, statement=self.statement, **self.read(ObjectionForm(self.request.POST))
        )


class InvoiceForm(forms.Form):
    invoice_no = forms.CharField(label=gettext_lazy("Invoice number"), max_length=40)
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
