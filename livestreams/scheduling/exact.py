"""HiGHS on a model or a part of it: the linear relaxation with its prices, and whole solutions with a bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # loads its parts when they are used

from livestreams.scheduling.model import NONE, Floats, Ints, Limit, Model

LIMIT_REACHED = 1


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The linear relaxation: its solution, the price of each limit, and the bound that these prices prove."""

    x: Floats
    prices: Floats
    bound: float


@dataclass(frozen=True, slots=True)
class Part:
    """Columns of a model with what they are worth here, and rows with what others leave of them."""

    columns: Ints
    worth: Floats | Ints
    rows: Ints
    limits: Ints


@dataclass(frozen=True, slots=True)
class Solved:
    """What HiGHS found for a part: a solution if any, a bound, and whether the two meet."""

    x: Ints | None
    bound: float
    is_optimal: bool


def relax(model: Model, seconds: float) -> Relaxed | None:
    """Solve the linear relaxation; None when the time does not suffice."""
    if not model.size:
        return Relaxed(np.zeros(0), np.zeros(len(model.limits)), 0.0)
    result = scipy.optimize.linprog(
        -model.worth.astype(np.float64),
        A_ub=model.matrix.astype(np.float64),
        b_ub=model.limits.astype(np.float64),
        bounds=np.stack([np.zeros(model.size), model.upper], axis=1),
        method="highs-ipm",
        options={"time_limit": seconds},
    )
    if result.status != 0:
        return None
    prices = np.maximum(-result.ineqlin.marginals, 0.0)
    return Relaxed(result.x, prices, proven_bound(model, prices))


def profits(model: Model, prices: Floats) -> Floats:
    """What each column brings beyond the prices of what it takes; a group's own row has no price here."""
    own = prices.copy()
    own[model.row_limit == Limit.REQUEST] = 0.0
    return np.asarray(model.worth - model.matrix.T @ own, dtype=np.float64)


def best_of_groups(model: Model, profit: Floats) -> Floats:
    """The best profit of each group, zero where none is positive."""
    best = np.zeros(len(model.groups))
    placing = model.group != NONE
    np.maximum.at(best, model.group[placing], profit[placing])
    return best


def proven_bound(model: Model, prices: Floats) -> float:
    """No solution is worth more, whatever the prices: each group takes its best column as if nothing else existed.

    It needs no trust in a solver's tolerances. Locked placements are not counted.
    """
    profit = profits(model, prices)
    sizes = np.array([len(group.requests) for group in model.groups], dtype=np.float64)
    shared = model.row_limit != Limit.REQUEST
    bonuses = model.group == NONE
    return float(
        prices[shared] @ model.limits[shared]
        + sizes @ best_of_groups(model, profit)
        + model.upper[bonuses] @ np.maximum(profit[bonuses], 0.0)
    )


def solve_part(model: Model, part: Part, *, seconds: float) -> Solved:
    """The best whole solution of a part within the time, on its own columns in their order."""
    matrix = model.matrix[:, part.columns].tocsr()[part.rows]
    result = scipy.optimize.milp(
        -part.worth.astype(np.float64),
        constraints=scipy.optimize.LinearConstraint(
            matrix.astype(np.float64), -np.inf, part.limits.astype(np.float64)
        ),
        bounds=scipy.optimize.Bounds(0.0, model.upper[part.columns].astype(np.float64)),
        integrality=np.ones(len(part.columns)),
        options={"time_limit": max(seconds, 0.01), "mip_rel_gap": 0.0},
    )
    if result.status not in (0, LIMIT_REACHED):
        return Solved(None, -np.inf, is_optimal=False)
    x = None if result.x is None else np.rint(result.x).astype(np.int64)
    bound = np.inf if result.mip_dual_bound is None else -float(result.mip_dual_bound)
    return Solved(x, bound, result.status == 0)
