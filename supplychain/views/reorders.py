"""New styles and what to make more of: sell-through, proposals with their reason, and what becomes of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.clock import today
from core.days import open_on
from core.doors.filters import DayInput
from core.doors.formfields import LARGEST, AmountField, DayField, LineField, WholeNumberField
from core.doors.portal import (
    ScopedChoiceField,
    ScopedDetailPage,
    ScopedForm,
    ScopedListPage,
    ServiceAction,
    ServiceFormPage,
)
from core.errors import InvalidInput
from core.scoping import get_visible, hidden_columns, may, visible_to
from supplychain import services
from supplychain.choices import REORDER_COMING, ReorderState, WorkStep
from supplychain.importing.drops import COLUMNS, read_drop
from supplychain.models import Factory, Launch, Product, Reorder, StockLevel, StockMove, Warehouse
from supplychain.pace import reorder_pace

SHOWN_REORDERS = 50


class Reorders(ScopedListPage):
    """What waits for an answer, what is being made, and the drops with their sell-through."""

    template_name = "portal/reorders.html"
    section = "reorders"
    needs = ("view", Launch)
    model = Launch

    def base_queryset(self) -> QuerySet[Launch]:
        return Launch.objects.select_related("product").prefetch_related("days").order_by("-day", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        reorders = self.own(
            Reorder.objects.select_related("launch__product", "factory"), lookup="launch__tenant_id"
        )
        waiting = reorders.filter(state=ReorderState.PROPOSED).order_by("-gain", "pk")
        coming = reorders.filter(state__in=REORDER_COMING).order_by("due_on", "pk")
        return super().get_context_data(
            waiting=list(waiting[:SHOWN_REORDERS]),
            coming=list(coming[:SHOWN_REORDERS]),
            can_add=may(self.actor, "add", Launch, self.node.pk),
            sees_stock=may(self.actor, "view", StockLevel, self.node.pk),
            pace=reorder_pace(self.own(Launch.objects.all()), reorders),
            today=today(),
            **kwargs,
        )


class LaunchForm(ScopedForm):
    """A style's test batch; money is per piece."""

    product = ScopedChoiceField(Product, label=gettext_lazy("Style"))
    factory = ScopedChoiceField(Factory, label=gettext_lazy("Factory that can make more"), required=False)
    day = DayField(label=gettext_lazy("Day of the drop"), widget=DayInput)
    season_end = DayField(label=gettext_lazy("End of the season"), widget=DayInput)
    test_batch = WholeNumberField(
        label=gettext_lazy("Test batch (pieces)"), min_value=1, max_value=LARGEST["IntegerField"]
    )
    price = AmountField(label=gettext_lazy("Price"), max_digits=12, decimal_places=2)
    cost = AmountField(label=gettext_lazy("Cost of one more"), max_digits=12, decimal_places=2)
    leftover_value = AmountField(
        label=gettext_lazy("What a piece left over brings"), max_digits=12, decimal_places=2
    )
    returned_percent = WholeNumberField(
        label=gettext_lazy("Expected to come back (%)"), min_value=0, max_value=99, initial=0
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(today()), tenant=self.tenant)


class NewLaunch(ServiceFormPage):
    """Writes down a style's test batch; its sales are counted at once."""

    template_name = "portal/launch_new.html"
    section = "reorders"
    needs = ("add", Launch)
    form_class = LaunchForm

    def get_initial(self) -> dict[str, Any]:
        return {"day": today()}

    def carry_out(self, form: Any) -> HttpResponse:
        services.launch_create(actor=self.actor, tenant=self.tenant, **form.cleaned_data)
        messages.success(
            self.request, _("It is watched: when its sales say so, a re-order is proposed here.")
        )
        return redirect(self.url("portal-reorders"))


