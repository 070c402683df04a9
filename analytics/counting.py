"""All that follows from facts, each step from what the one before found: sessions, figures, shares, verdicts."""

from __future__ import annotations

import math

from analytics import rollup, shares
from analytics.trust import judging
from supplychain.services import launches, placing


def drain_figures(*, seconds: float = math.inf) -> dict[str, int]:
    """Do what somebody watches, each kind for at most so many seconds; returns how many buckets of each."""
    return {
        "placed": placing.drain(seconds=seconds),
        "counted": rollup.drain(seconds=seconds),
        "judged": judging.drain(seconds=seconds),
    }


def drain_everything(*, seconds: float = math.inf) -> dict[str, int]:
    """Do whatever waits: also who sold what, for which a session is read as a whole, and what to make more of."""
    return {
        **drain_figures(seconds=seconds),
        "shared": shares.drain(seconds=seconds),
        "launched": launches.drain(seconds=seconds),
    }
