"""Codes and English names of the series that statistics offices publish.

The offices' own ids change between their exports, so a series is known by its name. One that is not in the table
gets a code from the hash of its name: the same name always gets the same code.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "data" / "official_series.csv"


@dataclass(frozen=True, slots=True)
class OfficialSeries:
    """A published series; the units are those it is usually published in."""

    code: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str


def official_series(name: str, unit: str = "") -> OfficialSeries:
    """The series that a statistics file calls `name`, by its code or its Chinese or English name; made up when unknown.

    A `unit` other than the usual one makes another series: 亿元 and 万元 must not stand in one table.
    """
    known = _by_name().get(name.casefold())
    if known is None:
        digest = hashlib.sha256(f"{name}|{unit}".encode()).hexdigest()[:10]
        return OfficialSeries(f"official-{digest}", name, "", unit, "")
    if unit in ("", known.unit_zh, known.unit_en):
        return known
    digest = hashlib.sha256(unit.encode()).hexdigest()[:6]
    return OfficialSeries(f"{known.code}-{digest}", known.name_zh, known.name_en, unit, "")


@cache
def _by_name() -> dict[str, OfficialSeries]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        series = [OfficialSeries(**row) for row in csv.DictReader(stream)]
    return {name.casefold(): one for one in series for name in (one.code, one.name_zh, one.name_en)}
