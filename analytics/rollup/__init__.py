"""The roll-up: counts dirty buckets again, and rebuilds every figure from the ledger. docs/counting.md tells the rules."""

from __future__ import annotations

from analytics.rollup.drainer import drain
from analytics.rollup.rebuilder import rebuild

__all__ = ["drain", "rebuild"]
