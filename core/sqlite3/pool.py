"""Connections to a file that wait, open, for whoever needs one next.

A request has a thread of its own, and a thread a connection of its own. To open one costs as much as all the queries of
a page: SQLite reads the whole schema, Django tells it its functions, and each statement has to be prepared again.
"""

from __future__ import annotations

import atexit
import os
import sqlite3
import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

MOST = 4
"""So many wait for one file: each keeps a cache, and hardly more are in use at one moment."""

Identity = tuple[int, int, int]
"""Process, device, file: a restored database is another file under the old name, a fork leaves its parent's alone."""


def identity_of(file: str) -> Identity | None:
    """Which file that is at this moment, to this process; None when there is none, as in memory."""
    with suppress(FileNotFoundError):
        found = Path(file).stat()
        return os.getpid(), found.st_dev, found.st_ino
    return None


class Pool:
    """Whatever came back last goes first: its cache is the warmest."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: defaultdict[Identity, list[sqlite3.Connection]] = defaultdict(list)

    def take(self, identity: Identity) -> sqlite3.Connection | None:
        """An open connection to this very file, if one waits."""
        with self._mutex:
            waiting = self._waiting[identity]
            return waiting.pop() if waiting else None

    def give(self, identity: Identity, connection: sqlite3.Connection) -> bool:
        """Let a connection that nobody uses wait; False when enough do."""
        with self._mutex:
            waiting = self._waiting[identity]
            if len(waiting) >= MOST:
                return False
            waiting.append(connection)
            return True

    def empty(self, *, but: Identity | None = None) -> None:
        """Close what waits in this process, except for one file. The last one to close also tidies the file up."""
        with self._mutex:
            known = [each for each in self._waiting if each[0] == os.getpid() and each != but]
            closing = [connection for each in known for connection in self._waiting.pop(each)]
        for connection in closing:
            connection.close()


pool = Pool()
atexit.register(pool.empty)
