"""Offers of other parks as a guest finds them: by day, scene or category, and distance."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from core.clock import DAY, business_day, day_bounds, day_start, now, today
from core.days import open_on
from livestreams.availability import SHORTEST
from livestreams.conflicts import Span
from livestreams.exchange import free_times
from livestreams.models import ExchangeOffer
from parks.models import Park
from parks.selectors import spot_of

MOST = 200
AROUND = 28 * DAY


@dataclass(frozen=True)
class Found:
    """An offer, how far its park is (None where nobody knows), and when it can be had then."""

    offer: ExchangeOffer
    km: float | None
    free: list[Span]


def offers_found(
    *, told: QuerySet[ExchangeOffer], park: Park, day: date, what: str = "", within_km: float | None = None
) -> list[Found]:
    """Of the offers that the reader is told of those of other parks that are free on the day, the nearest first.

    `what` is a scene or a category, as far as it is written; with `within_km` parks of unknown distance are left out.
    """
    return _found(told, park, Span(*day_bounds(day)), what, within_km)


def nearest_day(
    *, told: QuerySet[ExchangeOffer], park: Park, day: date, what: str = "", within_km: float | None = None
) -> date | None:
    """The day within four weeks of one for which `offers_found` finds something, the nearest; the earlier of two."""
    first, middle = today(), max(day, today())
    within = Span(day_start(max(first, middle - AROUND)), day_start(middle + AROUND + DAY))
    found = _found(told, park, within, what, within_km)
    days = {each for one in found for span in one.free for each in _days_of(span)}
    return min(days, key=lambda each: (abs(each - day), each), default=None)


def _days_of(span: Span) -> Iterator[date]:
    """The days of which a span has enough for a booking."""
    day = business_day(span.start)
    while day_start(day) < span.end:
        part = Span(*day_bounds(day)).clipped(span)
        if part is not None and part.length >= SHORTEST:
            yield day
        day += DAY


def _found(
    told: QuerySet[ExchangeOffer], park: Park, whole: Span, what: str, within_km: float | None
) -> list[Found]:
    standing = told.in_full().standing(now()).filter(starts_at__lt=whole.end, ends_at__gt=whole.start)  # type: ignore[attr-defined]
    offers = [
        offer
        for offer in standing.order_by("-pk")[:MOST]
        if offer.park_id != park.pk and _is(offer, what.strip().casefold())
    ]
    free = free_times(offers, whole)
    here = spot_of(park.town)
    found = [Found(offer, here.km_to(spot_of(offer.park.town)), free[offer.pk]) for offer in offers]
    near = (
        one
        for one in found
        if one.free and (within_km is None or (one.km is not None and one.km <= within_km))
    )
    return sorted(near, key=lambda one: (one.km is None, one.km or 0, one.offer.pk))


def places_above(parks: Collection[Park]) -> list[tuple[str, str]]:
    """The towns, cities and provinces that parks stand in, nearest first: code and name."""
    return list(
        dict.fromkeys(
            (place.node.code, place.name)
            for level in zip(
                *((park.town, park.town.city, park.town.city.province) for park in parks), strict=True
            )
            for place in level
        )
    )


def parks_beside(parks: Collection[Park]) -> list[tuple[str, str]]:
    """The other open parks of the provinces that parks stand in: code, and name with town. Those of who runs several
    parks lend to each other, too. Parks of synthetic data are among themselves.
    """
    beside = Park.objects.filter(
        open_on(today()),
        town__city__province__in={park.town.city.province_id for park in parks},
        is_synthetic__in={park.is_synthetic for park in parks},
    )
    if len(parks) == 1:
        beside = beside.exclude(pk__in=[park.pk for park in parks])
    ordered = beside.select_related("town").order_by("town__code", "code")
    return [(park.code, f"{park.name} · {park.town.name}") for park in ordered]


def _is(offer: ExchangeOffer, what: str) -> bool:
    return not what or any(what in word.casefold() for word in words_of(offer))


def words_of(offer: ExchangeOffer) -> list[str]:
    """What is lent brings, in the words of its owner: scene, industries and equipment; level, categories, languages,
    which are told in the reader's.
    """
    if offer.room is not None:
        words = (offer.room.scene, *offer.room.industries, *offer.room.equipment)
    elif offer.host is not None:
        words = (offer.host.level, *offer.host.categories, offer.host.languages_named)
    return [str(word) for word in words if word]
