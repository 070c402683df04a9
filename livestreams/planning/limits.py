"""How many hours firms may have of a plan, with what they have booked beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from core.clock import day_start
from livestreams.conflicts import Span
from livestreams.models import Booking, SchedulePlan
from livestreams.planning.grid import SLOT, SLOTS_PER_DAY, SLOTS_PER_HOUR, Grid
from livestreams.planning.rules import PlanRules
from livestreams.quotas import WEEK, quotas_of, week_of
from livestreams.scheduling import Quota, Slots


def quotas_left(
    plan: SchedulePlan, grid: Grid, rules: PlanRules, tenants: list[str], rooms: set[str], own: list[int]
) -> Iterator[Quota]:
    """What each firm may have of the plan, of each of its days and of each of its weeks.

    What it has booked beside the plan, on other days or in other rooms, counts and is taken off.
    """
    limits = quotas_of(plan.park_id, tenants)
    first, monday = plan.first_day, week_of(plan.first_day)
    weeks = [monday + number * WEEK for number in range((plan.last_day - monday).days // 7 + 1)]
    beside = _beside(plan, grid, Span(day_start(weeks[0]), day_start(weeks[-1] + WEEK)), rooms, own)

    def left(tenant: str, hours: int, span: Slots) -> Quota:
        whole = Quota(tenant, hours * SLOTS_PER_HOUR, span)
        return whole._replace(slots=max(whole.slots - sum(whole.of(*held) for held in beside[tenant]), 0))

    for tenant in tenants:
        day, week = limits[tenant]
        if rules.quota_hours is not None:
            yield left(tenant, rules.quota_hours, Slots(0, grid.slots))._replace(span=None)
        if day is not None:
            for start in range(0, grid.slots, SLOTS_PER_DAY):
                yield left(tenant, day, Slots(start, start + SLOTS_PER_DAY))
        if week is not None:
            for begin in weeks:
                start = (begin - first).days * SLOTS_PER_DAY
                yield left(tenant, week, Slots(start, start + 7 * SLOTS_PER_DAY))


def _beside(
    plan: SchedulePlan, grid: Grid, span: Span, rooms: set[str], own: list[int]
) -> dict[str, list[Slots]]:
    """What firms have booked in a span that the plan does not know, in its slots: on other days, or in other rooms."""
    found: dict[str, list[Slots]] = defaultdict(list)
    taken = (
        Booking.objects.taking_host(span.start, span.end).filter(room__park=plan.park_id).exclude(pk__in=own)
    )
    for code, room, starts_at, ends_at in taken.values_list(
        "tenant__code", "room__code", "starts_at", "ends_at"
    ):
        first, last = (starts_at - grid.start) // SLOT, -((grid.start - ends_at) // SLOT)
        parts = [Slots(first, min(last, 0)), Slots(max(first, grid.slots), last)]
        found[code] += [
            part for part in (parts if room in rooms else [Slots(first, last)]) if part.start < part.end
        ]
    return found
