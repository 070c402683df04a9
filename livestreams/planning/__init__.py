"""A park's problem as `livestreams.scheduling` takes it: what the database knows, in slots of half an hour.

Reads without scoping, for services that have already decided what their actor may see. Bookings that exist are
locked and worth nothing here: they keep their room, host and share of the quota, and the value is that of the plan.
"""

from livestreams.planning.booked import placed_before
from livestreams.planning.grid import SLOT, Grid, grid_of
from livestreams.planning.problem import changed, problem_of
from livestreams.planning.requests import given_weeks, key_of, last_week, still_asked
from livestreams.planning.rules import MAKEUP, CrewShift, CrewWish, PlanRules

__all__ = [
    "MAKEUP",
    "SLOT",
    "CrewShift",
    "CrewWish",
    "Grid",
    "PlanRules",
    "changed",
    "given_weeks",
    "grid_of",
    "key_of",
    "last_week",
    "placed_before",
    "problem_of",
    "still_asked",
]
