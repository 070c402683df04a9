"""What may be written down a little later, where SQLite's one writer is at work for long, as with an import.

For what nobody loses money by if the process dies before: that somebody is logged in, and since when. One process has
one thread for it, which waits its turn as everybody does.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import structlog
from django.db import DatabaseError, connections

from core.locking import is_unavailable, writer_is_free

log = structlog.get_logger("livepark.behind")
PATIENCE = 0.3
"""Seconds that a request waits for its turn before it leaves the writing to the thread."""
PAUSE = 0.01
_mutex = threading.Lock()
_line: deque[Callable[[], object]] = deque()
_is_at_work = threading.Event()


def writer_comes_free() -> bool:
    """Whether a write need not wait for long."""
    ends = time.monotonic() + PATIENCE
    while not writer_is_free():
        if time.monotonic() >= ends:
            return False
        time.sleep(PAUSE)
    return True


def now_or_later(write: Callable[[], object]) -> None:
    """Write at once, or, where that would take long, as soon as the turn comes. Writes stay in their order."""
    if not _line and writer_comes_free():
        write()
    else:
        later(write)


def later(write: Callable[[], object]) -> None:
    """Write as soon as the turn comes."""
    with _mutex:
        _line.append(write)
        if not _is_at_work.is_set():
            _is_at_work.set()
            threading.Thread(target=_work, name="livepark-behind", daemon=True).start()


def _work() -> None:
    try:
        while True:
            with _mutex:
                if not _line:
                    _is_at_work.clear()
                    return
                write = _line[0]
            if _wrote(write):
                with _mutex:
                    _line.popleft()
    finally:
        connections.close_all()


def _wrote(write: Callable[[], object]) -> bool:
    """Whether a write is done, or is never to be done; False where it is to be tried again."""
    try:
        write()
    except DatabaseError as error:
        if is_unavailable(error):
            time.sleep(1)
            return False
        log.exception("a write that was left for later failed")
    except Exception:
        log.exception("a write that was left for later failed")
    return True
