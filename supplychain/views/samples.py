"""Samples of the goods pool in the portal: both firms see them, and each does its part."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.days import open_on
from core.doors.filters import DayInput
from core.doors.formfields import AmountField, CodeField, DayField, LineField, WholeNumberField
from core.doors.portal import (
    ScopedChoiceField,
    ScopedDetailPage,
    ScopedForm,
    ScopedListPage,
    ServiceAction,
    ServiceFormPage,
)
from core.errors import InvalidInput, NotFound
from core.scoping import may, visible_to
from livestreams.models import Host
from supplychain import services
from supplychain.choices import SampleState
from supplychain.filters import SampleRequestFilter
from supplychain.models import GoodsOffer, SampleRequest, Sku, StockMove, Warehouse
from supplychain.views.pool import DECIMAL, NUMERIC
from tenants.choices import Platform

USUAL = 14 * clock.DAY
LINE = 200
NAMED: dict[str, type[Model]] = {"sku": Sku, "warehouse": Warehouse}


class BothSides:
    """A request is its asker's and its owner's."""

    def own(self, queryset: QuerySet[Any], verb: str = "view", lookup: str = "tenant_id") -> QuerySet[Any]:
        if queryset.model is not SampleRequest:
            return super().own(queryset, verb, lookup)  # type: ignore[misc]
        firm = self.tenant.pk  # type: ignore[attr-defined]
        rows = visible_to(queryset, self.actor, verb)  # type: ignore[attr-defined]
        return rows.filter(Q(tenant=firm) | Q(offer__tenant=firm))


class Samples(BothSides, ScopedListPage):
    """What was asked of one's own goods and what one asked for oneself, the latest first."""

    template_name = "portal/samples.html"
    section = "pool"
    needs = ("view", SampleRequest)
    model = SampleRequest
    filterset_class = SampleRequestFilter

    def base_queryset(self) -> QuerySet[Any]:
        return SampleRequest.objects.in_full().order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        overdue = self.own(SampleRequest.objects.overdue()).count()
        return super().get_context_data(overdue=overdue, **kwargs)


class AskForm(ScopedForm):
    """Which samples are wanted, for how long, and for which host."""

    pieces = WholeNumberField(
        label=gettext_lazy("Pieces"), min_value=1, max_value=1000, widget=forms.TextInput(NUMERIC)
    )
    until = DayField(label=gettext_lazy("Back by"), widget=DayInput)
    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("For the host"), required=False)
    platform = forms.ChoiceField(
        label=gettext_lazy("Platform of the outside host"),
        choices=[("", "—"), *Platform.choices],
        required=False,
    )
    outside_ref = CodeField(label=gettext_lazy("Account of the outside host"), required=False)
    note = LineField(
        label=gettext_lazy("Note"),
        max_length=LINE,
        required=False,
        help_text=gettext_lazy("Which colour or size, and for which show."),
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(clock.today()), tenant=self.tenant).order_by("code")


