"""A synthetic panel of 30 provinces from 2013 to 2022 that behaves like the published one.

Nothing in it is an observation. The twelve indicators are drawn so that their entropy weights and the index come
out near the published weights and moments; EXP and the controls are drawn to the published mean, spread and range
of each. Provinces keep their usual order and the index rises over the years. The same seed gives the same panel.

How: every series has a latent score (province profile, trend, noise from `data/synthetic_series.csv`). A monotone
map bends it to the published moments. The twelve indicators are then balanced: scores are scaled row by row to the
wanted index and bent column by column to the wanted entropy until both hold.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np

from analytics.eci.indicators import DATA_DIR, StudyVariable, eci_indicators, study_variables
from analytics.eci.panel import PanelRow
from analytics.index import FloatArray, normalised_entropy

FIRST_YEAR, LAST_YEAR = 2013, 2022
N_YEARS: Final = LAST_YEAR - FIRST_YEAR + 1
PROFILE: Final = ("size", "wealth", "openness", "digital")
CONTROLS: Final = ("PGDP", "Fisca", "HC", "FDI", "Net", "Infr")
BALANCE_ROUNDS: Final = 80
# Winsorizing at 1 % and 99 % ties the three largest of 300 values.
TIED_AT_THE_TOP: Final = 3
# Share of the pilot zones of 2022 that stood at the end of each year.
PILOT_ZONES_TIMELINE: Final = (0.0, 0.0, 0.06, 0.2, 0.2, 0.4, 0.55, 0.75, 0.8, 1.0)
# Within a province, ln exports move with these: the published two-way estimates.
EXPORT_SLOPES: Final = {
    "ECI": 1.093, "PGDP": 1.975, "Fisca": -0.382, "HC": -2.674, "FDI": -2.534, "Net": 0.848, "Infr": 0.111,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Series:
    code: str
    loadings: FloatArray
    trend: float
    noise: float
    minimum: float
    maximum: float
    decimals: int


def synthetic_panel(seed: int = 2013) -> tuple[PanelRow, ...]:
    """5,700 rows: 30 provinces x 10 years x (12 indicators, EXP and the controls PGDP, Fisca, HC, FDI, Net, Infr).

    `Net` is the indicator internet_penetration under the name it has among the controls.
    """
    rng = np.random.default_rng(seed)
    draw = _Draw(rng)
    variables = {variable.code: variable for variable in study_variables()}
    columns = {code: _to_moments(draw.latent(code), variables[code]) for code in CONTROLS if code != "Net"}
    columns["Net"] = _to_moments(draw.latent("internet_penetration"), variables["Net"])
    scores, index = _indicator_scores(draw, columns["Net"], variables["ECI"])
    for column, spec in enumerate(eci_indicators()):
        series = _series()[spec.code]
        columns[spec.code] = series.minimum + scores[:, column] * (series.maximum - series.minimum)
    columns["internet_penetration"] = columns["Net"]
    columns["EXP"] = _exports(draw, {**columns, "ECI": index}, variables["EXP"])
    order = [spec.code for spec in eci_indicators()] + ["EXP", *CONTROLS]
    places = [(code, FIRST_YEAR + year) for code in _province_codes() for year in range(N_YEARS)]
    return tuple(
        PanelRow(code, year, name, _decimal(columns[name][row], name))
        for row, (code, year) in enumerate(places)
        for name in order
    )


class _Draw:
    """Latent scores of a series for every province and year, provinces outermost."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        profiles = np.array(
            [[float(row[name]) for name in PROFILE] for row in _table("synthetic_provinces.csv")]
        )
        self.profiles = (profiles - profiles.mean(axis=0)) / profiles.std(axis=0)
        years = np.arange(N_YEARS, dtype=np.float64)
        self.trend = np.tile((years - years.mean()) / years.std(), len(profiles))

    def level(self, code: str) -> FloatArray:
        """The standing of each province (30), with its lasting deviation."""
        series = _series()[code]
        noise = self.rng.normal(0.0, series.noise, len(self.profiles))
        return np.asarray(self.profiles @ series.loadings + noise, dtype=np.float64)

    def latent(self, code: str) -> FloatArray:
        """The standing of each province and year (300)."""
        series = _series()[code]
        level = np.repeat(self.level(code), N_YEARS)
        # Those who lead also gain more: differences widen over the years.
        pace = series.trend * (0.6 + 0.4 * _unit(level))
        return level + pace * self.trend + self.rng.normal(0.0, 0.4 * series.noise, len(level))


