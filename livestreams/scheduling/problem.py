"""What is to be scheduled, as plain data: rooms, hosts, crews, requests, rules and what is locked already.

Time is counted in slots of equal length from the beginning of the plan; `Slots(a, b)` is half-open. Nothing here
knows a database, a calendar or the present time. A problem is its own record: `as_json` gives the same bytes for
the same problem, `from_json` gives the problem back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import msgspec


class Slots(NamedTuple):
    """Slots a, a + 1, ... b - 1."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Room:
    """A room that is empty within `windows`; before each session it is set up for `setup` slots.

    Set-up lies between two sessions of one window; before the first one it lies outside of the window.
    `features` are its scene and equipment; a `tenant` has the room for itself.
    """

    key: str
    windows: tuple[Slots, ...]
    setup: int = 0
    kind: str = ""
    features: frozenset[str] = frozenset()
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A host: one place at a time, within `windows`, `rest` slots between two sessions, limited hours."""

    key: str
    windows: tuple[Slots, ...]
    categories: frozenset[str] = frozenset()
    rest: int = 0
    day_limit: int | None = None
    total_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """`people` of a crew who are there for some slots."""

    start: int
    end: int
    people: int


@dataclass(frozen=True, slots=True)
class Crew:
    """Shared people: make-up artists, a camera crew. A task lies within one shift and takes its people from it."""

    key: str
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """A task for `people` of a crew: before the session, or `during` it. What they have left holds for both alike.

    Before it, it takes `length` slots and is done at most `wait` slots before the session begins; during it, it
    begins with it and takes as many slots, or the whole session where the length is 0. An optional need is met when
    there is somebody; without one the session takes place all the same.
    """

    crew: str
    length: int = 1
    wait: int = 0
    optional: bool = False
    people: int = 1
    during: bool = False


class Task(NamedTuple):
    """Where a need is met: the number of its crew's shift, and the start."""

    shift: int
    start: int


@dataclass(frozen=True, slots=True)
class Request:
    """A tenant's wish for one session of `length` slots, starting and ending within one of its windows.

    `host` asks for that host and no other; `category` for any host who has it, `preferred` among them. With
    neither it needs no host. What it is worth to the schedule is `value * priority`.
    """

    key: str
    tenant: str
    length: int
    windows: tuple[Slots, ...]
    value: int = 1
    priority: int = 1
    kind: str | None = None
    features: frozenset[str] = frozenset()
    host: str | None = None
    category: str | None = None
    preferred: str | None = None
    needs: tuple[Need, ...] = ()

    @property
    def worth(self) -> int:
        return self.value * self.priority


@dataclass(frozen=True, slots=True)
class Share:
    """At least `percent` of the sessions that are placed, locked ones aside, are served by a crew."""

    crew: str
    percent: int


class Quota(NamedTuple):
    """At most `slots` for a tenant, in all rooms together; of those within a span where one is given."""

    tenant: str
    slots: int
    span: Slots | None = None

    def of(self, start: int, end: int) -> int:
        """How much of it a session in [start, end) takes."""
        if self.span is None:
            return end - start
        return max(min(end, self.span.end) - max(start, self.span.start), 0)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds over all requests.

    `quotas` are slots a tenant gets at most, each by itself. Fairness: the first `fair_sessions` of each
    tenant are worth `fair_bonus` more. A preferred host makes a session worth `preference` percent more, and so
    does a need that could have been left out.
    """

    quotas: tuple[Quota, ...] = ()
    fair_sessions: int = 0
    fair_bonus: int = 0
    preference: int = 10
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """One session as scheduled: request, start, room, host, and a task or none for each need, in their order."""

    request: str
    start: int
    room: str
    host: str | None = None
    tasks: tuple[Task | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a schedule depends on. Sessions start at multiples of `step`; a day has `day` slots.

    `before` says where sessions stood in an earlier schedule: of equal schedules the one is better that moves fewer.
    """

    slots: int
    rooms: tuple[Room, ...]
    hosts: tuple[Host, ...] = ()
    crews: tuple[Crew, ...] = ()
    requests: tuple[Request, ...] = ()
    rules: Rules = Rules()
    locked: tuple[Placement, ...] = ()
    before: tuple[Placement, ...] = ()
    day: int = 0
    step: int = 1

    @property
    def day_length(self) -> int:
        return self.day or self.slots


def worth_of(problem: Problem, request: Request, place: Placement) -> int:
    """What a session is worth in this place, without fairness."""
    liked = place.host is not None and place.host == request.preferred
    served = sum(task is not None and need.optional for need, task in met(request, place))
    return request.worth + (liked + served) * (request.worth * problem.rules.preference // 100)


def met(request: Request, place: Placement) -> list[tuple[Need, Task | None]]:
    """The needs of a request with their tasks in a place; without any where none is told."""
    return list(zip(request.needs, place.tasks or (None,) * len(request.needs), strict=True))


def slots_of(need: Need, length: int) -> int:
    """How long a task takes in a session of a length."""
    return min(need.length or length, length) if need.during else need.length


def task_starts(need: Need, shift: Shift, start: int, length: int) -> range:
    """Where a task can begin within a shift, for a session of a length that begins at a start."""
    task = slots_of(need, length)
    first, last = (start, start) if need.during else (start - need.wait - task, start - task)
    return range(max(first, shift.start), min(last, shift.end - task) + 1)


def starts(request: Request, step: int) -> list[int]:
    """Where a request may begin, in order."""
    found: set[int] = set()
    for window in request.windows:
        first = -(-window.start // step) * step
        found.update(range(first, window.end - request.length + 1, step))
    return sorted(found)


def hosts_of(problem: Problem, request: Request) -> list[Host | None]:
    """Who may stand before the camera for a request; [None] when nobody has to."""
    if request.host is not None:
        return [host for host in problem.hosts if host.key == request.host]
    if request.category is not None:
        return [host for host in problem.hosts if request.category in host.categories]
    return [None]


def suits(room: Room, request: Request) -> bool:
    """Whether a room is of the kind, has the features and may be used by the tenant."""
    return (
        request.kind in (None, room.kind)
        and request.features <= room.features
        and room.tenant in (None, request.tenant)
    )


def inside(windows: tuple[Slots, ...], start: int, end: int) -> bool:
    """Whether [start, end) lies within one window."""
    return any(window.start <= start and end <= window.end for window in windows)


def as_json(problem: Problem) -> bytes:
    return msgspec.json.encode(problem, order="deterministic")


def from_json(data: bytes) -> Problem:
    return msgspec.json.decode(data, type=Problem)
