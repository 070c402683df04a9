"""Schedules of 200 rooms in a week: beside first come first served, greedy, and HiGHS left to itself.

Everything is in percent of what is proven that no schedule exceeds. The solver gets the same model, already with
rooms by kind, and the same time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random

import numpy as np

from bench import Row
from livestreams.scheduling import Host, Problem, Request, Room, Slots, schedule
from livestreams.scheduling.exact import Part, solve_part
from livestreams.scheduling.fill import fill, greedy, nothing
from livestreams.scheduling.model import NONE, Ints, Model
from livestreams.scheduling.rows import build

DAYS, SLOTS_A_DAY, ROOMS, TENANTS = 7, 6, 200, 60
KINDS = {"fashion": 5, "lighting": 2, "food": 1, "beauty": 1, "outdoor": 1}
"""Kinds of rooms, all as frequent, and how often each is asked for."""

SEARCH = 0.85
"""Of the time of a goal; the rest is for the check and the reasons."""


@dataclass(frozen=True)
class Instance:
    """So many requests of 1 to `longest` slots for so many hosts; the goal is a gap in % within some seconds."""

    name: str
    requests: int
    longest: int
    hosts: int
    gap: float
    seconds: float


INSTANCES = (
    Instance("A", 3_000, 1, 150, 0.0, 5),
    Instance("B", 3_000, 3, 60, 0.0, 20),
    Instance("C", 9_000, 1, 100, 0.5, 30),
    Instance("D", 9_000, 3, 100, 2.0, 60),
)


def run() -> list[Row]:
    return [_row(instance) for instance in INSTANCES]


def problem_of(instance: Instance, seed: int = 1) -> Problem:
    """Every request names its host, the kind of its room and two days of the week; few are worth much."""
    random = Random(seed)
    slots, kinds = DAYS * SLOTS_A_DAY, list(KINDS)
    rooms = tuple(
        Room(f"r{number}", (Slots(0, slots),), kind=kinds[number % len(kinds)]) for number in range(ROOMS)
    )
    hosts = tuple(Host(f"h{number}", (Slots(0, slots),)) for number in range(instance.hosts))
    requests = []
    for number in range(instance.requests):
        days = sorted(random.sample(range(DAYS), 2))
        requests.append(
            Request(
                f"q{number}",
                f"t{random.randrange(TENANTS)}",
                random.randint(1, instance.longest),
                tuple(Slots(SLOTS_A_DAY * day, SLOTS_A_DAY * (day + 1)) for day in days),
                value=int(random.lognormvariate(6, 0.8)),
                kind=random.choices(kinds, list(KINDS.values()))[0],
                host=f"h{random.randrange(instance.hosts)}",
            )
        )
    return Problem(slots, rooms, hosts, requests=tuple(requests), day=SLOTS_A_DAY)


def _row(instance: Instance) -> Row:
    problem = problem_of(instance)
    began = time.perf_counter()
    found = schedule(problem, seconds=instance.seconds * SEARCH)
    seconds = time.perf_counter() - began
    if found.bound is None or found.gap is None:
        raise RuntimeError(f"no bound for {instance.name} in {instance.seconds} s")
    model, bound = build(problem), found.bound
    served, simple = model.value(_first_come(model)), model.value(greedy(model))
    began = time.perf_counter()
    bare, is_proven = _bare(model, instance.seconds)
    bare_seconds = time.perf_counter() - began
    gap = 100 * found.gap
    return Row(
        work=(
            f"schedule {instance.name}, {instance.requests:,} requests, {seconds:.1f} s, gap {gap:.2f} % "
            f"(first come {100 * served / bound:.1f} %, HiGHS {bare_seconds:.1f} s{'' if is_proven else ', no proof'})"
        ),
        limit=100 * bare / bound,
        peer=100 * simple / bound,
        ours=100 * found.value / bound,
        unit="% of bound",
        goal=f"gap <= {instance.gap:g} % in {instance.seconds:g} s, >= greedy",
        passed=gap <= instance.gap and seconds <= instance.seconds and found.value >= simple,
    )


def _first_come(model: Model) -> Ints:
    """Every request in the order it came, at the first place that is free."""
    return fill(model, np.flatnonzero(model.group != NONE).tolist(), nothing(model))


def _bare(model: Model, seconds: float) -> tuple[int, bool]:
    """What HiGHS on its defaults finds of the whole model, and whether it proves it."""
    every = np.arange(model.size)
    part = Part(every, model.worth, np.arange(len(model.limits)), model.limits)
    solved = solve_part(model, part, seconds=seconds)
    return 0 if solved.x is None else model.value(solved.x), solved.is_optimal
