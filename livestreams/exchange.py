"""What can be had of an offer to other parks, as the facts stand: nothing of it is typed, and nothing else is shown.

Reads without scoping, for doors and services that have already decided which offers their actor is told of. What it
gives out are free times within an offer, never who holds the others.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.clock import next_minute, now
from livestreams.availability import (
    LOOK_AROUND,
    SHORTEST,
    SUGGESTIONS,
    Window,
    host_windows,
    windows_of,
)
from livestreams.conflicts import Span, nearest
from livestreams.models import ExchangeOffer, Host, LiveRoom


def free_times(offers: Iterable[ExchangeOffer], within: Span) -> dict[int, list[Span]]:
    """Per offer id the spans from now on in which it can be had, those too short for a booking left out."""
    offers, soon = list(offers), next_minute(now())
    if within.end - soon < SHORTEST:
        return {offer.pk: [] for offer in offers}
    ahead = Span(max(within.start, soon), within.end)
    rooms = windows_of([offer.room for offer in offers if offer.room is not None], ahead)
    found = {}
    for offer in offers:
        windows = host_windows(offer.host, ahead) if offer.host is not None else rooms[offer.room_id or 0]
        offered = [Span(offer.starts_at, offer.ends_at)] if _stands(offer) else []
        found[offer.pk] = [span for span in _shared(windows, offered) if span.length >= SHORTEST]
    return found


def _stands(offer: ExchangeOffer) -> bool:
    """Whether it can still be had: it was not withdrawn, and its room is still shared."""
    return offer.withdrawn_at is None and (offer.room is None or offer.room.dedicated_to_id is None)


def loan_windows(
    offer: ExchangeOffer, span: Span, *, room: LiveRoom | None = None, host: Host | None = None
) -> list[Window]:
    """The times nearest to a span at which a loan could be: the offer is free, and so is what the guest brings."""
    around = span.grown(LOOK_AROUND, LOOK_AROUND)
    windows = free_times([offer], around)[offer.pk]
    if room is not None:
        windows = _shared(windows, windows_of([room], around)[room.pk])
    if host is not None:
        windows = _shared(windows, host_windows(host, around))
    place = room or offer.room
    assert place is not None
    return [Window(place, found) for found in nearest(windows, span, SUGGESTIONS)]


def _shared(ones: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What lies in a span of either list."""
    others = list(others)
    parts = (one.clipped(other) for one in ones for other in others)
    return [part for part in parts if part is not None]
