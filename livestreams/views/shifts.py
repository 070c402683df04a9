"""Who is to be host and controller within a booking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from core.clock import DAY, SHANGHAI, local, now
from core.doors.portal import (
    ScopedChoiceField,
    ServiceAction,
    ServiceFormPage,
)
from core.scoping import may, visible_to
from livestreams.choices import ShiftRole
from livestreams.forms import OwnChoicesForm, TimeOfDayInput
from livestreams.hostfigures import shift_gaps
from livestreams.models import (
    Booking,
    Host,
    PlannedShift,
)
from livestreams.services import shift_drop, shift_plan


class ShiftForm(OwnChoicesForm):
    """Somebody within a booking, by the clock: times before its start are of the next day."""

    asks: ClassVar[Mapping[str, str]] = {"starts_at": "start", "ends_at": "end"}

    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Who"))
    role = forms.ChoiceField(label=gettext_lazy("As"), choices=ShiftRole)
    start = forms.TimeField(label=gettext_lazy("From"), widget=TimeOfDayInput)
    end = forms.TimeField(label=gettext_lazy("Until"), widget=TimeOfDayInput)

    def span_in(self, booking: Booking) -> tuple[datetime, datetime]:
        """The first time of these clock times at or after the booking's start, and the next end after it."""
        day = local(booking.starts_at).date()
        starts_at = datetime.combine(day, self.cleaned_data["start"], SHANGHAI)
        if starts_at < booking.starts_at:
            starts_at += DAY
        ends_at = datetime.combine(starts_at.date(), self.cleaned_data["end"], SHANGHAI)
        return starts_at, ends_at if ends_at > starts_at else ends_at + DAY


class BookingShifts(ServiceFormPage):
    """Who is to be host and controller within a booking, and when nobody is."""

    template_name = "portal/booking_shifts.html"
    section = "bookings"
    needs = ("view", PlannedShift)
    form_class = ShiftForm

    def booking(self) -> Booking:
        return self.named(Booking.objects.select_related("room", "host"))

    def get_initial(self) -> dict[str, Any]:
        booking = self.booking()
        return {"start": local(booking.starts_at).time(), "end": local(booking.ends_at).time()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking = self.booking()
        shifts = PlannedShift.objects.filter(booking=booking, released=False).select_related("host")
        rows = list(visible_to(shifts, self.actor).order_by("starts_at", "pk"))
        return super().get_context_data(
            booking=booking,
            shifts=rows,
            gaps=shift_gaps(booking, rows),
            now=now(),
            can_plan=may(self.actor, "add", PlannedShift, self.node.pk),
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        booking = self.booking()
        starts_at, ends_at = form.span_in(booking)
        shift_plan(
            actor=self.actor,
            booking=booking,
            host=form.cleaned_data["host"],
            role=form.cleaned_data["role"],
            starts_at=starts_at,
            ends_at=ends_at,
        )
        return redirect(self.url("portal-booking-shifts", uid=booking.uid))


class DropShift(ServiceAction):
    """Takes a shift that lies ahead off the plan."""

    needs = ("change", PlannedShift)
    done = gettext_lazy("The shift is off the plan.")

    def shift(self) -> PlannedShift:
        return self.named(PlannedShift.objects.select_related("booking"), "change", "booking__tenant_id")

    def carry_out(self) -> None:
        shift_drop(actor=self.actor, shift=self.shift())

    def back_to(self) -> str:
        return self.url("portal-booking-shifts", uid=self.shift().booking.uid)
