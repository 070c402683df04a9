"""Whether a schedule keeps every rule, slot by slot from the problem alone. It shares nothing with the model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from livestreams.scheduling.problem import Host, Need, Placement, Problem, Request, Room, Slots, Task


def value_of(problem: Problem, placed: Iterable[Placement]) -> int:
    """What the sessions are worth together with the locked ones."""
    requests = {request.key: request for request in problem.requests}
    rules, total, sessions = problem.rules, 0, Counter[str]()
    for place in (*problem.locked, *placed):
        request = requests[place.request]
        total += request.worth
        bonus = request.worth * rules.preference // 100
        if place.host is not None and place.host == request.preferred:
            total += bonus
        total += bonus * sum(
            need.optional for need, task in zip(request.needs, place.tasks, strict=False) if task is not None
        )
        sessions[request.tenant] += 1
    return total + rules.fair_bonus * sum(min(count, rules.fair_sessions) for count in sessions.values())


def faults(problem: Problem, placed: Iterable[Placement]) -> list[str]:
    """Every rule that the sessions break among themselves and beside the locked ones, in plain words."""
    return list(_Check(problem, tuple(placed)).faults())


class _Check:
    def __init__(self, problem: Problem, placed: tuple[Placement, ...]) -> None:
        self.problem, self.placed, self.new = problem, placed, set(placed)
        self.requests = {request.key: request for request in problem.requests}
        self.rooms = {room.key: room for room in problem.rooms}
        self.hosts = {host.key: host for host in problem.hosts}
        self.crews = {crew.key: crew for crew in problem.crews}

    def faults(self) -> Iterator[str]:
        counts = Counter(place.request for place in (*self.problem.locked, *self.placed))
        yield from (f"{key} is placed {count} times" for key, count in counts.items() if count > 1)
        for place in self.placed:
            request = self.requests[place.request]
            for fault in (
                *self._when(place, request),
                *self._who(place, request),
                *self._crew(place, request),
            ):
                yield f"{place.request}: {fault}"
        yield from self._rooms()
        yield from self._hosts()
        yield from self._crews()
        yield from self._rules()

    def _end(self, place: Placement) -> int:
        return place.start + self.requests[place.request].length

    def _when(self, place: Placement, request: Request) -> Iterator[str]:
        end = self._end(place)
        if place.start % self.problem.step or not _within(request.windows, place.start, end):
            yield "is not within its windows"
        room = self.rooms[place.room]
        if not _within(room.windows, place.start, end):
            yield "its room is not open"
        if not _suits(room, request):
            yield "its room does not suit it"

    def _who(self, place: Placement, request: Request) -> Iterator[str]:
        if request.host is None and request.category is None:
            if place.host is not None:
                yield "needs no host"
            return
        if place.host is None:
            yield "has no host"
            return
        host = self.hosts[place.host]
        if request.host not in (None, host.key) or request.category not in (None, *host.categories):
            yield "has the wrong host"
        if not _within(host.windows, place.start, self._end(place)):
            yield "its host is not there"

    def _crew(self, place: Placement, request: Request) -> Iterator[str]:
        if place.tasks and len(place.tasks) != len(request.needs):
            yield "has other tasks than needs"
            return
        for number, need in enumerate(request.needs):
            task = place.tasks[number] if place.tasks else None
            if task is None:
                if not need.optional:
                    yield "is not served"
                continue
            shift, slots = self.crews[need.crew].shifts[task.shift], self._busy(need, task, request)
            if not (shift.start <= slots.start and slots.stop <= shift.end):
                yield "is served outside of the shift"
            if need.during and slots.start != place.start:
                yield "is served when it does not take place"
            if not need.during and not place.start - need.wait <= slots.stop <= place.start:
                yield "waits too long for its session"

    def _busy(self, need: Need, task: Task, request: Request) -> range:
        """The slots in which people of a crew are busy with a task."""
        length = need.length
        if need.during and not 0 < length < request.length:
            length = request.length
        return range(task.start, task.start + length)

    def _rooms(self) -> Iterator[str]:
        for key, one, two in self._pairs(lambda place: place.room):
            if two.start - self.rooms[key].setup < self._end(one):
                yield f"room {key}: {one.request} and {two.request} overlap"

    def _hosts(self) -> Iterator[str]:
        for key, one, two in self._pairs(lambda place: place.host):
            if two.start < self._end(one) + self.hosts[key].rest:
                yield f"host {key}: no rest between {one.request} and {two.request}"
        days, totals, new = Counter[tuple[str, int]](), Counter[str](), set[tuple[str, int]]()
        for place in (*self.problem.locked, *self.placed):
            if place.host is not None:
                for slot in range(place.start, self._end(place)):
                    that_day = place.host, slot // self.problem.day_length
                    days[that_day] += 1
                    totals[place.host] += 1
                    if place in self.new:
                        new.add(that_day)
        for key, day in sorted(new):
            host: Host = self.hosts[key]
            if host.day_limit is not None and days[key, day] > host.day_limit:
                yield f"host {key}: too long on day {day}"
            if host.total_limit is not None and totals[key] > host.total_limit:
                yield f"host {key}: too long in all"

    def _pairs(self, of: Callable[[Placement], str | None]) -> Iterator[tuple[str, Placement, Placement]]:
        """Sessions of the same room or host that follow each other, at least one of which is new."""
        rows: dict[str, list[Placement]] = defaultdict(list)
        for place in (*self.problem.locked, *self.placed):
            key = of(place)
            if key is not None:
                rows[key].append(place)
        for key, found in rows.items():
            found.sort(key=lambda place: (place.start, self._end(place)))
            for one, two in pairwise(found):
                if one in self.new or two in self.new:
                    yield key, one, two

    def _crews(self) -> Iterator[str]:
        busy, new = Counter[tuple[str, int, int]](), set[tuple[str, int, int]]()
        for place in (*self.problem.locked, *self.placed):
            request = self.requests[place.request]
            for need, task in zip(request.needs, place.tasks, strict=False):
                if task is None:
                    continue
                for slot in self._busy(need, task, request):
                    busy[need.crew, task.shift, slot] += need.people
                    if place in self.new:
                        new.add((need.crew, task.shift, slot))
        for crew, shift, slot in sorted(new):
            if busy[crew, shift, slot] > self.crews[crew].shifts[shift].people:
                yield f"crew {crew}: too few people in slot {slot}"

    def _rules(self) -> Iterator[str]:
        taken: dict[str, Counter[int]] = defaultdict(Counter)
        new: dict[str, set[int]] = defaultdict(set)
        for place in (*self.problem.locked, *self.placed):
            tenant, slots = self.requests[place.request].tenant, range(place.start, self._end(place))
            taken[tenant].update(slots)
            if place in self.new:
                new[tenant].update(slots)
        for quota in self.problem.rules.quotas:
            within = range(self.problem.slots) if quota.span is None else range(*quota.span)
            hours = sum(count for slot, count in taken[quota.tenant].items() if slot in within)
            if hours > quota.slots and any(slot in within for slot in new[quota.tenant]):
                yield f"tenant {quota.tenant}: more than its quota"
        for share in self.problem.rules.shares:
            served = [place for place in self.placed if share.crew in self._served_by(place)]
            if 100 * len(served) < share.percent * len(self.placed):
                yield f"crew {share.crew}: serves {len(served)} of {len(self.placed)} sessions"

    def _served_by(self, place: Placement) -> set[str]:
        needs = self.requests[place.request].needs
        return {need.crew for need, task in zip(needs, place.tasks, strict=False) if task is not None}


def _within(windows: Iterable[Slots], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in windows)


def _suits(room: Room, request: Request) -> bool:
    right_kind = request.kind is None or request.kind == room.kind
    return right_kind and not request.features - room.features and room.tenant in (None, request.tenant)
