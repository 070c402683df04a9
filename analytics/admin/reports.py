"""Readings of platforms' reports, and the report round over all tenants of the operator's parks."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.sites import UnfoldAdminSite

from analytics.choices import ReadBy
from analytics.models import ReadingWithdrawal, ReportExpectation, SessionReading
from analytics.selectors.reports import round_by_tenant, sessions_waiting
from analytics.services import report_expect, report_take_back
from core.actors import Actor
from core.doors.admin import Operation, OperationForm, ScopedModelAdmin, ShownInline, badge, style
from core.doors.context import actor_of
from core.policy import ADD, VIEW
from core.scoping import may, require, visible_to
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
        "all_parks": True,
        "tenants": tenants,
        "missing": sum(one.missing for one in tenants),
        "due": sum(one.due for one in tenants),
        "can_give_up": may(actor, ADD, ReportExpectation),
        "sessions": sessions_waiting(sessions.select_related("tenant", "host"))[:SHOWN_SESSIONS],
    }
    return TemplateResponse(request, "admin/livepark/report_round.html", context)


class TakeBackForm(OperationForm):
    reason = style(forms.CharField, gettext_lazy("reason"), required=False, max_length=500)


class ReadingWithdrawalInline(ShownInline):
    model = ReadingWithdrawal
    fields = ("reason", "made_by", "made_at")


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
        "taken_back",
    )
    list_select_related = ("session__tenant", "withdrawal")
    list_filter = ("read_at", "how", "provisional", "session__tenant", "session__park")
    search_fields = (
        "key",
        "account",
        "session__title",
        "session__platform_live_id",
        "session__tenant__code",
        "session__tenant__name_zh",
    )
    fields = (
        "session",
        "claim",
        ("batch", "line_no"),
        ("key", "account"),
        ("how", "provisional"),
        ("read_at", "due_at"),
        "made_by",
        "row",
    )
    inlines = (ReadingWithdrawalInline,)
    operations = (
        Operation(
            "take-back",
            gettext_lazy("Take back"),
            report_take_back,
            row="reading",
            form=TakeBackForm,
            icon="undo",
            question=gettext_lazy(
                "The row is not about this session: its figures count no more, and it is asked about again."
            ),
            verb=ADD,
            makes=ReadingWithdrawal,
            danger=True,
            when=lambda reading: not hasattr(reading, "withdrawal"),
        ),
    )

    @display(description=gettext_lazy("taken back"), boolean=True)
    def taken_back(self, reading: SessionReading) -> bool:
        return hasattr(reading, "withdrawal")

    def get_urls(self) -> list[URLPattern]:
        view = partial(self.admin_site.admin_view(round_view), site=self.admin_site)
        return [path("round/", view, name="reports_round"), *super().get_urls()]


@admin.register(ReportExpectation)
class ReportExpectationAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("session", "session__tenant", "expected", "reason", "made_by", "made_at")
    list_select_related = ("session__tenant", "made_by")
    list_filter = ("expected", "made_at", "session__tenant", "session__park")
    search_fields = (
        "reason",
        "session__title",
        "session__platform_live_id",
        "session__tenant__code",
        "session__tenant__name_zh",
    )
    fields = ("session", "expected", "reason", ("made_by", "made_at"))
    add_fieldsets = ((None, {"fields": ("session", "expected", "reason")}),)
    autocomplete_fields = ("session",)

    def create(self, actor: Actor, values: dict[str, Any]) -> ReportExpectation:
        return report_expect(actor=actor, **values)
