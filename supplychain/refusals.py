"""Who of a booking does not sell goods of the pool: its firm, or a host who is planned in it or before its camera."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from livestreams.choices import ShiftRole
from livestreams.models import Booking, HostShift, PlannedShift
from supplychain.models import OfferAnswer


def refused_in(planned: Collection[tuple[Booking, int]]) -> dict[tuple[int, int], OfferAnswer]:
    """By booking and offer a no that counts in the booking: hosts join, take over and think better of it when goods are
    planned.
    """
    firms = {booking.tenant_id for booking, _offer in planned}
    by = Q(tenant__in=firms, host__isnull=True) | Q(host__isnull=False)
    asked = OfferAnswer.objects.current().filter(by, offer__in={offer for _booking, offer in planned})
    noes = list(asked.filter(sells=False).select_related("host", "tenant").order_by("-pk")) if planned else []
    hosts = _hosts_of({booking for booking, _offer in planned}) if noes else {}
    return {
        (booking.pk, offer): no
        for booking, offer in planned
        for no in noes
        if no.offer_id == offer
        and (no.host_id in hosts[booking.pk] if no.host_id else no.tenant_id == booking.tenant_id)
    }


def _hosts_of(bookings: Collection[Booking]) -> dict[int, set[int | None]]:
    """By booking its host, who is planned in it and who is before its camera."""
    found = {booking.pk: {booking.host_id} for booking in bookings}
    planned = PlannedShift.objects.filter(booking__in=found, released=False, role=ShiftRole.HOST)
    on_air = HostShift.objects.filter(session__booking__in=found, ends_at=None, role=ShiftRole.HOST)
    rows = planned.order_by().values_list("booking", "host")
    for booking, host in rows.union(on_air.order_by().values_list("session__booking", "host")):
        found[booking].add(host)
    return found
