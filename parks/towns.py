"""Where towns lie: the middles of those that ship with Livepark, to about two kilometres, in WGS 84 degrees."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "towns.csv"


@cache
def _places() -> dict[tuple[str, str], tuple[float, float]]:
    with DATA.open(encoding="utf-8", newline="") as file:
        return {
            (row["city_code"], row["name_zh"]): (float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(file)
        }


def town_place(city_code: str, name_zh: str) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude of a town by the code of its city and its Chinese name; a pair of None for others."""
    return _places().get((city_code, name_zh), (None, None))
