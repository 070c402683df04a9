"""The embedded worker: a thread of the serving process that does what Celery does when scaled.

It runs the same task functions by the same beat table, wakes at once when somebody rings for one of them, and
otherwise looks every second. No request ever waits for it, and it may die at any point: what it did not commit is
still to do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import structlog
from django.db import close_old_connections

from core import doorbell

log = structlog.get_logger("livepark.embedded")


class EmbeddedWorker(threading.Thread):
    """Keeps a table of (task, seconds between runs); a task also runs when somebody rings for it."""

    def __init__(self, table: Mapping[str, tuple[Callable[[], object], float]]) -> None:
        super().__init__(name="livepark-worker", daemon=True)
        self._table = table
        self._due = dict.fromkeys(table, 0.0)
        self._bell = doorbell.listen(table)
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            rung = self._bell.wait(timeout=1.0)
            close_old_connections()
            for name, (task, every) in self._table.items():
                if self._stopping.is_set():
                    break
                if name in rung or time.monotonic() >= self._due[name]:
                    self._due[name] = time.monotonic() + every
                    self._run_one(name, task)

    def _run_one(self, name: str, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception:
            # One failing task must not stop the others; it is tried again at its next turn.
            log.exception("embedded task failed", task=name)

    def stop(self, timeout: float = 2.0) -> None:
        """End after the task that is running; a long one is left behind and dies with the process."""
        self._stopping.set()
        self._bell.stop()
        self.join(timeout)
        doorbell.forget(self._bell)
