"""Crews that are shared by all rooms: asked for, planned, refused, and taken by what is published."""

from __future__ import annotations

import json
from datetime import time
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import translation

from core.clock import DAY, HOUR, today
from core.errors import InvalidInput
from livestreams import services
from livestreams.answers import obstacles, ways_in
from livestreams.models import SchedulePlan
from livestreams.planning import CrewShift, CrewWish, PlanRules
from livestreams.scheduling import Need, from_json
from tests.factories import World
from tests.livestreams.planners import At, ask, make, only, solved

pytestmark = pytest.mark.both_databases
CAMERA = (CrewWish("camera"),)


def shift(first: int, last: int, people: int) -> tuple[CrewShift, ...]:
    return (CrewShift(time(first), time(last), people),)


def sentences(slot: Any) -> list[str]:
    with translation.override("en"):
        return [*obstacles(slot), *ways_in(slot)]


def test_a_crew_is_there_for_the_whole_session_and_one_session_at_a_time(world: World, at: At) -> None:
    for value in (100, 200):
        ask(world, at, 10, 12, crews=CAMERA, value=value)
    plan = make(world, rules=PlanRules(camera_shifts=shift(8, 20, 1)))
    assert plan.slots.get(room__isnull=False).request.value == 200
    refused = plan.slots.get(room=None)
    assert refused.reasons["obstacles"][0] == {"why": "crew", "names": ["camera"], "percent": 100}
    first, *_rest = said = sentences(refused)
    assert first == "The park's camera crew is busy then."
    assert any("more people in the camera crew" in way for way in said)
    assert refused.reasons["elsewhen"], "the crew is free later"
    for changed in ({"camera_shifts": shift(8, 20, 2)}, {"camera_shifts": shift(8, 20, 1) + shift(9, 13, 1)}):
        assert not make(world, rules=PlanRules(**changed)).slots.filter(room=None).exists()


def test_who_asks_for_a_crew_that_does_not_work_then_hears_so(world: World, at: At) -> None:
    ask(world, at, 10, 12, crews=(CrewWish("lighting", people=3),))
    for rules in (PlanRules(), PlanRules(lighting_shifts=shift(8, 20, 2))):
        refused = only(make(world, rules=rules))
        assert sentences(refused)[0] == "The park's lighting crew has not so many people in these windows."
    assert only(make(world, rules=PlanRules(lighting_shifts=shift(8, 20, 3)))).room


@pytest.mark.parametrize(
    ("shift", "hours", "is_there"),
    [
        (CrewShift(time(8), time(10, 15), 1), (9, 10), True),
        (CrewShift(time(8), time(10, 15), 1), (9.5, 10.5), False),
        (CrewShift(time(8, 45), time(12), 1), (8.5, 9.5), False),
        (CrewShift(time(8, 5), time(8, 25), 1), (9, 10), False),
        (CrewShift(time(22), time(4), 1), (1, 2), True),
        (CrewShift(time(22), time(4), 1), (3.5, 4.5), False),
        (CrewShift(time(8), time(8), 1), (1, 2), True),
    ],
    ids=["within", "gone", "not yet", "minutes", "night before", "morning", "round the clock"],
)
def test_a_shift_is_as_long_as_it_is_written(
    world: World, at: At, shift: CrewShift, hours: tuple[float, float], is_there: bool
) -> None:
    ask(world, at, *hours, minutes=60, crews=CAMERA)
    planned = only(make(world, rules=PlanRules(camera_shifts=(shift,))))
    assert (planned.room is not None) == is_there


def test_make_up_before_and_crews_during_one_session_for_a_part_of_it(world: World, at: At) -> None:
    """The light is set in the first half hour: the same two people do it in both rooms, one after the other."""
    crews = (CrewWish("camera"), CrewWish("lighting", people=2, minutes=30))
    for _number in range(2):
        ask(world, at, 10, 14, crews=crews, made_up=True)
    rules = PlanRules(
        makeup_shifts=shift(8, 12, 1), camera_shifts=shift(8, 20, 2), lighting_shifts=shift(8, 20, 2)
    )
    plan = make(world, rules=rules)
    starts = sorted(slot.starts_at for slot in plan.slots.all() if slot.starts_at)
    assert len(starts) == 2
    assert starts[1] >= starts[0] + 0.5 * HOUR
    assert all(slot.made_up_at < slot.starts_at for slot in plan.slots.all())
    stored = from_json(plan.inputs.encode())
    assert [need.crew for need in stored.requests[0].needs] == ["makeup", "camera", "lighting"]


