"""What a plan has to solve: rooms with their windows, hosts, crews, requests, and what is booked already."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.clock import DAY
from core.strict import instant
from livestreams.availability import presence_of, taken_besides, windows_of
from livestreams.conflicts import Span, free
from livestreams.models import Host, LiveRoom, PlannedSlot, SchedulePlan
from livestreams.planning.booked import booked_already
from livestreams.planning.grid import SLOT, SLOTS_PER_DAY, SLOTS_PER_HOUR, Grid, grid_of, slots_for
from livestreams.planning.limits import quotas_left
from livestreams.planning.requests import asked_for
from livestreams.planning.rules import MAKEUP, PlanRules
from livestreams.scheduling import Crew, Problem, Room, Rules, Share, Shift, Slots, without
from livestreams.scheduling import Host as Person


def problem_of(plan: SchedulePlan, moving: Collection[PlannedSlot] = ()) -> Problem:
    """What a plan has to solve. The bookings of `moving` are not in the way: their requests are asked again."""
    own = [slot.booking_id for slot in moving if slot.booking_id is not None]
    grid, rules = grid_of(plan), PlanRules.from_dict(plan.rules)
    rooms = LiveRoom.objects.open_on(plan.first_day).filter(park=plan.park_id).select_related("dedicated_to")
    hosts = Host.objects.working_on(plan.last_day).filter(tenant__node__parent=plan.park_id)
    people = tuple(_people(list(hosts.order_by("pk")), plan.park_id, grid, rules, own))
    studios = tuple(_rooms(list(rooms.order_by("pk")), grid, own))
    wanted = tuple(asked_for(plan, grid, rules, own))
    crews = tuple(_crews(grid, rules))
    booked = tuple(booked_already(grid, rules, crews, studios, {host.key for host in people}, own))
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
            quotas=tuple(quotas_left(plan, grid, rules, tenants, {room.key for room in studios}, own)),
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
        setup = slots_for(room.setup_minutes)
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
            rest=slots_for(rules.host_rest_minutes),
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


def changed(problem: Problem, grid: Grid, changes: dict[str, Any]) -> Problem:
    """The problem with rooms out of use, hosts away and rooms more; `changes` as a plan stores them."""

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
