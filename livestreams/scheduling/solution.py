"""From the numbers of a solution to sessions in rooms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from livestreams.scheduling.model import NONE, Ints, Model
from livestreams.scheduling.problem import Placement, Request, Task


def placements(model: Model, x: Ints) -> tuple[Placement, ...]:
    """The sessions of a solution, by start and request; locked ones are not among them."""
    problem = model.problem
    requests = {number: list(group.requests) for number, group in enumerate(model.groups)}
    taken = np.flatnonzero((x > 0) & (model.group != NONE))
    columns = np.repeat(taken, x[taken])
    rooms = _rooms(model, columns)
    found = []
    for column, room in zip(columns.tolist(), rooms, strict=True):
        request = problem.requests[requests[int(model.group[column])].pop(0)]
        host = int(model.host[column])
        found.append(
            Placement(
                request.key,
                int(model.start[column]),
                problem.rooms[room].key,
                None if host == NONE else problem.hosts[host].key,
                tuple(_tasks(model, request, column)),
            )
        )
    return tuple(sorted(found, key=lambda place: (place.start, place.request)))


def _tasks(model: Model, request: Request, column: int) -> Iterator[Task | None]:
    for need in range(len(request.needs)):
        shift = int(model.shift[need, column])
        yield None if shift == NONE else Task(model.shifts[shift][1], int(model.crew_start[need, column]))


def _rooms(model: Model, columns: Ints) -> Iterator[int]:
    """A room for each column, from those of its pool: whoever comes first takes the first that is empty."""
    empty_from: dict[int, list[int]] = defaultdict(list)
    given: dict[int, int] = {}
    for place in np.argsort(model.start[columns], kind="stable").tolist():
        column = columns[place]
        pool = model.pools[model.pool[column]]
        empty = empty_from.setdefault(int(model.pool[column]), [-pool.setup] * len(pool.rooms))
        start = int(model.start[column])
        number = next(n for n, since in enumerate(empty) if since <= start - pool.setup)
        empty[number] = start + model.groups[model.group[column]].length
        given[place] = pool.rooms[number]
    return (given[place] for place in range(len(columns)))
