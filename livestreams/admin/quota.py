"""How many hours of its rooms the park gives its firms."""

from __future__ import annotations

from django.contrib import admin

from core.doors.admin import RecordAdmin
from livestreams.models import SlotQuota


@admin.register(SlotQuota)
class SlotQuotaAdmin(RecordAdmin):
    list_display = ("__str__", "park", "day_hours", "week_hours", "updated_at")
    list_select_related = ("park", "tenant")
    list_filter = ("park",)
    search_fields = ("tenant__code", "tenant__name_zh", "tenant__name_en")
    fields = ("park", "tenant", ("day_hours", "week_hours"))
    autocomplete_fields = ("park", "tenant")
    fixed_fields = ("park", "tenant")
