"""Agreements in the portal, for either party: proposed, signed, withdrawn, and counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import month_of, next_month, today
from core.doors.filters import DayInput
from core.doors.formfields import AmountField, CodeField, DayField, LineField, WholeNumberField
from core.doors.portal import (
    ScopedChoiceField,
    ScopedDetailPage,
    ScopedForm,
    ServiceAction,
    ServiceFormPage,
    TenantPage,
)
from core.errors import InvalidInput, NotFound
from core.models import ScopeNode
from core.money import to_cents
from core.scoping import may, visible_to
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
from supplychain.forms import TiersField
from supplychain.models import Agreement, Product, Statement
from supplychain.partners import called, names_of, partners_of
from supplychain.services.references import as_uid
from tenants.choices import Platform

SHOWN_MONTHS = 24


class OfEitherSide(TenantPage):
    """Rows of agreements in which the tenant is the seller or the partner."""

    section = "settlement"
    after_leaving = True
    to_agreement: ClassVar[str] = "agreement__"

    def own(self, queryset: QuerySet[Any], verb: str = "view", lookup: str = "") -> QuerySet[Any]:
        sides = (f"{self.to_agreement}seller_id", f"{self.to_agreement}partner_id")
        seller, partner = (super(OfEitherSide, self).own(queryset, verb, side) for side in sides)
        return seller | partner


def agreements_of(page: OfEitherSide) -> QuerySet[Agreement]:
    """The agreements that a page's tenant may see as one of the parties, the newest first."""
    rows = visible_to(
        Agreement.objects.select_related("seller", "partner__park", "partner__tenant", "host"), page.actor
    )
    return (rows.filter(seller=page.tenant) | rows.filter(partner=page.node)).order_by("-pk")


