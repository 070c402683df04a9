"""Check-in at the door of a live room: the code on the sign opens it, one tap checks in, without a network too.

Whoever works in an agency may be booked by several tenants, so the door asks for no tenant: it shows what the
person may check in here and now.
"""

from __future__ import annotations

from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic.base import TemplateView

from core.clock import DAY, now
from core.doors.addresses import reachable_address
from core.doors.context import actor_of, page_named
from core.doors.formfields import LineField
from core.doors.portal import log_in_first, portal_nodes
from core.errors import DomainError, NotFound
from core.scoping import get_visible, visible_to
from livestreams.choices import BOOKING_BLOCKING, BookingState, FaultKind
from livestreams.models import Booking, LiveRoom
from livestreams.services import booking_check_in, fault_report

# A no-show may still come: the room may be free.
EXPECTED = (BookingState.CONFIRMED, BookingState.NO_SHOW)


class RoomPage(TemplateView):
    """A page of one visible room, named by its code."""

    verb = "view"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return log_in_first(request)
        self.actor = actor_of(request)
        self.room = self.find_room(kwargs["room_code"])
        return super().dispatch(request, *args, **kwargs)

    def find_room(self, code: str) -> LiveRoom:
        """The visible room of that code, or NotFound."""
        return get_visible(LiveRoom, self.actor, self.verb, code=code)


class BookedRoomPage(RoomPage):
    """A page of one visible room, or of one of another park that is lent to the reader."""

    def find_room(self, code: str) -> LiveRoom:
        """The room of that code, or NotFound."""
        lent = visible_to(Booking.objects.filter(loan__isnull=False), self.actor, "check_in").filter(
            state__in=BOOKING_BLOCKING, ends_at__gt=now() - DAY
        )
        room = LiveRoom.objects.filter(code=code, bookings__in=lent).first() if code.isprintable() else None
        return room or super().find_room(code)


class Door(BookedRoomPage):
    """Who stands at the door, and what they have booked here."""

    template_name = "portal/door.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        at = now()
        mine = (
            visible_to(Booking.objects.all(), self.actor, "check_in")
            .filter(room=self.room, ends_at__gt=at, starts_at__lte=at + DAY)
            .filter(Q(state__in=EXPECTED) | Q(state=BookingState.CHECKED_IN))
            .select_related("room__park__settings", "tenant", "host")
            .order_by("starts_at")
        )
        return super().get_context_data(
            room=self.room,
            bookings=[
                {
                    "booking": booking,
                    "is_open": booking.state in EXPECTED and booking.check_in_from <= at,
                }
                for booking in mine
            ],
            **kwargs,
        )

    def post(self, request: HttpRequest, room_code: str) -> HttpResponse:
        uid = request.POST.get("booking", "")
        try:
            booking = get_visible(Booking, self.actor, "check_in", room=self.room, uid=uid)
            booking_check_in(actor=self.actor, booking=booking)
        except NotFound:
            raise
        except DomainError as error:
            messages.error(request, str(error.detail))
        else:
            messages.success(request, _("Checked in. Have a good session!"))
        return redirect("door", room_code=room_code)


class FaultForm(forms.Form):
    """What is wrong: one tap on a kind says it."""

    kind = forms.ChoiceField(choices=FaultKind.choices)
    text = LineField(max_length=500, required=False)
    blocks = forms.BooleanField(required=False)


class ReportFault(BookedRoomPage):
    """Reports a fault of the room, from the booking that is named or runs here, or for one's firm in the park."""

    template_name = "portal/fault_new.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            room=self.room,
            kinds=FaultKind.choices,
            back=page_named(self.request),
            booking=self._booking(),
            **kwargs,
        )

    def _booking(self) -> Booking | None:
        """The booking of the address, or the one that runs here; NotFound for one that is not the reader's."""
        if named := self.request.POST.get("booking") or self.request.GET.get("booking"):
            return get_visible(Booking, self.actor, "check_in", room=self.room, uid=named)
        at = now()
        mine = visible_to(Booking.objects.filter(room=self.room), self.actor, "check_in")
        rows = mine.filter(state__in=BOOKING_BLOCKING).select_related("room__park__settings")
        soon = rows.filter(starts_at__lte=at + DAY, ends_at__gt=at).order_by("starts_at")
        if running := next((booking for booking in soon if booking.check_in_from <= at), None):
            return running
        # A guest has no firm in this park: the booking, be it over or yet to come, says whose it is.
        return rows.filter(loan__isnull=False, ends_at__gt=at - DAY).order_by("starts_at").first()

    def post(self, request: HttpRequest, room_code: str) -> HttpResponse:
        booking, form = self._booking(), FaultForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        firm = portal_nodes(self.actor).filter(parent=self.room.park_id).first()
        try:
            fault = fault_report(
                actor=self.actor,
                room=self.room,
                booking=booking,
                tenant=firm.tenant if firm is not None else None,
                **form.cleaned_data,
            )
        except DomainError as error:
            messages.error(request, str(error.detail))
        else:
            done = _("Reported. Nobody can book the room until it is repaired.")
            messages.success(request, done if fault.window else _("Reported: the studio is told."))
        return redirect(page_named(request) or reverse("door", args=[self.room.code]))


class Sign(RoomPage):
    """The sign for the door, to be printed: the room's name and the code that opens its check-in."""

    template_name = "portal/door_sign.html"
    verb = "change"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = reverse("door", args=[self.room.code])
        reached = reachable_address(self.request, page)
        address = reached or self.request.build_absolute_uri(page)
        code = segno.make(address, error="q").svg_data_uri(scale=8, border=2)
        return super().get_context_data(
            room=self.room, address=address, qr=code, is_reached=reached is not None, **kwargs
        )


@require_safe
def without_network(request: HttpRequest) -> HttpResponse:
    """What a phone keeps to show at any door when it has no network. Holds nobody's data."""
    response = render(request, "portal/door_offline.html")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker that answers for the door when the network does not."""
    response = render(request, "portal/door_worker.js", content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response
