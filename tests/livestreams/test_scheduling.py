"""The schedule's mathematics: rules, proof, reasons, repair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

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
    from_json,
    repair,
    schedule,
    without,
)

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


def test_no_worth_is_named_that_would_outbid_a_limit() -> None:
    """The room is another's, who can be outbid; but the firm may not have so much, whatever it is worth."""
    window = (Slots(0, 2),)
    wanted = ask("a", 2, windows=window, value=3, tenant="small"), ask("b", 2, windows=window, value=5)
    (refusal,) = schedule(plan(*wanted, rules=Rules(quotas=(Quota("small", 1),)))).refused
    assert ({one.why for one in refusal.obstacles}, refusal.enough) == ({Why.ROOM, Why.QUOTA}, None)


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
