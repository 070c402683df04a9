"""Why a request got no place: what stands in its way, and what would let it in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from livestreams.scheduling.model import NONE, Ints, Limit, Model
from livestreams.scheduling.problem import (
    Placement,
    Problem,
    Request,
    Slots,
    hosts_of,
    inside,
    starts,
    suits,
    task_starts,
)
from livestreams.scheduling.rows import build
from livestreams.scheduling.validation import ProblemError

MOST_WAYS = 3
MOST_ASKED = 300
"""Requests, those worth most first, for which another time is looked for."""


class Why(StrEnum):
    """What may stand in the way of a request."""

    NO_ROOM = "no_room"  # no room is of its kind
    ROOM_CLOSED = "room_closed"  # none of them is open then
    NO_HOST = "no_host"  # nobody can do it
    HOST_AWAY = "host_away"  # none of them is there then
    NO_SHIFT = "no_shift"  # no shift of the crew, or none with so many people, lies before it or over it
    ROOM = "room"  # taken
    HOST = "host"  # busy, or resting
    HOST_DAY = "host_day"
    HOST_TOTAL = "host_total"
    CREW = "crew"
    QUOTA = "quota"  # of the whole plan
    QUOTA_DAY = "quota_day"
    QUOTA_WEEK = "quota_week"
    SHARE = "share"
    WORTH = "worth"  # there is a place, but what is there is worth more


OF_LIMIT = {
    Limit.ROOM: Why.ROOM,
    Limit.HOST: Why.HOST,
    Limit.HOST_DAY: Why.HOST_DAY,
    Limit.HOST_TOTAL: Why.HOST_TOTAL,
    Limit.CREW: Why.CREW,
    Limit.SHARE: Why.SHARE,
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way, named; `percent` of the ways to place the request meet it."""

    why: Why
    names: tuple[str, ...] = ()
    percent: int = 100


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: at this start, if all of this were not in the way. With nothing in the way it lies elsewhere."""

    start: int
    without: tuple[Obstacle, ...] = ()
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request without a place. `ways` need the least; `elsewhen` is free, outside of its windows.

    `enough` is a worth that outbids those who are placed where it would be; a little less may do when they can move,
    and under a share it may take a little more: whoever goes may have kept it.
    """

    request: str
    obstacles: tuple[Obstacle, ...]
    ways: tuple[Way, ...] = ()
    elsewhen: int | None = None
    enough: int | None = None


def refusals(model: Model, x: Ints, placed: tuple[Placement, ...]) -> tuple[Refusal, ...]:
    """One for each request that is neither placed nor locked, in their order."""
    problem = model.problem
    seated = {place.request for place in (*placed, *problem.locked)}
    free = _elsewhen(problem, placed, seated)
    view = _View(model, x)
    found: dict[str, Refusal] = {}
    for number, group in enumerate(model.groups):
        keys = [problem.requests[place].key for place in group.requests]
        left_out = [key for key in keys if key not in seated]
        if left_out:
            refusal = view.refusal(number, problem.requests[group.requests[0]])
            found |= {key: replace(refusal, request=key, elsewhen=free.get(key)) for key in left_out}
    return tuple(found[request.key] for request in problem.requests if request.key in found)


