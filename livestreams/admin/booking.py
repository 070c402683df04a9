"""Bookings: made here under the same rules as everywhere, and taken from state to state by operations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.actors import Actor
from core.clock import now
from core.doors.admin import (
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ServiceForm,
    badge,
    choice_field,
    related_field,
    style,
)
from core.doors.formfields import LineField
from core.policy import ADD
from livestreams import services
from livestreams.choices import BOOKING_BLOCKING, BOOKING_TRANSITIONS, BookingState, RoomCheckItem
from livestreams.models import Booking, Cleaning, CleaningDuty, RoomCheck, WaitlistEntry
from livestreams.studio import USED, cleaners_of, is_clean_after, is_over

STATE_COLOURS = {
    BookingState.HELD: "warning",
    BookingState.CONFIRMED: "info",
    BookingState.CHECKED_IN: "success",
    BookingState.NO_SHOW: "danger",
}


def beyond_quota_field() -> Any:
    return style(
        LineField,
        _("why beyond the quota"),
        max_length=200,
        required=False,
        help_text=_("Only where the firm may have more hours than its quota; the audit keeps it."),
    )


class BookingAddForm(ServiceForm):
    beyond_quota = beyond_quota_field()
    hold = style(
        forms.BooleanField,
        _("hold only"),
        required=False,
        help_text=_("Released after the park's minutes unless it is confirmed."),
    )


class SwapForm(OperationForm):
    """The booking to change places with."""

    other = related_field(
        WaitlistEntry,
        "booking",
        label=_("change places with"),
        help_text=_("Room and time change; tenants and hosts stay."),
    )
    beyond_quota = beyond_quota_field()


class MoveForm(OperationForm):
    """The new place and time; what is left empty stays."""

    from_row = ("room", "starts_at", "ends_at", "host")

    room = related_field(Booking, "room", required=False)
    starts_at = style(forms.SplitDateTimeField, _("starts at"), required=False)
    ends_at = style(forms.SplitDateTimeField, _("ends at"), required=False)
    host = related_field(Booking, "host", required=False)
    beyond_quota = beyond_quota_field()


class RoomCheckForm(OperationForm):
    point = choice_field(RoomCheckItem.choices, _("point"))
    done = style(forms.BooleanField, _("in order"), required=False, initial=True)


class CleanerForm(OperationForm):
    """Who of the park's studio is to clean the room; empty: nobody any more."""

    person = choice_field((), _("who cleans it"), required=False)

    def __init__(self, *args: Any, row: Booking, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        people = cleaners_of(row.room.park_id)
        field: Any = self.fields["person"]
        field.choices = [("", ""), *((person.username, str(person)) for person in people)]


def _may_become(*states: BookingState) -> Any:
    return lambda booking: any(state in BOOKING_TRANSITIONS[booking.state] for state in states)


@admin.register(Booking)
class BookingAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "starts_at",
        "ends_at",
        "room",
        "room__park",
        "tenant",
        "host",
        badge(
            "state", _("state"), STATE_COLOURS, instead=lambda booking: (booking.state, booking.state_told)
        ),
        "of_series",
        "price",
    )
    list_select_related = ("room__park",)
    list_filter = ("starts_at", "state", "room", "tenant", "room__park")
    search_fields = ("room__code", "room__name_zh", "tenant__code", "tenant__name_zh", "purpose")
    ordering = ("-starts_at",)
    fieldsets = (
        (None, {"fields": ("room", "tenant", "host", "starts_at", "ends_at", "purpose")}),
        (_("State"), {"fields": ("state_now", "hold_expires_at", "checked_in_at", "series")}),
        (_("Money"), {"fields": (("price", "given_up", "due"), "free_until")}),
    )
    readonly_fields = ("state_now",)
    add_form = BookingAddForm
    add_fieldsets = (
        (
            None,
            {"fields": ("room", "tenant", "host", "starts_at", "ends_at", "purpose", "hold", "beyond_quota")},
        ),
    )
    autocomplete_fields = ("room", "tenant", "host")
    operations = (
        Operation(
            "confirm",
            _("Confirm"),
            services.booking_confirm,
            row="booking",
            icon="check",
            bulk=True,
            when=_may_become(BookingState.CONFIRMED),
        ),
        Operation(
            "check-in",
            _("Check in"),
            services.booking_check_in,
            row="booking",
            icon="how_to_reg",
            verb="check_in",
            bulk=True,
            when=_may_become(BookingState.CHECKED_IN),
        ),
        Operation(
            "move",
            _("Move"),
            services.booking_move,
            row="booking",
            form=MoveForm,
            icon="drive_file_move",
            when=_may_become(BookingState.CANCELLED),
        ),
        Operation(
            "swap",
            _("Swap"),
            services.booking_swap,
            row="booking",
            form=SwapForm,
            icon="swap_horiz",
            when=_may_become(BookingState.CANCELLED),
        ),
        Operation(
            "cancel",
            _("Cancel the booking"),
            services.booking_cancel,
            row="booking",
            icon="cancel",
            question=_("The room and the host are free again."),
            bulk=True,
            danger=True,
            when=_may_become(BookingState.CANCELLED),
        ),
        Operation(
            "room-check",
            _("Tick the checklist"),
            services.room_check,
            row="booking",
            form=RoomCheckForm,
            icon="checklist",
            verb=ADD,
            makes=RoomCheck,
            when=lambda booking: booking.state in BOOKING_BLOCKING and booking.ends_at > now(),
        ),
        Operation(
            "cleaner",
            _("Who cleans the room"),
            services.cleaning_assign,
            row="booking",
            form=CleanerForm,
            icon="person_add",
            verb=ADD,
            makes=CleaningDuty,
            when=lambda booking: booking.state in BOOKING_BLOCKING and not is_clean_after(booking),
        ),
        Operation(
            "cleaned",
            _("The room is cleaned"),
            services.room_cleaned,
            row="booking",
            icon="cleaning_services",
            verb=ADD,
            makes=Cleaning,
            when=lambda booking: (
                booking.state in USED and is_over(booking, now()) and not is_clean_after(booking)
            ),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.numbered()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        rows, may_repeat = super().get_search_results(request, queryset, search_term)
        return rows.select_related("room", "tenant"), may_repeat

    def offered_as(self, booking: Booking) -> str:
        """Whose it is and how it stands: a room and a time alone may be those of one that was cancelled."""
        return f"{booking} · {booking.tenant} · {booking.state_told}"

    def create(self, actor: Actor, values: dict[str, Any]) -> Booking:
        return services.booking_create(actor=actor, **values)

    @display(description=_("state"))
    def state_now(self, booking: Booking) -> str:
        return booking.state_told

    @display(description=_("series"))
    def of_series(self, booking: Any) -> str:
        """Which of how many it is, with the way to all of them."""
        if booking.series_id is None:
            return "–"
        said = f"{booking.part} / {booking.parts}" if booking.part else _("series")
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:livestreams_bookingseries_change", args=[booking.series_id]),
            said,
        )
