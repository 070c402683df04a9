"""When streams were last seen: an update is decided by reading, and its sign of life may be stored a moment later.

Where the one writer of SQLite is busy, signs wait in this process for a thread that stores them, the newest of each
stream, as long as there are any. Whoever is about to call a stream silent stores those that wait first, in the same
transaction. A process that dies takes with it those of the last moment: the encoder gives the next within seconds, and
a stream is lost only after many of them. On PostgreSQL no sign waits.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from django.db import OperationalError, connection, transaction

from core.locking import is_transient, writer_is_free
from core.sqlite3.turns import urgent
from livestreams.models import Publish
from livestreams.querysets import PublishQuerySet

log = structlog.get_logger("livepark.streams")

# Others wait meanwhile.
AT_ONCE = 20
PAUSE = 0.5

Sign = dict[str, Any]
"""What changes in the row of a stream."""
Signs = dict[int, Sign]
"""By the key of the stream."""


def sign_note(publish: int, at: datetime, behind_ms: int | None) -> None:
    """A stream was seen: stored at once where nobody else writes, or a moment later.

    It waits for nobody whose turn it is by now. Whoever takes the turn after that was asked, and another process that
    holds the file, is waited for as long as SQLite's timeout, once; then the sign waits as the others do.
    """
    sign = {"last_seen_at": at} | ({} if behind_ms is None else {"behind_ms": behind_ms})
    try:
        if writer_is_free():
            _store({publish: sign})
            return
    except OperationalError as error:
        # A caller's transaction is run again as a whole, and so is one of PostgreSQL.
        if connection.vendor != "sqlite" or connection.in_atomic_block or not is_transient(error):
            raise
    _later.add(publish, sign)


def signs_store(streams: PublishQuerySet) -> None:
    """Store what waits of these streams, in the transaction of whoever decides next that one of them is silent."""
    if waiting := _later.waiting():
        mine = set(streams.values_list("pk", flat=True))
        _store({publish: sign for publish, sign in waiting.items() if publish in mine})


def _store(signs: Signs) -> None:
    with transaction.atomic():
        for publish, sign in signs.items():
            # What came later may have been stored before.
            rows = Publish.objects.running().filter(pk=publish, last_seen_at__lt=sign["last_seen_at"])
            rows.update(**sign)


class Later:
    """Signs that wait, each until it is stored. Whoever adds the first starts the thread, which ends after the last."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._signs: Signs = {}
        self._storing = False

    def add(self, publish: int, sign: Sign) -> None:
        with self._mutex:
            # Two updates of a stream may come by in either order.
            both = sorted([self._signs.get(publish, sign), sign], key=lambda one: one["last_seen_at"])
            self._signs[publish] = both[0] | both[1]
            if not self._storing:
                threading.Thread(target=self._work, name="livepark-seen", daemon=True).start()
                self._storing = True

    def waiting(self) -> Signs:
        with self._mutex:
            return dict(self._signs)

    def _work(self) -> None:
        try:
            while signs := self._next():
                self._try(signs)
        except BaseException:
            with self._mutex:
                self._storing = False  # the next sign starts another thread, which finds these
            raise
        finally:
            connection.close()

    def _try(self, signs: Signs) -> None:
        """Store signs; those that cannot be stored wait on, behind the others."""
        try:
            with urgent():  # whoever comes next decides by what was seen
                _store(signs)
        except Exception as error:
            self._put_back(signs)
            if isinstance(error, OperationalError) and is_transient(error):
                log.info("signs of life wait", streams=len(signs))
                return  # it has waited for its turn already
            # Whatever it was, a stream that nobody is seen to send would be given up.
            log.exception("signs of life are stored later", streams=len(signs))
            connection.close()
            time.sleep(PAUSE)
        else:
            self._forget(signs)

    def _next(self) -> Signs:
        with self._mutex:
            signs = dict(islice(self._signs.items(), AT_ONCE))
            self._storing = bool(signs)
            return signs

    def _forget(self, signs: Signs) -> None:
        with self._mutex:
            for publish, sign in signs.items():
                if self._signs[publish] is sign:  # no newer one came meanwhile
                    del self._signs[publish]

    def _put_back(self, signs: Signs) -> None:
        with self._mutex:
            for publish in signs:
                self._signs[publish] = self._signs.pop(publish)


_later = Later()
