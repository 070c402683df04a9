"""What tenants bring to festivals: their own affair, looked at by the venue and the organiser."""

from __future__ import annotations

from django.contrib import admin

from core.doors.admin import OpenFilter, ScopedModelAdmin
from supplychain.models import EventItem


@admin.register(EventItem)
class EventItemAdmin(ScopedModelAdmin):
    list_display = ("product", "entry", "price", "quantity", "closed_on")
    list_filter = ("entry", OpenFilter)
    list_select_related = ("entry__tenant", "entry__event")
    search_fields = ("product__code", "product__name_zh", "entry__tenant__code")
    fields = ("entry", "product", ("price", "quantity"), "closed_on")