class DropForm(ScopedForm):
    """A file with a row for each style, and what holds for rows that leave it open."""

    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True, max_length=255)
    day = DayField(label=gettext_lazy("Day of the drop"), widget=DayInput)
    season_end = DayField(label=gettext_lazy("End of the season"), widget=DayInput)
    factory = ScopedChoiceField(Factory, label=gettext_lazy("Factory that can make more"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs |= {"accept": ".csv,.xlsx,.txt", "class": "form-control"}

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(today()), tenant=self.tenant)


class NewDrop(ServiceFormPage):
    """Writes down all styles of a drop from a file, or none of them."""

    template_name = "portal/drop_new.html"
    section = "reorders"
    needs = ("add", Launch)
    form_class = DropForm

    def get_initial(self) -> dict[str, Any]:
        return {"day": today()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(columns=[names[0] for names in COLUMNS.values()], **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        values = dict(form.cleaned_data)
        styles = read_drop(values.pop("file"))
        made = services.drop_create(actor=self.actor, tenant=self.tenant, styles=styles, **values)
        message = ngettext("%(n)d style is watched.", "%(n)d styles are watched.", len(made))
        messages.success(self.request, message % {"n": len(made)})
        return redirect(self.url("portal-reorders"))


class CorrectionForm(LaunchForm):
    """What of a launch can be corrected."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("product", "day"):
            del self.fields[name]


class LaunchPage(ServiceFormPage):
    """Corrects a launch; what follows from it is counted again."""

    template_name = "portal/launch_new.html"
    section = "reorders"
    needs = ("change", Launch)
    form_class = CorrectionForm

    @cached_property
    def launch(self) -> Launch:
        return self.named(Launch.objects.select_related("product"), "change")

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.launch, name) for name in CorrectionForm.base_fields}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(launch=self.launch, **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        services.launch_update(actor=self.actor, launch=self.launch, **form.cleaned_data)
        messages.success(self.request, _("It is corrected, and what follows from it is counted again."))
        return redirect(self.url("portal-reorders"))


class ReorderPage(ScopedDetailPage):
    """A re-order, why it was proposed, and what can be done with it."""

    template_name = "portal/reorder.html"
    section = "reorders"
    needs = ("view", Reorder)
    model = Reorder
    tenant_lookup = "launch__tenant_id"

    def base_queryset(self) -> QuerySet[Reorder]:
        return Reorder.objects.select_related("launch__product", "factory").prefetch_related(
            "launch__days", "work__step"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        reorder = self.get_object()
        changes = may(self.actor, "change", Reorder, self.node.pk)
        takes_in = reorder.state in REORDER_COMING and may(self.actor, "add", StockMove, self.node.pk)
        warehouses = Warehouse.objects.filter(open_on(today())).order_by("code")
        return super().get_context_data(
            reorder=reorder,
            launch=reorder.launch,
            lines=list(reorder.lines.select_related("sku").order_by("pk")),
            stages=reorder.stages,
            can_answer=changes and reorder.state == ReorderState.PROPOSED,
            can_cancel=changes and reorder.state == ReorderState.CONFIRMED,
            warehouses=list(visible_to(warehouses, self.actor)) if takes_in else [],
            shows_cost="price" not in hidden_columns(self.actor, Reorder, self.node.pk),
            levels=self.own(
                StockLevel.objects.filter(sku__product=reorder.launch.product_id)
                .select_related("sku", "warehouse")
                .order_by("sku__code", "warehouse__code", "pk"),
                lookup="owner_id",
            ),
            **kwargs,
        )


class ReorderAction(ServiceAction):
    """A button of a re-order."""

    section = "reorders"
    needs: ClassVar[tuple[str, type[Model]] | None] = ("change", Reorder)

    @property
    def reorder(self) -> Reorder:
        return self.named(Reorder.objects.all(), lookup="launch__tenant_id")

    def back_to(self) -> str:
        return self.url("portal-reorder", uid=self.kwargs["uid"])


class QuantityForm(forms.Form):
    quantity = WholeNumberField(min_value=1, max_value=LARGEST["IntegerField"])


class ConfirmReorder(ReorderAction):
    """Confirms as many pieces as the form says: what was seen, or what the person made of it."""

    done = gettext_lazy("It is confirmed, and the factory's days are taken for it.")

    def carry_out(self) -> None:
        form = QuantityForm(self.request.POST)
        reorder = self.reorder
        if not form.is_valid():
            raise InvalidInput(_("A quantity is a whole number from 1."), code="range", field="quantity")
        services.reorder_confirm(actor=self.actor, reorder=reorder, **form.cleaned_data)


class DeclineReorder(ReorderAction):
    done = gettext_lazy(
        "It is declined. The next proposal comes on the next day of decision at the earliest."
    )

    def carry_out(self) -> None:
        services.reorder_decline(actor=self.actor, reorder=self.reorder)


class CancelReorder(ReorderAction):
    done = gettext_lazy("It is cancelled, and the factory's days to come are free again.")

    def carry_out(self) -> None:
        services.reorder_cancel(actor=self.actor, reorder=self.reorder)


class StepForm(forms.Form):
    step = forms.ChoiceField(choices=WorkStep.choices)


class AdvanceReorder(ReorderAction):
    """Notes that a step is done; the button stands on the page of the re-order and beside it in its factory."""

    done = gettext_lazy("It is noted.")

    def carry_out(self) -> None:
        form = StepForm(self.request.POST)
        reorder = self.reorder
        if not form.is_valid():
            raise InvalidInput(_("There is no such step."), code="step", field="step")
        services.reorder_advance(actor=self.actor, reorder=reorder, **form.cleaned_data)


class ProduceReorder(ReorderAction):
    done = gettext_lazy("It is noted as produced.")

    def carry_out(self) -> None:
        services.reorder_produce(actor=self.actor, reorder=self.reorder)


class ReceiveForm(forms.Form):
    warehouse = forms.UUIDField()
    zone = LineField(max_length=32, required=False)


class ReceiveReorder(ReorderAction):
    """Takes in what came: the pieces of each SKU stand in fields named by its line."""

    needs = ("add", StockMove)
    done = gettext_lazy("The pieces are in the stock.")

    def carry_out(self) -> None:
        reorder = self.reorder
        form = ReceiveForm(self.request.POST)
        if not form.is_valid():
            if "zone" in form.errors:
                raise InvalidInput(form.errors["zone"][0], code="zone", field="zone")
            raise InvalidInput(_("There is no such warehouse."), code="not_found", field="warehouse")
        services.reorder_receive(
            actor=self.actor,
            reorder=reorder,
            warehouse=get_visible(Warehouse, self.actor, uid=form.cleaned_data["warehouse"]),
            pieces=self._pieces(reorder),
            zone=form.cleaned_data["zone"],
        )

    def _pieces(self, reorder: Reorder) -> dict[str, int]:
        found = {}
        for line in reorder.lines.select_related("sku"):
            name = f"pieces-{line.pk}"
            form = forms.Form({name: self.request.POST.get(name, line.quantity)})
            form.fields[name] = WholeNumberField(min_value=0, max_value=LARGEST["IntegerField"])
            if not form.is_valid():
                raise InvalidInput(
                    _("%(sku)s: a number of pieces is whole, from 0.") % {"sku": line.sku.code},
                    code="range",
                    field="pieces",
                )
            found[line.sku.code] = form.cleaned_data[name]
        return found
