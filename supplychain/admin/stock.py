"""Shared warehouses: what lies where, every move, and what is owed to buyers."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.doors.admin import CLOSE, REOPEN, OpenFilter, RecordAdmin, ScopedModelAdmin, badge, count_of
from supplychain.choices import BackorderState
from supplychain.models import Backorder, StockLevel, StockMove, Warehouse


@admin.register(Warehouse)
class WarehouseAdmin(RecordAdmin):
    list_display = ("code", "name_zh", "park", "closed_on")
    list_filter = ("park", OpenFilter)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("park", "code", ("name_zh", "name_en"))
    autocomplete_fields = ("park",)
    fixed_fields = ("park", "code")
    operations = (CLOSE, REOPEN)


@admin.register(StockLevel)
class StockLevelAdmin(ScopedModelAdmin):
    list_display = ("sku", "owner", "warehouse", "on_hand", "reserved", count_of("free", _("available")))
    list_filter = ("warehouse", "owner")
    search_fields = ("sku__code", "owner__code", "owner__name_zh")
    fields = ("warehouse", "owner", "sku", ("on_hand", "reserved"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return super().get_queryset(request).annotate(free=F("on_hand") - F("reserved"))


@admin.register(StockMove)
class StockMoveAdmin(ScopedModelAdmin):
    list_display = ("occurred_at", "kind", "sku", "owner", "warehouse", "quantity", "source", "note")
    list_filter = ("occurred_at", "kind", "warehouse", "owner", "sku")
    search_fields = ("sku__code", "owner__code", "owner__name_zh", "note")
    ordering = ("-occurred_at", "-id")
    fields = (
        "warehouse",
        "owner",
        "sku",
        ("kind", "quantity"),
        "occurred_at",
        ("source", "source_key"),
        "note",
    )


@admin.register(Backorder)
class BackorderAdmin(ScopedModelAdmin):
    list_display = (
        "occurred_at",
        "order_no",
        "sku",
        "owner",
        "quantity",
        badge("state", _("state"), {BackorderState.OPEN: "warning", BackorderState.FILLED: "success"}),
    )
    list_filter = ("occurred_at", "state", "owner", "sku")
    search_fields = ("order_no", "sku__code", "owner__code", "owner__name_zh")
    ordering = ("-occurred_at",)
    fields = ("owner", "sku", "order_no", "quantity", "state", "occurred_at")
