"""The twelve indicators of the e-commerce index, the variables and park-born series beside it, from shipped tables.

The weights are the published ones in per cent; they add up to 99.9 through rounding in print. `ECI` among the
variables is the index itself: it is computed, never read.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

DATA_DIR = Path(__file__).resolve().parents[1] / "data"


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """One column of the index. `direction` is +1 when more is better; counts are never winsorized."""

    code: str
    name_zh: str
    name_en: str
    dimension: str = ""
    dimension_zh: str = ""
    definition_zh: str = ""
    definition_en: str = ""
    unit_zh: str = ""
    unit_en: str = ""
    direction: int = 1
    is_count: bool = False
    published_weight_pct: Decimal | None = None


@dataclass(frozen=True, slots=True)
class StudyVariable:
    """A regression variable with the published moments of its 300 observations."""

    code: str
    name_zh: str
    name_en: str
    definition_zh: str
    definition_en: str
    n: int
    mean: Decimal
    sd: Decimal
    minimum: Decimal
    maximum: Decimal


@cache
def eci_indicators() -> tuple[IndicatorSpec, ...]:
    """The twelve indicators in the order of the study."""
    return tuple(
        IndicatorSpec(
            **{
                **row,
                "direction": int(row["direction"]),
                "is_count": row["is_count"] == "1",
                "published_weight_pct": Decimal(row["published_weight_pct"]),
            }
        )
        for row in _rows("eci_indicators.csv")
    )


@cache
def study_variables() -> tuple[StudyVariable, ...]:
    """EXP, ECI and the six controls, in the order of the study's table of moments."""
    moments = ("mean", "sd", "minimum", "maximum")
    return tuple(
        StudyVariable(**{**row, "n": int(row["n"]), **{name: Decimal(row[name]) for name in moments}})
        for row in _rows("study_variables.csv")
    )


@cache
def park_indicators() -> tuple[IndicatorSpec, ...]:
    """The park-born series, which an index may take beside the twelve or instead of some."""
    return tuple(IndicatorSpec(dimension="parks", **row) for row in _rows("park_series.csv"))


@cache
def indicator_by_header(header: str) -> IndicatorSpec | None:
    """The indicator whose code or Chinese or English name stands in a column header."""
    plain = header.strip().casefold()
    for spec in (*eci_indicators(), *park_indicators()):
        if plain in (spec.code, spec.name_zh, spec.name_en.casefold()):
            return spec
    return None


def _rows(name: str) -> list[dict[str, Any]]:
    with (DATA_DIR / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
