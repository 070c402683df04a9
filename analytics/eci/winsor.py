"""Winsorizing: extreme values are pulled to a quantile, column by column.

Do this to raw indicators before the index, and say so: one outlier squeezes all others together on a
min-max scale. Counts, dummies and identifiers stay as they are; the caller leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics.index import FloatArray, InfiniteValueError, IntArray, ShapeError


@dataclass(frozen=True, slots=True)
class WinsorResult:
    """`values` clipped column by column to [`lower`, `upper`]; NaN stays NaN."""

    values: FloatArray
    lower: FloatArray
    upper: FloatArray
    n_low: IntArray
    n_high: IntArray


def winsorize(
    values: npt.ArrayLike,
    *,
    lower: float = 0.01,
    upper: float = 0.99,
    method: Literal["averaged_inverted_cdf", "linear"] = "averaged_inverted_cdf",
) -> WinsorResult:
    """Pull the tails of each column to its `lower` and `upper` quantile.

    The default is the quantile rule of Stata's winsor2; numpy's usual rule is "linear". The two differ.

    Raises:
        InfiniteValueError, ShapeError: infinite cells; limits that are not 0 <= lower < upper <= 1.
    """
    matrix = np.asarray(values, dtype=np.float64)
    if not 0 <= lower < upper <= 1:
        raise ShapeError(f"winsor limits must satisfy 0 <= lower < upper <= 1, got {lower} and {upper}")
    columns = matrix.reshape(len(matrix), -1)
    infinite = np.isinf(columns).any(axis=0)
    if infinite.any():
        raise InfiniteValueError("infinite values cannot be winsorized", np.flatnonzero(infinite))
    limits = np.full((2, columns.shape[1]), np.nan)
    for j, column in enumerate(columns.T):
        present = column[~np.isnan(column)]
        if present.size:
            limits[:, j] = np.quantile(present, (lower, upper), method=method)
    low, high = limits
    return WinsorResult(
        values=np.clip(columns, low, high).reshape(matrix.shape),
        lower=low,
        upper=high,
        n_low=(columns < low).sum(axis=0),
        n_high=(columns > high).sum(axis=0),
    )