class _View:
    """The model beside a solution: which rows every column still lacks."""

    def __init__(self, model: Model, x: Ints) -> None:
        self.model, self.left, self.x = model, model.left(x), x
        self.names: dict[int, tuple[Why, str]] = {}
        placing = np.flatnonzero(model.group != NONE)
        order = placing[np.argsort(model.group[placing], kind="stable")]
        numbers = np.arange(len(model.groups))
        self.columns = np.split(order, np.searchsorted(model.group[order], numbers[1:]))
        self.seated = np.flatnonzero((x > 0) & (model.group != NONE))
        self.in_rows = model.matrix[:, self.seated].tocsr()
        self.holders: dict[int, list[tuple[int, int, int]]] = {}

    def refusal(self, number: int, request: Request) -> Refusal:
        columns = self.columns[number]
        if not len(columns):
            # Otherwise each is there at some time, but never all at once, or only where locked sessions are.
            obstacles = tuple(_nowhere(self.model.problem, request)) or (Obstacle(Why.ROOM),)
            return Refusal(request.key, obstacles)
        lacking = [self._lacking(int(column)) for column in columns]
        names: dict[Why, dict[str, None]] = defaultdict(dict)
        counts = Counter(why for rows in lacking for why in {why for why, _name in rows})
        for rows in lacking:
            for why, name in rows:
                names[why][name] = None
        found = [
            Obstacle(why, tuple(names[why])[:5], max(100 * count // len(lacking), 1))
            for why, count in counts.most_common()
        ]
        best = sorted(range(len(lacking)), key=lambda place: len(lacking[place]))
        ways: dict[tuple[tuple[Why, str], ...], Way] = {}
        for place in best:
            if len(ways) < MOST_WAYS and lacking[place] not in ways:
                ways[lacking[place]] = self._way(int(columns[place]), lacking[place])
        return Refusal(
            request.key,
            tuple(found) or (Obstacle(Why.WORTH),),
            tuple(ways.values()),
            enough=self._enough(columns, request),
        )

    def _lacking(self, column: int) -> tuple[tuple[Why, str], ...]:
        rows = self._short(column)[0].tolist()
        named = (self.names.get(row) or self._named(row) for row in rows if row >= len(self.model.groups))
        return tuple(dict.fromkeys(named))

    def _is_beyond_worth(self, column: int) -> bool:
        """Whether it lacks of a row more than there is of it when nobody else is placed: others can be outbid, a
        limit cannot. So it is with a share of sessions made up that no session earns.
        """
        rows, factors = self._short(column)
        return bool((factors > self.model.limits[rows]).any())

    def _short(self, column: int) -> tuple[Ints, Ints]:
        """The rows of which a column takes more than is left, and how much it takes."""
        matrix = self.model.matrix
        entries = slice(matrix.indptr[column], matrix.indptr[column + 1])
        rows, factors = matrix.indices[entries], matrix.data[entries]
        short = (factors > 0) & (factors > self.left[rows])
        return rows[short], factors[short]

    def _named(self, row: int) -> tuple[Why, str]:
        """The reason behind a row and the name of whom it is about; rooms go by their kind."""
        model = self.model
        limit, part, problem = Limit(model.row_limit[row]), int(model.row_part[row]), model.problem
        if limit is Limit.ROOM:
            room = problem.rooms[model.pools[part].rooms[0]]
            name = room.kind or room.key
        elif limit in (Limit.HOST, Limit.HOST_DAY, Limit.HOST_TOTAL):
            name = problem.hosts[part].key
        elif limit is Limit.CREW:
            name = problem.crews[model.shifts[part][0]].key
        elif limit is Limit.QUOTA:
            name = problem.rules.quotas[part].tenant
        else:
            name = problem.rules.shares[part].crew
        why = _of_quota(problem, part) if limit is Limit.QUOTA else OF_LIMIT[limit]
        self.names[row] = why, name
        return self.names[row]

    def _way(self, column: int, lacking: tuple[tuple[Why, str], ...]) -> Way:
        model = self.model
        host = int(model.host[column])
        without = tuple(Obstacle(why, (name,)) for why, name in lacking)
        name = None if host == NONE else model.problem.hosts[host].key
        return Way(int(model.start[column]), without, name)

    def _enough(self, columns: Ints, request: Request) -> int | None:
        """The least worth that outbids whoever stands in one of the ways; None where worth alone lets none in."""
        columns = columns[[not self._is_beyond_worth(int(column)) for column in columns]]
        if not len(columns):
            return None
        least = min(self._outbid(int(column)) for column in columns) // self.model.scale
        return least + 1 if least >= request.worth else None

    def _outbid(self, column: int) -> int:
        """What those are worth who would have to go for a column, of each row the cheapest."""
        rows, factors = self._short(column)
        cost, gone = 0, Counter[int]()
        for row, factor in zip(rows.tolist(), factors.tolist(), strict=True):
            if row not in self.holders:
                self.holders[row] = self._holding(row)
            holders = self.holders[row]
            lacking = (
                factor - int(self.left[row]) - sum(gone[place] * share for _worth, place, share in holders)
            )
            for worth, place, share in holders:
                while lacking > 0 and gone[place] < self.x[place]:
                    gone[place] += 1
                    lacking -= share
                    cost += worth
        return cost

    def _holding(self, row: int) -> list[tuple[int, int, int]]:
        """Worth, column and share of those who hold some of a row, the cheapest first."""
        entries = slice(self.in_rows.indptr[row], self.in_rows.indptr[row + 1])
        shares = zip(self.in_rows.indices[entries].tolist(), self.in_rows.data[entries].tolist(), strict=True)
        bonus = self.model.problem.rules.fair_bonus * self.model.scale
        return sorted(
            (int(self.model.worth[self.seated[place]]) + bonus, int(self.seated[place]), factor)
            for place, factor in shares
            if factor > 0
        )


def _of_quota(problem: Problem, number: int) -> Why:
    """A quota is of the plan, of a day, or of a week, by how long it is."""
    span = problem.rules.quotas[number].span
    if span is None:
        return Why.QUOTA
    return Why.QUOTA_DAY if span.end - span.start <= problem.day_length else Why.QUOTA_WEEK


def _nowhere(problem: Problem, request: Request) -> Iterator[Obstacle]:
    """Why there is no way at all to place a request, whatever else is placed."""
    rooms = [room for room in problem.rooms if suits(room, request)]
    spans = [Slots(start, start + request.length) for start in starts(request, problem.step)]
    if not rooms:
        yield Obstacle(Why.NO_ROOM, tuple(filter(None, (request.kind, *sorted(request.features)))))
    elif not any(inside(room.windows, *span) for room in rooms for span in spans):
        yield Obstacle(Why.ROOM_CLOSED)
    hosts = hosts_of(problem, request)
    if not hosts:
        yield Obstacle(Why.NO_HOST, tuple(filter(None, (request.host, request.category))))
    elif not any(host is None or inside(host.windows, *span) for host in hosts for span in spans):
        yield Obstacle(Why.HOST_AWAY, tuple(host.key for host in hosts if host is not None)[:5])
    for need in request.needs:
        shifts = [shift for crew in problem.crews if crew.key == need.crew for shift in crew.shifts]
        if not need.optional and not any(
            shift.people >= need.people and task_starts(need, shift, span.start, request.length)
            for shift in shifts
            for span in spans
        ):
            yield Obstacle(Why.NO_SHIFT, (need.crew,))


def _elsewhen(problem: Problem, placed: tuple[Placement, ...], seated: set[str]) -> dict[str, int]:
    """For each request without a place the free start that is nearest to its windows, all else unchanged."""
    everywhere = (Slots(0, problem.slots),)
    refused = [request for request in problem.requests if request.key not in seated]
    asked = {request.key for request in sorted(refused, key=lambda request: -request.worth)[:MOST_ASKED]}
    wide = tuple(
        replace(request, windows=everywhere) if request.key in asked else request
        for request in problem.requests
        if request.key in seated | asked
    )
    try:
        model = build(replace(problem, requests=wide, locked=(*problem.locked, *placed), before=()))
    except ProblemError:  # too many ways to look at: then nothing is suggested
        return {}
    nearest: dict[str, tuple[int, int]] = {}
    matrix = model.matrix
    short = (matrix.data > 0) & (matrix.data > model.limits[matrix.indices])
    lacks = np.zeros(model.size, dtype=np.int64)
    np.add.at(lacks, np.repeat(np.arange(model.size), np.diff(matrix.indptr)), short)
    wanted = {request.key: starts(request, problem.step) for request in problem.requests}
    for column in np.flatnonzero((lacks == 0) & (model.group != NONE)).tolist():
        start = int(model.start[column])
        for number in model.groups[int(model.group[column])].requests:
            key = problem.requests[number].key
            away = min(abs(start - at) for at in wanted[key])
            if away and (key not in nearest or (away, start) < nearest[key]):
                nearest[key] = away, start
    return {key: start for key, (_away, start) in nearest.items()}
