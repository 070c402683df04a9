"""Wakes the workers after a commit. The work itself is rows in the database: every ring may be lost.

Scaled, a ring is a Celery message; embedded, it wakes the worker thread of this process. Without either
(a command, a test) it does nothing, and the sweep finds the rows.
"""

from __future__ import annotations

import threading
import time

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

# The embedded workers of this process, each waiting on a bell of its own.
_bells: list[threading.Event] = []

# When Redis does not take a ring, the next ones are left out for so many seconds: not every request waits for it.
SILENCE = 5.0
_silent_until = 0.0


def listen() -> threading.Event:
    """A bell that every ring of this process sets."""
    bell = threading.Event()
    _bells.append(bell)
    return bell


def forget(bell: threading.Event) -> None:
    """Stop ringing a bell that nobody waits on any more."""
    _bells.remove(bell)


def ring(task_name: str) -> None:
    """Ask for a run of a task once the current transaction has committed."""
    transaction.on_commit(lambda: _ring_now(task_name), robust=True)


def _ring_now(task_name: str) -> None:
    global _silent_until  # noqa: PLW0603  (one line to Redis per process)
    for bell in _bells:
        bell.set()
    if not settings.REDIS_URL or time.monotonic() < _silent_until:
        return
    try:
        # By its name: Celery knows the tasks in its workers only.
        current_app.send_task(task_name, retry=False)
    except (KombuError, OSError) as error:
        _silent_until = time.monotonic() + SILENCE
        log.warning("doorbell not heard", task=task_name, error=str(error))
