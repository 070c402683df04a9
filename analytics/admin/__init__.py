"""The operator's door to figures, indicators, verdicts and assignments."""

from __future__ import annotations

from analytics.admin import displays, eventtrust, figures, indicators, matching, reports, trust

__all__ = ["displays", "eventtrust", "figures", "indicators", "matching", "reports", "trust"]
