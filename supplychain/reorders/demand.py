"""The demand for a style, from the first days of its sale and from how the launches before it went.

A day's demand is negative binomial (a Poisson whose rate is drawn from a gamma distribution). Its mean is the test
batch times the style's level, and falls by half in each half-life. Level and half-life are not known: what the launches
before say of them (the prior) and what the days say are weighed on a grid. On a day on which the goods ran out, demand
was at least what was sold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln, logsumexp

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS: Floats = np.linspace(-6.0, 3.0, 61)
"""Natural logarithms of the first day's mean demand in test batches."""
HALF_LIVES: Floats = np.log(np.array([3.0, 4.5, 6.5, 9.5, 14.0, 20.0, 30.0, 45.0]))
"""Natural logarithms of days."""
DISPERSIONS = (0.7, 1.0, 1.5, 2.5, 4.0, 8.0, 20.0)
LEAST_MEAN = 1e-9
WEIGHT_OF_START = 8.0
"""For how many launches the prior counts from which one starts: with few of one's own it holds them together."""
ROUNDS = 6
DAYS_LEARNED_FROM = 60
"""Launches, the last ones, that say how much days differ."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A day of a style's sale: the how-manieth (from 0), pieces sold, the part of the day that is over."""

    day: int
    sold: int
    exposure: float = 1.0
    sold_out: bool = False


@dataclass(frozen=True)
class Prior:
    """What launches are like: mean and standard deviation of the logarithms, and the gamma's shape."""

    level: float = -2.3
    level_sd: float = 1.1
    half_life: float = 2.2
    half_life_sd: float = 0.5
    dispersion: float = 2.5


@dataclass(frozen=True)
class Spread:
    """Demand between two days: what eight of ten outcomes lie between, and the mean."""

    low: int
    mean: float
    high: int


def _likelihood(batch: int, days: Sequence[Seen], dispersion: float) -> Floats:
    """Logarithm of the chance of some days for each level (rows) and half-life (columns)."""
    exact = [seen for seen in days if not seen.sold_out]
    sold, mean = _means(batch, exact)
    same = gammaln(sold + dispersion) - gammaln(sold + 1) - gammaln(dispersion) + sold * np.log(mean)
    found: Floats = (same + dispersion * np.log(dispersion)).sum(axis=2)
    found -= ((sold + dispersion) * np.log(mean + dispersion)).sum(axis=2)
    # The chance of at least so many is dear to compute, and few days need it.
    sold, mean = _means(batch, [seen for seen in days if seen.sold_out and seen.sold])
    at_least = betainc(np.maximum(sold, 1), dispersion, mean / (mean + dispersion))
    return found + np.log(np.maximum(at_least, 1e-300)).sum(axis=2)


def _means(batch: int, days: Sequence[Seen]) -> tuple[Floats, Floats]:
    """What was sold on some days, and the mean demand of each for every level (rows) and half-life (columns)."""
    when, sold, part = (
        np.array([getattr(seen, name) for seen in days], dtype=float) for name in ("day", "sold", "exposure")
    )
    curve = 0.5 ** (when[None, :] / np.exp(HALF_LIVES)[:, None]) * part
    return sold, np.maximum(batch * np.exp(LEVELS)[:, None, None] * curve[None], LEAST_MEAN)


def _weights(prior: Prior) -> Floats:
    level = -0.5 * ((LEVELS - prior.level) / prior.level_sd) ** 2
    half_life = -0.5 * ((HALF_LIVES - prior.half_life) / prior.half_life_sd) ** 2
    both = level[:, None] + half_life[None, :]
    return both - logsumexp(both)


def estimate(prior: Prior, batch: int, days: Sequence[Seen]) -> Floats:
    """How likely each level (rows) and half-life (columns) of a style is after some days of its sale; sums to 1."""
    both = _weights(prior) + _likelihood(batch, days, prior.dispersion)
    return np.exp(both - logsumexp(both))


def paths(
    prior: Prior, batch: int, weights: Floats, first: int, last: int, number: int, draw: np.random.Generator
) -> Ints:
    """Demand on the days [first, last) as it may come: `number` rows, drawn with what is known of the style."""
    each = np.minimum(
        np.searchsorted(np.cumsum(weights.ravel()), (np.arange(number) + 0.5) / number), weights.size - 1
    )
    level, half_life = LEVELS[each // len(HALF_LIVES)], np.exp(HALF_LIVES[each % len(HALF_LIVES)])
    curve = 0.5 ** (np.arange(first, max(last, first))[None, :] / half_life[:, None])
    mean = np.maximum(batch * np.exp(level)[:, None] * curve, LEAST_MEAN)
    return draw.negative_binomial(prior.dispersion, prior.dispersion / (prior.dispersion + mean))


def spread_of(prior: Prior, batch: int, days: Sequence[Seen], first: int, last: int) -> Spread:
    """Demand on the days [first, last) of a style after some days of its sale."""
    found = paths(prior, batch, estimate(prior, batch, days), first, last, 600, np.random.default_rng(7))
    sums = found.sum(axis=1)
    low, high = (int(value) for value in np.quantile(sums, (0.1, 0.9), method="nearest"))
    return Spread(low, float(sums.mean()), high)


def learn(launches: Iterable[tuple[int, Sequence[Seen]]], start: Prior | None = None) -> Prior:
    """The prior that fits some launches, each with its test batch, held together by the one to start from.

    How much days differ is not learned again where one starts from something that was learned.
    Expectation and maximisation over the grid: each launch counts with all that is thought possible of it.
    """
    first = start or Prior()
    rows = [(batch, days) for batch, days in launches if days]
    if not rows:
        return first
    prior = replace(first, dispersion=start.dispersion if start else _dispersion(first, rows))
    told = np.stack([_likelihood(batch, days, prior.dispersion) for batch, days in rows])
    for _round in range(ROUNDS):
        both = _weights(prior)[None] + told
        each = np.exp(both - logsumexp(both, axis=(1, 2), keepdims=True))
        level, level_sd = _moments(each.sum(axis=2), LEVELS, first.level, first.level_sd)
        half_life, half_life_sd = _moments(each.sum(axis=1), HALF_LIVES, first.half_life, first.half_life_sd)
        prior = replace(prior, level=level, level_sd=level_sd, half_life=half_life, half_life_sd=half_life_sd)
    return prior


def _moments(each: Floats, values: Floats, mean: float, sd: float) -> tuple[float, float]:
    """Mean and deviation of what launches are thought to have, the start counted as some more of them."""
    number = len(each) + WEIGHT_OF_START
    middle = float((each @ values).sum() + WEIGHT_OF_START * mean) / number
    square = (each @ (values - middle) ** 2).sum() + WEIGHT_OF_START * (sd**2 + (mean - middle) ** 2)
    return middle, float(np.sqrt(square / number))


def _dispersion(prior: Prior, rows: Sequence[tuple[int, Sequence[Seen]]]) -> float:
    """Of a few shapes the one under which the days were likeliest."""

    def fits(shape: float) -> float:
        said, last = _weights(prior), rows[-DAYS_LEARNED_FROM:]
        return sum(float(logsumexp(said + _likelihood(batch, days, shape))) for batch, days in last)

    return max(DISPERSIONS, key=fits)
