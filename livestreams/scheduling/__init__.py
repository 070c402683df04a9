"""Scheduling requests for live rooms: the best plan that can be found, with a bound that no plan exceeds.

Pure: no database, no calendar. `livestreams.planning` makes problems of what the database knows.
"""

from __future__ import annotations

from livestreams.scheduling.check import faults, value_of
from livestreams.scheduling.problem import (
    Crew,
    Host,
    Need,
    Placement,
    Problem,
    Request,
    Room,
    Rules,
    Share,
    Shift,
    Slots,
    as_json,
    from_json,
)
from livestreams.scheduling.reasons import Obstacle, Refusal, Way, Why
from livestreams.scheduling.solve import Progress, Proof, Repair, Schedule, repair, schedule, without
from livestreams.scheduling.validation import ProblemError

__all__ = [
    "Crew",
    "Host",
    "Need",
    "Obstacle",
    "Placement",
    "Problem",
    "ProblemError",
    "Progress",
    "Proof",
    "Refusal",
    "Repair",
    "Request",
    "Room",
    "Rules",
    "Schedule",
    "Share",
    "Shift",
    "Slots",
    "Way",
    "Why",
    "as_json",
    "faults",
    "from_json",
    "repair",
    "schedule",
    "value_of",
    "without",
]
