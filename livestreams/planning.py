"""A park's problem as `livestreams.scheduling` takes it: what the database knows, in slots of half an hour.

Reads without scoping, for services that have already decided what their actor may see. Bookings that exist are
locked and worth nothing here: they keep their room, host and share of the quota, and the value is that of the plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from core.clock import DAY, HOUR, business_day, day_start, now, today
from core.strict import instant
from livestreams.availability import presence_of, taken_besides, windows_of
from livestreams.choices import BookingState, CrewKind, PlanState
from livestreams.conflicts import Span, free
from livestreams.models import Booking, Host, LiveRoom, PlannedSlot, SchedulePlan, SlotRequest
from livestreams.quotas import WEEK, quotas_of, week_of
from livestreams.scheduling import (
    Crew,
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
    slots_of,
    without,
)
from livestreams.scheduling import Host as Person

SLOT = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
SLOTS_PER_HOUR = HOUR // SLOT
SLOTS_PER_DAY = DAY // SLOT
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


def problem_of(plan: SchedulePlan, moving: Collection[PlannedSlot] = ()) -> Problem:
    """What a plan has to solve. The bookings of `moving` are not in the way: their requests are asked again."""
    own = [slot.booking_id for slot in moving if slot.booking_id is not None]
    grid, rules = grid_of(plan), PlanRules.from_dict(plan.rules)
    rooms = LiveRoom.objects.open_on(plan.first_day).filter(park=plan.park_id).select_related("dedicated_to")
    hosts = Host.objects.working_on(plan.last_day).filter(tenant__node__parent=plan.park_id)
    people = tuple(_people(list(hosts.order_by("pk")), plan.park_id, grid, rules, own))
    studios = tuple(_rooms(list(rooms.order_by("pk")), grid, own))
    wanted = tuple(_wanted(plan, grid, rules, {host.key for host in people}, own))
    crews = tuple(_crews(grid, rules))
    booked = tuple(_booked(grid, rules, crews, studios, {host.key for host in people}, own))
    tenants = sorted({request.tenant for request in wanted})
    # Whom a request names may have left since: nobody is there for it, and the others are scheduled all the same.
    left = sorted({request.host for request in wanted if request.host} - {host.key for host in people})
    return Problem(
        grid.slots,
        studios,
        (*people, *(Person(key, ()) for key in left)),
        crews,
        (*wanted, *(request for request, _place in booked)),
        Rules(
            quotas=tuple(_quotas(plan, grid, rules, tenants, {room.key for room in studios}, own)),
            fair_sessions=rules.fair_sessions,
            fair_bonus=rules.fair_bonus,
            shares=(Share(MAKEUP, rules.makeup_percent),) if rules.makeup_percent else (),
        ),
        tuple(place for _request, place in booked),
        day=SLOTS_PER_DAY,
    )


def _quotas(
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
    """Who is shared by all rooms: the same shifts each day, of which the whole slots; also of the night before."""
    for key, of_day in rules.shifts.items():
        shifts = []
        for day in range(-SLOTS_PER_DAY, grid.slots, SLOTS_PER_DAY):
            for shift in of_day:
                begins, ends = (
                    timedelta(hours=at.hour, minutes=at.minute) for at in (shift.begins, shift.ends)
                )
                first = max(day + -(-begins // SLOT), 0)
                last = min(day + (ends if ends > begins else ends + DAY) // SLOT, grid.slots)
                if first < last:
                    shifts.append(Shift(first, last, shift.people))
        yield Crew(key, tuple(shifts))


def _needs(row: SlotRequest, rules: PlanRules) -> tuple[Need, ...]:
    """Whom a request needs: make-up artists before the session if there are any, and crews during it."""
    wait = rules.makeup_wait_hours * SLOTS_PER_HOUR
    takes = _slots(rules.makeup_minutes)
    made_up = (Need(MAKEUP, takes, wait, optional=True),) if row.made_up and takes else ()
    wishes = (CrewWish(**wish) for wish in row.crews)
    during = (Need(wish.crew, _slots(wish.minutes or 0), people=wish.people, during=True) for wish in wishes)
    return (*made_up, *during)


def still_asked(park_id: int) -> QuerySet[SlotRequest]:
    """Requests that nobody has withdrawn, of firms that are in the park."""
    return SlotRequest.objects.filter(
        Q(tenant__closed_on__isnull=True) | Q(tenant__closed_on__gt=today()),
        park=park_id,
        withdrawn_at__isnull=True,
        tenant__node__parent=park_id,
    )


def _wanted(
    plan: SchedulePlan, grid: Grid, rules: PlanRules, hosts: set[str], own: list[int]
) -> Iterator[Request]:
    """What tenants who are still in the park ask for in its days and no published plan has given them."""
    given = set(
        PlannedSlot.objects.filter(plan__park=plan.park_id, booking__isnull=False)
        .exclude(Q(booking__state=BookingState.CANCELLED) | Q(booking__in=own))
        .values_list("request_id", "week")
    )
    asked = still_asked(plan.park_id).filter(
        Q(latest__gt=grid.span.start) | Q(repeat_until__gte=plan.first_day), earliest__lt=grid.span.end
    )
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
                    needs=_needs(row, rules),
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
    grid: Grid,
    rules: PlanRules,
    crews: tuple[Crew, ...],
    rooms: tuple[Room, ...],
    hosts: set[str],
    own: list[int],
) -> Iterator[tuple[Request, Placement]]:
    """Bookings of the rooms, as locked sessions that are worth nothing to the plan, with the crews they were given."""
    taken = Booking.objects.taking_host(grid.span.start, grid.span.end).filter(
        room__code__in=[room.key for room in rooms]
    )
    taken = taken.exclude(pk__in=own)
    published = PlannedSlot.objects.filter(plan__state=PlanState.PUBLISHED, booking__in=taken)
    planned = {slot.booking_id: slot for slot in published.select_related("request").order_by("plan_id")}
    staff = _Staff(grid, crews)
    for booking in taken.select_related("room", "tenant", "host").order_by("pk"):
        first, last = grid.outer(Span(booking.starts_at, booking.ends_at))
        host = booking.host.code if booking.host and booking.host.code in hosts else None
        key, slot = f"booking:{booking.uid}", planned.get(booking.pk)
        everywhere, elapsed = (Slots(0, grid.slots),), max((grid.start - booking.starts_at) // SLOT, 0)
        needs = tuple(_left_of(_needs(slot.request, rules), elapsed)) if slot else ()
        tasks = tuple(staff.task(need, booking, slot, last - first) for need in needs if slot)
        yield (
            Request(key, booking.tenant.code, last - first, everywhere, value=0, needs=needs),
            Placement(key, first, booking.room.code, host, tasks),
        )


def _left_of(needs: Iterable[Need], elapsed: int) -> Iterator[Need]:
    """What is left of a session's needs when it has taken place for so many slots."""
    for need in needs:
        if not need.during or not need.length:
            yield need
        elif need.length > elapsed:
            yield replace(need, length=need.length - elapsed)


class _Staff:
    """The shifts of crews, filled with the tasks of what is booked already."""

    def __init__(self, grid: Grid, crews: tuple[Crew, ...]) -> None:
        self.grid, self.crews = grid, {crew.key: crew for crew in crews}
        self.busy: Counter[tuple[str, int, int]] = Counter()

    def task(self, need: Need, booking: Booking, slot: PlannedSlot, length: int) -> Task | None:
        """The task of a booking in the first shift that has people left for it; none where no shift has.

        Whoever is there during a session goes along when it is moved by hand; make-up that was planned does not.
        """
        at = booking.starts_at if need.during else slot.made_up_at
        if at is None or (not need.during and (at < self.grid.start or booking.starts_at != slot.starts_at)):
            return None
        first = max((at - self.grid.start) // SLOT, 0)
        slots = range(first, first + slots_of(need, length))
        for number, shift in enumerate(self.crews[need.crew].shifts):
            keys = [(need.crew, number, at) for at in slots]
            within = shift.start <= slots.start and slots.stop <= shift.end
            if within and all(self.busy[key] + need.people <= shift.people for key in keys):
                self.busy.update(dict.fromkeys(keys, need.people))
                return Task(number, first)
        return None


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