def _indicator_scores(draw: _Draw, net: FloatArray, target: StudyVariable) -> tuple[FloatArray, FloatArray]:
    """Scores in [0, 1] of the twelve indicators (300, 12) and their index.

    Internet penetration is given and pilot zones are whole numbers; the other ten are balanced around them.
    """
    specs = eci_indicators()
    codes = [spec.code for spec in specs]
    published = np.array([float(spec.published_weight_pct or 0) for spec in specs])
    net_at, zones_at = codes.index("internet_penetration"), codes.index("pilot_zones")
    free = np.array([code not in ("internet_penetration", "pilot_zones") for code in codes])
    scores = np.empty((len(net), len(codes)))
    scores[:, net_at] = _unit(net)
    # The given column fixes how much redundancy one per cent of weight stands for.
    redundancy = published * _redundancy(scores[:, [net_at]])[0] / published[net_at]
    scores[:, zones_at] = _pilot_zones(draw, redundancy[zones_at])
    for column in np.flatnonzero(free):
        scores[:, column] = _unit(draw.latent(codes[column]))
    scores[:, free] = _to_redundancy(scores[:, free], redundancy[free])
    wanted = _to_moments(np.log(scores @ _weights(scores)), target)
    tie = 0.0
    for _round in range(BALANCE_ROUNDS):
        weights = _weights(scores)
        given = scores[:, ~free] @ weights[~free]
        gap = (wanted - given) / (scores[:, free] @ weights[free])
        balanced = scores[:, free] * np.clip(gap, 0.05, 20.0)[:, None] ** 0.7
        # The nearer the largest values come together, the higher the whole index: that sets its level.
        tie = float(np.clip(tie + 2.0 * np.log(wanted.mean() / (scores @ weights).mean()), 0.0, 1.0))
        largest = np.sort(balanced, axis=0)
        top = largest[-1] ** (1 - tie) * largest[-TIED_AT_THE_TOP] ** tie
        balanced = np.clip((balanced - balanced.min(axis=0)) / (top - balanced.min(axis=0)), 0.0, 1.0)
        scores[:, free] = _to_redundancy(balanced, redundancy[free])
    return scores, scores @ _weights(scores)


def _pilot_zones(draw: _Draw, redundancy: float) -> FloatArray:
    """Counts of pilot zones divided by the largest, as unequal as `redundancy` asks for."""
    most = _series()["pilot_zones"].maximum
    share = np.exp(draw.level("pilot_zones"))
    share /= share.max()

    def counts(inequality: float) -> FloatArray:
        return np.round(most * np.outer(share**inequality, PILOT_ZONES_TIMELINE)).ravel() / most

    return counts(_bisect(lambda power: _redundancy(counts(power)[:, None])[0] < redundancy, 0.2, 3.0))


def _exports(draw: _Draw, columns: dict[str, FloatArray], target: StudyVariable) -> FloatArray:
    """ln exports: a level for each province, the published slopes within it, the trend and noise."""
    series = _series()["EXP"]
    margin = Decimal(1)  # leaves room for what moves within a province
    narrower = replace(target, minimum=target.minimum + margin, maximum=target.maximum - margin)
    level = _to_moments(np.repeat(draw.level("EXP"), N_YEARS), narrower)
    moving = np.column_stack([columns[code] for code in EXPORT_SLOPES]) @ np.array([*EXPORT_SLOPES.values()])
    within = moving - np.repeat(moving.reshape(-1, N_YEARS).mean(axis=1), N_YEARS)
    noise = draw.rng.normal(0.0, series.noise, len(level))
    return _to_moments(level + within + series.trend * draw.trend + noise, target)


def _to_moments(values: FloatArray, target: StudyVariable) -> FloatArray:
    """A monotone map of `values` onto the published minimum, maximum, mean and standard deviation."""
    low, high = float(target.minimum), float(target.maximum)
    mean, sd = (float(target.mean) - low) / (high - low), float(target.sd) / (high - low)
    unit = _unit(values)

    def bent(inner: float) -> FloatArray:
        """1 - (1 - t^inner)^outer with the outer exponent that gives the mean; a larger inner one spreads."""
        base = np.clip(1.0 - unit**inner, 0.0, 1.0)
        outer = _bisect(lambda power: float((1.0 - base**power).mean()) < mean, 1e-4, 1e4)
        return np.asarray(1.0 - base**outer, dtype=np.float64)

    inner = _bisect(lambda power: float(bent(power).std(ddof=1)) < sd, 1e-2, 1e2)
    return low + (high - low) * bent(inner)


def _to_redundancy(scores: FloatArray, wanted: FloatArray) -> FloatArray:
    """Each column of `scores` raised to the power that gives it the wanted redundancy; 0 and 1 stay."""
    low, high = np.full(len(wanted), -4.0), np.full(len(wanted), 4.0)
    for _step in range(40):
        middle = (low + high) / 2
        short = _redundancy(scores ** np.exp(middle)) < wanted
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray(scores ** np.exp((low + high) / 2), dtype=np.float64)


def _bisect(too_low: Callable[[float], bool], low: float, high: float) -> float:
    """The positive number at which `too_low` turns from true to false, searched on a logarithmic scale."""
    for _step in range(50):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if too_low(middle) else (low, middle)
    return float(np.sqrt(low * high))


def _redundancy(scores: FloatArray) -> FloatArray:
    return 1.0 - normalised_entropy(scores, len(scores))


def _weights(scores: FloatArray) -> FloatArray:
    redundancy = _redundancy(scores)
    return np.asarray(redundancy / redundancy.sum(), dtype=np.float64)


def _unit(values: FloatArray) -> FloatArray:
    return np.asarray((values - values.min()) / (values.max() - values.min()), dtype=np.float64)


def _decimal(value: float, code: str) -> Decimal:
    decimals = _series()["internet_penetration" if code == "Net" else code].decimals
    return Decimal(f"{value:.{decimals}f}")


@cache
def _series() -> dict[str, _Series]:
    return {
        row["code"]: _Series(
            code=row["code"],
            loadings=np.array([float(row[name]) for name in PROFILE]),
            trend=float(row["trend"]),
            noise=float(row["noise"]),
            minimum=float(row["minimum"] or 0),
            maximum=float(row["maximum"] or 0),
            decimals=int(row["decimals"]),
        )
        for row in _table("synthetic_series.csv")
    }


@cache
def _province_codes() -> tuple[str, ...]:
    return tuple(row["province_code"] for row in _table("synthetic_provinces.csv"))


def _table(name: str) -> list[dict[str, str]]:
    with (DATA_DIR / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
