"""The goods pool in the portal: what firms of the park let each other sell, and what one offers oneself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import today
from core.days import open_on
from core.doors.formfields import AmountField, LineField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedForm, ScopedListPage, ServiceAction, ServiceFormPage
from core.scoping import may, visible_to
from supplychain import services
from supplychain.certificates import certified_today
from supplychain.filters import GoodsOfferFilter
from supplychain.models import GoodsOffer, OfferAnswer, Product, SampleRequest

NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}


class Pool(ScopedListPage):
    """The standing offers of the park, the latest first, one's own among them."""

    template_name = "portal/pool.html"
    section = "pool"
    needs = ("view", GoodsOffer)
    model = GoodsOffer
    filterset_class = GoodsOfferFilter

    def own(self, queryset: QuerySet[Any], verb: str = "view", lookup: str = "tenant_id") -> QuerySet[Any]:
        """The pool is everybody's in the park that this tenant is in."""
        if queryset.model is not GoodsOffer:
            return super().own(queryset, verb, lookup)
        return visible_to(queryset, self.actor, verb).filter(park=self.node.parent_id)

    def base_queryset(self) -> QuerySet[Any]:
        return GoodsOffer.objects.standing().in_full().order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            can_offer=may(self.actor, "add", GoodsOffer, self.node.pk),
            can_ask=may(self.actor, "add", SampleRequest, self.node.pk),
            can_lend=may(self.actor, "change", SampleRequest, self.node.pk),
            sees_answers=may(self.actor, "view", OfferAnswer, self.node.pk),
            sees_samples=may(self.actor, "view", SampleRequest, self.node.pk),
            can_withdraw=may(self.actor, "change", GoodsOffer, self.node.pk),
            **kwargs,
        )
        context["certified"] = certified_today(offer.product_id for offer in context["rows"])
        self._add_answers({offer.pk: offer for offer in context["rows"]})
        return context

    def _add_answers(self, offers: dict[int, Any]) -> None:
        """With each offer what counts of the answers: how many of which to one's own, else what this firm said."""
        for offer in offers.values():
            offer.said, offer.yes, offer.no = [], 0, 0
        answers = visible_to(OfferAnswer.objects.current().in_full().filter(offer__in=offers), self.actor)
        of_own = answers.filter(offer__tenant=self.tenant).order_by().values_list("offer", "sells")
        for pk, sells, number in of_own.annotate(Count("pk")):
            setattr(offers[pk], "yes" if sells else "no", number)
        for answer in answers.filter(tenant=self.tenant):
            offers[answer.offer_id].said.append(answer)


class OfferForm(ScopedForm):
    """What others may sell, and on which terms."""

    product = ScopedChoiceField(Product, to_field="code", label=gettext_lazy("Product"))
    floor_price = AmountField(
        label=gettext_lazy("Price floor (CNY)"),
        max_digits=17,
        decimal_places=4,
        min_value=0,
        widget=forms.TextInput(DECIMAL),
        help_text=gettext_lazy("Nobody shows them for less."),
    )
    commission_rate = AmountField(
        label=gettext_lazy("Commission (%)"),
        max_digits=5,
        decimal_places=2,
        min_value=0,
        max_value=100,
        widget=forms.TextInput(DECIMAL),
    )
    pieces = WholeNumberField(
        label=gettext_lazy("Pieces offered"), min_value=1, widget=forms.TextInput(NUMERIC)
    )
    samples = WholeNumberField(
        label=gettext_lazy("Samples to lend"),
        min_value=0,
        max_value=1000,
        initial=0,
        widget=forms.TextInput(NUMERIC),
    )
    certificates = LineField(
        label=gettext_lazy("Certificates"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Inspection reports and approvals: laboratory, number, valid until."),
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        offered = GoodsOffer.objects.standing().filter(tenant=self.tenant)
        sold = queryset.filter(open_on(today()), tenant=self.tenant)
        return sold.exclude(pk__in=offered.values("product")).order_by("code")


class NewOffer(ServiceFormPage):
    """Puts goods into the pool."""

    template_name = "portal/pool_new.html"
    section = "pool"
    needs = ("add", GoodsOffer)
    form_class = OfferForm

    def carry_out(self, form: Any) -> HttpResponse:
        services.goods_offer(actor=self.actor, **form.cleaned_data)
        messages.success(self.request, _("The goods are in the pool: every firm of the park finds them."))
        return redirect(self.url("portal-pool"))


class WithdrawOffer(ServiceAction):
    """Takes goods out of the pool."""

    needs = ("change", GoodsOffer)
    done = gettext_lazy("The offer is withdrawn. No run of show shows these goods any more.")

    def carry_out(self) -> None:
        offer = self.named(GoodsOffer.objects.all(), "change")
        services.goods_offer_withdraw(actor=self.actor, offer=offer)

    def back_to(self) -> str:
        return self.url("portal-pool")
