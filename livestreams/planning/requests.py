"""What is asked of a plan: requests in the weeks in which they could be placed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from django.db.models import Q, QuerySet

from core.clock import business_day, today
from core.days import open_on
from core.strict import instant
from livestreams.choices import BookingState
from livestreams.conflicts import Span
from livestreams.models import PlannedSlot, SchedulePlan, SlotRequest
from livestreams.planning.grid import SLOTS_PER_HOUR, Grid, slots_for
from livestreams.planning.rules import MAKEUP, CrewWish, PlanRules
from livestreams.quotas import WEEK
from livestreams.scheduling import Need, Request, Slots


def needs_of(row: SlotRequest, rules: PlanRules) -> tuple[Need, ...]:
    """Whom a request needs: make-up artists before the session if there are any, and crews during it."""
    wait = rules.makeup_wait_hours * SLOTS_PER_HOUR
    takes = slots_for(rules.makeup_minutes)
    made_up = (Need(MAKEUP, takes, wait, optional=True),) if row.made_up and takes else ()
    wishes = (CrewWish(**wish) for wish in row.crews)
    during = (
        Need(wish.crew, slots_for(wish.minutes or 0), people=wish.people, during=True) for wish in wishes
    )
    return (*made_up, *during)


def still_asked(park_id: int) -> QuerySet[SlotRequest]:
    """Requests that nobody has withdrawn, of firms that are in the park."""
    return SlotRequest.objects.filter(
        open_on(today(), "tenant"),
        park=park_id,
        withdrawn_at__isnull=True,
        tenant__node__parent=park_id,
    )


def given_weeks(park_id: int, but: Collection[int] = ()) -> set[tuple[int, int]]:
    """(request id, week) of what schedules of a park have booked and nobody gave back, but for some bookings."""
    booked = PlannedSlot.objects.filter(plan__park=park_id, booking__isnull=False)
    booked = booked.exclude(Q(booking__state=BookingState.CANCELLED) | Q(booking__in=but))
    return set(booked.values_list("request_id", "week"))


def asked_for(plan: SchedulePlan, grid: Grid, rules: PlanRules, own: list[int]) -> Iterator[Request]:
    """What tenants who are still in the park ask for in the days of a plan, and have not been given.

    The bookings `own` count as not given: their requests are asked again.
    """
    given = given_weeks(plan.park_id, but=own)
    asked = still_asked(plan.park_id).filter(
        Q(latest__gt=grid.span.start) | Q(repeat_until__gte=plan.first_day), earliest__lt=grid.span.end
    )
    known = asked.select_related("tenant", "room", "host", "preferred_host__tenant__node")
    for row in known.order_by("pk"):
        preferred = row.preferred_on(plan.last_day)
        for week, windows in weeks_of(row, grid):
            if (row.pk, week) in given:
                continue
            yield Request(
                key_of(row, week),
                row.tenant.code,
                slots_for(row.minutes),
                windows,
                row.value,
                row.priority,
                kind=row.scene or None,
                features=frozenset({f"room:{row.room.code}"} if row.room else ()),
                host=row.host.code if row.host else None,
                category=(row.category or None) if row.host is None else None,
                preferred=preferred.code if preferred else None,
                needs=needs_of(row, rules),
            )


def last_week(earliest: datetime, repeat_until: date | None) -> int:
    """How many weeks after its first one a request that begins at an instant is asked for the last time."""
    if repeat_until is None:
        return 0
    return max((repeat_until - business_day(earliest)).days // 7, 0)


def weeks_of(row: SlotRequest, grid: Grid) -> Iterator[tuple[int, tuple[Slots, ...]]]:
    """The weeks in which a request could be placed in a plan, with its windows there."""
    for week in range(last_week(row.earliest, row.repeat_until) + 1):
        spans = [Span(instant(start) + week * WEEK, instant(end) + week * WEEK) for start, end in row.windows]
        windows = tuple(inner for inner in map(grid.inner, spans) if inner)
        if any(window.end - window.start >= slots_for(row.minutes) for window in windows):
            yield week, windows


def key_of(row: SlotRequest, week: int) -> str:
    """What a problem calls a request of a week."""
    return f"{row.uid}:{week}"
