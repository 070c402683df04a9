"""Wakes the workers after a commit. The work itself is rows in the database: every ring may be lost.

Scaled, a ring is a Celery message; embedded, it wakes the worker thread of this process. Without either
(a command, a test) it does nothing, and the sweep finds the rows.
"""

from __future__ import annotations

import threading

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger("livepark.doorbell")

ROLLUP = "analytics.tasks.drain"
JOBS = "core.tasks.run_jobs"

# The embedded worker waits on this.
embedded_bell = threading.Event()


def ring(task_name: str) -> None:
    """Ask for a run of a task once the current transaction has committed."""
    transaction.on_commit(lambda: _ring_now(task_name), robust=True)


def _ring_now(task_name: str) -> None:
    embedded_bell.set()
    if not settings.REDIS_URL:
        return
    try:
        current_app.tasks[task_name].apply_async(retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell not heard", task=task_name, error=str(error))
