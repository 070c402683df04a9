"""Benchmarks: every figure stands beside a physical limit and a usual way of doing it, measured in the same run.

A module of this package with a function `run() -> list[Row]` is a benchmark. Absolute figures move with the
machine; the ratio to the limit is what is compared from run to run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `limit` is the bare minimum of work, `peer` what people write, `ours` what the product does, all in `unit`
    (ms, rows/s ...). `ratio` is ours / limit. `goal` says in words what `passed` decides.
    """

    work: str
    limit: float
    peer: float
    ours: float
    unit: str
    goal: str
    passed: bool

    @property
    def ratio(self) -> float:
        return self.ours / self.limit if self.limit else float("nan")


def best_ms(rounds: int, *functions: Callable[[], object]) -> list[float]:
    """The shortest time of each function in milliseconds over interleaved rounds, so that noise hits all alike."""
    best = [float("inf")] * len(functions)
    for _round in range(rounds):
        for i, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[i] = min(best[i], (time.perf_counter() - start) * 1000)
    return best
