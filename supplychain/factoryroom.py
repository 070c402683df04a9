"""What factories have room for: how many pieces of the next days are still free at each of their steps."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from core.clock import DAY, today
from supplychain.models import Factory, FactoryDay, FactoryStep

SHOWN_DAYS = 7
"""From tomorrow on."""


def with_room(factories: QuerySet[Factory]) -> QuerySet[Factory]:
    """Factories with their steps in the order of the work, and what of each step's next days is taken."""
    first = today() + DAY
    days = FactoryDay.objects.filter(day__gte=first, day__lt=first + SHOWN_DAYS * DAY)
    steps = FactoryStep.objects.order_by("place").prefetch_related(
        Prefetch("days", days, to_attr="days_to_come")
    )
    return factories.prefetch_related(Prefetch("steps", steps))


def able(step: FactoryStep) -> int:
    """The pieces that a step can make in the next days."""
    return step.pieces_per_day * SHOWN_DAYS


def free(step: FactoryStep) -> int:
    """How many of them are still free: a day that holds more than the step does now gives nothing to the others."""
    taken = sum(min(day.taken, step.pieces_per_day) for day in step.days_to_come)  # type: ignore[attr-defined]
    return able(step) - taken
