"""Whether a problem makes sense at all, said part by part before anybody computes on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from core.errors import InvalidInput, RowError
from livestreams.scheduling.problem import Crew, Host, Need, Placement, Problem, Request, Room, Slots, starts

MOST_SLOTS = 28 * 96  # four weeks of quarters of an hour
MOST_REQUESTS = 20_000
MOST_ROOMS = 2_000
MOST_HOSTS = 5_000
LARGEST_WORTH = 10**9

Complaint = tuple[str, str, str]  # field, code, sentence


class ProblemError(InvalidInput):
    """The problem cannot be scheduled as it stands; `rows` name every part at fault."""

    code = "schedule_input"


def validate(problem: Problem) -> None:
    """Raise ProblemError with everything that is wrong, not only with the first."""
    known = _Known(problem)
    rows = [
        *_rows(0, "", _whole(problem)),
        *_each("room", problem.rooms, known.room),
        *_each("host", problem.hosts, known.host),
        *_each("crew", problem.crews, known.crew),
        *_each("request", problem.requests, known.request),
        *_each("locked", problem.locked, known.locked),
    ]
    if rows:
        words = {"where": rows[0].field, "why": rows[0].message}
        raise ProblemError(_("The schedule cannot be made. %(where)s: %(why)s") % words, rows=rows[:1000])


def _rows(number: int, prefix: str, complaints: Iterable[Complaint]) -> list[RowError]:
    return [RowError(number, prefix + field, code, sentence) for field, code, sentence in complaints]


def _each(what: str, parts: Sequence[Any], check: Callable[[Any], Iterable[Complaint]]) -> Iterator[RowError]:
    for number, part in enumerate(parts, start=1):
        name = getattr(part, "key", None) or getattr(part, "request", "")
        yield from _rows(number, f"{what} {name}, ", check(part))


def _whole(problem: Problem) -> Iterator[Complaint]:
    if not 1 <= problem.slots <= MOST_SLOTS:
        yield "slots", "range", _("A plan has from 1 to %(most)d slots.") % {"most": MOST_SLOTS}
    if not 0 <= problem.day <= problem.slots or not 1 <= problem.step <= max(problem.slots, 1):
        yield "day", "range", _("Day and step are slots of the plan.")
    for field, most in (("rooms", MOST_ROOMS), ("hosts", MOST_HOSTS), ("requests", MOST_REQUESTS)):
        if len(getattr(problem, field)) > most:
            yield field, "too_many", _("At most %(most)d %(what)s.") % {"most": most, "what": field}
    for field in ("rooms", "hosts", "crews", "requests"):
        keys = Counter(part.key for part in getattr(problem, field))
        for key, count in keys.items():
            if count > 1:
                yield field, "repeated", _("“%(key)s” stands there twice.") % {"key": key}
    rules = problem.rules
    numbers = (
        rules.fair_sessions,
        rules.fair_bonus,
        rules.preference,
        *(quota.slots for quota in rules.quotas),
    )
    if min(numbers) < 0 or max(numbers) > LARGEST_WORTH:
        yield (
            "rules",
            "range",
            _("Quotas and bonuses are not negative, and at most %(most)d.") % {"most": LARGEST_WORTH},
        )
    crews = {crew.key for crew in problem.crews}
    for share in rules.shares:
        if share.crew not in crews or not 0 <= share.percent <= 100:
            yield "shares", "share", _("A share names a crew and a percentage.")


class _Known:
    """The checks of single parts, against what else the problem has."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rooms = {room.key: room for room in problem.rooms}
        self.hosts = {host.key: host for host in problem.hosts}
        self.crews = {crew.key: crew for crew in problem.crews}
        self.requests = {request.key: request for request in problem.requests}
        self.locked_keys = Counter(placement.request for placement in problem.locked)

    def room(self, room: Room) -> Iterator[Complaint]:
        yield from self._windows(room.windows, apart=True)
        if room.setup < 0:
            yield "setup", "range", _("Set-up is not negative.")

    def host(self, host: Host) -> Iterator[Complaint]:
        yield from self._windows(host.windows, apart=True)
        if min(host.rest, host.day_limit or 0, host.total_limit or 0) < 0:
            yield "rest", "range", _("Rest and limits are not negative.")

    def crew(self, crew: Crew) -> Iterator[Complaint]:
        yield from self._windows(tuple(Slots(shift.start, shift.end) for shift in crew.shifts), apart=False)
        if any(shift.people < 0 for shift in crew.shifts):
            yield "shifts", "range", _("People are not negative.")

    def request(self, request: Request) -> Iterator[Complaint]:
        if not 1 <= request.length <= self.problem.slots:
            yield "length", "range", _("A session lasts from one slot to the whole plan.")
            return
        yield from self._windows(request.windows, apart=False)
        if not starts(request, self.problem.step):
            yield "windows", "short", _("No window is long enough for the session.")
        if not (request.value >= 0 and request.priority >= 1 and request.worth <= LARGEST_WORTH):
            yield "value", "range", _("Value times priority is from 0 to %(most)d.") % {"most": LARGEST_WORTH}
        yield from self._people(request)
        for need in request.needs:
            yield from self._need(need)
        if len({need.crew for need in request.needs}) < len(request.needs):
            yield "need", "repeated", _("A session needs a crew once.")

    def _people(self, request: Request) -> Iterator[Complaint]:
        if request.host is not None and request.category is not None:
            yield "host", "both", _("Ask for a host or for a category, not for both.")
        if request.host is not None and request.host not in self.hosts:
            yield "host", "unknown", _("There is no host “%(key)s”.") % {"key": request.host}
        if request.preferred is not None:
            host = self.hosts.get(request.preferred)
            if host is None or request.category not in host.categories:
                yield "preferred", "unknown", _("The preferred host is none of the category.")

    def _need(self, need: Need) -> Iterator[Complaint]:
        if need.crew not in self.crews:
            yield "need", "unknown", _("There is no crew “%(key)s”.") % {"key": need.crew}
        if need.length < (0 if need.during else 1) or need.wait < 0 or need.people < 1:
            yield "need", "range", _("A task lasts a slot or more, and the wait is not negative.")

    def locked(self, placement: Placement) -> Iterator[Complaint]:
        request = self.requests.get(placement.request)
        if request is None:
            yield "request", "unknown", _("There is no such request.")
            return
        if self.locked_keys[placement.request] > 1:
            yield "request", "repeated", _("It is locked twice.")
        if placement.room not in self.rooms:
            yield "room", "unknown", _("There is no room “%(key)s”.") % {"key": placement.room}
        if placement.host is not None and placement.host not in self.hosts:
            yield "host", "unknown", _("There is no host “%(key)s”.") % {"key": placement.host}
        if not 0 <= placement.start <= self.problem.slots - request.length:
            yield "start", "range", _("It does not lie within the plan.")

    def _windows(self, windows: tuple[Slots, ...], *, apart: bool) -> Iterator[Complaint]:
        last = 0
        for window in sorted(windows):
            if not 0 <= window.start < window.end <= self.problem.slots:
                yield "windows", "range", _("A window lies within the plan and ends after it starts.")
                return
            if apart and window.start < last:
                yield "windows", "overlap", _("Windows of one room or host do not overlap.")
                return
            last = window.end
