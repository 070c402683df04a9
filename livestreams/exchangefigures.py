"""What the exchange brings a park in a month: hours offered, lent and borrowed, and the use that its rooms gain.

Offered are the hours that guests could have had or had: within the offers while they stood, room open or host there,
less repairs and what the own people had booked. Nothing is typed and nothing is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from core.actors import Actor
from core.clock import HOUR, day_start, month_of, next_month
from core.scoping import get_visible
from livestreams.availability import presence_of
from livestreams.conflicts import Span, free, merged
from livestreams.models import Booking, ExchangeOffer, LiveRoom, Maintenance
from livestreams.roomhours import opened
from parks.models import Park

TENTH = Decimal("0.1")


@dataclass(frozen=True)
class ExchangeMonth:
    """Hours of a month; `gained` is the share of the rooms' open time that was lent, in percentage points."""

    rooms_offered: Decimal
    rooms_lent: Decimal
    rooms_borrowed: Decimal
    hosts_offered: Decimal
    hosts_lent: Decimal
    hosts_borrowed: Decimal
    gained: Decimal | None


def exchange_month(*, actor: Actor, park: Park, month: date) -> ExchangeMonth:
    """The exchange of a park and its firms in the month of a day. NotFound for a park the actor does not see."""
    seen = get_visible(Park, actor, pk=park.pk)
    first = month_of(month)
    within = Span(day_start(first), day_start(next_month(first)))
    given = Q(giver=seen.pk) | Q(giver__parent=seen.pk)
    offers = ExchangeOffer.objects.filter(given, starts_at__lt=within.end, ends_at__gt=within.start)
    rooms = LiveRoom.objects.filter(park=seen)
    open_hours = {room.pk: opened(room, within) for room in rooms}
    loans = Booking.objects.blocking().between(within.start, within.end).filter(loan__isnull=False)  # type: ignore[attr-defined]
    of_room, of_host = Q(loan__offer__room__isnull=False), Q(loan__offer__host__isnull=False)
    ours = Q(loan__offer__giver=seen.pk) | Q(loan__offer__giver__parent=seen.pk)
    theirs = Q(loan__park=seen.pk)
    lent = _hours(loans.filter(ours, of_room), within)
    whole = sum((span.length for spans in open_hours.values() for span in spans), timedelta(0))
    return ExchangeMonth(
        rooms_offered=_of_spans(_rooms_offered(offers, open_hours, within)),
        rooms_lent=lent,
        rooms_borrowed=_hours(loans.filter(theirs, of_room), within),
        hosts_offered=_of_spans(_hosts_offered(offers, within)),
        hosts_lent=_hours(loans.filter(ours, of_host), within),
        hosts_borrowed=_hours(loans.filter(theirs, of_host), within),
        gained=(100 * lent * HOUR.seconds / Decimal(whole.total_seconds())).quantize(TENTH)
        if whole
        else None,
    )
