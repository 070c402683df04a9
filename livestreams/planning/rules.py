"""What a park decides for a plan, and what a request asks of its crews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any

import msgspec

from livestreams.choices import CrewKind

MAKEUP = "makeup"


@dataclass(frozen=True)
class CrewShift:
    """People of a crew, from one time of the day until another (after midnight if it is earlier)."""

    begins: time
    ends: time
    people: int


@dataclass(frozen=True)
class CrewWish:
    """People of a crew during a session: for so many minutes from its beginning, or for all of it."""

    crew: str
    people: int = 1
    minutes: int | None = None


@dataclass(frozen=True)
class PlanRules:
    """What a park decides for one plan. None means no limit."""

    quota_hours: int | None = None
    fair_sessions: int = 0
    fair_bonus: int = 0
    host_rest_minutes: int = 0
    host_day_hours: int | None = None
    makeup_shifts: tuple[CrewShift, ...] = ()
    makeup_minutes: int = 30
    makeup_wait_hours: int = 5
    makeup_percent: int = 0
    camera_shifts: tuple[CrewShift, ...] = ()
    lighting_shifts: tuple[CrewShift, ...] = ()
    control_shifts: tuple[CrewShift, ...] = ()

    @property
    def shifts(self) -> dict[str, tuple[CrewShift, ...]]:
        """The shifts of a day of each crew: make-up artists before sessions, all others during them."""
        return {crew: getattr(self, f"{crew}_shifts") for crew in (MAKEUP, *CrewKind.values)}

    def as_dict(self) -> dict[str, Any]:
        return dict(msgspec.to_builtins(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PlanRules:
        return msgspec.convert(values, cls)
