"""Which live session an order line belongs to. docs/attribution.md tells the rule in words."""

from __future__ import annotations

from supplychain.attribution.rule import (
    NAME,
    OWN,
    VERSION,
    WINDOWS,
    Final,
    OnShift,
    OrderLine,
    Placed,
    Result,
    Shown,
    Stage,
    Unclear,
    decide,
)

__all__ = [
    "NAME",
    "OWN",
    "VERSION",
    "WINDOWS",
    "Final",
    "OnShift",
    "OrderLine",
    "Placed",
    "Result",
    "Shown",
    "Stage",
    "Unclear",
    "decide",
]
