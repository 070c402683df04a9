"""What was explained in live sessions."""

from __future__ import annotations

from django.contrib import admin

from core.doors.admin import ScopedModelAdmin
from supplychain.models import ExplainEvent


@admin.register(ExplainEvent)
class ExplainEventAdmin(ScopedModelAdmin):
    list_display = ("at", "session", "kind", "product", "sku", "source")
    list_select_related = ("session", "product", "sku")
    list_filter = ("at", "kind", "session__tenant", "session__room")
    search_fields = ("product__code", "product__name_zh", "session__platform_live_id", "session__title")
    fields = (("at", "kind"), "session", ("product", "sku"), ("source", "external_id", "received_at"))
