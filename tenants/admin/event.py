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

    list_display = ("tenant", "event", "park", "created_at", "closed_on", "sent_away")
    list_filter = ("event", "park", OpenFilter)
    search_fields = ("tenant__code", "tenant__name_zh", "event__name_zh")
    fields = ("event", "tenant", "park", "closed_on", "sent_away")
    operations = (
        Operation(
            "send_away",
            _("Send away from the event"),
            services.entry_send_away,
            row="entry",
            icon="logout",
            question=_("Its sales no longer count for the event, and it cannot enter again by itself."),
            danger=True,
            bulk=True,
            when=lambda entry: entry.closed_on is None,
        ),
        Operation(
            "readmit",
            _("Let enter again"),
            services.entry_readmit,
            row="entry",
            icon="login",
            when=lambda entry: entry.sent_away,
        ),
    )
