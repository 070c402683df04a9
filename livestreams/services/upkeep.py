"""What the studio's day needs done by itself."""

from __future__ import annotations

from livestreams.services.faults import keep_windows
from livestreams.services.visits import visits_forget


def studio_upkeep() -> int:
    """Keep rooms with an open fault out of use, forget who visited long ago; returns how many rows changed."""
    return keep_windows() + visits_forget()
