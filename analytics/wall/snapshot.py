"""What a wall shows, as plain JSON values, in a handful of queries whatever the number of screens."""

from __future__ import annotations

from typing import Any

from analytics.wall.memory import Memory
from analytics.wall.park import park_snapshot
from analytics.wall.place import place_snapshot
from analytics.wall.subjects import Shown
from parks.models import Park


def wall_snapshot(shown: Shown, memory: Memory | None = None) -> dict[str, Any]:
    """Everything a wall draws; money as text with two places. A memory spares what a snapshot a second ago counted."""
    memory = memory or Memory()
    return park_snapshot(shown, memory) if isinstance(shown, Park) else place_snapshot(shown, memory)
