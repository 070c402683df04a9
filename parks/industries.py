"""Industries as people write them, and the groups in which two of them are the same: 灯具, 灯饰 and lighting are one.

The groups stand in data/industries.csv. A text that no group knows is an industry of its own.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "industries.csv"
_BETWEEN = re.compile(r"[,，、;；/／]+")


@dataclass(frozen=True, slots=True)
class Industry:
    """A group of industries; `words` are what its members are called, in plain spelling."""

    code: str
    name_zh: str
    name_en: str
    words: tuple[str, ...]


@cache
def industries() -> dict[str, Industry]:
    """The groups by code."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Industry(
                row["code"], row["name_zh"], row["name_en"], tuple(_plain(row["words"]).split())
            )
            for row in csv.DictReader(file)
        }


def industries_of(text: str) -> frozenset[str]:
    """The codes of the groups that a text names, or its own plain spelling where no group knows it.

    The longest word counts, and of equally long ones the last: 塑料模具 are moulds, no plastics.

    >>> sorted(industries_of("灯饰、智能家电"))
    ['home_appliances', 'lighting']
    """
    parts = (_plain(part) for part in _BETWEEN.split(text))
    return frozenset(_group(part) for part in parts if part)


def _group(part: str) -> str:
    found = [
        (len(word), part.rindex(word), industry.code)
        for industry in industries().values()
        for word in industry.words
        if word in part
    ]
    return max(found)[2] if found else part


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
