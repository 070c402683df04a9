"""Scoped reads of parks."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from core.actors import Actor
from core.scoping import visible_to
from parks.models import Park, Unit, UnitUse


def parks_of(actor: Actor) -> QuerySet[Park]:
    """The open parks an actor may look at."""
    return visible_to(Park.objects.filter(closed_on__isnull=True), actor)


def units_on(park: Park, day: date) -> QuerySet[Any]:
    """The units of a park on a day, each with `use_now` and `area_now`; units without a use that day are left out."""
    uses = UnitUse.objects.filter(
        Q(to_day__isnull=True) | Q(to_day__gt=day), unit=OuterRef("pk"), from_day__lte=day
    )
    return (
        Unit.objects.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=day), park=park)
        .annotate(use_now=Subquery(uses.values("use")[:1]), area_now=Subquery(uses.values("area_m2")[:1]))
        .exclude(use_now__isnull=True)
    )
