"""The operator's door to figures, indicators, verdicts and assignments."""

from __future__ import annotations

from analytics.admin import displays, figures, matching, reports, trust

__all__ = ["displays", "figures", "matching", "reports", "trust"]
