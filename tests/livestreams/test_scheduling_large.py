"""Schedules too large for brute force: pieces, time that runs out, and the public case of 75 rooms."""

from __future__ import annotations

from random import Random

import pytest

from livestreams.scheduling import (
    Crew,
    Host,
    Need,
    Problem,
    Proof,
    Request,
    Room,
    Rules,
    Share,
    Shift,
    Slots,
    faults,
    schedule,
)
from livestreams.scheduling.exact import relax
from livestreams.scheduling.rows import build
from livestreams.scheduling.search import Search, lost_of
from tests.livestreams.test_scheduling import ask


def crowded() -> Problem:
    """More than fits: five hosts, four rooms, seventy requests, and a gap in the relaxation."""
    random = Random(7)
    hosts = tuple(Host(f"h{number}", (Slots(0, 24),)) for number in range(5))
    rooms = tuple(Room(f"r{number}", (Slots(0, 24),)) for number in range(4))
    requests = []
    for number in range(70):
        start = random.randrange(0, 19)
        windows = (Slots(start, start + 6),)
        value, length = random.randint(10, 60), random.randint(1, 3)
        requests.append(Request(f"q{number}", "t", length, windows, value=value, host=f"h{number % 5}"))
    return Problem(24, rooms, hosts, requests=tuple(requests), day=12)


def test_a_large_problem_is_solved_in_pieces_and_neighbourhoods(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if HiGHS could not take it whole: what the pieces prove is what is true."""
    problem = crowded()
    truth = schedule(problem, seconds=30)
    assert truth.proof is Proof.OPTIMAL
    monkeypatch.setattr("livestreams.scheduling.search.SMALL", 120)
    monkeypatch.setattr("livestreams.scheduling.search.NEAR", 60)
    found = schedule(problem, seconds=6)
    assert found.bound is not None
    assert found.value <= truth.value <= found.bound
    assert found.value >= 0.95 * truth.value
    assert found.value > schedule(problem, seconds=0).value


def test_what_was_cut_off_by_time_proves_nothing() -> None:
    problem = crowded()
    truth = schedule(problem, seconds=30)
    search = Search(build(problem), seconds=30, seed=0, report=lambda search: None)
    relaxed = relax(search.model, 30)
    assert relaxed is not None
    search.relaxed, search.lost = relaxed, lost_of(search.model, relaxed)
    search.seconds = search.spent + 0.02
    search._whole(relaxed)
    assert search.bound is None or search.bound >= truth.value


def test_seventy_five_rooms_and_seven_make_up_artists() -> None:
    """Seven artists in shifts of six and a half hours for 75 rooms: at least 60 % of the sessions are made up, and
    nobody waits longer than five hours for the camera."""
    half_hours, shift = 48, 13
    crew = Crew("makeup", tuple(Shift(start, start + shift, 1) for start in (12, 14, 16, 18, 24, 28, 32)))
    need = Need("makeup", length=1, wait=10, optional=True)
    rooms = tuple(Room(f"room-{number}", (Slots(14, half_hours),), setup=1) for number in range(75))
    requests = tuple(
        ask(
            f"q{number}",
            8,
            tenant=f"t{number % 25}",
            windows=(Slots(14 + 2 * (number % 10), min(14 + 2 * (number % 10) + 12, half_hours)),),
            value=100 + number * 37 % 50,
            needs=(need,),
        )
        for number in range(160)
    )
    rules = Rules(shares=(Share("makeup", 60),))
    problem = Problem(half_hours, rooms, crews=(crew,), requests=requests, rules=rules)
    found = schedule(problem, seconds=90)
    assert faults(problem, found.placed) == []
    made_up = [
        (place.start, task.start) for place in found.placed for task in place.tasks if task is not None
    ]
    assert len(made_up) >= 0.6 * len(found.placed) > 0
    assert all(0 <= start - at - 1 <= 10 for start, at in made_up)
    # Seven artists do 91 faces in their shifts, so no more than 151 sessions could keep the share.
    assert 100 < len(found.placed) <= 151
    assert found.gap is not None
    assert found.gap <= 0.001
    assert schedule(problem, seconds=0).value < found.value
