"""The operator's door to figures, indicators and verdicts."""

from __future__ import annotations

from analytics.admin import figures, reports, trust

__all__ = ["figures", "reports", "trust"]