class AgreementPage(OfEitherSide, ScopedDetailPage):
    """An agreement: its terms in words, and its statements."""

    template_name = "portal/agreement.html"
    needs = ("view", Agreement)
    model = Agreement
    to_agreement = ""

    def base_queryset(self) -> QuerySet[Agreement]:
        return Agreement.objects.select_related(
            "seller", "partner__park", "partner__tenant", "host", "product", "follows", "followed_by"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        agreement = self.get_object()
        changes = may(self.actor, "change", Agreement, self.node.pk)
        signs = agreement.proposed_by_id != self.node.pk or agreement.partner_id is None
        proposed, signed = (
            agreement.state == state for state in (AgreementState.PROPOSED, AgreementState.SIGNED)
        )
        followed_by = getattr(agreement, "followed_by", None)
        return super().get_context_data(
            agreement=agreement,
            statements=list(agreement.statements.order_by("-month")[:SHOWN_MONTHS]),
            can_sign=proposed and changes and signs,
            can_withdraw=proposed and changes,
            can_count=signed and may(self.actor, "add", Statement, self.node.pk),
            can_end=signed and changes and (agreement.to_day is None or agreement.to_day > today()),
            # The form of the portal proposes for the seller.
            can_follow=signed
            and not self.tenant.is_closed
            and followed_by is None
            and agreement.seller_id == self.node.pk
            and may(self.actor, "add", Agreement, self.node.pk),
            followed_by=followed_by,
            next_month=next_month(month_of(today())),
            months=services.months_to_count(agreement) if agreement.state == AgreementState.SIGNED else [],
            **kwargs,
        )


class AgreementForm(ScopedForm):
    """The terms of a new agreement, of which the tenant is the seller."""

    title = LineField(label=gettext_lazy("Title"), max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("With whom"), choices=AgreementKind)
    partner = LineField(
        label=gettext_lazy("Park or firm"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"list": "partners", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "Choose from those you know, or type the code of another. Empty for an own host and for somebody who is"
            " not here."
        ),
    )
    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Host"), required=False)
    outside_name = LineField(
        label=gettext_lazy("Name of a partner who is not here"), max_length=100, required=False
    )
    outside_ref = CodeField(label=gettext_lazy("Account of the outside host"), required=False)
    from_day = DayField(label=gettext_lazy("From"), widget=DayInput)
    to_day = DayField(label=gettext_lazy("Until (first day without)"), widget=DayInput, required=False)
    sales = forms.ChoiceField(label=gettext_lazy("Of which sales"), choices=SettledSales)
    platform = forms.ChoiceField(
        label=gettext_lazy("Only sales on"),
        choices=[("", gettext_lazy("whatever the platform")), *Platform.choices],
        required=False,
    )
    product = ScopedChoiceField(
        Product, to_field="code", label=gettext_lazy("Only of the product"), required=False
    )
    base = forms.ChoiceField(
        label=gettext_lazy("Base of the share"), choices=SettledBase, initial=SettledBase.VERIFIED_NET
    )
    tiers = TiersField(
        label=gettext_lazy("Rates (%)"),
        help_text=gettext_lazy("20, or by slices of a month's base: 0: 20; 100000: 25."),
    )
    seller_pays = forms.BooleanField(label=gettext_lazy("We pay"), initial=True, required=False)
    withheld = forms.BooleanField(
        label=gettext_lazy("The platform withholds the share and pays the outside host itself"),
        required=False,
    )
    guarantee = AmountField(label=gettext_lazy("Guarantee a month"), required=False)
    slot_fee = AmountField(label=gettext_lazy("Slot fee"), required=False)
    slot_fee_per = forms.ChoiceField(label=gettext_lazy("Slot fee for"), choices=SlotFeePer)
    guaranteed_sales = AmountField(label=gettext_lazy("Guaranteed sales a month"), required=False)
    slot_fee_back = forms.ChoiceField(
        label=gettext_lazy("If they are not met, of the slot fees comes back"),
        choices=SlotFeeBack,
        required=False,
    )
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

    @cached_property
    def known(self) -> list[ScopeNode]:
        """The parks and firms that this one knows."""
        return partners_of(self.actor, self.tenant)

    def partners(self) -> list[str]:
        """What they are called in the list that is offered."""
        return [called(node) for node in self.known]

    def clean_partner(self) -> str:
        """The code of a known one that was chosen, or typed as a name or a code that it alone has; else as it is."""
        typed: str = self.cleaned_data["partner"]
        meant = {node.code for node in self.known if typed.casefold() in names_of(node)}
        return meant.pop() if len(meant) == 1 else typed

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(tenant=self.tenant).order_by("code") if queryset.model is Product else queryset

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

    @cached_property
    def follows(self) -> Agreement | None:
        """The agreement of the tenant's own sales that the new one shall follow, if the address names one."""
        named = as_uid(self.request.GET.get("follows", ""))
        if "follows" not in self.request.GET:
            return None
        found = self.own(Agreement.objects.select_related("partner", "host"), "change", "seller_id")
        agreement = found.filter(uid=named).first() if named else None
        if agreement is None:
            raise NotFound
        return agreement

    def get_initial(self) -> dict[str, Any]:
        """The terms of the agreement that it follows, from the next month on."""
        before = self.follows
        if before is None:
            return {}
        terms = {name: getattr(before, name) for name in AgreementForm.base_fields}
        cents = {name: to_cents(value) or None for name, value in terms.items() if isinstance(value, Decimal)}
        first = next_month(max(month_of(today()), month_of(before.from_day)))
        return {
            **terms,
            **cents,
            "partner": before.partner.code if before.partner else "",
            "from_day": min(first, before.to_day or first),
            "to_day": None,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(follows=self.follows, **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        agreement = services.agreement_propose(
            actor=self.actor, seller=self.tenant, follows=self.follows, **form.terms
        )
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


class EndField(forms.Form):
    to_day = DayField(label=gettext_lazy("First day without it"))


class EndAgreement(AgreementAction):
    """Ends it on the day that the form names, the first one without it."""

    done = gettext_lazy("Its end is written down. What was paid before is still settled by it.")

    def carry_out(self) -> None:
        services.agreement_end(
            actor=self.actor,
            agreement=self.agreement,
            to_day=self.read(EndField(self.request.POST))["to_day"],
        )


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
