"""Live sessions with their shifts and the tenants they show."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.doors.admin import Operation, OperationForm, ScopedModelAdmin, ShownInline, badge, style
from core.doors.admin.display import EMPTY
from core.doors.context import actor_of
from core.policy import ADD
from livestreams import services
from livestreams.choices import MARKETS, SESSION_OPEN, SessionState
from livestreams.labels import ending_of, told_of
from livestreams.models import HostShift, LiveSession, SessionTenant

STATE_COLOURS = {
    SessionState.SCHEDULED: "info",
    SessionState.LIVE: "success",
    SessionState.LOST: "danger",
    SessionState.VOID: "warning",
}


class HostShiftInline(ShownInline):
    model = HostShift
    fields = ("host", "role", "starts_at", "ends_at")


class SessionTenantInline(ShownInline):
    model = SessionTenant
    fields = ("tenant",)


class EndForm(OperationForm):
    """When it ended. Of a session that is long over nobody ends it now by mistake: the time is asked for."""

    ended_at = style(
        forms.SplitDateTimeField, _("ended at"), required=False, help_text=_("Empty: it ends now.")
    )

    def __init__(self, *args: Any, row: LiveSession, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        ending = ending_of(row)
        if ending is not None:
            field = self.fields["ended_at"]
            field.required, field.initial, field.help_text = True, ending.ends_at, str(ending)


@admin.register(LiveSession)
class LiveSessionAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "__str__",
        "tenant",
        "room",
        "park",
        "host",
        "platform",
        badge("state", _("state"), STATE_COLOURS),
        "unbooked",
        "started_at",
        "ended_at",
    )
    list_filter = ("started_at", "state", "platform", "tenant", "room", "park")
    search_fields = ("title", "platform_live_id", "tenant__code", "tenant__name_zh", "room__code")
    fieldsets = (
        (None, {"fields": ("title", "tenant", "park", "room", "host", "booking")}),
        (_("Platform"), {"fields": (("platform", "platform_live_id"), ("delivery", "market"))}),
        (_("State"), {"fields": ("state", "started_at", "ended_at")}),
        (_("Audience"), {"fields": ("told",)}),
    )
    readonly_fields = ("told",)
    words: ClassVar[Any] = {"market": MARKETS}
    add_fieldsets = (
        (None, {"fields": ("tenant", "booking", "room", "host", "title")}),
        (_("Platform"), {"fields": (("platform", "platform_live_id"), ("delivery", "market"))}),
    )
    autocomplete_fields = ("tenant", "booking", "room", "host")
    inlines = (HostShiftInline, SessionTenantInline)
    operations = (
        Operation(
            "end",
            _("End the session"),
            services.session_end,
            row="session",
            form=EndForm,
            icon="stop_circle",
            when=lambda session: session.state in SESSION_OPEN and session.started_at is not None,
        ),
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.told = told_of(actor_of(request), row)
        return row

    @admin.display(description=_("booking"))
    def unbooked(self, row: LiveSession) -> str:
        return gettext("no booking") if row.is_unbooked else EMPTY

    @admin.display(description=_("figures"))
    def told(self, row: LiveSession) -> SafeString | str:
        return format_html_join(mark_safe("<br>"), "{}: {}", getattr(row, "told", ())) or EMPTY

    def create(self, actor: Actor, values: dict[str, Any]) -> LiveSession:
        return services.session_open(actor=actor, **values)
