"""Readers of provincial statistics as statistics offices export them."""

from __future__ import annotations

from analytics.statfiles.reader import IndicatorReading, StatFile, read_statfile, split_unit

__all__ = ["IndicatorReading", "StatFile", "read_statfile", "split_unit"]
