"""What the demo's parks lend each other: a room and a host of each, and a few hours that were lent.

Offers stand for sixty days from tomorrow on and are made again where none stands. A lone park finds nobody to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from analytics.demo.built import BuiltPark
from analytics.demo.load import BOOKED_AHEAD_DAYS
from core.actors import Actor
from core.clock import DAY, HOUR, day_start, now, today
from livestreams.availability import windows_of
from livestreams.conflicts import Span
from livestreams.exchange import free_times
from livestreams.models import ExchangeOffer
from livestreams.services import (
    exchange_offer_make,
    exchange_request_accept,
    exchange_request_make,
)

LENT = 2 * HOUR
HOURS_OF_A_DAY = 8
SHARE = Decimal("0.8")
"""Of the price that the park's own tenants pay."""


def build_exchange(parks: Sequence[BuiltPark], *, actor: Actor) -> None:
    """Make what is missing of the offers, and let each park's neighbour in the list borrow from a new one."""
    for number, giver in enumerate(parks):
        offers = _offers(giver, actor)
        guest = parks[number - 1]
        if guest is giver or not offers:
            continue
        room, host = offers
        _lend(room, guest, actor, accept=True)
        _lend(host, guest, actor, accept=number % 2 == 0)


def _offers(giver: BuiltPark, actor: Actor) -> list[ExchangeOffer]:
    """Its last shared room and last host, offered to all parks of its province; nothing new while they stand."""
    if ExchangeOffer.objects.standing(now() + DAY).filter(room__park=giver.park).exists():
        return []
    room = next(room for room in reversed(giver.rooms) if room.dedicated_to_id is None)
    host = giver.hosts[-1]
    told = partial(
        exchange_offer_make,
        actor=actor,
        places=[giver.park.town.city.province.node.code],
        starts_at=day_start(today() + DAY),
        ends_at=day_start(today() + 61 * DAY),
    )
    return [
        told(room=room, hourly_rate=room.hourly_rate * SHARE),
        told(host=host, hourly_rate=host.day_rate / HOURS_OF_A_DAY),
    ]


def _lend(offer: ExchangeOffer, guest: BuiltPark, actor: Actor, *, accept: bool) -> None:
    """Let the guest's first tenant ask for free hours of the last day on which the demo's own bookings are known."""
    told = offer.places.filter(pk__in=guest.park.node.ancestors().values("pk"))
    day = day_start(today() + BOOKED_AHEAD_DAYS * DAY)
    free = free_times([offer], Span(day + 9 * HOUR, day + DAY))[offer.pk]
    starts_at = next((span.start for span in free if span.length >= LENT), None)
    if starts_at is None or not told.exists():
        return
    wanted = Span(starts_at, starts_at + LENT)
    windows = windows_of(guest.rooms, wanted)
    rooms = [room for room in guest.rooms if room.dedicated_to_id is None and windows[room.pk] == [wanted]]
    if offer.host_id and not rooms:
        return
    request = exchange_request_make(
        actor=actor,
        offer=offer,
        tenant=guest.tenants[0],
        starts_at=starts_at,
        ends_at=starts_at + LENT,
        room=rooms[0] if offer.host_id else None,
        note="演示：借用两小时",
    )
    if accept:
        exchange_request_accept(actor=actor, request=request)
