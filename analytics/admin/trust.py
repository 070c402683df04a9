"""Verdicts on sessions, the figures stated of them, and what their people replied."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from analytics import services
from analytics.choices import Verdict
from analytics.models import EventVerdict, SessionClaim, TrustReply, TrustVerdict
from analytics.trust.words import REASONS, lines_of, reasons_of
from core.actors import Actor
from core.doors.admin import ScopedModelAdmin, ShownInline, badge
from core.policy import ADD

VERDICT_COLOURS = {Verdict.VERIFIED: "success", Verdict.DOUBTFUL: "danger", Verdict.CANNOT_TELL: "info"}


class ReasonFilter(DropdownFilter):
    """Verdicts with one of the reasons."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(code, text.short) for code, text in REASONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        reason = self.value()
        return (
            queryset.filter(pk__in=TrustVerdict.objects.because_of(reason)) if reason in REASONS else queryset
        )


class VersionFilter(DropdownFilter):
    """The verdicts that stand, or all there ever were."""

    title = _("version")
    parameter_name = "versions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("current", _("standing")), ("former", _("replaced"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        standing = TrustVerdict.objects.current()
        if self.value() == "current":
            return queryset.filter(pk__in=standing)
        return queryset.exclude(pk__in=standing) if self.value() == "former" else queryset


class TrustReplyInline(ShownInline):
    model = TrustReply
    fields = ("text", "made_by", "made_at")


class TellsWhy:
    """Columns of verdicts, on whatever they are given."""

    @display(description=_("reasons"))
    def why(self, verdict: TrustVerdict | EventVerdict) -> str:
        return " ".join(str(reason) for reason in reasons_of(verdict))

    @display(description=_("witnesses"))
    def who_said_what(self, verdict: TrustVerdict | EventVerdict) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((line.sentence,) for line in lines_of(verdict)))


@admin.register(TrustVerdict)
class TrustVerdictAdmin(TellsWhy, ScopedModelAdmin):
    list_display = (
        "session",
        "session__tenant",
        badge("verdict", _("verdict"), VERDICT_COLOURS),
        "why",
        "version",
        "judged_at",
    )
    list_select_related = ("session__tenant",)
    list_filter = ("verdict", ReasonFilter, VersionFilter, "session__tenant", "session__park", "judged_at")
    search_fields = (
        "session__title",
        "session__platform_live_id",
        "session__tenant__code",
        "session__tenant__name_zh",
    )
    fields = (
        ("session", "version"),
        ("verdict", "judged_at"),
        "why",
        "who_said_what",
        "claim",
        "inputs_hash",
    )
    readonly_fields = ("why", "who_said_what")
    inlines = (TrustReplyInline,)


@admin.register(SessionClaim)
class SessionClaimAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("session", "version", "source", "sales", "viewers", "stay_seconds", "minutes", "made_at")
    list_filter = ("source", "session__tenant", "session__park", "made_at")
    search_fields = (
        "session__title",
        "session__platform_live_id",
        "session__tenant__code",
        "session__tenant__name_zh",
    )
    fields = (
        ("session", "version"),
        ("source", "made_by", "made_at"),
        "sales",
        ("viewers", "stay_seconds"),
        ("minutes", "peak"),
        "orders",
    )
    add_fieldsets = (
        (None, {"fields": ("session", "source", "sales", ("viewers", "stay_seconds"), "minutes")}),
    )
    autocomplete_fields = ("session",)

    def create(self, actor: Actor, values: dict[str, Any]) -> SessionClaim:
        return services.session_claim(actor=actor, **values)


@admin.register(TrustReply)
class TrustReplyAdmin(ScopedModelAdmin):
    list_display = ("verdict", "text", "made_by", "made_at")
    list_select_related = ("verdict__session",)
    list_filter = ("made_at", "verdict__session__tenant", "verdict__session__park")
    search_fields = (
        "text",
        "verdict__session__title",
        "verdict__session__platform_live_id",
        "verdict__session__tenant__code",
    )
    fields = ("verdict", "text", ("made_by", "made_at"))
