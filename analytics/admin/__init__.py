"""The operator's door to figures, indicators and verdicts."""

from __future__ import annotations

from analytics.admin import displays, figures, reports, trust

__all__ = ["displays", "figures", "reports", "trust"]
