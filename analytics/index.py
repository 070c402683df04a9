"""Entropy weights (熵值法) and the composite index built with them.

Pure functions: numpy float64 in, frozen dataclasses out; no database, no clock, no files. Rows are
observations (a province in a year), columns are indicators. All rows are pooled, so that scores of different
years compare.

For column j with scores z (min-max scaled in its direction) over n rows:
    p = (z + epsilon) / sum(z + epsilon),  e = -sum(p ln p) / ln n,  g = 1 - e,  w = g / sum of all g,
and the index of a row is sum(w z). 0 ln 0 counts as 0, so that no shift is needed (epsilon 0).
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Scope = Literal["pooled", "by_time"]

# Entropy may leave [0, 1] by rounding alone; more than this means that it was scaled by the wrong row count.
ENTROPY_ROUNDING = 1e-9
# Logarithms are taken in blocks that stay in the cache of one core.
BLOCK_ROWS = 2048


class IndexInputError(ValueError):
    """Base of all refusals here; `code` is stable, `columns` are the positions of the indicators at fault."""

    code = "index_input"

    def __init__(self, message: str, columns: Iterable[int] = ()) -> None:
        super().__init__(message)
        self.columns = tuple(int(column) for column in columns)


class ShapeError(IndexInputError):
    code = "shape"


class MissingValueError(IndexInputError):
    code = "missing_value"


class InfiniteValueError(IndexInputError):
    code = "infinite_value"


class TooFewRowsError(IndexInputError):
    code = "too_few_rows"


class AllConstantError(IndexInputError):
    code = "all_constant"


class EntropyRangeError(IndexInputError):
    code = "entropy_range"


class EpsilonError(IndexInputError):
    code = "epsilon"


class UnknownPeriodError(IndexInputError):
    code = "unknown_period"


class ConstantIndicatorWarning(UserWarning):
    """An indicator without variation tells rows apart in nothing and gets weight 0."""


@dataclass(frozen=True, slots=True)
class EntropyWeights:
    """A fitted base: keep it, and later years are scored against the same minimum, maximum and weights.

    Arrays have one entry per indicator; with scope "by_time" they have one row per entry of `periods`.
    """

    minimum: FloatArray
    maximum: FloatArray
    directions: IntArray
    entropy: FloatArray
    redundancy: FloatArray
    weights: FloatArray
    constant: BoolArray
    n_obs: int
    epsilon: float = 0.0
    scope: Scope = "pooled"
    periods: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True)
class CompositeIndex:
    """Scores of n rows; `contributions` (n, m) add up to `score`, as do the `dimension_scores`.

    `n_outside` counts the cells beyond the base's minimum or maximum: 0 on the rows of the fit.
    """

    score: FloatArray
    contributions: FloatArray
    dimension_scores: dict[str, FloatArray]
    n_outside: int
    clipped: bool


def normalised_entropy(scores: FloatArray, n_obs: int) -> FloatArray:
    """Entropy of each column of non-negative `scores`, divided by ln(`n_obs`), the number of rows pooled.

    A column of zeros has entropy 1: it tells nothing apart.

    Raises:
        EntropyRangeError: outside [0, 1], as happens when the years or the provinces are counted instead of
            the rows. Weights from such entropies still add up to 1, but in the inverted order.
    """
    total = scores.sum(axis=0)
    z_log_z = np.zeros(scores.shape[1])
    for start in range(0, len(scores), BLOCK_ROWS):
        block = scores[start : start + BLOCK_ROWS]
        # The smallest float stands in for 0 under the logarithm, so that 0 ln 0 comes out as 0.
        logs = np.maximum(block, np.finfo(np.float64).tiny)
        np.log(logs, out=logs)
        z_log_z += np.einsum("ij,ij->j", block, logs)
    # H = ln S - sum(z ln z) / S needs no matrix of shares.
    safe = np.where(total > 0, total, 1.0)
    entropy = np.where(total > 0, (np.log(safe) - z_log_z / safe) / np.log(n_obs), 1.0)
    wrong = (entropy < -ENTROPY_ROUNDING) | (entropy > 1 + ENTROPY_ROUNDING)
    if wrong.any():
        raise EntropyRangeError(
            f"entropy outside [0, 1]: ln({n_obs}) is not the logarithm of the rows pooled",
            np.flatnonzero(wrong),
        )
    return np.clip(entropy, 0.0, 1.0)


def entropy_weights(
    values: npt.ArrayLike,
    directions: Sequence[int],
    *,
    epsilon: float = 0.0,
    scope: Scope = "pooled",
    times: Sequence[Hashable] | None = None,
) -> EntropyWeights:
    """Fit the weights of `values` (n, m); `directions` holds +1 or -1 for each indicator.

    `epsilon` is added to the scaled scores before the shares are taken, never to the scores of the index.
    With scope "by_time" every period of `times` gets its own scale and weights. That removes the trend over
    time, so use it to rank within a year and never for panel regressions.

    Raises:
        ShapeError, MissingValueError, InfiniteValueError, TooFewRowsError, AllConstantError, EpsilonError
    Warns:
        ConstantIndicatorWarning: an indicator without variation gets weight 0.
    """
    if not 0 <= epsilon <= 1:
        raise EpsilonError(f"epsilon must lie in [0, 1], got {epsilon}")
    matrix, signs, minimum, maximum = _checked(values, directions)
    if scope == "pooled":
        return _fit(matrix, signs, minimum, maximum, epsilon)
    if times is None or len(times) != len(matrix):
        raise ShapeError("scope 'by_time' needs one time for each row")
    periods, row_period = _periods(times)
    slices = [matrix[row_period == i] for i in range(len(periods))]
    fits = [_fit(rows, signs, rows.min(axis=0), rows.max(axis=0), epsilon) for rows in slices]
    return EntropyWeights(
        minimum=np.stack([fit.minimum for fit in fits]),
        maximum=np.stack([fit.maximum for fit in fits]),
        directions=signs,
        entropy=np.stack([fit.entropy for fit in fits]),
        redundancy=np.stack([fit.redundancy for fit in fits]),
        weights=np.stack([fit.weights for fit in fits]),
        constant=np.stack([fit.constant for fit in fits]),
        n_obs=len(matrix),
        epsilon=epsilon,
        scope="by_time",
        periods=periods,
    )


def composite_index(
    values: npt.ArrayLike,
    weights: EntropyWeights,
    *,
    dimensions: Sequence[str] | None = None,
    times: Sequence[Hashable] | None = None,
    clip: bool = False,
) -> CompositeIndex:
    """Score `values` (n, m) on a fitted base, which may stem from other rows ("frozen base").

    Values beyond the base's minimum and maximum score below 0 or above 1 unless `clip`; `n_outside` counts
    them either way. `dimensions` names the dimension of each indicator; scope "by_time" needs `times`.

    Raises:
        ShapeError, MissingValueError, InfiniteValueError, UnknownPeriodError
    """
    matrix, _, lowest, highest = _checked(values, weights.directions)
    minimum, maximum, shares = weights.minimum, weights.maximum, weights.weights
    if weights.scope == "by_time":
        row = _rows_of_periods(weights, times, len(matrix))
        minimum, maximum, shares = minimum[row], maximum[row], shares[row]
    scaled = _scale(matrix, minimum, maximum, weights.directions)
    n_outside = 0
    if weights.scope == "by_time" or (lowest < minimum).any() or (highest > maximum).any():
        n_outside = int(((scaled < 0) | (scaled > 1)).sum())
    if clip and n_outside:
        scaled = np.clip(scaled, 0.0, 1.0)
    scaled *= shares
    labels = np.asarray(dimensions if dimensions is not None else [], dtype=object)
    if dimensions is not None and len(labels) != matrix.shape[1]:
        raise ShapeError("one dimension is needed for each indicator")
    return CompositeIndex(
        score=scaled.sum(axis=1),
        contributions=scaled,
        dimension_scores={
            label: scaled[:, labels == label].sum(axis=1) for label in dict.fromkeys(labels.tolist())
        },
        n_outside=n_outside,
        clipped=clip,
    )


def rank_scores(score: npt.ArrayLike, groups: Sequence[Hashable] | None = None) -> IntArray:
    """Rank 1 for the highest score, within each group if given; equal scores share the better rank."""
    points = np.asarray(score, dtype=np.float64)
    ranks = np.empty(len(points), dtype=np.int64)
    _, row_group = _periods(groups if groups is not None else [0] * len(points))
    for group in range(row_group.max(initial=-1) + 1):
        inside = row_group == group
        ordered = np.sort(points[inside])
        ranks[inside] = len(ordered) - np.searchsorted(ordered, points[inside], side="right") + 1
    return ranks


def _checked(
    values: npt.ArrayLike, directions: npt.ArrayLike
) -> tuple[FloatArray, IntArray, FloatArray, FloatArray]:
    """`values` and `directions` as arrays with the minimum and maximum of each column, or a typed refusal."""
    matrix = np.asarray(values, dtype=np.float64)
    signs = np.asarray(directions, dtype=np.int64)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ShapeError(f"values must be a table of rows and indicators, got shape {matrix.shape}")
    if signs.shape != (matrix.shape[1],) or not np.isin(signs, (-1, 1)).all():
        raise ShapeError("directions must hold +1 or -1 for each indicator")
    # A column with a NaN or an infinity shows it in its extremes: no mask of the whole table is needed.
    lowest, highest = matrix.min(axis=0), matrix.max(axis=0)
    missing = np.isnan(lowest)
    if missing.any():
        raise MissingValueError("missing values: impute them before, and say so", np.flatnonzero(missing))
    with np.errstate(over="ignore", invalid="ignore"):
        infinite = ~np.isfinite(highest - lowest)
    if infinite.any():
        raise InfiniteValueError("infinite values or an infinite span", np.flatnonzero(infinite))
    return matrix, signs, lowest, highest


def _fit(
    matrix: FloatArray, signs: IntArray, minimum: FloatArray, maximum: FloatArray, epsilon: float
) -> EntropyWeights:
    n_obs = len(matrix)
    if n_obs < 2:
        raise TooFewRowsError("entropy needs at least two rows: ln 1 is 0")
    constant = minimum == maximum
    if constant.all():
        raise AllConstantError("no indicator varies", range(len(constant)))
    if constant.any():
        columns = np.flatnonzero(constant).tolist()
        warnings.warn(f"constant indicators {columns} get weight 0", ConstantIndicatorWarning, stacklevel=3)
    scores = _scale(matrix, minimum, maximum, signs)
    if epsilon:
        scores += epsilon
    entropy = normalised_entropy(scores, n_obs)
    entropy[constant] = 1.0
    redundancy = 1.0 - entropy
    return EntropyWeights(
        minimum=minimum,
        maximum=maximum,
        directions=signs,
        entropy=entropy,
        redundancy=redundancy,
        weights=redundancy / redundancy.sum(),
        constant=constant,
        n_obs=n_obs,
        epsilon=epsilon,
    )


def _scale(matrix: FloatArray, minimum: FloatArray, maximum: FloatArray, signs: IntArray) -> FloatArray:
    """Min-max scores in the direction of each indicator; 0 where the base has no spread."""
    span = maximum - minimum
    origin = np.where(signs > 0, minimum, maximum)
    divisor = np.where(span > 0, span, np.inf) * signs
    scores: FloatArray = matrix - origin
    scores /= divisor
    if (signs < 0).any():
        scores += 0.0  # turns the -0.0 of the worst rows into 0.0
    return scores


def _periods(times: Sequence[Hashable]) -> tuple[tuple[Hashable, ...], IntArray]:
    position: dict[Hashable, int] = {}
    rows = [position.setdefault(time, len(position)) for time in times]
    return tuple(position), np.asarray(rows, dtype=np.int64)


def _rows_of_periods(weights: EntropyWeights, times: Sequence[Hashable] | None, n_rows: int) -> IntArray:
    if times is None or len(times) != n_rows:
        raise ShapeError("a base of scope 'by_time' needs one time for each row")
    position = {period: i for i, period in enumerate(weights.periods)}
    unknown = sorted({str(time) for time in times if time not in position})
    if unknown:
        raise UnknownPeriodError(f"the base has no weights for {', '.join(unknown)}")
    return np.asarray([position[time] for time in times], dtype=np.int64)
