"""What every way to place a request takes of every limit: the rows of the model, and the model itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import scipy  # loads its parts when they are used

from livestreams.scheduling.columns import Columns
from livestreams.scheduling.model import NONE, Ints, Limit, Model
from livestreams.scheduling.problem import Need, Problem, Slots, met, slots_of, worth_of


class Taken(NamedTuple):
    """Entries of the matrix: `factor` of what (limit, part, slot) names is taken by a column."""

    limit: Limit
    part: Ints
    slot: Ints | int
    column: Ints
    factor: Ints | int = 1


def build(problem: Problem) -> Model:
    """The model of a valid problem. ProblemError when there are too many ways to place its requests."""
    parts = Columns(problem)
    rules = problem.rules
    width = 4 + 2 * parts.most_needs
    ways = np.array(parts.ways(), dtype=np.int64).reshape(-1, width)
    bonuses = len(parts.tenants) if rules.fair_sessions and rules.fair_bonus else 0
    columns = np.vstack([ways, np.full((bonuses, width), NONE, dtype=np.int64)]).T
    group, start, pool, host = columns[:4]
    sizes = np.array([len(group.requests) for group in parts.groups], dtype=np.int64)
    names, entries = _numbered(parts, list(_taken(parts, ways.T, bonuses)))
    return Model(
        problem,
        parts.pools,
        parts.groups,
        parts.shifts,
        parts.tenants,
        group,
        start,
        pool,
        host,
        columns[4::2],
        columns[5::2],
        worth=np.concatenate(
            [_worth(parts, ways.T), np.full(bonuses, rules.fair_bonus * (len(problem.before) + 1))]
        ),
        upper=np.concatenate([sizes[ways[:, 0]], np.full(bonuses, rules.fair_sessions)]),
        matrix=scipy.sparse.csc_array(entries, shape=(len(names), len(ways) + bonuses), dtype=np.int64),
        limits=_limits(parts, names),
        row_limit=names[:, 0],
        row_part=names[:, 1],
        row_slot=names[:, 2],
        constant=sum(worth_of(problem, parts.requests[held.request], held) for held in problem.locked),
    )


def _numbered(parts: Columns, taken: list[Taken]) -> tuple[Ints, tuple[Ints, tuple[Ints, Ints]]]:
    """Number the rows in the order of (limit, part, slot): their names, and the entries of the matrix."""
    groups = np.zeros((len(parts.groups), 3), dtype=np.int64)  # each has its row, also one that fits nowhere
    groups[:, 1] = np.arange(len(groups))
    named = [
        np.stack(np.broadcast_arrays(np.int64(some.limit), some.part, some.slot), axis=1) for some in taken
    ]
    names, rows = np.unique(np.concatenate([groups, *named]), axis=0, return_inverse=True)
    factors = [np.broadcast_to(some.factor, some.part.shape) for some in taken]
    column = np.concatenate([some.column for some in taken])
    return names, (np.concatenate(factors), (rows.ravel()[len(groups) :], column))


def _worth(parts: Columns, ways: Ints) -> Ints:
    """What each way is worth; a session that stands where it stood is worth one more, all else many times that."""
    group, host, shifts = ways[0], ways[3], ways[4::2]
    worth = np.array([kind.worth for kind in parts.kinds], dtype=np.int64)
    bonus = worth * parts.problem.rules.preference // 100
    preferred = np.array(
        [NONE - 1 if kind.preferred is None else parts.host_number[kind.preferred] for kind in parts.kinds],
        dtype=np.int64,
    )
    served = np.zeros(len(group), dtype=np.int64)
    for number, shift in enumerate(shifts):
        optional = np.array([need is not None and need.optional for need in _need(parts, number)], dtype=bool)
        served += optional[group] & (shift != NONE)
    plain = worth[group] + bonus[group] * ((preferred[group] == host).astype(np.int64) + served)
    return np.asarray(plain * (len(parts.problem.before) + 1) + _stays(parts, ways), dtype=np.int64)


def _stays(parts: Columns, ways: Ints) -> Ints:
    """1 for each way that leaves a session in its start, room and host of before."""
    group, start, pool, host = ways[:4]
    stays = np.zeros(len(group), dtype=np.int64)
    numbers = {request.key: number for number, request in enumerate(parts.problem.requests)}
    of_request = {number: place for place, kind in enumerate(parts.groups) for number in kind.requests}
    rooms = {room.key: number for number, room in enumerate(parts.problem.rooms)}
    for place in parts.problem.before:
        here = [number for number, some in enumerate(parts.pools) if some.rooms == (rooms.get(place.room),)]
        who = NONE if place.host is None else parts.host_number.get(place.host, NONE - 1)
        own = group == of_request.get(numbers.get(place.request, NONE), NONE - 1)
        stays[own & (start == place.start) & (host == who) & np.isin(pool, here)] = 1
    return stays


def _taken(parts: Columns, ways: Ints, bonuses: int) -> Iterator[Taken]:
    problem, every = parts.problem, np.arange(ways.shape[1])
    group, start, pool, host = ways[:4]
    length = _by(group, [kind.length for kind in parts.kinds])
    tenant = _by(group, [parts.tenant_number[kind.tenant] for kind in parts.kinds])
    setup = _by(pool, [pool.setup for pool in parts.pools])
    yield Taken(Limit.REQUEST, group, 0, every)
    yield _span(Limit.ROOM, pool, start - setup, length + setup, every)
    yield from _hosts(problem, *(part[host != NONE] for part in (host, start, length, every)))
    for number in range(parts.most_needs):
        yield _crew(parts, ways, number)
    yield from _quotas(parts, tenant, start, length)
    if bonuses:
        yield Taken(Limit.FAIR, tenant, 0, every, -1)
        yield Taken(Limit.FAIR, np.arange(bonuses), 0, len(every) + np.arange(bonuses))
    crew_of = np.array([crew for crew, _shift in parts.shifts] + [NONE], dtype=np.int64)
    for number, share in enumerate(problem.rules.shares):
        by_crew = (crew_of[ways[4::2]] == parts.crew_number[share.crew]).any(axis=0)
        yield Taken(Limit.SHARE, every * 0 + number, 0, every, share.percent - 100 * by_crew)


def _need(parts: Columns, number: int) -> list[Need | None]:
    """The need of that number of each group, None where it has fewer."""
    return [kind.needs[number] if number < len(kind.needs) else None for kind in parts.kinds]


def _crew(parts: Columns, ways: Ints, number: int) -> Taken:
    """What the tasks of the needs of that number take of shifts: their people in each slot."""
    group, shift, start = ways[0], ways[4 + 2 * number], ways[5 + 2 * number]
    needs = list(zip(_need(parts, number), parts.kinds, strict=True))
    length = _by(group, [slots_of(need, kind.length) if need else 0 for need, kind in needs])
    people = _by(group, [need.people if need else 0 for need, _kind in needs])
    met = np.flatnonzero(shift != NONE)
    taken = _span(Limit.CREW, shift[met], start[met], length[met], met)
    return taken._replace(factor=np.repeat(people[met], length[met]))


def _quotas(parts: Columns, tenant: Ints, start: Ints, length: Ints) -> Iterator[Taken]:
    """What each way takes of the quotas of its tenant: its slots within each of their spans."""
    for key, quotas in parts.quotas.items():
        own = np.flatnonzero(tenant == parts.tenant_number.get(key, NONE))
        first, last = start[own], start[own] + length[own]
        for number, quota in quotas:
            span = quota.span or Slots(0, parts.problem.slots)
            hours = np.minimum(last, span.end) - np.maximum(first, span.start)
            within = hours > 0
            yield Taken(Limit.QUOTA, own[within] * 0 + number, 0, own[within], hours[within])


def _by(index: Ints, values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)[index] if values else index


def _span(limit: Limit, part: Ints, first: Ints, length: Ints, column: Ints) -> Taken:
    """One of the limit in every slot of [first, first + length)."""
    before = np.repeat(np.cumsum(length) - length, length)
    slot = np.repeat(first, length) + np.arange(len(before)) - before
    return Taken(limit, np.repeat(part, length), slot, np.repeat(column, length))


def _hosts(problem: Problem, host: Ints, start: Ints, length: Ints, column: Ints) -> Iterator[Taken]:
    rest = _by(host, [one.rest for one in problem.hosts])
    yield _span(Limit.HOST, host, start, length + rest, column)
    for limit, limits in (
        (Limit.HOST_DAY, [one.day_limit for one in problem.hosts]),
        (Limit.HOST_TOTAL, [one.total_limit for one in problem.hosts]),
    ):
        some = np.array([one is not None for one in limits] + [False])[host]
        hours = _span(limit, host[some], start[some], length[some], column[some])
        day = hours.slot // problem.day_length if limit is Limit.HOST_DAY else hours.slot * 0
        yield hours._replace(slot=day)


def _limits(parts: Columns, names: Ints) -> Ints:
    """The right side of every row, less what the locked placements take."""
    used = _Locked(parts)
    found = [used.left(Limit(limit), part, slot) for limit, part, slot in names.tolist()]
    return np.array(found, dtype=np.int64)


class _Locked:
    """What locked placements take of the limits that are not cut out of windows beforehand."""

    def __init__(self, parts: Columns) -> None:
        self.parts, self.problem = parts, parts.problem
        self.taken: Counter[tuple[Limit, int, int]] = Counter()
        numbers = {shift: number for number, shift in enumerate(parts.shifts)}
        for held in self.problem.locked:
            request = parts.requests[held.request]
            tenant = parts.tenant_number[request.tenant]
            for number, quota in parts.quotas.get(request.tenant, ()):
                self.taken[Limit.QUOTA, number, 0] += quota.of(held.start, held.start + request.length)
            self.taken[Limit.FAIR, tenant, 0] -= 1
            if held.host is not None:
                host = parts.host_number[held.host]
                for slot in range(held.start, held.start + request.length):
                    self.taken[Limit.HOST_DAY, host, slot // self.problem.day_length] += 1
                    self.taken[Limit.HOST_TOTAL, host, 0] += 1
            for need, task in met(request, held):
                if task is not None:
                    shift = numbers[parts.crew_number[need.crew], task.shift]
                    for slot in range(task.start, task.start + slots_of(need, request.length)):
                        self.taken[Limit.CREW, shift, slot] += need.people

    def left(self, limit: Limit, part: int, slot: int) -> int:
        """Never less than nothing: what is locked may break a limit, what is new may not."""
        return max(self._whole(limit, part) - self.taken[limit, part, slot], 0)

    def _whole(self, limit: Limit, part: int) -> int:
        parts, problem = self.parts, self.problem
        whole: dict[Limit, Callable[[], int | None]] = {
            Limit.REQUEST: lambda: len(parts.groups[part].requests),
            Limit.ROOM: lambda: len(parts.pools[part].rooms),
            Limit.HOST: lambda: 1,
            Limit.HOST_DAY: lambda: problem.hosts[part].day_limit,
            Limit.HOST_TOTAL: lambda: problem.hosts[part].total_limit,
            Limit.CREW: lambda: problem.crews[parts.shifts[part][0]].shifts[parts.shifts[part][1]].people,
            Limit.QUOTA: lambda: problem.rules.quotas[part].slots,
            Limit.FAIR: lambda: 0,
            Limit.SHARE: lambda: 0,
        }
        return whole[limit]() or 0
