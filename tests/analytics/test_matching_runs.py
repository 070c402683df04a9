"""Assignments of goods to hosts: proven, kept, repeated and stopped, and the goods that they take."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from analytics import rollup
from analytics.choices import MatchState
from analytics.matching.goods import Goods, read_goods
from analytics.models import MatchRun
from analytics.services import match_run_repeat, match_run_start, match_run_stop
from core.actors import user_actor
from core.choices import JobState, Role
from core.clock import DAY, today
from core.errors import Conflict, InvalidInput, Refused
from core.jobs import job_cancel, run_due
from tests.analytics.hostmatches import LIGHTS, SOON, english, owner_of, sell, world
from tests.api.conftest import Caller
from tests.factories import SYSTEM, World

__all__ = ["english", "world"]


def goods(*names: str, **values: Any) -> list[Goods]:
    return [Goods(name, LIGHTS, Decimal(2), **values) for name in names]


def start(world: World, **values: Any) -> MatchRun:
    day = today() + SOON
    common: dict[str, Any] = {
        "first_day": day,
        "last_day": day,
        "goods": goods("a", "b", times="10:00-12:00"),
    }
    return match_run_start(
        actor=user_actor(world.users[Role.PARK_MANAGER]), park=world.park, **{**common, **values}
    )


def test_an_assignment_is_proven_kept_and_gives_the_same_numbers_again(world: World) -> None:
    run = start(world)
    run_due()
    run.refresh_from_db()
    assert run.state == MatchState.DONE
    assert run.proof == "optimal"
    assert run.value == run.bound > 0
    hosts = {pair["host"] for pair in run.results["pairs"]}
    assert len(hosts) == 2
    assert world.tenants[1].host.code in hosts
    assert run.figures["sessions"] == 12
    # New sales change what would be computed now, and not what was.
    sell(world.tenants[0].tenant, world.tenants[0].host, Decimal("99999.00"), 2)
    rollup.drain()
    again = match_run_repeat(run)
    assert (again.results, again.figures) == (run.results, run.figures)
    assert "The same answer came out" in repeated(run)
    MatchRun.objects.filter(pk=run.pk).update(results={**run.results, "pairs": []})
    with pytest.raises(CommandError, match="Another answer came out"):
        repeated(run)
    MatchRun.objects.filter(pk=run.pk).update(inputs=run.inputs + " ")
    run.refresh_from_db()
    with pytest.raises(Conflict):
        match_run_repeat(run)
    with pytest.raises(CommandError, match="what it was computed from"):
        repeated(run)


def repeated(run: MatchRun) -> str:
    """What the command says of a stored run."""
    told = StringIO()
    with translation.override("en"):
        call_command("matching", f"{run.uid}", stdout=told)
    return told.getvalue()


def test_a_stopped_assignment_is_not_computed(world: World) -> None:
    run = start(world)
    match_run_stop(actor=user_actor(world.users[Role.PARK_MANAGER]), run=run)
    run_due()
    run.refresh_from_db()
    assert (run.state, run.value, run.job.state) == (MatchState.STOPPED, None, JobState.CANCELLED)
    with pytest.raises(Conflict):
        match_run_stop(actor=SYSTEM, run=run)
    with pytest.raises(CommandError, match="not computed to its end"):
        repeated(run)


def test_an_assignment_whose_job_is_cancelled_before_anybody_has_it_is_stopped(world: World) -> None:
    run = start(world)
    job_cancel(actor=SYSTEM, uid=str(run.job.uid))
    run.refresh_from_db()
    assert run.state == MatchState.STOPPED


def test_a_tenant_starts_and_sees_none(world: World) -> None:
    start(world)
    actor = user_actor(owner_of(world.tenants[0]))
    with pytest.raises(Refused):
        match_run_start(
            actor=actor, park=world.park, first_day=today() + SOON, last_day=today() + SOON, goods=goods("a")
        )
    caller = Caller(user=owner_of(world.tenants[0]))
    assert caller.get("match-runs").status_code == 403


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"last_day": 19}, "last_day"),
        ({"first_day": -3}, "first_day"),
        ({"seconds": 0}, "seconds"),
        ({"most_hours": 1000}, "most_hours"),
        ({"goods": []}, "goods"),
    ],
)
def test_what_cannot_be_assigned_names_the_field(world: World, values: dict[str, Any], field: str) -> None:
    days = {name: today() + value * DAY if name.endswith("day") else value for name, value in values.items()}
    with pytest.raises(InvalidInput) as refused:
        start(world, **days)
    assert refused.value.field == field


def test_goods_are_read_from_lines_and_every_wrong_part_is_named() -> None:
    found = read_goods("吊灯; 灯饰; 2; 3; 1500; 80000; 18:00-23:00\n\n台灯；灯饰；1.5")
    assert [one.line for one in found] == ["吊灯; 灯饰; 2; 3; 1500; 80000; 18:00-23:00", "台灯; 灯饰; 1.5; 1"]
    assert found == [
        Goods("吊灯", LIGHTS, Decimal(2), 3, Decimal(1500), Decimal(80000), "18:00-23:00"),
        Goods("台灯", LIGHTS, Decimal("1.5")),
    ]
    with pytest.raises(InvalidInput) as refused:
        read_goods("a; b\nc; d; zwei; ２\ne; f; 1; 1; 1e3; -5")
    assert [(row.row, row.field) for row in refused.value.rows] == [
        (1, "name"),
        (2, "hours"),
        (2, "weight"),
        (3, "budget"),
        (3, "stock"),
    ]


def test_impossible_goods_are_named_by_row(world: World) -> None:
    wrong = [
        Goods("a", LIGHTS, Decimal(13)),
        Goods("a", "", Decimal("0.1"), weight=0, times="25:00-26:00", budget=Decimal(-1)),
    ]
    with pytest.raises(InvalidInput) as refused:
        start(world, goods=wrong)
    assert {(row.row, row.field) for row in refused.value.rows} == {
        (1, "hours"),
        (2, "category"),
        (2, "hours"),
        (2, "weight"),
        (2, "times"),
        (2, "budget"),
        (2, "name"),
    }


def test_windows_over_midnight_and_none() -> None:
    assert Goods("a", "b", Decimal(1), times="22:00-02:00").windows(2) == [(1320, 1560), (2760, 3000)]
    assert Goods("a", "b", Decimal(1)).windows(1) == [(480, 1440)]
