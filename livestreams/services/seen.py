"""When streams were last seen: an update is decided by reading, and nobody waits until its sign of life is stored.

Where the one writer of SQLite is busy, signs wait in this process for a thread that stores them, the newest of each
stream, as long as there are any. A process that dies takes with it those of the last moment: the encoder gives the next
within seconds, and a stream is lost only after many of them.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from django.db import connection, transaction

from core.locking import writer_is_free
from core.sqlite3.turns import urgent
from livestreams.models import Publish

log = structlog.get_logger("livepark.streams")

# Others wait meanwhile.
AT_ONCE = 20
PAUSE = 0.5

Signs = dict[int, dict[str, Any]]
"""What changes in the row of a stream, by its key."""


def sign_note(publish: int, at: datetime, behind_ms: int | None) -> None:
    """A stream was seen: stored at once where nobody else writes, or a moment later."""
    sign = {"last_seen_at": at} | ({} if behind_ms is None else {"behind_ms": behind_ms})
    if writer_is_free():
        _store({publish: sign})
    else:
        _later.add(publish, sign)


def _store(signs: Signs) -> None:
    with transaction.atomic():
        for publish, sign in signs.items():
            # What came later may have been stored before.
            rows = Publish.objects.running().filter(pk=publish, last_seen_at__lt=sign["last_seen_at"])
            rows.update(**sign)


class Later:
    """Signs that wait. Whoever adds the first starts the thread, which ends after the last."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._signs: Signs = {}
        self._storing = False

    def add(self, publish: int, sign: dict[str, Any]) -> None:
        with self._mutex:
            self._signs[publish] = {**self._signs.get(publish, {}), **sign}
            if not self._storing:
                threading.Thread(target=self._work, name="livepark-seen", daemon=True).start()
                self._storing = True

    def _work(self) -> None:
        try:
            while signs := self._next():
                try:
                    with urgent():  # whoever comes next decides by what was seen
                        _store(signs)
                except Exception:
                    # Whatever it was, a stream that nobody is seen to send would be given up.
                    log.exception("signs of life are stored later", streams=len(signs))
                    self._put_back(signs)
                    connection.close()
                    time.sleep(PAUSE)
        finally:
            connection.close()

    def _next(self) -> Signs:
        with self._mutex:
            signs = dict(islice(self._signs.items(), AT_ONCE))
            for publish in signs:
                del self._signs[publish]
            self._storing = bool(signs)
            return signs

    def _put_back(self, signs: Signs) -> None:
        with self._mutex:
            for publish, sign in signs.items():
                self._signs[publish] = {**sign, **self._signs.get(publish, {})}


_later = Later()
