"""Filling a schedule column by column in a given order: greedy, what is left at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from livestreams.scheduling.model import NONE, Floats, Ints, Limit, Model


def fill(model: Model, order: Iterable[int], x: Ints) -> Ints:
    """Take every column of `order` that still fits, as often as it fits, beside what `x` has taken already."""
    matrix, upper = model.matrix, model.upper.tolist()
    begin, rows, factors = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
    left, taken = model.left(x).tolist(), x.tolist()
    columns = [*order, *np.flatnonzero(model.group == NONE).tolist()]
    again = True
    while again:
        again = False
        for column in columns:
            entries = range(begin[column], begin[column + 1])
            while taken[column] < upper[column] and all(
                factors[entry] <= 0 or factors[entry] <= left[rows[entry]] for entry in entries
            ):
                taken[column] += 1
                for entry in entries:
                    left[rows[entry]] -= factors[entry]
                    # What gives room to others makes it worth asking those again.
                    again = again or (factors[entry] < 0 and model.row_limit[rows[entry]] == Limit.SHARE)
    return np.array(taken, dtype=np.int64)


def nothing(model: Model) -> Ints:
    return np.zeros(model.size, dtype=np.int64)


def greedy(model: Model, prices: Floats | None = None) -> Ints:
    """The requests that bring most per slot first; with prices of the limits, those that bring most beyond them."""
    return fill(model, by_worth(model, prices), nothing(model))


def by_worth(model: Model, prices: Floats | None = None) -> Ints:
    """All placements, what is worth most per slot first. The first of a tenant are worth the bonus more."""
    every = np.flatnonzero(model.group != NONE)
    length = np.array([group.length for group in model.groups], dtype=np.float64)
    worth = model.worth[every].astype(np.float64)
    if len(every) < model.size:
        worth += np.array(_bonus(model), dtype=np.float64)[model.group[every]]
    if prices is not None:
        worth -= (model.matrix.T @ prices)[every]
    return every[np.argsort(-worth / length[model.group[every]], kind="stable")]


def _bonus(model: Model) -> list[int]:
    """What fairness adds to a group: the bonus while its tenant has no more than a few better ones."""
    rules, seen, found = model.problem.rules, Counter[str](), [0] * len(model.groups)
    for number in sorted(range(len(found)), key=lambda number: -model.groups[number].worth):
        group = model.groups[number]
        if seen[group.tenant] < rules.fair_sessions:
            found[number] = rules.fair_bonus
        seen[group.tenant] += len(group.requests)
    return found
