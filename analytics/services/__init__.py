"""Writes of analytics, one module per aggregate."""

from __future__ import annotations

from analytics.services.periods import period_close
from analytics.services.rebuilds import figures_rebuild

__all__ = ["figures_rebuild", "period_close"]
