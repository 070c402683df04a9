"""The embedded worker: wakes when rung, keeps the table, and outlives a task that fails."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import transaction

from core import doorbell
from core.embedded import EmbeddedWorker


def wait_for(event: threading.Event) -> bool:
    return event.wait(timeout=5)


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_the_worker_and_a_rollback_does_not() -> None:
    ran = threading.Event()
    worker = EmbeddedWorker({"now": (ran.set, 3600.0)}, frozenset({"now"}))
    worker.start()
    assert wait_for(ran), "each task runs once at the start"
    ran.clear()
    bell = doorbell.listen()
    with transaction.atomic():
        doorbell.ring("now")
        transaction.set_rollback(True)
    assert not bell.is_set()
    with transaction.atomic():
        doorbell.ring("now")
        assert not ran.wait(timeout=0.2), "not before the commit"
    assert bell.is_set(), "every listener has a bell of its own"
    doorbell.forget(bell)
    assert wait_for(ran)
    worker.stop()
    assert not worker.is_alive()


def test_a_failing_task_does_not_stop_the_others() -> None:
    ran = threading.Event()
    worker = EmbeddedWorker({"bad": (lambda: 1 // 0, 0.0), "good": (ran.set, 3600.0)}, frozenset())
    worker.start()
    assert wait_for(ran)
    time.sleep(0.05)
    assert worker.is_alive()
    worker.stop()
