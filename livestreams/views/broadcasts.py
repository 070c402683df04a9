"""The way of a booking's picture to its platform, in the portal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actors import Actor
from core.clock import now
from core.doors.formfields import LineField
from core.doors.portal import ScopedForm, ServiceFormPage
from core.scoping import may, visible_to
from livestreams.choices import DELIVERIES_TOLD, UNSEEN
from livestreams.models import Booking, Broadcast, Publish
from livestreams.services import broadcast_choose
from livestreams.services.stream_keys import KEYED
from tenants.choices import Platform

# A node that asks so often for one stream does not get its picture across.
MANY, LATELY = 3, timedelta(seconds=30)


class BroadcastForm(ScopedForm):
    """What the tenant knows of its platform. The key is never shown again: an empty field keeps the one before."""

    route = forms.ChoiceField(
        label=gettext_lazy("Way of the picture"), choices=DELIVERIES_TOLD, widget=forms.RadioSelect
    )
    platform = forms.ChoiceField(label=gettext_lazy("Platform"), choices=Platform)
    server = LineField(
        label=gettext_lazy("Platform's server"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "From the platform's back office, for example rtmp://push.platform.example/live. "
            "Empty: the park hands the picture on to nobody."
        ),
    )
    key = forms.CharField(
        label=gettext_lazy("Platform's stream key"),
        max_length=800,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Kept encrypted and shown to nobody, you included. Empty: the one before stays."
        ),
    )


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
