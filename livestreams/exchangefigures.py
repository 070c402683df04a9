"""What the exchange brings a park in a month: hours offered, lent and borrowed, and the use that its rooms gain.

Offered are the hours that guests could have had, or had: within the offers while they stood, with the room open or the
host there, less repairs and what was booked otherwise. Nothing is typed and nothing is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from core.actors import Actor
from core.clock import HOUR, day_start, month_of, next_month
from core.scoping import get_visible
from livestreams.availability import opening_of, presence_of
from livestreams.conflicts import Span, free, merged, shared
from livestreams.models import Booking, ExchangeOffer, Host, LiveRoom, Maintenance
from parks.models import Park

TENTH = Decimal("0.1")
SECOND = timedelta(seconds=1)
Spans = dict[int, list[Span]]


@dataclass(frozen=True)
class ExchangeMonth:
    """Hours of a month; `gained` is the lent share of the rooms' open time, in percentage points."""

    rooms_offered: Decimal
    rooms_lent: Decimal
    rooms_borrowed: Decimal
    hosts_offered: Decimal
    hosts_lent: Decimal
    hosts_borrowed: Decimal
    gained: Decimal | None


def exchange_month(*, actor: Actor, park: Park, month: date) -> ExchangeMonth:
    """The exchange of a park and its firms in the month of a day. NotFound for a park the actor does not see."""
    seen, first = get_visible(Park, actor, pk=park.pk), month_of(month)
    within = Span(day_start(first), day_start(next_month(first)))
    loans = Booking.objects.blocking().between(within.start, within.end).filter(loan__isnull=False)
    rooms, hosts = loans.filter(loan__offer__host=None), loans.filter(loan__offer__room=None)
    lent, borrowed = Q(loan__offer__park=seen.pk), Q(loan__park=seen.pk)
    opened = {room.pk: opening_of(room, within) for room in LiveRoom.objects.filter(park=seen)}
    standing = _standing(seen, within)
    rooms_lent, whole = _booked(rooms.filter(lent), within), _length(opened.values())
    return ExchangeMonth(
        rooms_offered=_hours(_length(_rooms_offered(standing["room_id"], opened, within).values())),
        rooms_lent=_hours(rooms_lent),
        rooms_borrowed=_hours(_booked(rooms.filter(borrowed), within)),
        hosts_offered=_hours(_length(_hosts_offered(standing["host_id"], within).values())),
        hosts_lent=_hours(_booked(hosts.filter(lent), within)),
        hosts_borrowed=_hours(_booked(hosts.filter(borrowed), within)),
        gained=(Decimal(100) * (rooms_lent // SECOND) / (whole // SECOND)).quantize(TENTH) if whole else None,
    )


def _standing(park: Park, within: Span) -> dict[str, Spans]:
    """When rooms and hosts of the park and its firms were on offer, by their ids."""
    found: dict[str, Spans] = {"room_id": defaultdict(list), "host_id": defaultdict(list)}
    offers = ExchangeOffer.objects.filter(park=park, starts_at__lt=within.end, ends_at__gt=within.start)
    for offer in offers:
        start = max(offer.starts_at, offer.created_at, within.start)
        end = min(offer.ends_at, offer.withdrawn_at or offer.ends_at, within.end)
        if start < end:
            kind = "host_id" if offer.room_id is None else "room_id"
            found[kind][getattr(offer, kind)].append(Span(start, end))
    return found


def _rooms_offered(standing: Spans, opened: Spans, within: Span) -> Spans:
    taken: Spans = defaultdict(list)
    own = Booking.objects.taking_room(within.start, within.end).filter(room__in=standing, loan=None)
    repairs = Maintenance.objects.filter(
        room__in=standing, starts_at__lt=within.end, ends_at__gt=within.start
    )
    for room, start, end in [
        *own.values_list("room", "blocked_from", "blocked_until"),
        *repairs.values_list("room", "starts_at", "ends_at"),
    ]:
        taken[room].append(Span(start, end))
    return {
        room: free(shared(merged(spans), opened[room]), taken[room])
        for room, spans in standing.items()
        if room in opened
    }


def _hosts_offered(standing: Spans, within: Span) -> Spans:
    taken: Spans = defaultdict(list)
    own = Booking.objects.taking_host(within.start, within.end).filter(host__in=standing)
    for host, start, end in own.filter(loan__offer__host=None).values_list("host", "starts_at", "ends_at"):
        taken[host].append(Span(start, end))
    there = presence_of(Host.objects.filter(pk__in=standing), within)
    return {host: free(shared(merged(spans), there[host]), taken[host]) for host, spans in standing.items()}


def _booked(bookings: Any, within: Span) -> timedelta:
    spans = (Span(start, end).clipped(within) for start, end in bookings.values_list("starts_at", "ends_at"))
    return _length([[span for span in spans if span is not None]])


def _length(lists: Iterable[list[Span]]) -> timedelta:
    return sum((span.length for spans in lists for span in spans), timedelta(0))


def _hours(length: timedelta) -> Decimal:
    return (Decimal(length // SECOND) / (HOUR // SECOND)).quantize(TENTH)
