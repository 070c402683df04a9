"""What a firm has to do with the studio: its faults and loans, its visitors, and whether a booked room is ready."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import strict
from core.actors import Actor
from core.clock import now, today
from core.doors.formfields import DayField, LineField, WholeNumberField
from core.doors.portal import ScopedListPage, ServiceAction, ServiceFormPage
from core.scoping import get_visible, may, visible_to
from livestreams.choices import BOOKING_BLOCKING, BOOKING_MOVABLE, BookingState
from livestreams.forms import BookingChoiceField, OwnChoicesForm
from livestreams.models import Booking, EquipmentLoan, Fault, LiveRoom, Visit
from livestreams.models.studio import MOST_PEOPLE
from livestreams.services import booking_move, visit_announce, visit_withdraw
from livestreams.studio import instead_of, out_of_use, readiness_of


def studio_of(actor: Actor, booking: Booking) -> dict[str, Any] | None:
    """What a booking's page shows of its room: whether it is ready, own faults, and what is free instead of it.

    None once the booking is over or given back.
    """
    if booking.ends_at <= now() or booking.state not in BOOKING_BLOCKING:
        return None
    movable = booking.state in BOOKING_MOVABLE and booking.starts_at > now()
    faults = visible_to(Fault.objects.open().filter(room=booking.room), actor)
    visits = visible_to(Visit.objects.expected().filter(booking=booking), actor)
    return {
        "ready": None if booking.state == BookingState.COMPLETED else readiness_of([booking])[booking.pk],
        "faults": list(faults.select_related("room", "item").order_by("pk")),
        "instead": instead_of(booking) if movable and out_of_use(booking) else [],
        "visits": list(visits.order_by("pk")),
        "may_announce": may(actor, "add", Visit, booking.tenant_id),
    }


class Studio(ScopedListPage):
    """Faults that the firm has reported, and the park's equipment in its hands."""

    template_name = "portal/studio.html"
    section = "bookings"
    needs = ("view", Fault)
    model = Fault

    def base_queryset(self) -> Any:
        faults = Fault.objects.select_related("room", "item").prefetch_related("steps")
        return faults.order_by("-created_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        out = EquipmentLoan.objects.out().select_related("item", "booking__room")
        return super().get_context_data(loans=list(self.own(out).order_by("due_at")[:100]), **kwargs)


class Visits(ScopedListPage):
    """Visitors who are announced, those of today and later days first."""

    template_name = "portal/visits.html"
    section = "bookings"
    needs = ("view", Visit)
    model = Visit

    def base_queryset(self) -> Any:
        return Visit.objects.expected().select_related("booking__room").order_by("-day", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_announce=may(self.actor, "add", Visit, self.node.pk), **kwargs)


class VisitForm(OwnChoicesForm):
    """Who comes and when; what the gate needs and no more."""

    name = LineField(label=gettext_lazy("Who comes"), max_length=100)
    people = WholeNumberField(
        label=gettext_lazy("How many people"), min_value=1, max_value=MOST_PEOPLE, initial=1
    )
    booking = BookingChoiceField(
        Booking,
        label=gettext_lazy("Booking"),
        required=False,
        empty_label=gettext_lazy("none: the day below"),
    )
    day = DayField(label=gettext_lazy("Day"), required=False)
    company = LineField(label=gettext_lazy("Their company"), max_length=100, required=False)
    plate = LineField(label=gettext_lazy("Number plate"), max_length=20, required=False)

    def narrow(self, queryset: Any) -> Any:
        """Bookings that are not over, however the room is used in them."""
        if queryset.model is not Booking:
            return super().narrow(queryset)
        ahead = queryset.ahead(now()).filter(tenant=self.tenant)
        return ahead.select_related("room").order_by("starts_at")


class AnnounceVisit(ServiceFormPage):
    """Announces visitors to the gate."""

    template_name = "portal/visit_new.html"
    section = "bookings"
    needs = ("add", Visit)
    form_class = VisitForm

    def get_initial(self) -> dict[str, Any]:
        return {"day": today(), "people": 1, "booking": self.request.GET.get("booking")}

    def carry_out(self, form: Any) -> HttpResponse:
        visit_announce(actor=self.actor, tenant=self.tenant, **form.cleaned_data)
        messages.success(self.request, _("The gate expects them."))
        return redirect(self.url("portal-visits"))


class WithdrawVisit(ServiceAction):
    """Takes an announcement back."""

    needs = ("change", Visit)
    done = gettext_lazy("The announcement is withdrawn.")

    def carry_out(self) -> None:
        visit_withdraw(actor=self.actor, visit=self.named(Visit.objects.all(), "change"))

    def back_to(self) -> str:
        return self.url("portal-visits")


class MoveBooking(ServiceAction):
    """Moves a booking to a free room and time that its page offers."""

    needs = ("change", Booking)
    done = gettext_lazy("The booking is moved.")

    def carry_out(self) -> None:
        booking = self.named(Booking.objects.all(), "change")
        room = get_visible(LiveRoom, self.actor, code=self.request.POST.get("room", ""))
        starts_at = strict.instant(self.request.POST.get("starts_at", ""))
        booking_move(
            actor=self.actor,
            booking=booking,
            room=room,
            starts_at=starts_at,
            ends_at=starts_at + (booking.ends_at - booking.starts_at),
        )

    def back_to(self) -> str:
        return self.url("portal-booking", uid=self.kwargs["uid"])
