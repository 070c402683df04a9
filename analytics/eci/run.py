"""One run of the index over a panel: read, winsorize, weigh, score, rank.

A run is determined by its source and its options; nothing else enters.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.eci.columns import PanelError
from analytics.eci.frozenbase import base_from_record
from analytics.eci.panel import PanelData, PanelRow, panel_from_file, panel_from_rows
from analytics.eci.winsor import winsorize
from analytics.index import (
    CompositeIndex,
    ConstantIndicatorWarning,
    EntropyWeights,
    FloatArray,
    IndexInputError,
    IntArray,
    Scope,
    composite_index,
    entropy_weights,
    rank_scores,
)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run is done. `winsor` holds two quantiles or None; counts are never winsorized."""

    indicators: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    winsor: tuple[float, float] | None = None
    epsilon: float = 0.0
    scope: Scope = "pooled"
    clip: bool = False


@dataclass(frozen=True, slots=True)
class WinsorLimits:
    """Where an indicator was cut, and how many of its values were pulled in on either side."""

    code: str
    lower: float
    upper: float
    n_low: int
    n_high: int


@dataclass(frozen=True, slots=True)
class PanelResult:
    """A finished run: rows in the order of `data.places`, ranks within each year (1 is best)."""

    data: PanelData
    options: RunOptions
    weights: EntropyWeights
    index: CompositeIndex
    ranks: IntArray
    winsorized: tuple[WinsorLimits, ...]
    on_base: bool
    warnings: tuple[str, ...]


def run_panel(
    source: Path | bytes | PanelData | Iterable[PanelRow],
    options: RunOptions | None = None,
    *,
    base: Mapping[str, Any] | None = None,
) -> PanelResult:
    """Weights, index, contributions and ranks of a panel.

    With `base`, the record of an earlier run, nothing is fitted: the panel is scored on that base.

    Raises:
        PanelError: the panel or the options cannot be used; its `rows` name lines and reasons.
        TableError, OSError: the file cannot be read.
    """
    options = options or RunOptions()
    data = _read(source, options)
    years = [year for _code, year in data.places]
    try:
        values, winsorized = _winsorized(data, options)
        if base is None:
            weights = _fitted(data, values, options, years)
        elif options.winsor or options.epsilon or options.scope != "pooled":
            raise PanelError(
                _("A base brings its own scale; it takes no options of the fit."), code="base_options"
            )
        else:
            weights = base_from_record(base, [spec.code for spec in data.indicators])
        dimensions = [spec.dimension for spec in data.indicators]
        index = composite_index(values, weights, dimensions=dimensions, times=years, clip=options.clip)
    except IndexInputError as error:
        raise PanelError(_reason(error), code=error.code) from error
    return PanelResult(
        data=data,
        options=options,
        weights=weights,
        index=index,
        ranks=rank_scores(index.score, years),
        winsorized=winsorized,
        on_base=base is not None,
        warnings=tuple(_warnings(data, weights, index)),
    )


def _read(source: Path | bytes | PanelData | Iterable[PanelRow], options: RunOptions) -> PanelData:
    if isinstance(source, PanelData):
        return source
    if isinstance(source, Path | bytes):
        return panel_from_file(source, indicators=options.indicators, negative=options.negative)
    return panel_from_rows(source, indicators=options.indicators, negative=options.negative)


def _fitted(data: PanelData, values: FloatArray, options: RunOptions, years: list[int]) -> EntropyWeights:
    directions = [spec.direction for spec in data.indicators]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantIndicatorWarning)  # the result says it in words
        return entropy_weights(values, directions, epsilon=options.epsilon, scope=options.scope, times=years)


def _winsorized(data: PanelData, options: RunOptions) -> tuple[FloatArray, tuple[WinsorLimits, ...]]:
    if options.winsor is None:
        return data.values, ()
    lower, upper = options.winsor
    if not 0 <= lower < upper <= 1:
        raise PanelError(_("Winsor limits are two quantiles, such as 0.01 and 0.99."), code="winsor")
    continuous = [j for j, spec in enumerate(data.indicators) if not spec.is_count]
    result = winsorize(data.values[:, continuous], lower=lower, upper=upper)
    values = data.values.copy()
    values[:, continuous] = result.values
    limits = tuple(
        WinsorLimits(
            data.indicators[j].code,
            float(result.lower[i]),
            float(result.upper[i]),
            int(result.n_low[i]),
            int(result.n_high[i]),
        )
        for i, j in enumerate(continuous)
    )
    return values, limits


def _reason(error: IndexInputError) -> str:
    reasons = {
        "too_few_rows": _("Entropy needs at least two rows (in each year, when years are weighed apart)."),
        "all_constant": _("No indicator varies: there is nothing to weigh."),
        "unknown_period": _("The base was fitted year by year and lacks a year of this panel."),
        "infinite_value": _("A value is too large to compute with."),
        "epsilon": _("The shift of the scores must lie between 0 and 1."),
    }
    return reasons.get(error.code, str(error))


def _warnings(data: PanelData, weights: EntropyWeights, index: CompositeIndex) -> Iterable[str]:
    codes = [spec.code for spec in data.indicators]
    constant = weights.constant.reshape(-1, len(codes))
    for j, code in enumerate(codes):
        if constant[:, j].any():
            yield _("%(code)s does not vary and gets weight 0.") % {"code": code}
    if data.left_out:
        yield _("Left out, because they have no value of a series of the parks: %(names)s.") % {
            "names": ", ".join(data.left_out)
        }
    full = len(data.provinces) * len(data.years)
    if len(data.places) != full:
        message = _("The panel is not balanced: %(rows)d of %(full)d provinces and years.")
        yield message % {"rows": len(data.places), "full": full}
    if weights.scope == "by_time":
        yield _(
            "Years are weighed apart: scores of different years do not compare; keep them out of regressions."
        )
    if index.n_outside:
        yield ngettext(
            "%(count)d value lies outside the base; it scores below 0 or above 1 unless clipped.",
            "%(count)d values lie outside the base; they score below 0 or above 1 unless clipped.",
            index.n_outside,
        ) % {"count": index.n_outside}
