"""Readings of platforms' reports, and the report round over all tenants of the operator's parks."""

from __future__ import annotations

from functools import partial

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.sites import UnfoldAdminSite

from analytics.choices import ReadBy
from analytics.models import SessionReading
from analytics.selectors.reports import round_by_tenant, sessions_waiting
from core.doors.admin import ScopedModelAdmin, badge
from core.doors.context import actor_of
from core.policy import VIEW
from core.scoping import require, visible_to
from livestreams.models import LiveSession
from parks.selectors import parks_of

SHOWN_SESSIONS = 100
HOW_COLOURS = {ReadBy.CHOSEN: "warning", ReadBy.OPENED: "info"}


def round_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """How many sessions of each tenant wait for a report, and the latest of them."""
    actor = actor_of(request)
    require(actor, VIEW, SessionReading)
    parks = list(parks_of(actor).order_by("code"))
    park = next((park for park in parks if park.code == request.GET.get("park")), None)
    sessions = visible_to(LiveSession.objects.filter(park__in=[park] if park else parks), actor)
    tenants = round_by_tenant(sessions)
    context = {
        **site.each_context(request),
        "title": _("Report round"),
        "parks": parks,
        "park": park,
        "tenants": tenants,
        "missing": sum(one.missing for one in tenants),
        "due": sum(one.due for one in tenants),
        "sessions": sessions_waiting(sessions.select_related("tenant", "host"))[:SHOWN_SESSIONS],
    }
    return TemplateResponse(request, "admin/livepark/report_round.html", context)


@admin.register(SessionReading)
class SessionReadingAdmin(ScopedModelAdmin):
    list_display = (
        "session",
        "session__tenant",
        badge("how", gettext_lazy("found by"), HOW_COLOURS),
        "account",
        "provisional",
        "read_at",
        "due_at",
    )
    list_select_related = ("session__tenant",)
    list_filter = ("read_at", "how", "provisional", "session__tenant", "session__park")
    search_fields = ("key", "account", "session__title", "session__tenant__code", "session__tenant__name_zh")
    fields = (
        "session",
        "claim",
        ("batch", "line_no"),
        ("key", "account"),
        ("how", "provisional"),
        ("read_at", "due_at"),
        "made_by",
    )

    def get_urls(self) -> list[URLPattern]:
        view = partial(self.admin_site.admin_view(round_view), site=self.admin_site)
        return [path("round/", view, name="reports_round"), *super().get_urls()]
