"""A park's problem as `livestreams.scheduling` takes it: what the database knows, in slots of half an hour.

Reads without scoping, for services that have already decided what their actor may see. Bookings that exist are
locked and worth nothing here: they keep their room, host and share of the quota, and the value is that of the plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
from django.db.models import Q

from core.clock import DAY, HOUR, business_day, now, today
from core.strict import instant
from livestreams.availability import presence_of, taken_besides, windows_of
from livestreams.choices import BookingState
from livestreams.conflicts import Span, free
from livestreams.models import Booking, Host, LiveRoom, PlannedSlot, SchedulePlan, SlotRequest
from livestreams.scheduling import (
    Crew,
    Need,
    Placement,
    Problem,
    Request,
    Room,
    Rules,
    Share,
    Shift,
    Slots,
    without,
)
from livestreams.scheduling import Host as Person

SLOT = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
SLOTS_PER_HOUR = HOUR // SLOT
SLOTS_PER_DAY = DAY // SLOT
WEEK = 7 * DAY
MAKEUP = "makeup"


@dataclass(frozen=True)
class Grid:
    """Slots of a plan: their number to instants and back. Nothing lies before the present."""

    start: datetime
    slots: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.at(self.slots))

    def at(self, slot: int) -> datetime:
        return self.start + slot * SLOT

    def inner(self, span: Span) -> Slots | None:
        """The whole slots within a span, None where there is none."""
        first = max(-((self.start - span.start) // SLOT), -((self.start - now()) // SLOT), 0)
        last = min((span.end - self.start) // SLOT, self.slots)
        return Slots(first, last) if first < last else None

    def outer(self, span: Span) -> Slots:
        """All slots that a span touches."""
        return Slots(
            max((span.start - self.start) // SLOT, 0), min(-((self.start - span.end) // SLOT), self.slots)
        )


def grid_of(plan: SchedulePlan) -> Grid:
    return Grid(plan.starts_at, ((plan.last_day - plan.first_day).days + 1) * SLOTS_PER_DAY)


@dataclass(frozen=True)
class MakeupShift:
    """People who make up, from one time of the day until another (after midnight if it is earlier)."""

    begins: time
    ends: time
    people: int


@dataclass(frozen=True)
class PlanRules:
    """What a park decides for one plan. None means no limit."""

    quota_hours: int | None = None
    fair_sessions: int = 0
    fair_bonus: int = 0
    host_rest_minutes: int = 0
    host_day_hours: int | None = None
    makeup_shifts: tuple[MakeupShift, ...] = ()
    makeup_minutes: int = 30
    makeup_wait_hours: int = 5
    makeup_percent: int = 0

    def as_dict(self) -> dict[str, Any]:
        return dict(msgspec.to_builtins(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PlanRules:
        return msgspec.convert(values, cls)


def problem_of(plan: SchedulePlan, moving: Collection[PlannedSlot] = ()) -> Problem:
    """What a plan has to solve. The bookings of `moving` are not in the way: their requests are asked again."""
    own = [slot.booking_id for slot in moving if slot.booking_id is not None]
    grid, rules = grid_of(plan), PlanRules.from_dict(plan.rules)
    rooms = LiveRoom.objects.open_on(plan.first_day).filter(park=plan.park_id).select_related("dedicated_to")
    staying = Q(closed_on__isnull=True) | Q(closed_on__gt=plan.last_day)
    hosts = Host.objects.filter(staying, tenant__node__parent=plan.park_id)
    people = tuple(_people(list(hosts.order_by("pk")), plan.park_id, grid, rules, own))
    studios = tuple(_rooms(list(rooms.order_by("pk")), grid, own))
    wanted = tuple(_wanted(plan, grid, rules, {host.key for host in people}, own))
    booked = tuple(_booked(grid, studios, {host.key for host in people}, own))
    tenants = sorted({request.tenant for request in wanted})
    # Whom a request names may have left since: nobody is there for it, and the others are scheduled all the same.
    left = sorted({request.host for request in wanted if request.host} - {host.key for host in people})
    return Problem(
        grid.slots,
        studios,
        (*people, *(Person(key, ()) for key in left)),
        tuple(_crews(grid, rules)),
        (*wanted, *(request for request, _place in booked)),
        Rules(
            quotas=()
            if rules.quota_hours is None
            else tuple((tenant, rules.quota_hours * SLOTS_PER_HOUR) for tenant in tenants),
            fair_sessions=rules.fair_sessions,
            fair_bonus=rules.fair_bonus,
            shares=(Share(MAKEUP, rules.makeup_percent),) if rules.makeup_percent else (),
        ),
        tuple(place for _request, place in booked),
        day=SLOTS_PER_DAY,
    )


def _rooms(rooms: list[LiveRoom], grid: Grid, own: list[int]) -> Iterator[Room]:
    windows = windows_of(rooms, grid.span, ignoring=own)
    for room in rooms:
        setup = _slots(room.setup_minutes)
        found: list[Slots] = []
        for span in windows[room.pk]:
            inner = grid.inner(span)
            # The set-up before a window must not reach into the one before it.
            if inner and found:
                inner = Slots(max(inner.start, found[-1].end + setup), inner.end)
            if inner and inner.start < inner.end:
                found.append(inner)
        features = frozenset({f"room:{room.code}"})
        tenant = room.dedicated_to.code if room.dedicated_to else None
        yield Room(room.code, tuple(found), setup, room.scene, features, tenant)


def _people(
    hosts: list[Host], park_id: int, grid: Grid, rules: PlanRules, own: list[int]
) -> Iterator[Person]:
    presence = presence_of(hosts, grid.span)
    taken = taken_besides(hosts, park_id, grid.span, ignoring=own)
    for host in hosts:
        yield Person(
            host.code,
            tuple(inner for inner in map(grid.inner, free(presence[host.pk], taken[host.pk])) if inner),
            frozenset(str(one) for one in host.categories),
            rest=_slots(rules.host_rest_minutes),
            day_limit=None if rules.host_day_hours is None else rules.host_day_hours * SLOTS_PER_HOUR,
        )


def _crews(grid: Grid, rules: PlanRules) -> Iterator[Crew]:
    """Make-up artists: the same shifts each day."""
    shifts = []
    for day in range(0, grid.slots, SLOTS_PER_DAY):
        for shift in rules.makeup_shifts:
            first, last = (_slots(at.hour * 60 + at.minute) for at in (shift.begins, shift.ends))
            end = last if last > first else last + SLOTS_PER_DAY
            shifts.append(Shift(day + first, min(day + end, grid.slots), shift.people))
    yield Crew(MAKEUP, tuple(shifts))


def _wanted(
    plan: SchedulePlan, grid: Grid, rules: PlanRules, hosts: set[str], own: list[int]
) -> Iterator[Request]:
    """What tenants who are still in the park ask for in its days and no published plan has given them."""
    given = set(
        PlannedSlot.objects.filter(plan__park=plan.park_id, booking__isnull=False)
        .exclude(Q(booking__state=BookingState.CANCELLED) | Q(booking__in=own))
        .values_list("request_id", "week")
    )
    asked = SlotRequest.objects.filter(park=plan.park_id, withdrawn_at__isnull=True).filter(
        Q(latest__gt=grid.span.start) | Q(repeat_until__gte=plan.first_day), earliest__lt=grid.span.end
    )
    asked = asked.filter(
        Q(tenant__closed_on__isnull=True) | Q(tenant__closed_on__gt=today()),
        tenant__node__parent=plan.park_id,
    )
    need = Need(MAKEUP, _slots(rules.makeup_minutes), rules.makeup_wait_hours * SLOTS_PER_HOUR, optional=True)
    for row in asked.select_related("tenant", "room", "host", "preferred_host").order_by("pk"):
        for week, windows in weeks_of(row, grid):
            if (row.pk, week) not in given:
                yield Request(
                    key_of(row, week),
                    row.tenant.code,
                    _slots(row.minutes),
                    windows,
                    row.value,
                    row.priority,
                    kind=row.scene or None,
                    features=frozenset({f"room:{row.room.code}"} if row.room else ()),
                    host=row.host.code if row.host else None,
                    category=(row.category or None) if row.host is None else None,
                    preferred=_preferred(row, hosts),
                    need=need if row.made_up else None,
                )


def _preferred(row: SlotRequest, hosts: set[str]) -> str | None:
    liked = row.preferred_host
    fits = liked is not None and liked.code in hosts and row.category in liked.categories
    return liked.code if fits and liked is not None and row.host is None else None


def weeks_of(row: SlotRequest, grid: Grid) -> Iterator[tuple[int, tuple[Slots, ...]]]:
    """The weeks in which a request could be placed in a plan, with its windows there."""
    week = 0
    while week == 0 or (row.repeat_until and business_day(row.earliest + week * WEEK) <= row.repeat_until):
        spans = [Span(instant(start) + week * WEEK, instant(end) + week * WEEK) for start, end in row.windows]
        windows = tuple(inner for inner in map(grid.inner, spans) if inner)
        if any(window.end - window.start >= _slots(row.minutes) for window in windows):
            yield week, windows
        week += 1


def key_of(row: SlotRequest, week: int) -> str:
    return f"{row.uid}:{week}"


def _booked(
    grid: Grid, rooms: tuple[Room, ...], hosts: set[str], own: list[int]
) -> Iterator[tuple[Request, Placement]]:
    """Bookings of the rooms, as locked sessions that are worth nothing to the plan."""
    taken = Booking.objects.taking_host(grid.span.start, grid.span.end).filter(
        room__code__in=[room.key for room in rooms]
    )
    taken = taken.exclude(pk__in=own)
    for booking in taken.select_related("room", "tenant", "host").order_by("pk"):
        first, last = grid.outer(Span(booking.starts_at, booking.ends_at))
        host = booking.host.code if booking.host and booking.host.code in hosts else None
        key = f"booking:{booking.uid}"
        everywhere = (Slots(0, grid.slots),)
        yield (
            Request(key, booking.tenant.code, last - first, everywhere, value=0),
            Placement(key, first, booking.room.code, host),
        )


def placed_before(slots: Collection[PlannedSlot], grid: Grid) -> tuple[Placement, ...]:
    """Where sessions stand, as the schedule knows it."""
    return tuple(
        Placement(
            key_of(slot.request, slot.week),
            (slot.starts_at - grid.start) // SLOT,
            slot.room.code,
            slot.host.code if slot.host else None,
        )
        for slot in slots
        if slot.room is not None and slot.starts_at is not None
    )


def changed(problem: Problem, grid: Grid, changes: dict[str, Any]) -> Problem:
    """The problem with rooms out of use, hosts away, rooms more and priorities other than they are."""

    def gone(what: str) -> dict[str, Slots]:
        return {
            one["code"]: grid.outer(Span(instant(one["from"]), instant(one["until"])))
            for one in changes.get(what, ())
        }

    after = without(problem, rooms=gone("rooms"), hosts=gone("hosts"))
    ahead = grid.inner(grid.span)
    more = tuple(
        Room(f"new-{number}", (ahead,) if ahead else (), kind=changes.get("scene", ""))
        for number in range(changes.get("more_rooms", 0))
    )
    return replace(after, rooms=(*after.rooms, *more))


def _slots(minutes: int) -> int:
    """Whole slots for so many minutes."""
    return -(-minutes // (SLOT // MINUTE))
