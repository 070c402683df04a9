"""The schedule's mathematics: rules, proof, reasons, repair. Against brute force where that can still be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livestreams.scheduling import (
    Crew,
    Host,
    Need,
    Placement,
    Problem,
    ProblemError,
    Progress,
    Proof,
    Quota,
    Request,
    Room,
    Rules,
    Share,
    Shift,
    Slots,
    Task,
    Why,
    allowing,
    as_json,
    columns,
    faults,
    from_json,
    repair,
    schedule,
    value_of,
    without,
)
from livestreams.scheduling.exact import Relaxed, proven_bound, relax
from livestreams.scheduling.pieces import Pieces
from livestreams.scheduling.rows import build
from livestreams.scheduling.search import Search, lost_of

DAY = (Slots(0, 6),)


def ask(key: str, length: int = 1, **values: object) -> Request:
    return Request(key, values.pop("tenant", "t"), length, values.pop("windows", DAY), **values)  # type: ignore[arg-type]


def plan(*requests: Request, rooms: int = 1, **values: object) -> Problem:
    made = tuple(Room(f"room-{number}", DAY) for number in range(rooms))
    return Problem(6, values.pop("all_rooms", made), requests=requests, **values)  # type: ignore[arg-type]


# Rules, one by one


def test_the_worthier_request_gets_the_room_and_the_other_hears_why() -> None:
    window = (Slots(0, 2),)
    found = schedule(plan(ask("a", 2, windows=window, value=3), ask("b", 2, windows=window, value=5)))
    assert [place.request for place in found.placed] == ["b"]
    assert (found.value, found.bound, found.proof, found.gap) == (5, 5, Proof.OPTIMAL, 0.0)
    (refusal,) = found.refused
    assert refusal.request == "a"
    assert [(one.why, one.percent) for one in refusal.obstacles] == [(Why.ROOM, 100)]
    assert refusal.elsewhen == 2
    assert refusal.enough == 6


def test_too_many_ways_are_not_counted_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MOST_COLUMNS", 50)
    crews = tuple(Crew(name, (Shift(0, 6, 1),) * 40) for name in "abc")
    found = columns.Columns(
        plan(ask("x", needs=tuple(Need(crew.key, during=True) for crew in crews)), crews=crews)
    )
    ways, counted = found._ways, []

    def counting(number: int) -> Iterator[tuple[int, ...]]:
        for way in ways(number):
            counted.append(way)
            yield way

    monkeypatch.setattr(found, "_ways", counting)
    with pytest.raises(ProblemError) as refused:
        found.ways()
    assert (refused.value.code, len(counted)) == ("too_many", 51)


def test_what_would_let_it_in_lets_it_in() -> None:
    window = (Slots(0, 2),)
    problem = plan(ask("a", 2, windows=window, value=3), ask("b", 2, windows=window, value=5))
    (refusal,) = schedule(problem).refused
    (way,) = refusal.ways
    assert [one.why for one in way.without] == [Why.ROOM]
    assert schedule(replace(problem, rooms=(*problem.rooms, Room("new", DAY)))).refused == ()
    wider = replace(problem.requests[0], windows=(Slots(0, 2), Slots(refusal.elsewhen or 0, 6)))
    assert schedule(replace(problem, requests=(wider, problem.requests[1]))).refused == ()
    richer = replace(problem.requests[0], value=refusal.enough or 0)
    assert schedule(replace(problem, requests=(richer, problem.requests[1]))).refused[0].request == "b"


def test_the_worth_that_is_named_outbids_who_has_the_host() -> None:
    host, window = Host("h", DAY), (Slots(0, 4),)
    wanted = [ask(key, 3, windows=window, host="h", value=value) for key, value in (("a", 200), ("b", 250))]
    problem = plan(*wanted, rooms=2, hosts=(host,))
    (refusal,) = schedule(problem).refused
    assert (refusal.request, refusal.enough) == ("a", 251)
    richer = replace(wanted[0], value=251)
    assert [one.request for one in schedule(replace(problem, requests=(richer, wanted[1]))).refused] == ["b"]


def test_set_up_lies_between_two_sessions_and_not_before_the_first() -> None:
    room = Room("room", (Slots(0, 5),), setup=1)
    found = schedule(plan(ask("a", 2), ask("b", 2), all_rooms=(room,)))
    assert sorted(place.start for place in found.placed) == [0, 3]
    short = replace(room, windows=(Slots(0, 4),))
    assert len(schedule(plan(ask("a", 2), ask("b", 2), all_rooms=(short,))).placed) == 1


def test_a_host_is_in_one_place_and_rests() -> None:
    host = Host("h", DAY, rest=2)
    found = schedule(plan(ask("a", 2, host="h"), ask("b", 2, host="h"), rooms=2, hosts=(host,)))
    assert sorted(place.start for place in found.placed) == [0, 4]
    tired = replace(host, rest=3)
    found = schedule(plan(ask("a", 2, host="h"), ask("b", 2, host="h"), rooms=2, hosts=(tired,)))
    assert [one.why for one in found.refused[0].obstacles] == [Why.HOST]


@pytest.mark.parametrize(
    ("limits", "why"), [({"day_limit": 3}, Why.HOST_DAY), ({"total_limit": 3}, Why.HOST_TOTAL)]
)
def test_a_host_works_no_more_than_agreed(limits: dict[str, int], why: Why) -> None:
    host = Host("h", DAY, **limits)
    found = schedule(plan(ask("a", 2, host="h"), ask("b", 2, host="h"), rooms=2, hosts=(host,)))
    assert len(found.placed) == 1
    assert why in [one.why for one in found.refused[0].obstacles]


def test_any_host_of_the_category_will_do_and_the_preferred_one_is_taken() -> None:
    hosts = (Host("h1", DAY, frozenset({"lamps"})), Host("h2", DAY, frozenset({"lamps"})), Host("h3", DAY))
    found = schedule(plan(ask("a", category="lamps", preferred="h2", value=10), hosts=hosts))
    assert [place.host for place in found.placed] == ["h2"]
    assert found.value == 11


def test_a_room_of_the_kind_with_the_features_and_for_this_tenant() -> None:
    rooms = (
        Room("plain", DAY, kind="studio"),
        Room("green", DAY, kind="studio", features=frozenset({"green screen"})),
        Room("theirs", DAY, kind="studio", features=frozenset({"green screen"}), tenant="other"),
    )
    want = ask("a", 6, kind="studio", features=frozenset({"green screen"}))
    found = schedule(plan(want, replace(want, key="b"), all_rooms=rooms))
    assert [place.room for place in found.placed] == ["green"]
    found = schedule(plan(replace(want, kind="kitchen"), all_rooms=rooms))
    assert found.refused[0].obstacles[0].why is Why.NO_ROOM


def test_quotas_hold_and_fairness_moves_a_session_to_whom_has_none() -> None:
    rich = [ask(f"r{number}", tenant="rich", value=10) for number in range(6)]
    poor = ask("p", tenant="poor", value=6)
    assert {place.request for place in schedule(plan(*rich, poor)).placed} == {f"r{n}" for n in range(6)}
    fair = schedule(plan(*rich, poor, rules=Rules(fair_sessions=1, fair_bonus=5)))
    assert "p" in {place.request for place in fair.placed}
    assert fair.value == 5 * 10 + 6 + 2 * 5
    limited = schedule(plan(*rich, rules=Rules(quotas=(Quota("rich", 2),))))
    assert len(limited.placed) == 2
    assert limited.refused[0].obstacles[0].why is Why.QUOTA


def test_a_quota_of_a_day_leaves_the_other_days_and_the_other_firms_alone() -> None:
    """Each firm has a limit of its own, of which the locked session of another room takes a part."""
    mine = [ask(f"m{number}", 1, tenant="mine", windows=(Slots(0, 3),)) for number in range(3)]
    other = [ask(f"o{number}", 1, tenant="other", windows=(Slots(0, 3),)) for number in range(3)]
    held = ask("held", 1, tenant="mine")
    quotas = (Quota("mine", 2, Slots(0, 3)), Quota("other", 2, Slots(0, 3)), Quota("other", 1, Slots(-3, 9)))
    problem = replace(
        plan(
            *mine, *other, held, rooms=3, rules=Rules(quotas=quotas), locked=(Placement("held", 2, "room-2"),)
        ),
        day=3,
    )
    found = schedule(problem)
    assert sorted(place.request[0] for place in found.placed) == ["m", "o"]
    reasons = {refusal.request[0]: refusal for refusal in found.refused}
    assert (reasons["m"].obstacles[0].why, reasons["m"].obstacles[0].percent) == (Why.QUOTA_DAY, 100)
    assert reasons["m"].elsewhen == 3, "the next day is free for it"
    assert (reasons["o"].obstacles[0].why, reasons["o"].obstacles[0].percent) == (Why.QUOTA_WEEK, 100)
    assert reasons["o"].elsewhen is None
    assert from_json(as_json(problem)) == problem


def test_a_quota_lowered_since_takes_nothing_from_a_repair() -> None:
    requests = [ask(f"q{number}", 2) for number in range(3)]
    before = schedule(plan(*requests, rooms=2)).placed
    lower = replace(
        plan(*requests, rooms=2, rules=Rules(quotas=(Quota("t", 2), Quota("t", 5, Slots(0, 6))))),
        before=before,
    )
    assert [quota.slots for quota in allowing(lower).rules.quotas] == [6, 6]
    assert repair(allowing(lower), before).moved == () == repair(allowing(lower), before).lost


def test_locked_sessions_stay_and_the_rest_goes_around_them() -> None:
    held = Placement("a", 2, "room-0", "h")
    host = Host("h", DAY, rest=1)
    problem = plan(ask("a", 2, host="h"), ask("b", 2, host="h"), ask("c", 2), hosts=(host,), locked=(held,))
    found = schedule(problem)
    assert [place.request for place in found.placed] == ["c"]
    assert {refusal.request for refusal in found.refused} == {"b"}
    assert found.value == 2


def test_a_crew_serves_before_the_session_within_its_shift() -> None:
    need = Need("makeup", length=1, wait=1)
    crew = Crew("makeup", (Shift(0, 2, 1),))
    requests = [ask(f"q{number}", needs=(need,)) for number in range(3)]
    found = schedule(plan(*requests, rooms=3, crews=(crew,)))
    assert len(found.placed) == 2
    for place in found.placed:
        (task,) = place.tasks
        assert task is not None
        assert 0 <= place.start - task.start - 1 <= 1
    assert found.refused[0].obstacles[0].why is Why.CREW
    optional = [replace(request, needs=(replace(need, optional=True),)) for request in requests]
    assert len(schedule(plan(*optional, rooms=3, crews=(crew,))).placed) == 3
    share = Rules(shares=(Share("makeup", 70),))
    assert len(schedule(plan(*optional, rooms=3, crews=(crew,), rules=share)).placed) == 2


def test_a_crew_in_the_session_is_there_for_all_of_it_with_all_its_people() -> None:
    """Three cameramen until slot 4, one after it: two sessions of two people each follow each other."""
    need = Need("camera", length=0, people=2, during=True)
    crew = Crew("camera", (Shift(0, 4, 3), Shift(4, 6, 1)))
    requests = [ask(f"q{number}", 2, needs=(need,)) for number in range(3)]
    found = schedule(plan(*requests, rooms=3, crews=(crew,)))
    assert sorted((place.start, place.tasks) for place in found.placed) == [
        (0, (Task(0, 0),)),
        (2, (Task(0, 2),)),
    ]
    (refusal,) = found.refused
    assert refusal.obstacles[0].why is Why.CREW
    assert refusal.obstacles[0].names == ("camera",)
    short = [replace(request, needs=(replace(need, length=1),)) for request in requests]
    assert len(schedule(plan(*short, rooms=3, crews=(crew,))).placed) == 3, (
        "they begin with it and leave early"
    )
    many = replace(requests[0], needs=(replace(need, people=4),))
    (never,) = schedule(plan(many, rooms=3, crews=(crew,))).refused
    assert [(one.why, one.names) for one in never.obstacles] == [(Why.NO_SHIFT, ("camera",))]


def test_one_rule_of_capacity_for_tasks_before_and_during_beside_what_is_locked() -> None:
    """The lights are set before one session and kept during another by the same people."""
    before, during = Need("lights", 1, 5), Need("lights", 0, during=True)
    crew = Crew("lights", (Shift(0, 6, 1),))
    held = ask("held", 2, needs=(during,))
    problem = plan(
        ask("a", 2, needs=(before,), windows=(Slots(1, 4),)),
        held,
        rooms=2,
        crews=(crew,),
        locked=(Placement("held", 0, "room-0", tasks=(Task(0, 0),)),),
    )
    assert schedule(problem).refused[0].obstacles[0].why is Why.CREW
    later = replace(problem, locked=(Placement("held", 3, "room-0", tasks=(Task(0, 3),)),))
    assert schedule(later).refused == ()


# Proof, time, records


def test_without_time_it_is_greedy_and_says_that_it_has_no_proof() -> None:
    found = schedule(plan(ask("a"), ask("b")), seconds=0)
    assert (found.proof, found.bound, found.gap) == (Proof.NONE, None, None)
    assert len(found.placed) == 2


def test_progress_is_told_and_may_stop_it() -> None:
    seen: list[Progress] = []
    schedule(plan(ask("a"), ask("b")), report=seen.append)
    assert seen[0].bound is None
    assert (seen[-1].value, seen[-1].bound) == (2, 2)

    class Stop(Exception):
        pass

    def stop(progress: Progress) -> None:
        raise Stop

    with pytest.raises(Stop):
        schedule(plan(ask("a")), report=stop)


def test_a_problem_is_its_own_record() -> None:
    problem = plan(ask("a", needs=(Need("makeup"),)), hosts=(Host("h", DAY),), crews=(Crew("makeup", ()),))
    assert from_json(as_json(problem)) == problem
    assert as_json(from_json(as_json(problem))) == as_json(problem)


def test_what_makes_no_sense_is_named() -> None:
    bad = plan(
        ask("long", 9),
        ask("who", host="nobody"),
        ask("twice"),
        ask("twice"),
        locked=(Placement("none", 0, "room-0"),),
    )
    with pytest.raises(ProblemError) as refused:
        schedule(bad)
    assert {row.code for row in refused.value.rows} == {"range", "unknown", "repeated"}
    assert any(row.field == "request who, host" for row in refused.value.rows)


# What-if and repair


def test_a_failed_room_moves_as_few_as_possible() -> None:
    requests = [ask(f"q{number}", 2) for number in range(5)]
    problem = plan(*requests, rooms=2)
    before = schedule(problem).placed
    broken = "room-0"
    hit = {place.request for place in before if place.room == broken}
    fixed = repair(without(problem, rooms={broken: Slots(0, 2)}), before)
    assert fixed.lost == ()
    assert set(fixed.moved) <= hit
    assert len(fixed.moved) == 1
    assert set(fixed.kept) | set(fixed.moved) == {place.request for place in before}
    gone = repair(without(problem, rooms={broken: Slots(0, 6)}), before)
    assert len(gone.lost) == 2
    assert gone.schedule.value == 3


def test_a_host_who_falls_ill_is_replaced() -> None:
    hosts = (Host("h1", DAY, frozenset({"c"})), Host("h2", DAY, frozenset({"c"})))
    problem = plan(ask("a", 3, category="c", preferred="h1"), hosts=hosts)
    before = schedule(problem).placed
    assert before[0].host == "h1"
    fixed = repair(without(problem, hosts={"h1": Slots(0, 6)}), before)
    assert (fixed.moved, fixed.schedule.placed[0].host) == (("a",), "h2")


# Against brute force


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


# The public case


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
