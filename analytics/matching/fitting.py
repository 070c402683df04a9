"""What a host's hour brings: a mixed model of the logarithm of CNY paid per hour, fitted by empirical Bayes.

    log(paid per hour) = overall + category + level + host + host within category
                         + seller + platform + market + slot + followers + price + noise

Every effect is drawn towards zero, the more so the fewer sessions speak of it: how strongly is learnt from the
sessions themselves (a variance for each kind of effect, expectation maximisation with a weak prior). So a host
without sessions gets what its category, level and followers say, with a wide interval; a host with many gets its own
level. Noise is heavy-tailed (Student's t): one lucky or failed session moves a host little. Seller, platform, market
and slot are there so that a host is not praised for the goods it was given. A factor makes what the model says of all
sessions together equal to what they sold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from analytics.matching.facts import NO_RECORD, Case, Estimate, Observation
from analytics.matching.refunds import Refunds

Floats = NDArray[np.float64]
Label = tuple[str, ...]

LEAST_PER_HOUR = 1.0
"""CNY: a session that sold nothing counts as this much, for the logarithm's sake."""
FREEDOM = 4.0
"""Degrees of freedom of the noise; chosen: of heavy tails with a variance."""
ROUNDS, ENOUGH = 40, 1e-3
NOISE = "noise"
# Standard deviations that are likely before any session is seen, of natural logarithms (0.5: a factor of 1.65). Chosen.
LIKELY = {
    "category": 0.5,
    "level": 0.2,
    "host": 0.4,
    "fit": 0.4,
    "seller": 0.4,
    "platform": 0.2,
    "market": 0.2,
    "slot": 0.2,
    NOISE: 0.7,
}
FACTORS = tuple(name for name in LIKELY if name != NOISE)
STRENGTH = 1.0
"""How much these count: as half a pair of effects."""
OVERALL_MEAN, OVERALL_SD = log(1000.0), 3.0
"""Before any session: a thousand CNY an hour, give or take a factor of twenty."""
SLOPE_SD = 0.3
"""Of the logarithm per standard deviation of the logarithm of followers, and of price."""
QUANTILE = 1.45
"""Four times in five: wider than the normal law's 1.28, for learnt variances are taken as known. By simulation."""

Variances = Mapping[str, float]
LIKELY_VARIANCES: Variances = {name: value**2 for name, value in LIKELY.items()}


def labels_of(case: Case | Observation) -> list[Label]:
    """The effects that speak of a case; what is not named has none."""
    values: dict[str, Label] = {name: (getattr(case, name),) for name in FACTORS if name != "fit"}
    values["fit"] = (case.host, case.category)
    return [(name, *value) for name, value in values.items() if all(value)]


@dataclass(frozen=True)
class Scale:
    """Centre and spread of the logarithm of a number that cases have; unknown ones stand in the centre."""

    centre: float
    spread: float

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Scale:
        known = [log1p(value) for value in values if value is not None]
        if not known:
            return cls(0.0, 1.0)
        return cls(float(np.mean(known)), float(np.std(known)) or 1.0)

    def __call__(self, value: float | None) -> float:
        return 0.0 if value is None else (log1p(value) - self.centre) / self.spread


@dataclass(frozen=True)
class Design:
    """The sessions as numbers: a row each; columns are overall, followers, price and then one per effect."""

    rows: Floats
    target: Floats
    columns: Mapping[Label, int]
    kinds: tuple[str, ...]
    followers: Scale
    price: Scale

    @classmethod
    def of(cls, observations: Sequence[Observation]) -> Design:
        columns = {
            label: 3 + number
            for number, label in enumerate(
                sorted({label for seen in observations for label in labels_of(seen)})
            )
        }
        followers = Scale.of(seen.followers for seen in observations)
        price = Scale.of(seen.price for seen in observations)
        rows = np.zeros((len(observations), 3 + len(columns)))
        for row, seen in zip(rows, observations, strict=True):
            row[:3] = 1.0, followers(seen.followers), price(seen.price)
            row[[columns[label] for label in labels_of(seen)]] = 1.0
        target = [log(max(seen.counted / seen.hours, LEAST_PER_HOUR)) for seen in observations]
        return cls(rows, np.array(target), columns, tuple(label[0] for label in columns), followers, price)


@dataclass(frozen=True)
class Posterior:
    """What is believed of the effects after the sessions: their means and covariance."""

    mean: Floats
    covariance: Floats


