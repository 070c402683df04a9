"""The screens of a booking for its encoder's program: made here, opened there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy

from core.actors import Actor
from core.doors.portal import ServiceAction, TenantPage
from core.errors import NotFound
from core.scoping import get_visible, may, visible_to
from livestreams.choices import ScreenKind
from livestreams.models import Booking, ScreenToken
from livestreams.services import screen_make, screen_revoke
from livestreams.services.stream_keys import KEYED


def screens_of(actor: Actor, booking: Booking) -> dict[str, Any] | None:
    """What a booking's page shows of its screens; None where the actor may open none, or the booking is over."""
    if booking.state not in KEYED or not may(actor, "add", ScreenToken, booking.tenant_id):
        return None
    rows = visible_to(ScreenToken.objects.filter(booking=booking, revoked_at__isnull=True), actor)
    known = {row.kind: row for row in rows.select_related("made_by")}
    return {"kinds": [(kind, ScreenKind(kind).label, known.get(kind)) for kind in ScreenKind.values]}


class MakeScreen(TenantPage):
    """A new overlay or dock. Its address is in the answer and nowhere else."""

    http_method_names = ["post", "options"]
    template_name = "portal/booking_screen.html"
    section = "bookings"
    needs = ("add", ScreenToken)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        booking = self.named(Booking.objects.select_related("room"), "change")
        kind = request.POST.get("kind", "")
        token, secret = screen_make(actor=self.actor, booking=booking, kind=kind)
        address = request.build_absolute_uri(reverse(token.kind))
        language = translation.get_language()
        return self.render_to_response(
            self.get_context_data(
                booking=booking, screen=token, address=f"{address}?lang={language}#{secret}"
            )
        )


class ShutScreen(ServiceAction):
    """Shuts a screen at once."""

    needs = ("change", ScreenToken)
    done = gettext_lazy("The screen is shut.")

    def carry_out(self) -> None:
        kind = self.request.POST.get("kind", "")
        if kind not in ScreenKind.values:
            raise NotFound
        booking = self.named(Booking.objects.all(), "change")
        token = get_visible(ScreenToken, self.actor, "change", booking=booking, kind=kind, revoked_at=None)
        screen_revoke(actor=self.actor, token=token)

    def back_to(self) -> str:
        return self.url("portal-booking", uid=self.kwargs["uid"])
