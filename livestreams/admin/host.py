"""Hosts: whose they are, their accounts with followers, and when they are away."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.clock import today
from core.doors.admin import (
    CLOSE,
    REOPEN,
    OpenFilter,
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ServiceForm,
    ShownInline,
    badge,
    style,
)
from core.doors.formfields import WholeNumberField
from core.policy import ADD, CHANGE
from livestreams import services
from livestreams.admin.hostpages import cover_view, month_view
from livestreams.choices import LANGUAGES, MARKETS, AbsenceKind, EngagementKind
from livestreams.models import (
    Certificate,
    Engagement,
    FollowerReading,
    Host,
    HostAbsence,
    HostAccount,
    HostStage,
)


class EngagementInline(ShownInline):
    model = Engagement
    fields = ("kind", "park", "company", "from_day", "to_day", "monthly_sessions")


class AccountInline(ShownInline):
    model = HostAccount
    fields = ("platform", "account", "opened_on", "closed_on")


class AbsenceInline(ShownInline):
    model = HostAbsence
    fields = ("kind", "starts_at", "ends_at", "withdrawn_at")


class CertificateInline(ShownInline):
    model = Certificate
    fields = ("title", "number", "issued_on", "expires_on")


class StageInline(ShownInline):
    model = HostStage
    fields = ("stage", "entered_on", "cost")


@admin.register(Host)
class HostAdmin(ScopedModelAdmin):
    writes = frozenset({ADD, CHANGE})
    list_display = (
        "code",
        "name_zh",
        "tenant",
        "level",
        "categories",
        "markets",
        "day_rate",
        "closed_on",
    )
    list_filter = ("tenant", OpenFilter)
    search_fields = ("code", "name_zh", "name_en")
    fieldsets = (
        (None, {"fields": ("tenant", "code", ("name_zh", "name_en"))}),
        (
            _("What they bring"),
            {"fields": (("level", "day_rate"), "categories", ("languages", "markets"))},
        ),
        (_("When they can be booked"), {"fields": ("weekly_hours",)}),
    )
    autocomplete_fields = ("tenant",)
    fixed_fields = ("tenant", "code")
    words: ClassVar[Any] = {"languages": LANGUAGES, "markets": MARKETS}
    inlines = (EngagementInline, AccountInline, AbsenceInline, CertificateInline, StageInline)
    operations = (
        Operation(
            "advance",
            _("Next stage"),
            services.host_advance,
            row="host",
            icon="trending_up",
            question=_("The host enters the next stage of incubation, if its gate is met."),
            makes=HostStage,
            when=lambda host: not host.is_closed,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"{name}/",
                partial(self.admin_site.admin_view(view), site=self.admin_site),
                name=f"hosts_{name}",
            )
            for name, view in (("month", month_view), ("cover", cover_view))
        ]
        return [*pages, *super().get_urls()]

    def create(self, actor: Actor, values: dict[str, Any]) -> Host:
        return services.host_create(actor=actor, **values)

    def update(self, actor: Actor, row: Host, values: dict[str, Any]) -> None:
        services.host_update(actor=actor, host=row, **values)


class EndingForm(OperationForm):
    to_day = style(
        forms.DateField, _("until"), initial=today, help_text=_("The first day on which it no longer holds.")
    )


@admin.register(Engagement)
class EngagementAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "host",
        badge("kind", _("kind"), {EngagementKind.PARK: "success", EngagementKind.AGENCY: "info"}),
        "park",
        "company",
        "from_day",
        "to_day",
        "monthly_sessions",
    )
    list_filter = ("kind", "park", "host")
    search_fields = ("host__code", "host__name_zh", "company__name_zh")
    fields = ("host", "kind", "park", "company", ("from_day", "to_day"), "monthly_sessions")
    autocomplete_fields = ("host", "park", "company")
    operations = (
        Operation(
            "end",
            _("End"),
            services.engagement_end,
            row="engagement",
            form=EndingForm,
            icon="event_busy",
            danger=True,
            when=lambda engagement: engagement.to_day is None or engagement.to_day > today(),
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Engagement:
        return services.engagement_begin(actor=actor, **values)


class FollowersForm(OperationForm):
    day = style(forms.DateField, _("day"), initial=today)
    followers = style(WholeNumberField, _("followers"))


def followers_read(*, actor: Actor, account: HostAccount, day: Any, followers: int) -> HostAccount:
    """Write down how many followers an account has."""
    reading = services.Followers(day, followers)
    services.followers_record(actor=actor, account=account, readings=[reading], source="admin")
    return account


class BeginningForm(OperationForm):
    from_row = ("opened_on",)

    opened_on = style(
        forms.DateField, _("the host's from"), required=False, help_text=_("Empty: as long as anybody knows.")
    )


class ReadingInline(ShownInline):
    model = FollowerReading
    fields = ("day", "followers", "version", "source", "received_at")


class AccountAddForm(ServiceForm):
    class Meta:
        help_texts: ClassVar[dict[str, Any]] = {
            "opened_on": _("Empty: as long as anybody knows, or since another host of the firm left it.")
        }


@admin.register(HostAccount)
class HostAccountAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("host", "platform", "account", "opened_on", "closed_on")
    list_filter = ("platform", "host", OpenFilter)
    search_fields = ("account", "host__code", "host__name_zh")
    fields = ("host", "platform", "account", "opened_on", "closed_on")
    add_fieldsets = ((None, {"fields": ("host", "platform", "account", "opened_on")}),)
    add_form = AccountAddForm
    autocomplete_fields = ("host",)
    inlines = (ReadingInline,)
    operations = (
        Operation(
            "followers",
            _("Followers"),
            followers_read,
            row="account",
            form=FollowersForm,
            icon="trending_up",
            when=lambda account: account.is_held,
        ),
        Operation(
            "begin",
            _("The host's from"),
            services.account_begin,
            row="account",
            form=BeginningForm,
            icon="event",
        ),
        replace(
            CLOSE,
            service=services.account_close,
            row="account",
            question=_(
                "The host sells nothing by it from that day on. What it sold before, and its followers, stay."
            ),
            # Also to move the day, which reopening cannot where another host of the firm has the account since.
            when=lambda _account: True,
        ),
        replace(REOPEN, service=services.account_reopen, row="account"),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> HostAccount:
        return services.account_create(actor=actor, **values)


@admin.register(FollowerReading)
class FollowerReadingAdmin(ScopedModelAdmin):
    list_display = ("account", "day", "followers", "version", "source", "received_at")
    list_filter = ("day", "account")
    search_fields = ("account__account", "account__host__name_zh", "account__host__code")
    fields = ("account", "day", "followers", "version", "source", "received_at")


@admin.register(HostAbsence)
class HostAbsenceAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "host",
        badge("kind", _("reason"), {AbsenceKind.ILLNESS: "warning", AbsenceKind.LEAVE: "info"}),
        "starts_at",
        "ends_at",
        "withdrawn_at",
    )
    list_filter = ("starts_at", "kind", "host")
    search_fields = ("host__code", "host__name_zh")
    fields = ("host", "kind", ("starts_at", "ends_at"), "withdrawn_at")
    add_fieldsets = ((None, {"fields": ("host", "kind", "starts_at", "ends_at")}),)
    autocomplete_fields = ("host",)
    operations = (
        Operation(
            "withdraw",
            _("Withdraw"),
            services.absence_withdraw,
            row="absence",
            icon="undo",
            question=_("The host can be booked again in this time."),
            when=lambda absence: absence.withdrawn_at is None,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> HostAbsence:
        return services.absence_create(actor=actor, **values)
