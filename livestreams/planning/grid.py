"""Slots of half an hour: numbers for instants, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import DAY, HOUR, MINUTE, now
from livestreams.conflicts import Span
from livestreams.models import SchedulePlan
from livestreams.scheduling import Slots

SLOT = timedelta(minutes=30)
SLOTS_PER_HOUR = HOUR // SLOT
SLOTS_PER_DAY = DAY // SLOT


@dataclass(frozen=True)
class Grid:
    """Slots of a plan: their number to instants and back. Nothing lies before the present."""

    start: datetime
    slots: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.at(self.slots))

    def at(self, slot: int) -> datetime:
        return self.start + slot * SLOT

    def inner(self, span: Span) -> Slots | None:
        """The whole slots within a span, None where there is none."""
        first = max(-((self.start - span.start) // SLOT), -((self.start - now()) // SLOT), 0)
        last = min((span.end - self.start) // SLOT, self.slots)
        return Slots(first, last) if first < last else None

    def outer(self, span: Span) -> Slots:
        """All slots that a span touches."""
        return Slots(
            max((span.start - self.start) // SLOT, 0), min(-((self.start - span.end) // SLOT), self.slots)
        )


def grid_of(plan: SchedulePlan) -> Grid:
    """The slots of all days of a plan."""
    return Grid(plan.starts_at, ((plan.last_day - plan.first_day).days + 1) * SLOTS_PER_DAY)


def slots_for(minutes: int) -> int:
    """Whole slots for so many minutes."""
    return -(-minutes // (SLOT // MINUTE))
