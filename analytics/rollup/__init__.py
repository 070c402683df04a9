"""The roll-up: counts dirty buckets again, or everything. docs/counting.md tells the rules."""

from __future__ import annotations

from analytics.rollup.drainer import drain
from analytics.rollup.rebuilder import rebuild
from analytics.rollup.recount import tenant_lock

__all__ = ["drain", "rebuild", "tenant_lock"]
