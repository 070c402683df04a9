"""From the relaxation to a schedule: greedy starts, parts solved exactly, and a proof where time allows.

The prices of the relaxation do three things. They drop columns that cannot belong to anything better than what is
known. They let the model fall apart: when all that hosts compete for together (rooms, crews, quotas) is paid for
instead of limited, every host is a problem of its own, and the sum of their optima is a bound that is never above
that of the relaxation. And they say whose neighbourhood is worth to be solved again.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from livestreams.scheduling.exact import Part, Relaxed, Solved, best_of_groups, profits, relax, solve_part
from livestreams.scheduling.fill import by_worth, fill, greedy, nothing
from livestreams.scheduling.model import NONE, Floats, Ints, Model
from livestreams.scheduling.pieces import Pieces

SMALL = 12_000
"""Columns that HiGHS gets at once."""
NEAR = 500
"""Columns of the first neighbourhoods; when they bring nothing, larger ones are taken."""
PIECES = 0.75
"""Of the time, for the pieces."""
PATIENCE = 4
"""How many times its equal share of the time a piece may take, while that leaves half of the time to the others: most
need much less, a few need more."""
ROUNDING = 1e-4
"""What arithmetic may have lost of a whole number."""

Report = Callable[["Search"], None]


class Search:
    """What is known at any moment: the best solution, what nothing can exceed, and how long it took."""

    def __init__(self, model: Model, *, seconds: float, seed: int, report: Report) -> None:
        self.model, self.seconds, self.report = model, seconds, report
        self.random = np.random.default_rng(seed)
        self.began = time.monotonic()
        self.relaxed: Relaxed | None = None
        self.lost = np.zeros(model.size)
        self.x = greedy(model)
        self.bound: int | None = None

    @property
    def spent(self) -> float:
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        return self.seconds - self.spent

    @property
    def worth(self) -> int:
        return int(self.model.worth @ self.x)

    def is_over(self) -> bool:
        """Proven, or out of time."""
        return self.left <= 0 or (self.bound is not None and self.worth >= self.bound)

    def run(self) -> None:
        """Search until it is proven, the time is over, or nothing helps any more."""
        self.report(self)
        self.relaxed = relax(self.model, self.left) if self.left > 0 else None
        if self.relaxed is None:
            return
        self.lost = lost_of(self.model, self.relaxed)
        self._lower(self.relaxed.bound)
        for start in self._starts(self.relaxed):
            self._keep(start)
        self.report(self)
        for step in (self._whole, self._apart, self._near, self._whole):
            if not self.is_over():
                step(self.relaxed)
        self.report(self)

    def _starts(self, relaxed: Relaxed) -> Iterator[Ints]:
        """The relaxation rounded down with what is worth most beside it, and greedy by its prices."""
        model = self.model
        order = np.argsort(-relaxed.x, kind="stable")
        chosen = order[(relaxed.x[order] > ROUNDING) & (model.group[order] != NONE)]
        yield fill(model, by_worth(model), fill(model, chosen.tolist(), nothing(model)))
        yield greedy(model, relaxed.prices)

    def _whole(self, relaxed: Relaxed) -> None:
        """Solve all that is left of the model, if it is small by now."""
        columns = self._promising(relaxed)
        if not len(columns):
            self._lower(self.worth)
        if not 0 < len(columns) <= SMALL:
            return
        rows = np.unique(self.model.matrix[:, columns].indices)
        part = Part(columns, self.model.worth[columns], rows, self.model.limits[rows])
        solved = solve_part(self.model, part, seconds=self.left / 2)
        self._take(part, solved.x, nothing(self.model))
        # What was dropped belongs to nothing better than what was known.
        self._lower(max(solved.bound, self.worth))
        self.report(self)

    def _apart(self, relaxed: Relaxed) -> None:
        """Solve each host's piece alone, at the prices of what they share, and put the pieces together."""
        pieces = Pieces(self.model, relaxed, most=SMALL)
        deadline = time.monotonic() + self.left * PIECES
        workers = os.cpu_count() or 1
        chosen: list[Ints] = []
        bounds: list[float] = []

        def solve(number: int) -> Solved:
            ahead = deadline - time.monotonic()
            share = ahead * workers / (len(pieces.parts) - number)
            return pieces.solve(number, seconds=min(PATIENCE * share, max(share, ahead / 2), ahead))

        with ThreadPoolExecutor(workers) as pool:
            for number, solved in enumerate(pool.map(solve, range(len(pieces.parts)))):
                bounds.append(solved.bound)
                if solved.x is not None:
                    chosen.append(pieces.parts[number].columns[solved.x > 0])
                self.report(self)
        self._lower(pieces.constant + sum(bounds))
        together = fill(self.model, [int(one) for columns in chosen for one in columns], nothing(self.model))
        self._keep(fill(self.model, by_worth(self.model), together))
        lacking = [
            bound - part.worth @ self.x[part.columns]
            for part, bound in zip(pieces.parts, bounds, strict=True)
        ]
        for number in np.argsort(lacking)[::-1]:
            if self.is_over() or lacking[number] < ROUNDING:
                return
            groups = np.unique(self.model.group[pieces.parts[number].columns])
            self._improve(self._freed(groups, relaxed))

    def _near(self, relaxed: Relaxed) -> None:
        """Free what belongs to some hosts, days or rooms and solve it beside all the rest, until nothing is gained."""
        size, model = NEAR, self.model
        themes = (model.host, model.start // model.problem.day_length, model.pool)
        while size <= SMALL and not self.is_over():
            before = self.worth
            for theme in themes:
                for groups in self._around(theme, size):
                    if self.is_over():
                        return
                    self._improve(self._freed(groups, relaxed))
            if self.worth == before:
                size *= 2

    def _around(self, theme: Ints, size: int) -> Iterator[Ints]:
        """Groups of about `size` columns that have the same host, day or pool; each of these once in the middle."""
        model = self.model
        placing = np.flatnonzero(model.group != NONE)
        columns = np.bincount(model.group[placing], minlength=len(model.groups))
        values = np.unique(theme[placing])
        self.random.shuffle(values)
        freed: dict[int, None] = {}
        for value in values[values != NONE]:
            groups = np.unique(model.group[placing[theme[placing] == value]])
            self.random.shuffle(groups)
            freed |= dict.fromkeys(groups[np.cumsum(columns[groups]) <= size].tolist())
            if sum(columns[group] for group in freed) >= size / 2:
                yield np.array(list(freed), dtype=np.int64)
                freed = {}
        if freed:
            yield np.array(list(freed), dtype=np.int64)

    def _freed(self, groups: Ints, relaxed: Relaxed) -> Ints:
        """The columns of groups that are used or may belong to something better, and all bonuses."""
        model = self.model
        useful = self.x > 0
        useful[self._promising(relaxed)] = True
        return np.flatnonzero((model.group == NONE) | (useful & np.isin(model.group, groups)))

    def _promising(self, relaxed: Relaxed) -> Ints:
        """Columns that may belong to something better than what is known."""
        return np.flatnonzero(relaxed.bound - self.lost > self.worth + 1 - ROUNDING)

    def _improve(self, columns: Ints) -> None:
        part = self._part(columns)
        self._take(part, solve_part(self.model, part, seconds=min(self.left, self.seconds / 12)).x, self.x)
        self.report(self)

    def _part(self, columns: Ints) -> Part:
        """Columns to decide anew, beside all others as they are."""
        others = self.x.copy()
        others[columns] = 0
        rows = np.unique(self.model.matrix[:, columns].indices)
        return Part(columns, self.model.worth[columns], rows, self.model.left(others)[rows])

    def _take(self, part: Part, values: Ints | None, beside: Ints) -> None:
        if values is not None:
            x = beside.copy()
            x[part.columns] = values
            self._keep(x)

    def _keep(self, x: Ints) -> None:
        if int(self.model.worth @ x) > self.worth and self.model.fits(x):
            self.x = x

    def _lower(self, bound: float) -> None:
        """Nothing whole is above a bound rounded down; what is known is never below what was found."""
        if math.isfinite(bound):
            whole = max(math.floor(bound + ROUNDING), self.worth)
            self.bound = whole if self.bound is None else min(self.bound, whole)


def lost_of(model: Model, relaxed: Relaxed) -> Floats:
    """How much each column costs the bound if it is taken: its group could have had its best one."""
    profit = profits(model, relaxed.prices)
    best, placing = best_of_groups(model, profit), model.group != NONE
    lost = np.zeros(model.size)
    lost[placing] = best[model.group[placing]] - profit[placing]
    return lost
