"""What an encoder of a booking needs, how it fares, and a new key for it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from core.actors import Actor
from core.clock import now
from core.doors.portal import ServiceAction
from core.errors import DomainError
from core.scoping import may, visible_to
from livestreams.models import Booking, Publish, PublishDecision, StreamKey
from livestreams.services import stream_credentials, stream_key_renew
from tenants.choices import Platform

SHOWN = 5


def stream_of(actor: Actor, booking: Booking) -> dict[str, Any] | None:
    """What a booking's page shows of its stream; None where there is no key to give, or none for the actor."""
    may_renew = may(actor, "add", StreamKey, booking.tenant_id)
    try:
        credentials = stream_credentials(actor=actor, booking=booking)
        spare = stream_credentials(actor=actor, booking=booking, spare=True)
    except DomainError:
        return None
    if credentials.valid_until <= now() or not (credentials.key or may_renew):
        return None
    running = Publish.objects.running().filter(booking=booking).select_related("key")
    return {
        "credentials": credentials,
        "spare": spare,
        "platform": Platform(credentials.platform).label if credentials.platform else "",
        "may_renew": may_renew,
        "platforms": Platform.choices,
        "running": visible_to(running, actor).order_by("is_test"),
        "attempts": visible_to(PublishDecision.objects.filter(booking=booking), actor)[:SHOWN],
    }


class RenewStreamKey(ServiceAction):
    """Gives a booking its stream key, or a new one."""

    needs = ("add", StreamKey)
    done = gettext_lazy("The stream key is ready. An older one of this booking is good no longer.")

    def carry_out(self) -> None:
        stream_key_renew(
            actor=self.actor,
            booking=self.named(Booking.objects.all(), "change"),
            platform=self.request.POST.get("platform", ""),
            spare="spare" in self.request.POST,
        )

    def back_to(self) -> str:
        return self.url("portal-booking", uid=self.kwargs["uid"])