def test_what_is_published_keeps_its_crews_beside_the_next_schedule(world: World, at: At) -> None:
    """One artist until 10 and one cameraman: who comes later gets neither, and a repair still has both."""
    rules = PlanRules(makeup_shifts=shift(9, 10, 1), makeup_minutes=60, camera_shifts=shift(10, 12, 1))
    ask(world, at, 10, 12, crews=CAMERA, made_up=True)
    plan = services.plan_publish(actor=world.manager, plan=make(world, rules=rules))
    assert only(plan).made_up_at == at(9)
    ask(world, at, 10, 12, crews=CAMERA)
    ask(world, at, 13, 15, made_up=True)
    after = make(world, rules=rules)
    assert after.slots.get(room=None).reasons["obstacles"][0]["names"] == ["camera"]
    assert after.slots.get(room__isnull=False).made_up_at is None
    services.plan_stop(actor=world.manager, plan=after)
    broken = only(plan).room
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(broken,)))
    moved = only(repair)
    assert (moved.starts_at, moved.made_up_at) == (at(10), at(9))
    assert moved.room != broken


@pytest.mark.parametrize(
    "crews",
    [
        (CrewWish("band"),),
        (CrewWish("camera", people=0),),
        (CrewWish("camera", people=101),),
        (CrewWish("camera"), CrewWish("camera")),
        (CrewWish("camera", minutes=150),),
        (CrewWish("camera", minutes=0),),
    ],
)
def test_crews_that_cannot_be_are_refused(world: World, at: At, crews: tuple[CrewWish, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(world, at, 10, 12, crews=crews)
    assert refused.value.field == "crews"


def test_a_stored_problem_of_before_keeps_its_make_up(world: World, at: At) -> None:
    migration = import_module("livestreams.migrations.0020_crews_of_sessions")
    SchedulePlan.objects.update(inputs="")
    ask(world, at, 10, 12, made_up=True)
    plan = make(world, rules=PlanRules(makeup_shifts=shift(8, 10, 1)))
    now = json.loads(plan.inputs)
    (need,) = now["requests"][0]["needs"]
    old = {name: need[name] for name in ("crew", "length", "wait", "optional")}
    before = [
        {**{name: value for name, value in one.items() if name != "needs"}, "need": old}
        for one in now["requests"]
    ]
    SchedulePlan.objects.filter(pk=plan.pk).update(inputs=json.dumps({**now, "requests": before}))
    migration.as_several(apps, SimpleNamespace(connection=connection))
    plan.refresh_from_db()
    assert from_json(plan.inputs.encode()).requests[0].needs == (
        Need("makeup", old["length"], old["wait"], optional=True),
    )


@pytest.mark.parametrize(
    ("minutes", "hour", "is_there"),
    [(None, 0, False), (None, 1, True), (90, 0, False), (90, 0.5, True), (60, 0, True)],
)
def test_who_works_past_midnight_is_not_there_for_the_next_days_schedule(
    world: World, at: At, minutes: int | None, hour: float, is_there: bool
) -> None:
    """A session from eleven to one has the only camera, for all of it or for so many minutes."""
    rules = PlanRules(camera_shifts=(CrewShift(time(22), time(4), 1),))
    ask(world, at, 23, 25, crews=(CrewWish("camera", minutes=minutes),))
    night = make(world, last_day=today() + 3 * DAY, rules=rules)
    services.plan_publish(actor=world.manager, plan=night)
    ask(world, at, hour, hour + 1, day=3, minutes=60, crews=CAMERA)
    days = {"first_day": today() + 3 * DAY, "last_day": today() + 3 * DAY}
    assert (only(make(world, **days, rules=rules)).room is not None) == is_there


def test_without_time_for_make_up_nobody_is_made_up(world: World, at: At) -> None:
    ask(world, at, 10, 12, made_up=True)
    planned = only(make(world, rules=PlanRules(makeup_shifts=shift(8, 20, 1), makeup_minutes=0)))
    assert (planned.room is not None, planned.made_up_at) == (True, None)
