"""Prices of the warehouses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from core.actors import Actor
from core.doors.admin import ScopedModelAdmin
from core.policy import ADD
from supplychain import services
from supplychain.models import WarehouseTariff


@admin.register(WarehouseTariff)
class WarehouseTariffAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("warehouse", "from_day", "per_parcel", "per_piece", "per_return", "per_night")
    list_filter = ("warehouse", "from_day")
    search_fields = ("warehouse__code", "warehouse__name_zh")
    fields = ("warehouse", "from_day", ("per_parcel", "per_piece"), ("per_return", "per_night"))
    autocomplete_fields = ("warehouse",)

    def create(self, actor: Actor, values: dict[str, Any]) -> WarehouseTariff:
        return services.tariff_set(actor=actor, **values)
