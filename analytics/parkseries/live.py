"""Live sessions of the parks by month: how many began, and how long they were on air."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

from django.db.models import Q

from analytics.firmsums import FirmSums
from analytics.parkseries.seats import Seats
from core import clock
from livestreams.choices import SessionState
from livestreams.models import LiveSession

MICROSECOND = timedelta(microseconds=1)
ParkMonth = tuple[int, date]


@dataclass
class LiveCount:
    """The sums by month, and by park and month the sessions that they were counted from, as lines of text."""

    months: dict[date, FirmSums] = field(default_factory=lambda: defaultdict(FirmSums))
    lines: dict[ParkMonth, list[str]] = field(default_factory=lambda: defaultdict(list))


def count_live(first: date, end: date, seats: Seats) -> LiveCount:
    """Count the sessions on air on the days from `first` to before `end`; the seat of each day says the park."""
    found = LiveCount()
    start, stop = clock.day_start(first), clock.day_start(end)
    on_air = LiveSession.objects.filter(
        Q(ended_at__isnull=True, started_at__gte=start) | Q(ended_at__gte=start), started_at__lt=stop
    ).exclude(state=SessionState.SCHEDULED)
    rows = on_air.order_by("pk").values_list("uid", "tenant_id", "started_at", "ended_at")
    for uid, tenant, begin, ended_at in rows.iterator():
        started_at = cast("datetime", begin)  # no row that the filter lets through is without
        touched: set[ParkMonth] = set()
        for day, began, length in _days(started_at, ended_at):
            seat = seats.of(tenant, day)
            if seat is None or not first <= day < end:
                continue
            month = clock.month_of(day)
            columns = {"live_sessions": int(began), "live_microseconds": length // MICROSECOND}
            found.months[month].add(seat.park_id, seat.company_id, columns)
            touched.add((seat.park_id, month))
        ending = ended_at.isoformat() if ended_at else ""
        for place in touched:
            found.lines[place].append(f"{uid} {started_at.isoformat()} {ending}")
    return found


def _days(started_at: datetime, ended_at: datetime | None) -> Iterator[tuple[date, bool, timedelta]]:
    """The business days of a session: whether it began that day, and how long it was on air. An open one only began."""
    day = clock.business_day(started_at)
    if ended_at is None or ended_at == started_at:
        yield day, True, timedelta(0)
        return
    at = started_at
    while at < ended_at:
        stop = min(ended_at, clock.day_bounds(day)[1])
        yield day, at == started_at, stop - at
        at, day = stop, day + clock.DAY
