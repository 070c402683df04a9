"""Samples of the goods pool: the warehouse hands them out and takes them back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from core.doors.admin import (
    Operation,
    OperationForm,
    ScopedModelAdmin,
    badge,
    related_field,
    style,
)
from core.doors.formfields import WholeNumberField
from core.policy import ADD
from supplychain import services
from supplychain.admin.zones import MAIN_PLACE, zone_field
from supplychain.choices import SampleState
from supplychain.models import SampleRequest, StockMove

STATES = {
    SampleState.ASKED: "warning",
    SampleState.AGREED: "info",
    SampleState.OUT: "info",
    SampleState.BACK: "success",
    SampleState.CHARGED: "danger",
}


class HandOutForm(OperationForm):
    sku = related_field(SampleRequest, "sku")
    warehouse = related_field(SampleRequest, "warehouse", label=_("from the warehouse"), required=False)


class TakeBackForm(OperationForm):
    whole = style(WholeNumberField, _("back whole"), min_value=0)
    damaged = style(WholeNumberField, _("back damaged"), min_value=0, initial=0)
    warehouse = related_field(SampleRequest, "warehouse", label=_("to the warehouse"), required=False)
    zone = zone_field(help_text=MAIN_PLACE)


class OverdueFilter(DropdownFilter):
    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("overdue"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        return queryset.overdue() if self.value() == "yes" else queryset


@admin.register(SampleRequest)
class SampleRequestAdmin(ScopedModelAdmin):
    list_display = (
        "offer",
        "tenant",
        "host",
        "outside_ref",
        "pieces",
        "until",
        badge("state", _("state"), STATES),
        "handed_out_on",
        "whole",
        "damaged",
        "amount",
    )
    list_filter = (OverdueFilter, "state", "tenant", "until")
    list_select_related = ("offer__product", "offer__tenant", "tenant", "host")
    search_fields = (
        "offer__product__code",
        "offer__product__name_zh",
        "tenant__code",
        "offer__tenant__code",
        "outside_ref",
    )
    fields = (
        "offer",
        ("tenant", "host"),
        ("platform", "outside_ref"),
        ("pieces", "until"),
        "note",
        ("state", "answer", "price"),
        ("sku", "warehouse", "handed_out_on"),
        ("whole", "damaged", "back_on"),
        ("amount", "charged_on", "agreement"),
    )
    operations = (
        Operation(
            "hand-out",
            _("Hand out the samples"),
            services.sample_hand_out,
            row="request",
            form=HandOutForm,
            icon="outbox",
            verb=ADD,
            makes=StockMove,
            when=lambda request: request.state == SampleState.AGREED,
        ),
        Operation(
            "take-back",
            _("Take samples back"),
            services.sample_take_back,
            row="request",
            form=TakeBackForm,
            icon="move_to_inbox",
            verb=ADD,
            makes=StockMove,
            when=lambda request: request.state == SampleState.OUT,
        ),
    )
