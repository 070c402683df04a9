"""The embedded worker: wakes when rung, keeps the table, and outlives a task that fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from django.db import transaction

from core import doorbell
from core.embedded import EmbeddedWorker


def wait_for(event: threading.Event) -> bool:
    return event.wait(timeout=5)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_the_worker_and_a_rollback_does_not() -> None:
    ran = threading.Event()
    worker = EmbeddedWorker({"now": (ran.set, 3600.0)})
    worker.start()
    assert wait_for(ran), "each task runs once at the start"
    ran.clear()
    bell, other = doorbell.listen(["now"]), doorbell.listen(["later"])
    with transaction.atomic():
        doorbell.ring("now")
        transaction.set_rollback(True)
    assert bell.wait(0) == set()
    with transaction.atomic():
        doorbell.ring("now")
        assert not ran.wait(timeout=0.2), "not before the commit"
    assert bell.wait(0) == {"now"}, "every listener has a bell of its own"
    assert bell.wait(0) == set(), "each ring is heard once"
    assert other.wait(0) == set(), "who asks for one task wakes no other"
    doorbell.forget(bell)
    doorbell.forget(other)
    assert wait_for(ran)
    worker.stop()
    assert not worker.is_alive()


def test_a_failing_task_does_not_stop_the_others() -> None:
    ran = threading.Event()
    worker = EmbeddedWorker({"bad": (lambda: 1 // 0, 0.0), "good": (ran.set, 3600.0)})
    worker.start()
    assert wait_for(ran)
    time.sleep(0.05)
    assert worker.is_alive()
    worker.stop()


@pytest.mark.django_db(transaction=True)
def test_a_ring_runs_the_task_that_it_names_and_no_other() -> None:
    ran: list[str] = []
    table = {name: (partial(ran.append, name), 3600.0) for name in ("one", "other")}
    worker = EmbeddedWorker(table)
    worker.start()
    wait_until(lambda: ran == ["one", "other"])
    doorbell.ring("other")
    wait_until(lambda: len(ran) > 2)
    worker.stop()
    assert ran == ["one", "other", "other"]
