"""Another room or time for a booking, and two that change places: on a page of its own, for a phone as well."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core.clock import MINUTE, local
from core.doors.portal import ServiceFormPage
from livestreams.forms import PlaceForm, SwapForm
from livestreams.models import Booking
from livestreams.services import booking_move, booking_swap, costs_of_leaving
from livestreams.terms import NOTHING


def length_of(booking: Booking) -> int:
    """In minutes."""
    return (booking.ends_at - booking.starts_at) // MINUTE


def as_choices(windows: list[dict[str, Any]], form: Any) -> list[dict[str, Any]]:
    """The free windows that a refusal names, as values of a form's fields; those that the form does not take are left
    out."""
    rooms = form.fields["room"].queryset.in_bulk([window["room"] for window in windows], field_name="code")
    lengths = dict(form.fields["minutes"].choices)
    found = []
    for window in windows:
        start, end = (datetime.fromisoformat(window[name]) for name in ("starts_at", "ends_at"))
        room, minutes = rooms.get(window["room"]), (end - start) // MINUTE
        if room is not None and minutes in lengths:
            found.append({"room": room, "start": start, "end": end, "minutes": minutes})
    return found


class ChangePage(ServiceFormPage):
    """A page about one booking that may be changed."""

    section = "bookings"
    needs = ("change", Booking)

    @cached_property
    def booking(self) -> Booking:
        booking: Booking = self.named(Booking.objects.select_related("room__park__settings"), "change")
        return booking

    def done(self, text: str) -> HttpResponse:
        messages.success(self.request, text)
        return redirect(self.url("portal-booking", uid=self.booking.uid))


class PlaceBooking(ChangePage):
    """Moves a booking; when the place is taken, what is free instead is one tap away."""

    template_name = "portal/booking_place.html"

    def get_form(self, data: Any = None, files: Any = None) -> PlaceForm:
        starts_at = local(self.booking.starts_at)
        here = {
            "room": self.booking.room.code,
            "day": starts_at.date(),
            "start": f"{starts_at:%H:%M}",
            "minutes": length_of(self.booking),
        }
        length = length_of(self.booking)
        return PlaceForm(data, files, actor=self.actor, tenant=self.tenant, initial=here, length=length)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refused = kwargs.get("refused")
        windows = refused.extra.get("alternatives", []) if refused else []
        return super().get_context_data(
            booking=self.booking,
            leaving=costs_of_leaving(self.actor, [self.booking]).get(self.booking.pk, NOTHING),
            alternatives=as_choices(windows, kwargs["form"]),
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        starts_at, ends_at = form.span
        booking_move(
            actor=self.actor,
            booking=self.booking,
            room=form.cleaned_data["room"],
            starts_at=starts_at,
            ends_at=ends_at,
        )
        return self.done(_("The booking is moved."))


class SwapBooking(ChangePage):
    """Lets two of the firm's bookings change places; when one cannot, what is free for it instead is one tap away."""

    template_name = "portal/booking_swap.html"

    def get_form(self, data: Any = None, files: Any = None) -> SwapForm:
        return SwapForm(data, files, actor=self.actor, tenant=self.tenant, booking=self.booking)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refused = kwargs.get("refused")
        windows = refused.extra.get("alternatives", []) if refused else []
        if refused and windows:
            stays: Booking = self.own(Booking.objects.select_related("room")).get(
                uid=refused.extra["booking"]
            )
            form = PlaceForm(actor=self.actor, tenant=self.tenant, length=length_of(stays))
            kwargs.update(stays=stays, alternatives=as_choices(windows, form))
        return super().get_context_data(booking=self.booking, **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        booking_swap(actor=self.actor, booking=self.booking, other=form.cleaned_data["other"])
        return self.done(_("The two bookings have changed places."))
