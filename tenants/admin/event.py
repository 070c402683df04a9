"""Who takes part in festivals."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.doors.admin import OpenFilter, Operation, ScopedModelAdmin
from core.policy import ADD
from tenants import services
from tenants.models import EventEntry


@admin.register(EventEntry)
class EventEntryAdmin(ScopedModelAdmin):
    """A park enters its tenants on their behalf; whoever organises the event looks at all of them."""

    writes = frozenset({ADD})
    list_display = ("tenant", "event", "park", "created_at", "closed_on")
    list_filter = ("event", "park", OpenFilter)
    search_fields = ("tenant__code", "tenant__name_zh", "event__name_zh")
    fields = ("event", "tenant", "park", "closed_on")
    add_fieldsets = ((None, {"fields": ("event", "tenant")}),)
    autocomplete_fields = ("event", "tenant")
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

    def create(self, actor: Actor, values: dict[str, Any]) -> EventEntry:
        return services.event_enter(actor=actor, **values)
