"""What a firm keeps of its last live day: sold, given back, still to be given back, taken by others."""

from analytics.keep.curve import Curve, Expected, curve_of, expected_of
from analytics.keep.days import expected_of_days
from analytics.keep.lastday import TAKEN, LastDay, kept_after, last_day

__all__ = [
    "TAKEN",
    "Curve",
    "Expected",
    "LastDay",
    "curve_of",
    "expected_of",
    "expected_of_days",
    "kept_after",
    "last_day",
]