def posterior(design: Design, variances: Variances, weights: Floats) -> Posterior:
    """The effects given how much each kind varies and how much each session counts."""
    prior = [OVERALL_SD**2, SLOPE_SD**2, SLOPE_SD**2, *(variances[kind] for kind in design.kinds)]
    precision = 1.0 / np.array(prior)
    weighted = design.rows * (weights / variances[NOISE])[:, None]
    known: Floats = np.asarray(weighted.T @ design.rows + np.diag(precision), dtype=np.float64)
    covariance = np.asarray(np.linalg.inv(known), dtype=np.float64)
    told = weighted.T @ design.target
    told[0] += OVERALL_MEAN * precision[0]
    return Posterior(covariance @ told, covariance)


def learnt(design: Design) -> tuple[dict[str, float], Floats]:
    """How much each kind of effect varies, and how much each session counts: fewer the less likely they are."""
    variances, weights = dict(LIKELY_VARIANCES), np.ones(len(design.target))
    kinds = np.array(design.kinds)
    for _round in range(ROUNDS if len(design.target) else 0):
        found, before = posterior(design, variances, weights), dict(variances)
        effects = found.mean**2 + np.diag(found.covariance)
        for kind in FACTORS:
            own = effects[3:][kinds == kind]
            variances[kind] = _drawn(float(own.sum()), len(own), kind)
        spread = ((design.rows @ found.covariance) * design.rows).sum(axis=1)
        squares = (design.target - design.rows @ found.mean) ** 2 + spread
        variances[NOISE] = _drawn(float(weights @ squares), len(squares), NOISE)
        weights = (FREEDOM + 1.0) / (FREEDOM + squares / variances[NOISE])
        if max(abs(log(variances[name] / before[name])) for name in before) < ENOUGH:
            break
    # Weights that were themselves learnt say less than given ones: by this much, for Student's t.
    return {**variances, NOISE: variances[NOISE] * (FREEDOM + 3.0) / (FREEDOM + 1.0)}, weights


def _drawn(squares: float, count: int, kind: str) -> float:
    """A variance from squared effects, drawn towards the likely one."""
    return (squares + STRENGTH * LIKELY_VARIANCES[kind]) / (count + STRENGTH)


@dataclass(frozen=True)
class Fitted:
    """The model after it has seen the sessions. Estimates for any case, known or not."""

    sessions: int
    columns: Mapping[Label, int]
    followers: Scale
    price: Scale
    variances: Variances
    found: Posterior
    factor: float
    refunds: Refunds

    def estimate(self, case: Case) -> Estimate:
        """CNY per hour after refunds, on an average day and hour."""
        row = np.zeros(len(self.found.mean))
        row[:3] = 1.0, self.followers(case.followers), self.price(case.price)
        unknown = 0.0
        for label in labels_of(case):
            column = self.columns.get(label)
            if column is None:
                unknown += self.variances[label[0]]
            else:
                row[column] = 1.0
        middle = float(row @ self.found.mean)
        spread = QUANTILE * sqrt(float(row @ self.found.covariance @ row) + unknown)
        rate = self.refunds.rate(case.host, case.category)
        kept = self.factor * (1.0 - rate)
        here = self.refunds.fits.get((case.host, case.category), NO_RECORD)
        return Estimate(
            kept * exp(middle),
            kept * exp(middle - spread),
            kept * exp(middle + spread),
            rate,
            here,
            self.refunds.hosts.get(case.host, NO_RECORD).without(here),
        )


def fit(observations: Iterable[Observation], variances: Variances | None = None) -> Fitted:
    """Fit the model; the order of the sessions does not matter. Sessions without time are not looked at.

    With `variances` nothing is learnt but the effects, and every session counts the same.
    """
    known = sorted((seen for seen in observations if seen.hours > 0), key=lambda seen: seen.key)
    design = Design.of(known)
    weights = np.ones(len(known))
    if variances is None:
        variances, weights = learnt(design)
    found = posterior(design, variances, weights)
    hours = np.array([seen.hours for seen in known])
    said = float(hours @ np.exp(design.rows @ found.mean)) if known else 0.0
    sold = sum(seen.counted for seen in known)
    factor = sold / said if sold > 0 and said > 0 else 1.0
    scales = design.followers, design.price
    return Fitted(len(known), design.columns, *scales, variances, found, factor, Refunds.of(known))


@lru_cache(maxsize=4)
def fit_once(observations: tuple[Observation, ...]) -> Fitted:
    """`fit`, remembered for the sessions that were asked for last."""
    return fit(observations)
