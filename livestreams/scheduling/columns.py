"""Every way to place every request: the columns of the model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice, product

from django.utils.translation import gettext as _

from livestreams.scheduling.model import NONE, Group, Pool
from livestreams.scheduling.problem import (
    Host,
    Need,
    Problem,
    Quota,
    Request,
    Slots,
    hosts_of,
    inside,
    starts,
    suits,
    task_starts,
)
from livestreams.scheduling.validation import ProblemError

MOST_COLUMNS = 1_000_000


def cut(windows: Iterable[Slots], start: int, end: int) -> tuple[Slots, ...]:
    """What is left of windows when [start, end) is taken out."""
    parts = (
        part
        for window in windows
        for part in (Slots(window.start, min(window.end, start)), Slots(max(window.start, end), window.end))
    )
    return tuple(part for part in parts if part.start < part.end)


def free_windows(problem: Problem) -> tuple[list[tuple[Slots, ...]], list[tuple[Slots, ...]]]:
    """Where new sessions may lie in rooms and in hosts' time, beside the locked ones, set-up and rest."""
    lengths = {request.key: request.length for request in problem.requests}
    rooms = {room.key: room.windows for room in problem.rooms}
    setups = {room.key: room.setup for room in problem.rooms}
    hosts = {host.key: host.windows for host in problem.hosts}
    rests = {host.key: host.rest for host in problem.hosts}
    for held in problem.locked:
        end = held.start + lengths[held.request]
        setup = setups[held.room]
        rooms[held.room] = cut(rooms[held.room], held.start - setup, end + setup)
        if held.host is not None:
            rest = rests[held.host]
            hosts[held.host] = cut(hosts[held.host], held.start - rest, end + rest)
    return list(rooms.values()), list(hosts.values())


class Columns:
    """The parts of a problem by number, its groups and pools, and the ways to place the groups."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.requests = {request.key: request for request in problem.requests}
        self.tenants = tuple(sorted({request.tenant for request in problem.requests}))
        self.tenant_number = {tenant: number for number, tenant in enumerate(self.tenants)}
        self.host_number = {host.key: number for number, host in enumerate(problem.hosts)}
        self.crew_number = {crew.key: number for number, crew in enumerate(problem.crews)}
        self.shifts = tuple(
            (number, shift) for number, crew in enumerate(problem.crews) for shift in range(len(crew.shifts))
        )
        self.quotas: dict[str, list[tuple[int, Quota]]] = defaultdict(list)
        for number, quota in enumerate(problem.rules.quotas):
            self.quotas[quota.tenant].append((number, quota))
        self.room_windows, self.host_windows = free_windows(problem)
        self.kinds, self.groups = self._grouped()
        self.most_needs = max((len(kind.needs) for kind in self.kinds), default=0)
        self.pools, self.pools_of = self._pooled()

    def _grouped(self) -> tuple[list[Request], tuple[Group, ...]]:
        locked = {held.request for held in self.problem.locked}
        stood = {place.request for place in self.problem.before}
        alike: dict[Request, list[int]] = defaultdict(list)
        for number, request in enumerate(self.problem.requests):
            if request.key not in locked:
                key = request.key if request.key in stood else ""
                alike[replace(request, key=key, value=request.worth, priority=1)].append(number)
        groups = (Group(tuple(found), kind.length, kind.worth, kind.tenant) for kind, found in alike.items())
        return list(alike), tuple(groups)

    def _pooled(self) -> tuple[tuple[Pool, ...], list[list[int]]]:
        """Rooms that suit the same requests, with one set-up and one free window; and the pools of each group."""
        owners = {room.tenant for room in self.problem.rooms}
        wish_of = [
            (kind.kind, kind.features, kind.tenant if kind.tenant in owners else None) for kind in self.kinds
        ]
        wishes = dict(zip(wish_of, self.kinds, strict=True))
        stood = {place.room for place in self.problem.before}
        alike: dict[tuple[tuple[bool, ...], int, Slots, str], list[int]] = defaultdict(list)
        for number, room in enumerate(self.problem.rooms):
            fits = tuple(suits(room, kind) for kind in wishes.values())
            for window in self.room_windows[number]:
                alike[fits, room.setup, window, room.key if room.key in stood else ""].append(number)
        fitting = {
            wish: [number for number, (fits, *_same) in enumerate(alike) if fits[place]]
            for place, wish in enumerate(wishes)
        }
        pools = (Pool(tuple(found), window, setup) for (_fits, setup, window, _key), found in alike.items())
        return tuple(pools), [fitting[wish] for wish in wish_of]

    def ways(self) -> list[tuple[int, ...]]:
        """Every way to place a request, as (group, start, pool, host, shift, crew start)."""
        ways: list[tuple[int, ...]] = []
        for number in range(len(self.groups)):
            ways += islice(self._ways(number), MOST_COLUMNS + 1 - len(ways))
            if len(ways) > MOST_COLUMNS:
                message = _("There are too many ways to place the requests: shorten the plan or the windows.")
                raise ProblemError(message, code="too_many")
        return ways

    def _ways(self, number: int) -> Iterator[tuple[int, ...]]:
        kind = self.kinds[number]
        hosts = hosts_of(self.problem, kind)
        windows = [(pool, self.pools[pool].window) for pool in self.pools_of[number]]
        for start in starts(kind, self.problem.step):
            end = start + kind.length
            places = [pool for pool, window in windows if window.start <= start and end <= window.end]
            able = [self._number(host) for host in hosts if self._is_free(host, start, end)]
            for tasks in self._tasks(kind, start):
                for pool in places:
                    for host in able:
                        yield number, start, pool, host, *tasks

    def _number(self, host: Host | None) -> int:
        return NONE if host is None else self.host_number[host.key]

    def _is_free(self, host: Host | None, start: int, end: int) -> bool:
        return host is None or inside(self.host_windows[self.host_number[host.key]], start, end)

    def _tasks(self, kind: Request, start: int) -> Iterator[tuple[int, ...]]:
        """Every way to meet the needs of a session: a shift and a start for each, NONE twice where it goes without."""
        without = (NONE, NONE) * (self.most_needs - len(kind.needs))
        for tasks in product(*(list(self._meeting(need, kind.length, start)) for need in kind.needs)):
            yield (*chain.from_iterable(tasks), *without)

    def _meeting(self, need: Need, length: int, start: int) -> Iterator[tuple[int, int]]:
        if need.optional:
            yield NONE, NONE
        crew = self.crew_number[need.crew]
        for number, (of_crew, of_shift) in enumerate(self.shifts):
            shift = self.problem.crews[crew].shifts[of_shift] if of_crew == crew else None
            if shift is not None and shift.people >= need.people:
                yield from ((number, at) for at in task_starts(need, shift, start, length))
