"""Who of a booking does not sell goods of the pool: its firm, or a host who is planned in it or before its camera."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from livestreams.choices import ShiftRole
from livestreams.models import Booking, HostShift, PlannedShift
from supplychain.models import OfferAnswer


def refused_in(booking: Booking, offers: Collection[int]) -> dict[int, OfferAnswer]:
    """By offer a no that counts in the booking: hosts join, take over and think better of it when goods are planned."""
    if not offers:
        return {}
    planned = PlannedShift.objects.filter(booking=booking, released=False, role=ShiftRole.HOST)
    on_air = HostShift.objects.filter(session__booking=booking, ends_at=None, role=ShiftRole.HOST)
    hosts = Q(host=booking.host_id) | Q(host__in=planned.values("host")) | Q(host__in=on_air.values("host"))
    by = Q(tenant=booking.tenant_id, host__isnull=True) | (Q(host__isnull=False) & hosts)
    said = OfferAnswer.objects.current().filter(by, offer__in=offers, sells=False)
    return {no.offer_id: no for no in said.select_related("host", "tenant").order_by("-pk")}
