"""The model in pieces that have nothing in common: what they share is paid for instead of limited.

For any prices, the optimum of each piece at these prices and what the shared limits are worth at them add up to a
bound of the whole (Lagrange). At the prices of the relaxation that is never above the relaxation's own.
"""

from __future__ import annotations

import numpy as np
import scipy  # loads its parts when they are used

from livestreams.scheduling.exact import Part, Relaxed, Solved, best_of_groups, profits, solve_part
from livestreams.scheduling.model import NONE, Floats, Ints, Limit, Model

OWN = (Limit.REQUEST, Limit.HOST, Limit.HOST_DAY, Limit.HOST_TOTAL)
"""Limits that stay with a piece."""


class Pieces:
    """The parts; what they give beyond `constant` bounds the model."""

    def __init__(self, model: Model, relaxed: Relaxed, *, most: int) -> None:
        self.model, self.most = model, most
        self.prices = relaxed.prices
        own = np.isin(model.row_limit, OWN)
        shared = np.where(own, 0.0, relaxed.prices)
        self.worth: Floats = model.worth - model.matrix.T @ shared
        bonuses = model.group == NONE
        self.constant = float(
            shared @ model.limits + model.upper[bonuses] @ np.maximum(self.worth[bonuses], 0.0)
        )
        self._best = best_of_groups(model, profits(model, relaxed.prices))
        self.parts = [self._part(columns, own) for columns in self._apart(own) if not bonuses[columns].all()]

    def _apart(self, own: np.ndarray) -> list[Ints]:
        """Columns that share rows of their own, together."""
        rows = self.model.matrix.tocsr()[np.flatnonzero(own)]
        _count, names = scipy.sparse.csgraph.connected_components(
            scipy.sparse.block_array([[None, rows], [rows.T, None]]), directed=False
        )
        names = names[rows.shape[0] :]
        order = np.argsort(names, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(names[order])) + 1)

    def _part(self, columns: Ints, own: np.ndarray) -> Part:
        rows = np.unique(self.model.matrix[:, columns].indices)
        rows = rows[own[rows]]
        return Part(columns, self.worth[columns], rows, self.model.limits[rows])

    def solve(self, number: int, *, seconds: float) -> Solved:
        """The best of a piece alone. Without time, or when it is large, its relaxation's bound must do."""
        part, relaxed = self.parts[number], self._relaxed(self.parts[number])
        if seconds <= 0 or len(part.columns) > self.most:
            return Solved(None, relaxed, is_optimal=False)
        solved = solve_part(self.model, part, seconds=seconds)
        return Solved(solved.x, min(solved.bound, relaxed), solved.is_optimal)

    def _relaxed(self, part: Part) -> float:
        shared = self.model.row_limit[part.rows] != Limit.REQUEST
        groups = np.unique(self.model.group[part.columns])
        sizes = np.array([len(self.model.groups[group].requests) for group in groups.tolist()])
        return float(self.prices[part.rows[shared]] @ part.limits[shared] + sizes @ self._best[groups])
