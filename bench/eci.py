"""Entropy weights and index: beside the bare formula in numpy and a pandas program that goes cell by cell."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analytics.index import FloatArray, composite_index, entropy_weights
from bench import Row, best_ms

# (provinces or cities, years, indicators), rounds, goal in ms
SIZES = (((30, 10, 12), 50, 1.0), ((3000, 20, 40), 20, 50.0))


def run() -> list[Row]:
    return [_row(*size) for size in SIZES]


def _row(size: tuple[int, int, int], rounds: int, goal_ms: float) -> Row:
    places, years, indicators = size
    values = np.random.default_rng(1).lognormal(size=(places * years, indicators))
    frame = pd.DataFrame(values)
    directions = [1] * indicators

    def ours() -> FloatArray:
        return composite_index(values, entropy_weights(values, directions)).score

    expected = _bare(values)
    assert np.allclose(ours(), expected, rtol=0, atol=1e-12)
    assert np.allclose(_cell_by_cell(frame), expected, rtol=0, atol=1e-9)
    limit_ms, ours_ms = best_ms(rounds, lambda: _bare(values), ours)
    (peer_ms,) = best_ms(1, lambda: _cell_by_cell(frame))
    return Row(
        work=f"ECI {places:,} x {years} x {indicators}",
        limit=limit_ms,
        peer=peer_ms,
        ours=ours_ms,
        unit="ms",
        goal=f"< {goal_ms:g} ms",
        passed=ours_ms < goal_ms,
    )


def _bare(values: FloatArray) -> FloatArray:
    """The formula in as few passes as numpy needs: no checks, no directions, no contributions."""
    low = values.min(axis=0)
    scores = (values - low) / (values.max(axis=0) - low)
    total = scores.sum(axis=0)
    logs = np.log(np.maximum(scores, np.finfo(np.float64).tiny))
    entropy = (np.log(total) - np.einsum("ij,ij->j", scores, logs) / total) / math.log(len(scores))
    return np.asarray(scores @ ((1 - entropy) / (1 - entropy).sum()), dtype=np.float64)


def _cell_by_cell(frame: pd.DataFrame) -> FloatArray:
    scaled = (frame - frame.min()) / (frame.max() - frame.min())
    redundancy = {}
    for column in scaled:
        share = scaled[column] / scaled[column].sum()
        entropy = -share.apply(lambda p: p * math.log(p) if p > 0 else 0.0).sum() / math.log(len(scaled))
        redundancy[column] = 1 - entropy
    weight = pd.Series(redundancy) / sum(redundancy.values())
    return np.asarray(scaled.mul(weight).sum(axis=1), dtype=np.float64)
