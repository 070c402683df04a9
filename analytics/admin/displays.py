"""Links for the screens of a hall. A link is shown once, when it is made; afterwards nobody can read it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from analytics import services
from analytics.models import DisplayLink
from analytics.wall.subjects import page_of
from core import clock
from core.actors import Actor
from core.doors.admin import Operation, ScopedModelAdmin
from core.policy import ADD


@admin.register(DisplayLink)
class DisplayLinkAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("name", "node", "state", "last_seen_at", "expires_at", "prefix", "created_by")
    list_filter = ("node", "last_seen_at", "revoked_at")
    search_fields = ("name", "prefix", "node__code", "node__name_zh")
    fields = ("node", "name", "prefix", "expires_at", "revoked_at", "last_seen_at", "created_by")
    add_fieldsets = ((None, {"fields": ("node", "name", "expires_at")}),)
    autocomplete_fields = ("node",)
    operations = (
        Operation(
            "revoke",
            _("Revoke"),
            services.display_link_revoke,
            row="link",
            icon="tv_off",
            question=_("Every screen that shows this link goes dark within two seconds."),
            danger=True,
            bulk=True,
            when=lambda link: link.revoked_at is None,
        ),
    )

    @display(
        description=_("state"), label={"live": "success", "open": "info", "expired": "", "revoked": "danger"}
    )
    def state(self, link: DisplayLink) -> tuple[str, Any]:
        now = clock.now()
        if link.revoked_at is not None:
            return "revoked", _("revoked")
        if link.expires_at is not None and link.expires_at <= now:
            return "expired", _("expired")
        if link.last_seen_at is not None and now - link.last_seen_at < 2 * services.displays.SEEN_EVERY:
            return "live", _("on a screen now")
        return "open", _("can be opened")

    def create(self, actor: Actor, values: dict[str, Any]) -> DisplayLink:
        link, secret = services.display_link_make(actor=actor, **values)
        link.shown_once = secret  # type: ignore[attr-defined]
        return link

    def announce(self, request: HttpRequest, row: Any) -> None:
        address = f"{request.build_absolute_uri(page_of(row.node))}?key={row.shown_once}"
        text = _("Open this address on the screen; it is shown this once: %(address)s") % {"address": address}
        self.message_user(request, text, messages.WARNING)
