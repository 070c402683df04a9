"""A schedule with what proves it: value, bound, gap, time, seed, and a reason for everything left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from livestreams.scheduling.check import faults, value_of
from livestreams.scheduling.columns import cut
from livestreams.scheduling.model import Model
from livestreams.scheduling.problem import Placement, Problem, Quota, Slots
from livestreams.scheduling.reasons import Refusal, refusals
from livestreams.scheduling.rows import build
from livestreams.scheduling.search import Search
from livestreams.scheduling.solution import placements
from livestreams.scheduling.validation import validate

SECONDS = 60.0


class Proof(StrEnum):
    """What is known of a schedule."""

    OPTIMAL = "optimal"  # nothing is better
    BOUNDED = "bounded"  # nothing is better by more than the gap
    NONE = "none"  # greedy; there was no time for a bound


@dataclass(frozen=True, slots=True)
class Progress:
    """How a search stands: seconds spent and allowed, value and bound so far."""

    spent: float
    seconds: float
    value: int
    bound: int | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Sessions and refusals; `value` and `bound` count the locked sessions too."""

    placed: tuple[Placement, ...]
    refused: tuple[Refusal, ...]
    value: int
    bound: int | None
    seconds: float
    seed: int

    @property
    def proof(self) -> Proof:
        if self.bound is None:
            return Proof.NONE
        return Proof.OPTIMAL if self.value >= self.bound else Proof.BOUNDED

    @property
    def gap(self) -> float | None:
        """By how much of its value a better schedule could exceed this one; None without proof."""
        if self.bound is None:
            return None
        return (self.bound - self.value) / self.value if self.value else float(self.bound > 0)


def schedule(
    problem: Problem,
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Schedule:
    """The best schedule found within the time. `report` is called between steps and may raise to stop.

    With `seconds` 0 it is the greedy one, without proof. ProblemError when the problem makes no sense.
    """
    began = time.monotonic()
    validate(problem)
    model = build(problem)

    def tell(search: Search) -> None:
        report(Progress(search.spent, seconds, model.value(search.x), _bound(model, search)))

    ahead = seconds - (time.monotonic() - began)
    search = Search(model, seconds=ahead, seed=seed, report=tell)
    search.run()
    placed = placements(model, search.x)
    broken = faults(problem, placed)
    if broken:
        raise AssertionError(f"the schedule breaks its own rules: {broken[:5]}")
    value = value_of(problem, placed)
    return Schedule(
        placed,
        refusals(model, search.x, placed),
        value,
        _bound(model, search),
        time.monotonic() - began,
        seed,
    )


def _bound(model: Model, search: Search) -> int | None:
    return None if search.bound is None else model.whole(search.bound)


def without(
    problem: Problem, *, rooms: Mapping[str, Slots] | None = None, hosts: Mapping[str, Slots] | None = None
) -> Problem:
    """The problem when these rooms are out of use and these hosts away for some slots."""
    rooms, hosts = rooms or {}, hosts or {}
    return replace(
        problem,
        rooms=tuple(
            replace(room, windows=cut(room.windows, *rooms[room.key])) if room.key in rooms else room
            for room in problem.rooms
        ),
        hosts=tuple(
            replace(host, windows=cut(host.windows, *hosts[host.key])) if host.key in hosts else host
            for host in problem.hosts
        ),
    )


def allowing(problem: Problem) -> Problem:
    """The problem with quotas that allow what stood before: nobody loses what was given because less is given now."""
    requests = {request.key: request for request in problem.requests}
    stood = [(requests[place.request], place.start) for place in (*problem.before, *problem.locked)]

    def grown(quota: Quota) -> Quota:
        mine = ((start, start + one.length) for one, start in stood if one.tenant == quota.tenant)
        return quota._replace(slots=max(quota.slots, sum(quota.of(*hours) for hours in mine)))

    rules = replace(problem.rules, quotas=tuple(map(grown, problem.rules.quotas)))
    return replace(problem, rules=rules)


@dataclass(frozen=True, slots=True)
class Repair:
    """A schedule after something failed, and what became of each session of the one before."""

    schedule: Schedule
    kept: tuple[str, ...]
    moved: tuple[str, ...]
    lost: tuple[str, ...]


def repair(
    problem: Problem,
    before: tuple[Placement, ...],
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Repair:
    """Keep as much worth of the sessions `before` as can be kept, and of all ways to do so move the fewest.

    `problem` is what holds now (`without`). A session that keeps start, room and host counts as not moved.
    """
    keys = {place.request for place in (*before, *problem.locked)}
    only = tuple(request for request in problem.requests if request.key in keys)
    found = schedule(
        replace(problem, requests=only, before=before), seconds=seconds, seed=seed, report=report
    )
    now = {place.request: place for place in found.placed}
    same = {
        old.request
        for old in before
        if old.request in now
        and (now[old.request].start, now[old.request].room, now[old.request].host)
        == (old.start, old.room, old.host)
    }
    return Repair(
        found,
        kept=tuple(old.request for old in before if old.request in same),
        moved=tuple(old.request for old in before if old.request in now and old.request not in same),
        lost=tuple(old.request for old in before if old.request not in now),
    )
