"""The way of a booking's picture to its platform, in the portal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core.actors import Actor
from core.clock import now
from core.doors.portal import ServiceFormPage
from core.scoping import may, visible_to
from livestreams.broadcastforms import BroadcastForm
from livestreams.choices import UNSEEN
from livestreams.models import Booking, Broadcast, Publish
from livestreams.services import broadcast_choose
from livestreams.services.stream_keys import KEYED

# A node that asks so often for one stream does not get its picture across.
MANY, LATELY = 3, timedelta(seconds=30)


def broadcast_of(actor: Actor, booking: Booking) -> dict[str, Any]:
    """What a booking's page shows of its way to the platform, and whether the actor may choose it."""
    row = visible_to(Broadcast.objects.filter(booking=booking), actor).first()
    running = Publish.objects.on_air().filter(booking=booking).first()
    handed = row is not None and running is not None and row.handed_for == str(running.uid)
    return {
        "row": row,
        "unseen": row is not None and row.route in UNSEEN,
        "handed": handed,
        "refused": handed and row is not None and _asks_again(row),
        "may_choose": booking.state in KEYED and may(actor, "add", Broadcast, booking.tenant_id),
    }


def _asks_again(row: Broadcast) -> bool:
    """Whether the node has asked for the same stream again and again, and just now."""
    return row.hand_overs >= MANY and row.handed_at is not None and now() < row.handed_at + LATELY


class ChooseBroadcast(ServiceFormPage):
    """How the picture of a booking reaches its platform."""

    template_name = "portal/booking_broadcast.html"
    section = "bookings"
    needs = ("add", Broadcast)
    form_class = BroadcastForm

    @cached_property
    def booking(self) -> Booking:
        booking: Booking = self.named(Booking.objects.select_related("broadcast"), "change")
        return booking

    def get_initial(self) -> dict[str, Any]:
        row = getattr(self.booking, "broadcast", None)
        return {name: getattr(row, name) for name in ("route", "platform", "server")} if row else {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            booking=self.booking, row=getattr(self.booking, "broadcast", None), **kwargs
        )

    def carry_out(self, form: Any) -> HttpResponse:
        broadcast_choose(actor=self.actor, booking=self.booking, **form.cleaned_data)
        messages.success(self.request, _("The way of the picture is chosen."))
        return redirect(self.url("portal-booking", uid=self.booking.uid))
