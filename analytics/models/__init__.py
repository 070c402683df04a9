"""Figures and indicators, one file per aggregate."""

from __future__ import annotations

from analytics.models.figures import (
    DaySales,
    HourSales,
    MonthSales,
    PeriodClose,
    SalesMeasures,
    SessionFigures,
    SpreadOrder,
)
from analytics.models.indicators import IndexRun, IndexScore, Indicator, IndicatorValue, ParkValue

__all__ = [
    "DaySales",
    "HourSales",
    "IndexRun",
    "IndexScore",
    "Indicator",
    "IndicatorValue",
    "MonthSales",
    "ParkValue",
    "PeriodClose",
    "SalesMeasures",
    "SessionFigures",
    "SpreadOrder",
]
