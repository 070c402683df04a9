"""All that follows from facts, each step from what the one before found: sessions, figures, shares, verdicts."""

from __future__ import annotations

import math

from analytics import rollup, shares
from analytics.trust import judging
from supplychain.services import placing


def drain_everything(*, seconds: float = math.inf) -> dict[str, int]:
    """Do what waits, each kind for at most so many seconds; returns how many buckets of each."""
    return {
        "placed": placing.drain(seconds=seconds),
        "counted": rollup.drain(seconds=seconds),
        "shared": shares.drain(seconds=seconds),
        "judged": judging.drain(seconds=seconds),
    }
