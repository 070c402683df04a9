"""Wakes the workers after a commit. The work itself is rows in the database: every ring may be lost.

Scaled, a ring is a Celery message; embedded, it wakes the worker thread of this process. Without either
(a command, a test) it does nothing, and the sweep finds the rows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import KombuError

log = structlog.get_logger("livepark.doorbell")

ROLLUP = "analytics.tasks.drain"
JOBS = "core.tasks.run_jobs"
WEBHOOKS = "core.tasks.send_webhooks"
SHOPS = "supplychain.tasks.read_shop_messages"


class Bell:
    """Rings for some tasks, and remembers for which until somebody has waited."""

    def __init__(self, tasks: Iterable[str]) -> None:
        self._tasks = frozenset(tasks)
        self._heard = threading.Condition()
        self._rung: set[str] = set()
        self._stopped = False

    def ring(self, task_name: str) -> None:
        if task_name in self._tasks:
            with self._heard:
                self._rung.add(task_name)
                self._heard.notify_all()

    def stop(self) -> None:
        """Let nobody wait any more."""
        with self._heard:
            self._stopped = True
            self._heard.notify_all()

    def wait(self, timeout: float) -> set[str]:
        """The tasks that it rang for since last time, at once or after so many seconds at most."""
        with self._heard:
            self._heard.wait_for(lambda: self._rung or self._stopped, timeout)
            rung, self._rung = self._rung, set()
            return rung


# The embedded workers of this process, each waiting on a bell of its own.
_bells: list[Bell] = []

# When Redis does not take a ring, the next ones are left out for so many seconds: not every request waits for it.
SILENCE = 5.0
_silent_until = 0.0


def listen(tasks: Iterable[str]) -> Bell:
    """A bell that rings for these tasks, whoever of this process asks for them."""
    bell = Bell(tasks)
    _bells.append(bell)
    return bell


def forget(bell: Bell) -> None:
    """Stop ringing a bell that nobody waits on any more."""
    _bells.remove(bell)


def ring(task_name: str) -> None:
    """Ask for a run of a task once the current transaction has committed."""
    transaction.on_commit(lambda: _ring_now(task_name), robust=True)


def _ring_now(task_name: str) -> None:
    global _silent_until  # noqa: PLW0603  (one line to Redis per process)
    for bell in tuple(_bells):
        bell.ring(task_name)
    if not settings.REDIS_URL or time.monotonic() < _silent_until:
        return
    try:
        # By its name: Celery knows the tasks in its workers only.
        current_app.send_task(task_name, retry=False)
    except (KombuError, OSError) as error:
        _silent_until = time.monotonic() + SILENCE
        log.warning("doorbell not heard", task=task_name, error=str(error))
