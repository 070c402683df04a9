"""What is told again: the same once more is a duplicate, something else of a known key is its next version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class BatchCounts:
    """What became of a batch: new keys (days, hours, instants), repeated ones, and corrections of known ones."""

    stored: int
    duplicates: int
    corrected: int


def versions_of(
    told: Iterable[tuple[K, V]], known: Mapping[K, tuple[int, V]]
) -> tuple[list[tuple[K, int, V]], BatchCounts]:
    """The (key, version, value) to be stored of the (key, value) told, in their order, and what became of all.

    `known` has the highest version of each key, with what that says.
    """
    newest = dict(known)
    fresh: list[tuple[K, int, V]] = []
    duplicates = corrected = 0
    for key, value in told:
        version, said = newest.get(key, (0, None))
        if said == value:
            duplicates += 1
            continue
        corrected += version > 0
        newest[key] = (version + 1, value)
        fresh.append((key, version + 1, value))
    return fresh, BatchCounts(len(fresh) - corrected, duplicates, corrected)
