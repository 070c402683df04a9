"""The operator's door to parks: places, the park itself, its buildings and units."""

from __future__ import annotations

from parks.admin import event, park, places, units

__all__ = ["event", "park", "places", "units"]
