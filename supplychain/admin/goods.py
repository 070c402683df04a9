"""Products and SKUs: their tenants keep them, the park's warehouse looks them up."""

from __future__ import annotations

from django.contrib import admin

from core.doors.admin import OpenFilter, ScopedModelAdmin
from supplychain.models import Product, Sku


@admin.register(Product)
class ProductAdmin(ScopedModelAdmin):
    list_display = ("code", "name_zh", "tenant", "category", "dropped_on", "list_price", "closed_on")
    list_filter = ("tenant", "dropped_on", OpenFilter)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("tenant", "code", ("name_zh", "name_en"), "category", "dropped_on", "list_price", "cost")


@admin.register(Sku)
class SkuAdmin(ScopedModelAdmin):
    list_display = (
        "code",
        "product",
        "tenant",
        "specification",
        "tracked_since",
        "presale_limit",
        "closed_on",
    )
    list_filter = ("tenant", "tracked_since", OpenFilter)
    search_fields = ("code", "specification", "product__code", "product__name_zh")
    fields = ("tenant", "product", "code", "specification", "tracked_since", "presale_limit")
