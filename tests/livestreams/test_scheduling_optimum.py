"""The schedule's mathematics against brute force: value, bound and repair of small problems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from livestreams.scheduling import (
    Crew,
    Host,
    Need,
    Placement,
    Problem,
    Proof,
    Quota,
    Request,
    Room,
    Rules,
    Share,
    Shift,
    Slots,
    Task,
    faults,
    repair,
    schedule,
    value_of,
    without,
)
from livestreams.scheduling.exact import Relaxed, proven_bound
from livestreams.scheduling.pieces import Pieces
from livestreams.scheduling.rows import build

BEFORE = [
    (),
    *((Need("m", 1, wait, optional),) for wait in (0, 1) for optional in (False, True)),
]


DURING = [
    (),
    *((Need("k", length, people=people, during=True),) for length in (0, 1) for people in (1, 2)),
]


def _quotas(slots: int) -> st.SearchStrategy[Quota]:
    spans = st.builds(
        lambda start, length: Slots(start, start + length), st.integers(-2, slots - 1), st.integers(1, 4)
    )
    return st.builds(Quota, st.sampled_from(["t", "u"]), st.integers(0, 4), st.none() | spans)


@st.composite
def tiny(draw: st.DrawFn) -> Problem:
    slots = draw(st.integers(2, 5))

    def windows() -> tuple[Slots, ...]:
        start = draw(st.integers(0, slots - 1))
        return (Slots(start, draw(st.integers(start + 1, slots))),)

    kinds = st.sampled_from(["x", "y"])
    rooms = tuple(
        Room(f"r{n}", windows(), setup=draw(st.integers(0, 1)), kind=draw(kinds))
        for n in range(draw(st.integers(1, 2)))
    )
    hosts = tuple(
        Host(
            f"h{n}",
            windows(),
            frozenset(draw(st.sets(st.sampled_from(["c", "d"])))),
            rest=draw(st.integers(0, 1)),
            day_limit=draw(st.none() | st.integers(0, 3)),
            total_limit=draw(st.none() | st.integers(0, 4)),
        )
        for n in range(draw(st.integers(0, 2)))
    )
    crews = tuple(
        Crew(key, tuple(Shift(*windows()[0], people=people) for _n in range(draw(st.integers(0, most)))))
        for key, people, most in (("m", 1, 2), ("k", 2, 1))
    )
    requests = []
    for n in range(draw(st.integers(1, 4))):
        (window,) = windows()
        host = draw(st.sampled_from([None, *(host.key for host in hosts)]))
        category = draw(st.sampled_from([None, "c", "d"])) if host is None else None
        liked = [host.key for host in hosts if category in host.categories]
        requests.append(
            Request(
                f"q{n}",
                draw(st.sampled_from(["t", "u"])),
                draw(st.integers(1, window.end - window.start)),
                (window,),
                value=draw(st.integers(0, 20)),
                priority=draw(st.integers(1, 2)),
                kind=draw(st.none() | kinds),
                host=host,
                category=category,
                preferred=draw(st.sampled_from([None, *liked])),
                needs=draw(st.sampled_from(BEFORE)) + draw(st.sampled_from(DURING)),
            )
        )
    rules = Rules(
        quotas=tuple(draw(st.lists(_quotas(slots), max_size=3))),
        fair_sessions=draw(st.integers(0, 1)),
        fair_bonus=draw(st.integers(0, 5)),
        shares=draw(st.sampled_from([(), (Share("m", 50),)])),
    )
    return Problem(slots, rooms, hosts, crews, tuple(requests), rules, day=draw(st.integers(2, slots)))


def every_way(problem: Problem, request: Request) -> Iterator[Placement | None]:
    """All that could be written down for a request, sensible or not; the validator sorts it out."""
    yield None
    crews = {crew.key: crew for crew in problem.crews}
    served: list[list[Task | None]] = [
        [
            None,
            *(
                Task(number, start)
                for number, shift in enumerate(crews[need.crew].shifts)
                for start in range(shift.start, shift.end)
            ),
        ]
        for need in request.needs
    ]
    hosts = [None, *(host.key for host in problem.hosts)]
    for start, room, host, tasks in product(range(problem.slots), problem.rooms, hosts, product(*served)):
        place = Placement(request.key, start, room.key, host, tasks)
        alone = replace(problem, rules=replace(problem.rules, shares=()))
        if not faults(alone, (place,)):
            yield place


def optimum(problem: Problem) -> int:
    ways = [list(every_way(problem, request)) for request in problem.requests]
    best = 0
    for chosen in product(*ways):
        placed = tuple(place for place in chosen if place is not None)
        value = value_of(problem, placed)
        if value > best and not faults(problem, placed):
            best = value
    return best


@settings(max_examples=150, deadline=None)
@given(tiny())
def test_the_optimum_lies_between_value_and_bound(problem: Problem) -> None:
    found = schedule(problem, seconds=10)
    assert faults(problem, found.placed) == []
    assert value_of(problem, found.placed) == found.value
    assert found.bound is not None
    ways = 1
    for request in problem.requests:
        ways *= len(list(every_way(problem, request)))
    if ways < 20_000:
        best = optimum(problem)
        assert found.value <= best <= found.bound
        assert found.proof is not Proof.OPTIMAL or found.value == best
    greedy = schedule(problem, seconds=0)
    assert faults(problem, greedy.placed) == []
    assert greedy.value <= found.value
    named = {refusal.request for refusal in found.refused} | {place.request for place in found.placed}
    assert named == {request.key for request in problem.requests}
    assert all(refusal.obstacles for refusal in found.refused)


@settings(max_examples=60, deadline=None)
@given(tiny(), st.data())
def test_a_repair_keeps_the_rules_and_moves_no_more_than_it_must(
    problem: Problem, data: st.DataObject
) -> None:
    before = schedule(problem, seconds=10).placed
    room = data.draw(st.sampled_from(problem.rooms)).key
    start = data.draw(st.integers(0, problem.slots - 1))
    now = without(problem, rooms={room: Slots(start, problem.slots)})
    fixed = repair(now, before, seconds=10)
    assert faults(now, fixed.schedule.placed) == []
    assert sorted((*fixed.kept, *fixed.moved, *fixed.lost)) == sorted(place.request for place in before)
    if not faults(now, before):
        assert fixed.moved == () == fixed.lost


@settings(max_examples=100, deadline=None)
@given(tiny(), st.integers(0, 2**32 - 1))
def test_any_prices_give_a_bound_and_so_do_the_pieces(problem: Problem, seed: int) -> None:
    model = build(problem)
    best = schedule(problem, seconds=10).value
    prices = np.random.default_rng(seed).uniform(0, 8, len(model.limits))
    assert proven_bound(model, prices) >= best - 1e-6
    pieces = Pieces(model, Relaxed(np.zeros(model.size), prices, 0.0), most=1000)
    found = [pieces.solve(number, seconds=10).bound for number in range(len(pieces.parts))]
    assert pieces.constant + sum(found) >= best - 1e-4
