"""Events that get into each other's way: of the same industry, on overlapping days, in near towns. Pure: no database.

Near is the same town, at most NEAR_KM between the middles of two towns, or, where one of them has no coordinates,
the same city. An event over several parks has several towns; of these the nearest pair counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import asin, cos, radians, sin, sqrt

from django.utils.translation import gettext as _

from parks.industries import industries_of

NEAR_KM = 30.0
EARTH_KM = 6371.0


@dataclass(frozen=True)
class Spot:
    """A town in which an event has a venue; codes tell towns and cities apart, the name is for people."""

    town: str
    city: str
    name: str
    latitude: float | None = None
    longitude: float | None = None

    def km_to(self, other: Spot) -> float | None:
        """The distance along the surface of the earth; None without coordinates of both."""
        if None in (self.latitude, self.longitude, other.latitude, other.longitude):
            return 0.0 if self.town == other.town else None
        here, there = radians(self.latitude or 0), radians(other.latitude or 0)
        east = radians((other.longitude or 0) - (self.longitude or 0))
        half = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(east / 2) ** 2
        return 2 * EARTH_KM * asin(sqrt(half))


@dataclass(frozen=True)
class Plan:
    """What has to be known of an event to compare it: both days count."""

    key: int | str
    name: str
    industry: str
    first_day: date
    last_day: date
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Collision:
    """Two events, the days on which both run, and their nearest towns: `km` apart, or in one city (None)."""

    one: Plan
    other: Plan
    first_day: date
    last_day: date
    here: Spot
    there: Spot
    km: float | None


def is_near(here: Spot, there: Spot, near_km: float = NEAR_KM) -> bool:
    """Whether events in two towns can get into each other's way."""
    km = here.km_to(there)
    return here.city == there.city if km is None else km <= near_km


def collision_of(one: Plan, other: Plan, near_km: float = NEAR_KM) -> Collision | None:
    """How two events collide, or None."""
    first, last = max(one.first_day, other.first_day), min(one.last_day, other.last_day)
    if last < first or not industries_of(one.industry) & industries_of(other.industry):
        return None
    near = [
        (float("inf") if (km := here.km_to(there)) is None else km, here, there, km)
        for here, there in product(one.spots, other.spots)
        if is_near(here, there, near_km)
    ]
    if not near:
        return None
    _order, here, there, km = min(near, key=lambda pair: (pair[0], pair[1].town, pair[2].town))
    return Collision(one, other, first, last, here, there, km)


def collisions_of(one: Plan, others: Iterable[Plan], near_km: float = NEAR_KM) -> list[Collision]:
    """The collisions of one event with others, the earliest first."""
    found = (collision_of(one, other, near_km) for other in others if other.key != one.key)
    return sorted(filter(None, found), key=lambda each: (each.first_day, str(each.other.key)))


def in_words(collision: Collision) -> str:
    """A collision in one sentence: the other event, where it is, and the days on which both run."""
    if collision.here.town == collision.there.town:
        where = _("in the same town, %(town)s")
    elif collision.km is None:
        where = _("in %(town)s, of the same city")
    else:
        where = _("in %(town)s, %(km)d km from %(here)s")
    days = (
        f"{collision.first_day}"
        if collision.first_day == collision.last_day
        else f"{collision.first_day} – {collision.last_day}"
    )
    return _("“%(other)s” %(where)s, runs on the same days: %(days)s.") % {
        "other": collision.other.name,
        "where": where
        % {
            "town": collision.there.name,
            "here": collision.here.name,
            "km": max(1, round(collision.km or 0)),
        },
        "days": days,
    }
