"""The operator's door to parks: places, the park itself, its buildings and units."""

from __future__ import annotations

from parks.admin import park, places, units

__all__ = ["park", "places", "units"]
