"""What a source showed of a session's audience at one instant. No database, no present time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

COUNTERS = ("entered", "likes", "comments", "follows")
"""What only grows, until its tool is restarted."""
SHOWN = ("concurrent", *COUNTERS)


@dataclass(frozen=True)
class Reading:
    """People at that moment, and counters as they stood; None where the source says nothing."""

    at: datetime
    concurrent: int | None = None
    entered: int | None = None
    likes: int | None = None
    comments: int | None = None
    follows: int | None = None
