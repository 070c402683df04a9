"""Whether a schedule keeps every rule, slot by slot from the problem alone. It shares nothing with the model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from livestreams.scheduling.problem import Host, Placement, Problem, Request, Room, Slots


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
        if place.shift is not None and request.need is not None and request.need.optional:
            total += bonus
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
        need = request.need
        if place.shift is None or place.crew_start is None:
            if need is not None and not need.optional:
                yield "is not served"
            return
        if need is None:
            yield "needs no crew"
            return
        shift, done = self.crews[need.crew].shifts[place.shift], place.crew_start + need.length
        if not (shift.start <= place.crew_start and done <= shift.end):
            yield "is served outside of the shift"
        if not place.start - need.wait <= done <= place.start:
            yield "waits too long for its session"

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
            need = self.requests[place.request].need
            if need is not None and place.shift is not None and place.crew_start is not None:
                for slot in range(place.crew_start, place.crew_start + need.length):
                    busy[need.crew, place.shift, slot] += 1
                    if place in self.new:
                        new.add((need.crew, place.shift, slot))
        for crew, shift, slot in sorted(new):
            if busy[crew, shift, slot] > self.crews[crew].shifts[shift].people:
                yield f"crew {crew}: too few people in slot {slot}"

    def _rules(self) -> Iterator[str]:
        slots = Counter[str]()
        for place in (*self.problem.locked, *self.placed):
            request = self.requests[place.request]
            slots[request.tenant] += request.length
        new = {self.requests[place.request].tenant for place in self.placed}
        for tenant, limit in self.problem.rules.quotas:
            if tenant in new and slots[tenant] > limit:
                yield f"tenant {tenant}: more than its quota"
        for share in self.problem.rules.shares:
            served = [place for place in self.placed if self._served_by(place) == share.crew]
            if 100 * len(served) < share.percent * len(self.placed):
                yield f"crew {share.crew}: serves {len(served)} of {len(self.placed)} sessions"

    def _served_by(self, place: Placement) -> str | None:
        need = self.requests[place.request].need
        return None if need is None or place.shift is None else need.crew


def _within(windows: Iterable[Slots], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in windows)


def _suits(room: Room, request: Request) -> bool:
    right_kind = request.kind is None or request.kind == room.kind
    return right_kind and not request.features - room.features and room.tenant in (None, request.tenant)
