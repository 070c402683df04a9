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
from livestreams.conflicts import Span, nearest, shared
from livestreams.models import ExchangeOffer, Host, LiveRoom
from livestreams.quotas import leaves
from tenants.models import Tenant


def free_times(offers: Iterable[ExchangeOffer], within: Span) -> dict[int, list[Span]]:
    """Per offer id the spans from now on in which it can be had, those too short for a booking left out."""
    offers, soon = list(offers), next_minute(now())
    if within.end - soon < SHORTEST:
        return {offer.pk: [] for offer in offers}
    ahead = Span(max(within.start, soon), within.end)
    rooms = windows_of([offer.room for offer in offers if offer.room is not None], ahead)
    hosts = host_windows({offer.host for offer in offers if offer.host is not None}, ahead)
    found = {}
    for offer in offers:
        windows = hosts[offer.host_id] if offer.host_id is not None else rooms[offer.room_id or 0]
        offered = [Span(offer.starts_at, offer.ends_at)] if _stands(offer) else []
        found[offer.pk] = [span for span in shared(windows, offered) if span.length >= SHORTEST]
    return found


def _stands(offer: ExchangeOffer) -> bool:
    """Whether it can still be had: it was not withdrawn, and its room is still shared."""
    return offer.withdrawn_at is None and (offer.room is None or offer.room.dedicated_to_id is None)


def loan_windows(
    offer: ExchangeOffer,
    room: LiveRoom,
    span: Span,
    *,
    host: Host | None = None,
    limited: Tenant | None = None,
) -> list[Window]:
    """The times nearest to a span at which a loan could be in a room: the offer is free, and what the guest brings.

    `limited` is the firm whose quota binds it in this room.
    """
    around = span.grown(LOOK_AROUND, LOOK_AROUND)
    is_left = leaves(room.park_id, limited, around) if limited is not None else None
    windows = shared(free_times([offer], around)[offer.pk], windows_of([room], around, host=host)[room.pk])
    return [Window(room, found) for found in nearest(windows, span, SUGGESTIONS, is_left)]
