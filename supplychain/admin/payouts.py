"""What platforms settled, as their files say."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from core.doors.admin import ScopedModelAdmin
from supplychain.models import PayoutEntry


@admin.register(PayoutEntry)
class PayoutEntryAdmin(ScopedModelAdmin):
    list_display = ("occurred_at", "tenant", "platform", "kind", "order_no", "line_no", "amount", "account")
    list_select_related = ("tenant",)
    list_filter = ("business_day", "platform", "kind", "tenant")
    search_fields = ("order_no", "line_no", "external_id", "account")
    fields = (
        ("tenant", "platform"),
        ("kind", "amount"),
        ("order_no", "line_no"),
        ("occurred_at", "business_day", "ordered_at"),
        "account",
        ("external_id", "version"),
        ("import_batch", "received_at"),
    )

    def get_queryset(self, request: Any) -> Any:
        visible = super().get_queryset(request)
        return visible.filter(pk__in=PayoutEntry.objects.standing().values("pk"))
