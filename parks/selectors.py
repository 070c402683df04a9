"""Scoped reads of parks."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from core.actors import Actor
from core.clock import today
from core.days import in_force_on, open_on
from core.scoping import visible_to
from parks.collisions import Collision, Plan, Spot, collisions_of, is_near
from parks.models import Event, EventVenue, Park, Town, Unit, UnitUse


def parks_of(actor: Actor) -> QuerySet[Park]:
    """The open parks an actor may look at."""
    return visible_to(Park.objects.filter(open_on(today())), actor)


def with_use_on(units: QuerySet[Unit], day: date) -> QuerySet[Any]:
    """Units, each with its `use_now` and `area_now` of a day: None for one that had no use then."""
    uses = UnitUse.objects.filter(in_force_on(day), unit=OuterRef("pk"))
    return units.annotate(
        use_now=Subquery(uses.values("use")[:1]), area_now=Subquery(uses.values("area_m2")[:1])
    )


def units_on(park: Park, day: date) -> QuerySet[Any]:
    """The units of a park on a day, each with `use_now` and `area_now`; units without a use that day are left out."""
    units = Unit.objects.filter(open_on(day), park=park)
    return with_use_on(units, day).exclude(use_now__isnull=True)


def event_collisions(event: Event) -> list[Collision]:
    """The announced events of other parks that collide with an event, the earliest first.

    This is all that a park learns of an event it is no venue of: its name, its town and its days. An event that is
    not announced is told to nobody. None for an event that was called off.
    """
    if event.is_closed:
        return []
    venues = Prefetch(
        "venues",
        EventVenue.objects.filter(open_on(today())).select_related("park__town__city"),
        to_attr="open_venues",
    )
    others = (
        Event.objects.filter(
            open_on(today()),
            is_announced=True,
            first_day__lte=event.last_day,
            last_day__gte=event.first_day,
        )
        .exclude(pk=event.pk)
        .exclude(industry="")
        .prefetch_related(venues)
    )
    (one,) = Event.objects.filter(pk=event.pk).prefetch_related(venues)
    return collisions_of(_plan(one), (_plan(other) for other in others))


def spot_of(town: Town) -> Spot:
    """Where a town lies."""
    return Spot(town.code, town.city.code, town.name, town.latitude, town.longitude)


def towns_near(town: Town) -> list[tuple[Town, float | None]]:
    """The towns whose events collide with those of a town, the nearest first: each with its distance in km, or None
    where one of the two has no coordinates and they lie in one city."""
    here = spot_of(town)
    spots = [(other, spot_of(other)) for other in Town.objects.exclude(pk=town.pk).select_related("city")]
    near = [(other, here.km_to(spot)) for other, spot in spots if is_near(here, spot)]
    return sorted(near, key=lambda each: (each[1] is None, each[1] or 0, each[0].code))


def _plan(event: Any) -> Plan:
    towns = {venue.park.town_id: venue.park.town for venue in event.open_venues}
    return Plan(
        key=event.pk,
        name=event.name,
        industry=event.industry,
        first_day=event.first_day,
        last_day=event.last_day,
        spots=tuple(map(spot_of, towns.values())),
    )
