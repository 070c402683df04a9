"""Who takes part in festivals."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.doors.admin import OpenFilter, Operation, ScopedModelAdmin
from tenants import services
from tenants.models import EventEntry


@admin.register(EventEntry)
class EventEntryAdmin(ScopedModelAdmin):
    """Tenants enter by themselves; their park and whoever organises the event may send one away."""

    list_display = ("tenant", "event", "park", "created_at", "closed_on")
    list_filter = ("event", "park", OpenFilter)
    search_fields = ("tenant__code", "tenant__name_zh", "event__name_zh")
    fields = ("event", "tenant", "park", "closed_on")
    operations = (
        Operation(
            "withdraw",
            _("Withdraw from the event"),
            services.entry_withdraw,
            row="entry",
            icon="logout",
            question=_("Its sales no longer count for the event."),
            danger=True,
            bulk=True,
            when=lambda entry: entry.closed_on is None,
        ),
    )
