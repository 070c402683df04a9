"""How much is re-ordered, and how fast: reorder_rate (返单率) and reorder_lead (返单周期)."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import QuerySet

from core.clock import HOUR, today
from supplychain.models import Launch, Reorder

SPAN = timedelta(days=90)


@dataclass(frozen=True)
class Pace:
    """Of the styles launched in SPAN: how many, how many re-ordered, and the median hours to a confirmed order."""

    launched: int
    reordered: int
    hours: float | None

    @property
    def rate(self) -> Decimal | None:
        return Decimal(self.reordered) / self.launched if self.launched else None


def reorder_pace(launches: QuerySet[Launch], reorders: QuerySet[Reorder]) -> Pace:
    """The pace of some launches and re-orders, which the caller has scoped."""
    recent = launches.filter(day__gt=today() - SPAN)
    rows = reorders.filter(launch__in=recent, confirmed_at__isnull=False)
    found = list(rows.values_list("launch", "signalled_at", "confirmed_at"))
    hours = [(confirmed - signalled) / HOUR for _launch, signalled, confirmed in found if confirmed]
    return Pace(
        recent.count(),
        len({launch for launch, *_times in found}),
        statistics.median(hours) if hours else None,
    )
