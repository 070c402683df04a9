"""Asking the schedule of a world's park, and making it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from core import jobs
from core.choices import JobState
from core.clock import DAY, today
from livestreams import services
from livestreams.models import PlannedSlot, SchedulePlan, SlotRequest
from tests.factories import World

At = Callable[..., datetime]


def ask(
    world: World, at: At, first: float, last: float, *, tenant: int = 0, day: int = 2, **more: Any
) -> SlotRequest:
    mine = world.tenants[tenant]
    values: dict[str, Any] = {"minutes": 120, "windows": [(at(first, day), at(last, day))], **more}
    return services.slot_request_make(actor=mine.owner, tenant=mine.tenant, **values)


def make(world: World, **more: Any) -> SchedulePlan:
    values: dict[str, Any] = {
        "first_day": today() + 2 * DAY,
        "last_day": today() + 2 * DAY,
        "seconds": 10,
        **more,
    }
    return solved(services.plan_start(actor=world.manager, park=world.park, **values))


def solved(plan: SchedulePlan) -> SchedulePlan:
    jobs.run_due()
    plan.refresh_from_db()
    assert plan.job is not None
    assert plan.job.state == JobState.DONE, plan.job.message
    return plan


def only(plan: SchedulePlan) -> PlannedSlot:
    return plan.slots.get()


def fill(world: World, at: At, *, count: int = 3) -> SchedulePlan:
    """More requests for one window than there are rooms, worth 100, 110, 120 ..., solved."""
    for number in range(count):
        ask(world, at, 10, 12, value=100 + 10 * number)
    return make(world)
