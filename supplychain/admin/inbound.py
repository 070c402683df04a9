"""Inbound notices: the warehouse takes in what was announced."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.doors.admin import Operation, OperationForm, ScopedModelAdmin, badge, style
from core.doors.formfields import WholeNumberField
from core.policy import ADD
from supplychain import services
from supplychain.admin.zones import zone_field
from supplychain.choices import InboundState
from supplychain.models import InboundNotice, StockMove


class ReceiveForm(OperationForm):
    received = style(WholeNumberField, _("pieces received"), min_value=0)
    difference = style(forms.CharField, _("reason of the difference"), max_length=200, required=False)
    zone = zone_field(help_text=_("Where it is put. Empty: the main place."))


@admin.register(InboundNotice)
class InboundNoticeAdmin(ScopedModelAdmin):
    list_display = (
        "day",
        "sku",
        "owner",
        "warehouse",
        "pieces",
        "received",
        badge("state", _("state"), {InboundState.ANNOUNCED: "warning", InboundState.RECEIVED: "success"}),
        "difference",
    )
    list_filter = ("day", "state", "warehouse", "owner")
    list_select_related = ("sku", "owner", "warehouse")
    search_fields = ("sku__code", "owner__code", "owner__name_zh", "note")
    fields = (
        ("warehouse", "owner"),
        ("sku", "pieces", "day"),
        "note",
        "state",
        ("received", "received_on"),
        "difference",
    )
    operations = (
        Operation(
            "receive",
            _("Take in"),
            services.inbound_receive,
            row="notice",
            form=ReceiveForm,
            icon="move_to_inbox",
            verb=ADD,
            makes=StockMove,
            when=lambda notice: notice.state == InboundState.ANNOUNCED,
        ),
    )
