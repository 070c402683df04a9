"""A fitted base as plain JSON: what a later year needs to be scored like the earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from analytics.eci.columns import PanelError
from analytics.index import EntropyWeights

ARRAYS = ("minimum", "maximum", "entropy", "redundancy", "weights")


def base_record(weights: EntropyWeights, codes: Sequence[str]) -> dict[str, Any]:
    """`weights` as a JSON object; floats keep every bit."""
    return {
        "codes": list(codes),
        "directions": weights.directions.tolist(),
        **{name: getattr(weights, name).tolist() for name in ARRAYS},
        "constant": weights.constant.tolist(),
        "n_obs": weights.n_obs,
        "epsilon": weights.epsilon,
        "scope": weights.scope,
        "periods": list(weights.periods),
    }


def base_from_record(record: Mapping[str, Any], codes: Sequence[str]) -> EntropyWeights:
    """The base of a record for a panel with the indicators `codes`.

    Raises:
        PanelError: not such a record, or one of other indicators.
    """
    try:
        same = record["codes"] == list(codes)
        width = len(record["codes"])
        weights = EntropyWeights(
            **{name: np.array(record[name], dtype=np.float64) for name in ARRAYS},
            directions=np.array(record["directions"], dtype=np.int64),
            constant=np.array(record["constant"], dtype=np.bool_),
            n_obs=int(record["n_obs"]),
            epsilon=float(record["epsilon"]),
            scope=record["scope"],
            periods=tuple(record["periods"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PanelError(_("This is not the base of an index run."), code="no_base") from error
    shape = (width,) if weights.scope == "pooled" else (len(weights.periods), width)
    if any(getattr(weights, name).shape != shape for name in ARRAYS):
        raise PanelError(_("This is not the base of an index run."), code="no_base")
    if not same:
        raise PanelError(_("The base was fitted on other indicators than the panel has."), code="other_base")
    return weights
