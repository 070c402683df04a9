"""Series of bookings, and the waitlist."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from core.actors import Actor
from core.doors.admin import Operation, ScopedModelAdmin, ServiceForm, ShownInline, style
from core.policy import ADD
from livestreams import services
from livestreams.admin.booking import beyond_quota_field
from livestreams.choices import WaitState
from livestreams.forms import DaysField
from livestreams.models import Booking, BookingSeries, WaitlistEntry


class SeriesAddForm(ServiceForm):
    weekdays = forms.TypedMultipleChoiceField(
        label=_("weekdays"),
        choices=tuple(WEEKDAYS.items()),
        coerce=int,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    skip_taken = style(
        forms.BooleanField,
        _("leave out days that cannot be had"),
        required=False,
        help_text=_("Otherwise nothing is booked when one of them is taken."),
    )
    skip = style(
        DaysField,
        _("leave out these days"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "2026-10-01, 2026-10-08"}),
    )
    beyond_quota = beyond_quota_field()


class SeriesBookings(ShownInline):
    model = Booking
    fields = ("starts_at", "ends_at", "state", "price")
    ordering = ("starts_at",)


@admin.register(BookingSeries)
class BookingSeriesAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("room", "room__park", "tenant", "host", "first_day", "last_day", "comes_round")
    list_select_related = ("room__park",)
    list_filter = ("room", "tenant", "first_day")
    search_fields = ("room__code", "room__name_zh", "tenant__code", "tenant__name_zh", "purpose")
    fields = (
        "room",
        "tenant",
        "host",
        ("first_day", "last_day"),
        "comes_round",
        "purpose",
        "days_left_out",
    )
    readonly_fields = ("comes_round", "days_left_out")
    add_form = SeriesAddForm
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "room",
                    "tenant",
                    "host",
                    ("first_day", "last_day"),
                    "weekdays",
                    ("starts_at", "minutes"),
                    "purpose",
                    "skip_taken",
                    "skip",
                    "beyond_quota",
                )
            },
        ),
    )
    autocomplete_fields = ("room", "tenant", "host")
    inlines = (SeriesBookings,)
    operations = (
        Operation(
            "cancel",
            _("Cancel what lies ahead"),
            services.series_cancel,
            row="series",
            icon="event_busy",
            question=_("All bookings of the series that have not begun are given back."),
            danger=True,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> BookingSeries:
        start: time = values.pop("starts_at")
        return services.series_create(actor=actor, start=start, **values)

    @display(description=_("comes round"))
    def comes_round(self, series: BookingSeries) -> str:
        return series.rhythm

    @display(description=_("days left out"))
    def days_left_out(self, series: BookingSeries) -> str:
        days = ((f"{day:%Y-%m-%d}", why) for day, why in series.left_out)
        return format_html_join("", "<div>{} {}</div>", days) or "–"


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "tenant",
        "park",
        "room",
        "scene",
        "earliest",
        "latest",
        "minutes",
        "state_shown",
        "booking",
    )
    list_filter = ("park", "tenant", "room", "earliest")
    search_fields = ("tenant__code", "tenant__name_zh", "room__code", "room__name_zh", "purpose")
    fields = (
        "park",
        "tenant",
        "room",
        "scene",
        "host",
        ("earliest", "latest"),
        "minutes",
        "purpose",
        "booking",
        "withdrawn_at",
    )
    add_fieldsets = (
        (None, {"fields": ("tenant", "room", "scene", "host", "earliest", "latest", "minutes", "purpose")}),
    )
    autocomplete_fields = ("tenant", "room", "host")
    operations = (
        Operation(
            "withdraw",
            _("Withdraw"),
            services.waitlist_withdraw,
            row="entry",
            icon="person_remove",
            question=_("An offer that waits for an answer is given back."),
            danger=True,
            when=lambda entry: entry.state in (WaitState.WAITING, WaitState.OFFERED),
        ),
    )

    @display(description=_("state"))
    def state_shown(self, entry: WaitlistEntry) -> str:
        return str(entry.state.label)

    def create(self, actor: Actor, values: dict[str, Any]) -> WaitlistEntry:
        return services.waitlist_join(actor=actor, **values)
