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
    Quota,
    Request,
    Room,
    Rules,
    Share,
    Shift,
    Slots,
    Task,
    as_json,
    from_json,
    met,
    slots_of,
)
from livestreams.scheduling.reasons import Obstacle, Refusal, Way, Why
from livestreams.scheduling.solve import (
    Progress,
    Proof,
    Repair,
    Schedule,
    allowing,
    repair,
    schedule,
    without,
)
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
    "Quota",
    "Refusal",
    "Repair",
    "Request",
    "Room",
    "Rules",
    "Schedule",
    "Share",
    "Shift",
    "Slots",
    "Task",
    "Way",
    "Why",
    "allowing",
    "as_json",
    "faults",
    "from_json",
    "met",
    "repair",
    "schedule",
    "slots_of",
    "value_of",
    "without",
]
