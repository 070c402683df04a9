"""After any order of anything the figures are what a recount says. The machine is in tests/analytics/machine.py."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.analytics.machine import NOW, CountingMachine, CountingWorld

pytestmark = pytest.mark.django_db

# What a differing recount names.
LEVELS = r"^(hours|days|months|sessions|parks)\b"
# COUNTING_RUNS=1000 looks further, after a change of how figures are counted.
RUNS = int(os.environ.get("COUNTING_RUNS", "200"))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[CountingMachine]]:
    """The machine on its world, draining a few hours at a time so that a day spans several transactions."""
    monkeypatch.setattr("analytics.rollup.drainer.BUCKETS_PER_TRANSACTION", 5)
    with time_machine.travel(NOW):
        yield type("CountingMachine", (CountingMachine,), {"world": CountingWorld.make()})


def runs(number: int, steps: int, **more: object) -> settings:
    return settings(
        max_examples=number,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.gate
@pytest.mark.timeout(300 + 3 * RUNS)  # for what hangs: a run takes half a second on a quiet machine
def test_figures_at_rest_are_a_recount(machine: type[CountingMachine]) -> None:
    run_state_machine_as_test(machine, settings=runs(RUNS, 50))


def test_without_the_rule_of_uniqueness_the_figures_are_wrong(
    machine: type[CountingMachine], capsys: pytest.CaptureFixture[str]
) -> None:
    """The machine can turn red: a ledger that stores a line twice counts it twice."""
    drop_uniqueness_of_keys()
    machine.checks_verdicts = False
    with pytest.raises(AssertionError, match=LEVELS) as red:
        run_state_machine_as_test(machine, settings=runs(200, 50, phases=[Phase.generate], database=None))
    with capsys.disabled():
        print(f"\nwithout supplychain_event_once the recount differs: {str(red.value).splitlines()[0]}")


def drop_uniqueness_of_keys() -> None:
    """Take the unique constraint off the ledger's keys (on SQLite), until this test's transaction is rolled back."""
    table, rule = "supplychain_saleseventkey", "supplychain_event_once"
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
        [made] = cursor.fetchone()
        without = re.sub(rf',\s*CONSTRAINT "{rule}" UNIQUE \([^)]*\)', "", made)
        assert without != made
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_kept")
        cursor.execute(without)
