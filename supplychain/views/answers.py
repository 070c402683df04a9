"""Yes or no to goods of the pool in the portal: an offer with its answers, and the answers of both sides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import today
from core.days import not_over, open_on
from core.doors.formfields import LineField
from core.doors.portal import (
    ScopedChoiceField,
    ScopedForm,
    ScopedListPage,
    ServiceAction,
    ServiceFormPage,
    TenantPage,
)
from core.errors import NotFound
from core.scoping import may, visible_to
from livestreams.models import Host
from supplychain import services
from supplychain.certificates import certified_today
from supplychain.choices import AgreementState
from supplychain.filters import OfferAnswerFilter
from supplychain.models import Agreement, GoodsOffer, OfferAnswer, RunLine, SampleRequest

SHOWN = 100
YES, NO = "yes", "no"


class OfBothSides(TenantPage):
    """An answer is the owner's of the goods, and of whoever gave it."""

    def own(self, queryset: QuerySet[Any], verb: str = "view", lookup: str = "tenant_id") -> QuerySet[Any]:
        if queryset.model is not OfferAnswer:
            return super().own(queryset, verb, lookup)
        firm = self.tenant.pk
        return visible_to(queryset, self.actor, verb).filter(Q(tenant=firm) | Q(offer__tenant=firm))


class OfferAnswers(OfBothSides, ScopedListPage):
    """What others said of one's own goods, and what one said of theirs; of each the latest."""

    template_name = "portal/offer_answers.html"
    section = "pool"
    needs = ("view", OfferAnswer)
    model = OfferAnswer
    filterset_class = OfferAnswerFilter

    def base_queryset(self) -> QuerySet[Any]:
        return OfferAnswer.objects.current().in_full().order_by("-pk")


class AnswerForm(ScopedForm):
    """Yes or no, and why; for the firm or for one of its hosts."""

    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("For the host"), required=False)
    reason = LineField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("With a no the owner wants to know why: price, commission, quality, fit."),
    )
    sells = forms.TypedChoiceField(
        choices=[(YES, YES), (NO, NO)], coerce=lambda said: said == YES, widget=forms.HiddenInput
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(today()), tenant=self.tenant).order_by("code")


class ProposeCommission(OfBothSides, ServiceAction):
    """Proposes the agreement that follows from a yes, for either side."""

    needs = ("add", Agreement)
    done = gettext_lazy("The agreement is proposed and counts once the other party has signed it.")

    @cached_property
    def said(self) -> OfferAnswer:
        row: OfferAnswer = self.named(OfferAnswer.objects.in_full())
        return row

    def carry_out(self) -> None:
        services.commission_propose(actor=self.actor, answer=self.said)

    def back_to(self) -> str:
        return self.url("portal-goods-offer-page", uid=self.said.offer.uid)


class OfferPage(OfBothSides, ServiceFormPage):
    """An offer of the park with the answers to it; whoever may sell the goods answers here."""

    template_name = "portal/offer.html"
    section = "pool"
    needs = ("view", GoodsOffer)
    form_class = AnswerForm

    @cached_property
    def offer(self) -> GoodsOffer:
        """A standing offer of the park that this tenant is in, or one of its own."""
        mine = Q(park=self.node.parent_id, pk__in=GoodsOffer.objects.standing().values("pk"))
        offers = GoodsOffer.objects.in_full().filter(mine | Q(tenant=self.tenant), uid=self.kwargs["uid"])
        found = visible_to(offers, self.actor).first()
        if found is None:
            raise NotFound
        return found

    @property
    def is_own(self) -> bool:
        return self.offer.tenant_id == self.tenant.pk

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        form = super().get_form(data, files)
        # A host answers for themself.
        if not may(self.actor, "change", SampleRequest, self.node.pk):
            del form.fields["host"]
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        answers: Any = self.own(OfferAnswer.objects.filter(offer=self.offer))
        context = super().get_context_data(
            offer=self.offer,
            is_own=self.is_own,
            certified=certified_today([self.offer.product_id]),
            answers=list(answers.in_full().order_by("-pk")[:SHOWN]),
            counting=set(answers.current().values_list("pk", flat=True)),
            can_answer=not self.is_own and may(self.actor, "add", OfferAnswer, self.node.pk),
            can_ask=may(self.actor, "add", SampleRequest, self.node.pk),
            can_agree=may(self.actor, "add", Agreement, self.node.pk)
            and bool(self.offer.commission_rate)
            and self.offer.withdrawn_at is None,
            can_plan=may(self.actor, "add", RunLine, self.node.pk),
            **kwargs,
        )
        agreements = self._agreements()
        for each in context["answers"]:
            each.agreement = agreements.get(each.tenant_id) if each.host_id is None else None
        context["ours"] = next(
            (each for each in context["answers"] if each.tenant_id == self.tenant.pk and each.host is None),
            None,
        )
        return context

    def _agreements(self) -> dict[int, Agreement]:
        """What is proposed or in force on the goods, by the firm; on these goods before on all."""
        told = services.agreements_beside(self.offer).filter(
            not_over(today()),
            state__in=(AgreementState.PROPOSED, AgreementState.SIGNED),
        )
        seen = visible_to(told, self.actor).order_by("product", "pk")
        on_all, on_these = (
            {each.partner_id or 0: each for each in seen if bool(each.product_id) == scoped}
            for scoped in (False, True)
        )
        return on_all | on_these

    def carry_out(self, form: Any) -> HttpResponse:
        answer = services.offer_answer(
            actor=self.actor, offer=self.offer, tenant=self.tenant, **form.cleaned_data
        )
        if not answer.sells:
            told = _("You have said no; the owner reads why.")
        elif answer.host is None and self.tenant.pk in self._agreements():
            told = _(
                "You have said yes. Now the goods can be put on runs of show; the commission stands below."
            )
        else:
            told = _("You have said yes. Now the goods can be put on runs of show.")
        messages.success(self.request, told)
        if answer.in_the_way:
            messages.warning(
                self.request,
                _("The agreement on the commission could not follow: %(reason)s")
                % {"reason": answer.in_the_way},
            )
        return redirect(self.url("portal-goods-offer-page", uid=self.offer.uid))
