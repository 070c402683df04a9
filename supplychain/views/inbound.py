"""Inbound notices in the portal: goods announced to the park's warehouses, and what came of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.days import open_on
from core.doors.filters import DayInput
from core.doors.formfields import LARGEST, DayField, LineField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedForm, ScopedListPage, ServiceAction, ServiceFormPage
from core.errors import InvalidInput
from core.scoping import may
from supplychain import services
from supplychain.filters import InboundNoticeFilter
from supplychain.models import InboundNotice, Sku, StockMove, Warehouse
from supplychain.views.pool import NUMERIC


class Inbound(ScopedListPage):
    """What is announced and what came, the latest first."""

    template_name = "portal/inbound.html"
    section = "goods"
    needs = ("view", InboundNotice)
    model = InboundNotice
    filterset_class = InboundNoticeFilter
    tenant_lookup = "owner_id"

    def base_queryset(self) -> QuerySet[InboundNotice]:
        return InboundNotice.objects.select_related("sku", "warehouse").order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            can_announce=may(self.actor, "add", InboundNotice, self.node.pk),
            can_withdraw=may(self.actor, "change", InboundNotice, self.node.pk),
            can_receive=may(self.actor, "add", StockMove, self.node.pk),
            **kwargs,
        )


class AnnounceForm(ScopedForm):
    """What comes where, and when."""

    sku = ScopedChoiceField(Sku, label=gettext_lazy("SKU"))
    warehouse = ScopedChoiceField(Warehouse, to_field="code", label=gettext_lazy("Warehouse"))
    pieces = WholeNumberField(
        label=gettext_lazy("Pieces"),
        min_value=1,
        max_value=LARGEST["IntegerField"],
        widget=forms.TextInput(NUMERIC),
    )
    day = DayField(label=gettext_lazy("Expected on"), widget=DayInput)
    note = LineField(
        label=gettext_lazy("Note"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Carrier and number, how many cartons."),
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if queryset.model is Warehouse:
            return queryset.filter(open_on(clock.today())).order_by("code")
        return queryset.filter(open_on(clock.today()), tenant=self.tenant).order_by("code")


class AnnounceInbound(ServiceFormPage):
    """Announces goods to a warehouse."""

    template_name = "portal/inbound_new.html"
    section = "goods"
    needs = ("add", InboundNotice)
    form_class = AnnounceForm

    def get_initial(self) -> dict[str, Any]:
        return {"day": clock.today() + clock.DAY}

    def carry_out(self, form: Any) -> HttpResponse:
        services.inbound_announce(actor=self.actor, **form.cleaned_data)
        messages.success(self.request, _("The warehouse knows what comes."))
        return redirect(self.url("portal-inbound"))


class NoticeAction(ServiceAction):
    """A button of a notice."""

    needs: ClassVar[tuple[str, type[Model]] | None] = ("change", InboundNotice)

    @property
    def notice(self) -> InboundNotice:
        row: InboundNotice = self.named(InboundNotice.objects.all(), lookup="owner_id")
        return row

    def back_to(self) -> str:
        return self.url("portal-inbound")


class WithdrawInbound(NoticeAction):
    done = gettext_lazy("The notice is withdrawn.")

    def carry_out(self) -> None:
        services.inbound_withdraw(actor=self.actor, notice=self.notice)


class ReceiveForm(forms.Form):
    received = WholeNumberField(min_value=0, max_value=LARGEST["IntegerField"])
    difference = LineField(max_length=200, required=False)
    zone = LineField(max_length=32, required=False)


class ReceiveInbound(NoticeAction):
    """Takes in what came, with the reason where it is another number."""

    needs = ("add", StockMove)
    done = gettext_lazy("The pieces are in the stock.")

    def carry_out(self) -> None:
        notice, form = self.notice, ReceiveForm(self.request.POST)
        if not form.is_valid():
            raise InvalidInput(_("A count is a whole number from 0."), code="range", field="received")
        services.inbound_receive(actor=self.actor, notice=notice, **form.cleaned_data)
