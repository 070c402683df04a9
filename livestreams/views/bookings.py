"""The tenant's bookings and what may be done with each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy

from core.clock import now
from core.doors.portal import ScopedDetailPage, ScopedListPage, ServiceAction
from core.scoping import may, visible_to
from livestreams.choices import BOOKING_MOVABLE, SESSION_OPEN, BookingState, ShiftRole
from livestreams.models import Booking, BookingSeries, Fault, Host, LiveSession, Visit, WaitlistEntry
from livestreams.selectors import frames_now
from livestreams.services import (
    booking_cancel,
    booking_check_in,
    booking_confirm,
    costs_of_leaving,
)
from livestreams.services.locks import settings_of
from livestreams.terms import NOTHING
from livestreams.views.broadcasts import broadcast_of
from livestreams.views.screens import screens_of
from livestreams.views.streams import stream_of
from livestreams.views.studio import studio_of


class BookingPage:
    """What templates ask about bookings."""

    actor: Any
    node: Any

    def rights(self) -> dict[str, Any]:
        return {
            "can_book": may(self.actor, "add", Booking, self.node.pk),
            "can_cancel": may(self.actor, "change", Booking, self.node.pk),
            "can_go_live": may(self.actor, "add", LiveSession, self.node.pk),
            "sees_faults": may(self.actor, "view", Fault, self.node.pk),
            "sees_visits": may(self.actor, "view", Visit, self.node.pk),
        }


class Bookings(BookingPage, ScopedListPage):
    """Bookings that lie ahead or run now, the next one first; with ?past those that are over."""

    template_name = "portal/bookings.html"
    section = "bookings"
    needs = ("view", Booking)
    model = Booking

    def base_queryset(self) -> Any:
        bookings = Booking.objects.numbered().select_related("room", "host")
        if "past" in self.request.GET:
            over = Q(ends_at__lte=now()) | Q(state=BookingState.COMPLETED)
            return bookings.filter(over).order_by("-starts_at")
        return bookings.ahead(now()).order_by("starts_at")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = WaitlistEntry.objects
        waiting = (entries.current(now()) | entries.missed(now())).select_related(
            "room", "host", "booking__room"
        )
        return super().get_context_data(
            past="past" in self.request.GET,
            waiting=list(self.own(waiting).order_by("created_at", "pk")[:50]),
            **self.rights(),
            **kwargs,
        )


class BookingDetail(BookingPage, ScopedDetailPage):
    """One booking and what may be done with it now."""

    template_name = "portal/booking.html"
    section = "bookings"
    needs = ("view", Booking)
    model = Booking

    def base_queryset(self) -> Any:
        return Booking.objects.numbered().select_related(
            "room__park__settings",
            "room__park__town",
            "room__media_node",
            "host",
            "series",
            "loan__offer__giver",
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking, at = self.get_object(), now()
        held = visible_to(Booking.objects.filter(pk=booking.pk), self.actor, "check_in").exists()
        ahead = booking.starts_at > at and booking.state in (BookingState.HELD, BookingState.CONFIRMED)
        series_ahead = list(self.from_here_on(booking, at))
        sessions = list(visible_to(LiveSession.objects.filter(booking=booking), self.actor))
        return super().get_context_data(
            booking=booking,
            hosts=self.hosts_of(booking),
            open_for_check_in=held
            and booking.state == BookingState.CONFIRMED
            and booking.check_in_from <= at < booking.ends_at,
            ahead=ahead,
            late=booking.free_until is not None and booking.free_until <= at,
            terms=settings_of(booking.room.park_id),
            sees_series=booking.series_id is not None
            and visible_to(BookingSeries.objects.filter(pk=booking.series_id), self.actor).exists(),
            leaving=self.cost_of([booking]) if ahead else NOTHING,
            series_ahead=len(series_ahead),
            series_leaving=self.cost_of(series_ahead),
            running=booking.check_in_from <= at < booking.ends_at,
            sessions=sessions,
            is_open=any(session.state in SESSION_OPEN for session in sessions),
            stream=stream_of(self.actor, booking),
            broadcast=broadcast_of(self.actor, booking),
            frames=frames_now(self.actor, booking),
            screens=screens_of(self.actor, booking),
            studio=studio_of(self.actor, booking),
            may_report=held and may(self.actor, "add", Fault),
            **self.rights(),
            **kwargs,
        )

    def from_here_on(self, booking: Booking, at: datetime) -> Iterable[Booking]:
        """What of its series has not begun, from this booking on."""
        if booking.series is None:
            return []
        ahead = booking.series.bookings.filter(state__in=BOOKING_MOVABLE, starts_at__gt=at)
        return ahead.filter(starts_at__gte=booking.starts_at).select_related("room")

    def cost_of(self, bookings: Iterable[Booking]) -> Decimal:
        """CNY that stay due when these are given back now; nothing for the park, which gives them back for others."""
        return sum(costs_of_leaving(self.actor, bookings, cancels=True).values(), NOTHING)

    def hosts_of(self, booking: Booking) -> list[Host]:
        """Its own host, or whoever is planned before the camera, in the order of their shifts."""
        if booking.host is not None:
            return [booking.host]
        shifts = booking.shifts.filter(role=ShiftRole.HOST, released=False).select_related("host")
        return list(dict.fromkeys(shift.host for shift in visible_to(shifts, self.actor)))


class ConfirmBooking(ServiceAction):
    """Turns a hold into a booking."""

    needs = ("change", Booking)
    done = gettext_lazy("The booking is confirmed.")

    def carry_out(self) -> None:
        booking_confirm(actor=self.actor, booking=self.named(Booking.objects.all(), "change"))

    def back_to(self) -> str:
        return self.url("portal-booking", uid=self.kwargs["uid"])


class CancelBooking(ServiceAction):
    """Gives a booking back."""

    needs = ("change", Booking)
    done = gettext_lazy("The booking is cancelled; the room is free again.")

    def carry_out(self) -> None:
        booking_cancel(actor=self.actor, booking=self.named(Booking.objects.all(), "change"))

    def back_to(self) -> str:
        return self.url("portal-bookings")


class CheckIn(ServiceAction):
    """Says that tenant or host are in the room."""

    needs = ("check_in", Booking)
    done = gettext_lazy("Checked in. Have a good session!")

    def carry_out(self) -> None:
        booking_check_in(actor=self.actor, booking=self.named(Booking.objects.all(), "check_in"))

    def back_to(self) -> str:
        return self.url("portal-booking", uid=self.kwargs["uid"])
