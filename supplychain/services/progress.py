"""How far a job is, told beside the transaction that writes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from django.db import connection, connections

from core import jobs
from supplychain.services.loading import Progress

EVERY_SECONDS = 0.5


class JobProgress:
    """Tells a job how far it is, twice a second, also from inside the transaction that writes.

    There PostgreSQL needs a second connection, which a thread has. SQLite has one writer, which is then the
    import itself: it tells and hears those of its process only.
    """

    def __init__(self, context: jobs.JobContext) -> None:
        self._context = context
        self._aside = ThreadPoolExecutor(1)
        self._due = 0.0

    def __enter__(self) -> Progress:
        return self._tell

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._aside.submit(connections.close_all).result()
        self._aside.shutdown()

    def _tell(self, done: int, total: int, message: str) -> None:
        if connection.in_atomic_block and connection.vendor == "sqlite":
            self._context.heed(done, total, message)
            return
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + EVERY_SECONDS
        if not connection.in_atomic_block:
            self._context.progress(done, total, message)
        else:
            self._aside.submit(self._context.progress, done, total, message).result()
