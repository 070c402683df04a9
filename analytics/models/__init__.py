"""Figures and indicators, one file per aggregate."""

from __future__ import annotations

from analytics.models.displays import DisplayLink
from analytics.models.eventtrust import EventClaim, EventVerdict
from analytics.models.figures import (
    DaySales,
    HourSales,
    MonthSales,
    PeriodClose,
    SalesMeasures,
    SessionFigures,
    SpreadOrder,
)
from analytics.models.indicators import (
    SIGNIFICANT_DIGITS,
    IndexRun,
    IndexScore,
    Indicator,
    IndicatorValue,
    ParkValue,
    kept,
)
from analytics.models.matching import MatchRun
from analytics.models.reports import ReadingWithdrawal, ReportExpectation, SessionReading
from analytics.models.shares import SessionShare
from analytics.models.trust import SessionClaim, TrustReply, TrustVerdict

__all__ = [
    "SIGNIFICANT_DIGITS",
    "DaySales",
    "DisplayLink",
    "EventClaim",
    "EventVerdict",
    "HourSales",
    "IndexRun",
    "IndexScore",
    "Indicator",
    "IndicatorValue",
    "MatchRun",
    "MonthSales",
    "ParkValue",
    "PeriodClose",
    "ReadingWithdrawal",
    "ReportExpectation",
    "SalesMeasures",
    "SessionClaim",
    "SessionFigures",
    "SessionReading",
    "SessionShare",
    "SpreadOrder",
    "TrustReply",
    "TrustVerdict",
    "kept",
]
