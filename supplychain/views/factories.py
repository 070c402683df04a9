"""The firm's factories: what each step can do, what of the days to come is still free, and what is being made."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.doors.formfields import LineField, WholeNumberField
from core.doors.portal import ScopedForm, ScopedListPage, ServiceFormPage
from core.scoping import may
from core.strict import MAX_QUANTITY
from supplychain import services
from supplychain.choices import REORDER_COMING, WorkStep
from supplychain.factoryroom import SHOWN_DAYS, able, free, with_room
from supplychain.models import Factory, Reorder


class Factories(ScopedListPage):
    """Each factory with its steps, their free pieces in the next days, and the orders that it has."""

    template_name = "portal/factories.html"
    section = "reorders"
    needs = ("view", Factory)
    model = Factory

    def base_queryset(self) -> QuerySet[Factory]:
        coming = (
            Reorder.objects.filter(state__in=REORDER_COMING)
            .select_related("launch__product")
            .prefetch_related("work__step")
        )
        orders = Prefetch("reorders", coming.order_by("due_on"), to_attr="coming")
        return with_room(Factory.objects.all()).prefetch_related(orders).order_by("name", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            can_add=may(self.actor, "add", Factory, self.node.pk),
            can_change=may(self.actor, "change", Reorder, self.node.pk),
            shown_days=SHOWN_DAYS,
            **kwargs,
        )
        for factory in context["rows"]:
            for step in factory.steps.all():
                step.able, step.free = able(step), free(step)
                step.taken_share = round(100 * (step.able - step.free) / step.able)
        return context


class FactoryForm(ScopedForm):
    """A factory and its steps: pieces a day, and days of preparation; a step without pieces is not done there."""

    name = LineField(label=gettext_lazy("Name"), max_length=100)
    contact = LineField(label=gettext_lazy("Contact"), max_length=100, required=False)
    terms = LineField(label=gettext_lazy("Terms"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, name in WorkStep.choices:
            self.fields[f"{kind}_pieces"] = WholeNumberField(
                label=_("%(step)s: pieces a day") % {"step": name},
                min_value=1,
                max_value=MAX_QUANTITY,
                required=False,
            )
            self.fields[f"{kind}_days"] = WholeNumberField(
                label=_("days before"), min_value=0, max_value=365, required=False
            )

    @property
    def step_fields(self) -> list[tuple[Any, Any]]:
        return [(self[f"{kind}_pieces"], self[f"{kind}_days"]) for kind in WorkStep.values]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not self.steps:
            raise ValidationError(_("A factory does at least one step."), code="steps")
        return values

    @property
    def steps(self) -> dict[str, tuple[int, int]]:
        values = self.cleaned_data
        return {
            kind: (pieces, values.get(f"{kind}_days") or 0)
            for kind in WorkStep.values
            if (pieces := values.get(f"{kind}_pieces"))
        }

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "contact", "terms")}


class NewFactory(ServiceFormPage):
    """Writes down a factory."""

    template_name = "portal/factory.html"
    section = "reorders"
    needs = ("add", Factory)
    form_class = FactoryForm

    def carry_out(self, form: Any) -> HttpResponse:
        services.factory_create(actor=self.actor, tenant=self.tenant, steps=form.steps, **form.values)
        messages.success(self.request, _("The factory is stored."))
        return redirect(self.url("portal-factories"))


class FactoryPage(NewFactory):
    """Changes a factory: from now on, what is promised stays promised."""

    needs = ("change", Factory)

    @cached_property
    def factory(self) -> Factory:
        return self.named(Factory.objects.all())

    def get_initial(self) -> dict[str, Any]:
        factory = self.factory
        initial: dict[str, Any] = {name: getattr(factory, name) for name in ("name", "contact", "terms")}
        for step in factory.steps.all():
            initial |= {f"{step.kind}_pieces": step.pieces_per_day, f"{step.kind}_days": step.lead_days}
        return initial

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(factory=self.factory, **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        services.factory_update(actor=self.actor, factory=self.factory, steps=form.steps, **form.values)
        messages.success(self.request, _("The factory is stored."))
        return redirect(self.url("portal-factories"))