class AskForSamples(ServiceFormPage):
    """Asks the owner of goods of the pool for samples, or lends own ones to an outside host."""

    template_name = "portal/sample_ask.html"
    section = "pool"
    needs = ("add", SampleRequest)
    form_class = AskForm

    @property
    def offer(self) -> GoodsOffer:
        """An offer of the park that this tenant is in."""
        if not hasattr(self, "_offer"):
            pool = visible_to(GoodsOffer.objects.standing().in_full(), self.actor)
            row = pool.filter(uid=self.kwargs["uid"], park=self.node.parent_id).first()
            if row is None or (row.tenant_id == self.tenant.pk and not self.names_others):
                raise NotFound
            self._offer: GoodsOffer = row
        return self._offer

    @property
    def names_others(self) -> bool:
        """Whether one may say who gets the samples: a host asks for themself."""
        return may(self.actor, "change", SampleRequest, self.node.pk)

    @property
    def lends(self) -> bool:
        """Whether the goods are the firm's own: they are lent to outside hosts only."""
        return self.offer.tenant_id == self.tenant.pk

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        form = super().get_form(data, files)
        if not self.names_others:
            for name in ("host", "platform", "outside_ref"):
                del form.fields[name]
        elif self.lends:
            del form.fields["host"]
            form.fields["platform"].required = form.fields["outside_ref"].required = True
        return form

    def get_initial(self) -> dict[str, Any]:
        return {"pieces": 1, "until": clock.today() + USUAL}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        left = self.offer.samples - SampleRequest.objects.filter(offer=self.offer).lent()
        return super().get_context_data(offer=self.offer, lends=self.lends, left=max(left, 0), **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        asked = services.sample_ask(
            actor=self.actor, offer=self.offer, tenant=self.tenant, **form.cleaned_data
        )
        told = (
            _("Noted. With the price of a piece that is kept, the samples can be handed out.")
            if self.lends
            else _("The owner is asked; the answer stands here.")
        )
        messages.success(self.request, told)
        return redirect(self.url("portal-sample", uid=asked.uid))


class SamplePage(BothSides, ScopedDetailPage):
    """One request with everything that may be done about it now."""

    template_name = "portal/sample.html"
    section = "pool"
    needs = ("view", SampleRequest)
    model = SampleRequest

    def base_queryset(self) -> QuerySet[Any]:
        return SampleRequest.objects.in_full()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sample: SampleRequest = self.get_object()
        ours = sample.offer.tenant_id == self.tenant.pk
        runs = may(self.actor, "change", SampleRequest, self.node.pk)
        moves = may(self.actor, "add", StockMove, self.node.pk)
        skus = Sku.objects.filter(open_on(clock.today()), product=sample.offer.product_id).order_by("code")
        waits = ours and sample.state == SampleState.AGREED and (runs or moves)
        mine = [sku for sku in skus if moves or sku.tracked_since is None] if waits else []
        return super().get_context_data(
            sample=sample,
            ours=ours,
            can_change=runs,
            can_answer=ours and runs and sample.state == SampleState.ASKED,
            can_withdraw=sample.tenant_id == self.tenant.pk
            and runs
            and sample.state in (SampleState.ASKED, SampleState.AGREED),
            skus=mine,
            warehouses=self._warehouses() if moves else [],
            at_warehouse=waits and not mine,
            can_take_back=ours and sample.outstanding > 0 and (moves if sample.warehouse else runs),
            can_charge=ours
            and runs
            and sample.kept > 0
            and sample.state in (SampleState.OUT, SampleState.BACK),
            due=sample.price * sample.kept if sample.price is not None else None,
            **kwargs,
        )

    def _warehouses(self) -> list[Warehouse]:
        """Those of the park, as far as they are open."""
        rows = visible_to(Warehouse.objects.filter(open_on(clock.today())), self.actor)
        return list(rows.order_by("code"))


class SampleAction(BothSides, ServiceAction):
    """A button of a request, with a few fields beside it."""

    needs = ("view", SampleRequest)
    service: Any

    class Shape(forms.Form):
        """What the button's fields say."""

    def carry_out(self) -> None:
        form = self.Shape(self.request.POST)
        if not form.is_valid():
            name, texts = next(iter(form.errors.items()))
            raise InvalidInput(f"{form.fields[name].label}: {texts[0]}", code="invalid", field=name)
        type(self).service(
            actor=self.actor, request=self.named(SampleRequest.objects.all()), **self.read(form)
        )

    def read(self, form: forms.Form) -> dict[str, Any]:
        """The service's keywords, with rows for their ids; what stayed empty is left out."""
        given = {name: value for name, value in form.cleaned_data.items() if value not in ("", None)}
        return {name: self._named(name, value) if name in NAMED else value for name, value in given.items()}

    def _named(self, name: str, uid: Any) -> Any:
        row = visible_to(NAMED[name]._default_manager.all(), self.actor).filter(uid=uid).first()
        if row is None:
            raise InvalidInput(_("There is no such object."), code="not_found", field=name)
        return row

    def back_to(self) -> str:
        return self.url("portal-sample", uid=self.kwargs["uid"])


class AgreeSamples(SampleAction):
    needs = ("change", SampleRequest)
    service = staticmethod(services.sample_agree)
    done = gettext_lazy("You have said yes. Now the samples can be handed out.")

    class Shape(forms.Form):
        price = AmountField(
            label=gettext_lazy("Price of a piece that is kept (CNY)"),
            max_digits=17,
            decimal_places=2,
            min_value=0,
            widget=forms.TextInput(DECIMAL),
        )
        answer = LineField(label=gettext_lazy("Note"), max_length=LINE, required=False)


class RefuseSamples(SampleAction):
    needs = ("change", SampleRequest)
    service = staticmethod(services.sample_refuse)
    done = gettext_lazy("You have said no.")

    class Shape(forms.Form):
        reason = LineField(label=gettext_lazy("Why not"), max_length=LINE)


class WithdrawSamples(SampleAction):
    needs = ("change", SampleRequest)
    service = staticmethod(services.sample_withdraw)
    done = gettext_lazy("You ask no longer.")


class HandOutSamples(SampleAction):
    service = staticmethod(services.sample_hand_out)
    done = gettext_lazy("The samples are out. They stay yours, and are not sold meanwhile.")

    class Shape(forms.Form):
        sku = forms.UUIDField(label=gettext_lazy("SKU"))
        warehouse = forms.UUIDField(label=gettext_lazy("Warehouse"), required=False)


class TakeSamplesBack(SampleAction):
    service = staticmethod(services.sample_take_back)
    done = gettext_lazy("Noted. What is whole is in the stock again.")

    class Shape(forms.Form):
        whole = WholeNumberField(label=gettext_lazy("Whole"), min_value=0, max_value=1000)
        damaged = WholeNumberField(label=gettext_lazy("Damaged"), min_value=0, max_value=1000, required=False)
        warehouse = forms.UUIDField(label=gettext_lazy("Warehouse"), required=False)
        zone = LineField(label=gettext_lazy("Zone and shelf"), max_length=32, required=False)


class ChargeSamples(SampleAction):
    needs = ("change", SampleRequest)
    service = staticmethod(services.sample_charge)
    done = gettext_lazy("What is not back whole is charged.")
