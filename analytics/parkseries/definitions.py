"""The park-born series as shipped: a code, names, a definition, and the registered metric behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

from analytics.eci.indicators import IndicatorSpec, park_indicators
from analytics.metrics import PARK_REGISTRY, REGISTRY, Adds, Metric

PREFIX = "park_"


class Family(Enum):
    """Where the columns of a metric are counted; every family has its own firms and lines."""

    SALES = "order lines"
    LIVE = "live sessions"
    SEATS = "tenants"
    SPACE = "lettable units"


_FAMILIES = {
    "live_sessions": Family.LIVE,
    "live_hours": Family.LIVE,
    "tenants": Family.SEATS,
    "occupancy_area": Family.SPACE,
}


@dataclass(frozen=True)
class ParkSeries:
    """A series and its metric."""

    spec: IndicatorSpec
    metric: Metric
    family: Family

    @property
    def code(self) -> str:
        return self.spec.code

    @property
    def is_stock(self) -> bool:
        """Whether it tells the last day of a period and not the whole of it."""
        return self.metric.adds is Adds.AT_END


@cache
def park_series() -> tuple[ParkSeries, ...]:
    """Every park-born series in its order."""
    metrics = REGISTRY | PARK_REGISTRY
    found = []
    for spec in park_indicators():
        metric = metrics[spec.code.removeprefix(PREFIX)]
        found.append(ParkSeries(spec, metric, _FAMILIES.get(metric.code, Family.SALES)))
    return tuple(found)
