"""Live rooms and their repairs."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.actors import Actor
from core.clock import now, today
from core.doors.admin import (
    OpenFilter,
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ShownInline,
    style,
)
from core.doors.admin.records import ClosingForm
from core.doors.context import actor_of
from core.policy import ADD, CHANGE
from core.scoping import may
from livestreams import services
from livestreams.admin.studioday import studio_view
from livestreams.admin.usage import board_view, usage_view
from livestreams.models import LiveRoom, Maintenance
from livestreams.models.room import OUT_OF_USE


class MaintenanceInline(ShownInline):
    model = Maintenance
    fields = ("starts_at", "ends_at", "why")
    readonly_fields = ("why",)
    ordering = ("-starts_at",)

    @display(description=_("reason"))
    def why(self, window: Maintenance) -> str:
        return window.why


class MaintenanceEndForm(OperationForm):
    ends_at = style(forms.SplitDateTimeField, _("until"), required=False)


def room_close(*, actor: Actor, room: LiveRoom, closed_on: date | None = None) -> LiveRoom:
    """Close a room: refused while somebody has it booked later."""
    return services.room_update(actor=actor, room=room, closed_on=closed_on or today())


def room_reopen(*, actor: Actor, room: LiveRoom) -> LiveRoom:
    return services.room_update(actor=actor, room=room, closed_on=None)


@admin.register(LiveRoom)
class LiveRoomAdmin(ScopedModelAdmin):
    writes = frozenset({ADD, CHANGE})
    list_display = (
        "code",
        "name_zh",
        "park",
        "scene",
        "hourly_rate",
        "setup_minutes",
        "dedicated_to",
        "closed_on",
        "door_sign",
    )
    list_filter = ("park", "dedicated_to", OpenFilter)
    search_fields = ("code", "name_zh", "name_en", "scene")
    fieldsets = (
        (None, {"fields": ("park", "code", ("name_zh", "name_en"), "unit", "dedicated_to")}),
        (_("What it is like"), {"fields": ("scene", "equipment", "industries", "media_node")}),
        (
            _("Hours and price"),
            {"fields": (("opens_at", "closes_at"), ("setup_minutes", "hourly_rate"), "opened_on")},
        ),
    )
    autocomplete_fields = ("park", "unit", "dedicated_to", "media_node")
    fixed_fields = ("park", "code")
    inlines = (MaintenanceInline,)
    operations = (
        Operation(
            "close",
            _("Close"),
            room_close,
            row="room",
            form=ClosingForm,
            icon="archive",
            question=_("The room is kept and no longer offered from that day on."),
            danger=True,
            when=lambda room: room.closed_on is None,
        ),
        Operation(
            "reopen",
            _("Reopen"),
            room_reopen,
            row="room",
            icon="unarchive",
            when=lambda room: room.closed_on is not None,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"{name}/",
                partial(self.admin_site.admin_view(view), site=self.admin_site),
                name=f"rooms_{name}",
            )
            for name, view in (("board", board_view), ("studio", studio_view), ("usage", usage_view))
        ]
        return [*pages, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Signs are printed by those who run the rooms: nobody else's page of one opens."""
        shown = list(super().get_list_display(request))
        return shown if may(actor_of(request), CHANGE, LiveRoom) else [x for x in shown if x != "door_sign"]

    @display(description=_("sign for the door"))
    def door_sign(self, room: LiveRoom) -> str:
        return format_html('<a href="{}">{}</a>', reverse("door-sign", args=[room.code]), gettext("QR code"))

    def create(self, actor: Actor, values: dict[str, Any]) -> LiveRoom:
        return services.room_create(actor=actor, **values)

    def update(self, actor: Actor, row: LiveRoom, values: dict[str, Any]) -> None:
        services.room_update(actor=actor, room=row, **values)


@admin.register(Maintenance)
class MaintenanceAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("room", "room__park", "starts_at", "ends_at", "why")
    list_select_related = ("room__park",)
    list_filter = ("room", "starts_at")
    search_fields = ("room__code", "room__name_zh", "reason")
    fieldsets = ((None, {"fields": ("room", "starts_at", "ends_at", "why")}),)
    add_fieldsets = ((None, {"fields": ("room", "starts_at", "ends_at", "reason")}),)
    readonly_fields = ("why",)
    autocomplete_fields = ("room",)
    operations = (
        Operation(
            "end",
            _("End or move the end"),
            services.maintenance_end,
            row="window",
            form=MaintenanceEndForm,
            icon="event_available",
            question=_("Without a time it ends now; one that lies ahead is called off."),
            when=lambda window: window.ends_at > now(),
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Maintenance:
        return services.maintenance_create(actor=actor, **values)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Maintenance], search_term: str
    ) -> tuple[QuerySet[Maintenance], bool]:
        """By what is stored, and by the words in which the reason of a fault's window is shown."""
        found, repeats = super().get_search_results(request, queryset, search_term)
        if search_term and search_term.lower() in gettext(OUT_OF_USE).lower():
            found |= queryset.filter(reason=OUT_OF_USE)
        return found, repeats

    @display(description=_("reason"), ordering="reason")
    def why(self, window: Maintenance) -> str:
        return window.why
