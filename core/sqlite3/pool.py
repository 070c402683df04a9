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
from typing import NamedTuple

from django.db import OperationalError

MOST = 4
"""So many wait for one file: each keeps a cache, and hardly more are in use at one moment."""
REPLACED = (
    "unable to open %s: another file was put in its place while this process had it open. "
    "Stop the site, delete the files -wal and -shm beside it, and start the site again."
)


class Identity(NamedTuple):
    """An open file. Its name may come to mean another one; a fork leaves what its parent opened alone."""

    process: int
    name: str
    device: int
    inode: int
    is_writable: bool
    """SQLite opens what it may not write to, and says so at the first write only."""


def identity_of(name: str) -> Identity | None:
    """Which file that is at this moment, to this process; None when there is none to be seen, as in memory."""
    with suppress(OSError):
        found = Path(name).stat()
        return Identity(os.getpid(), name, found.st_dev, found.st_ino, os.access(name, os.W_OK))
    return None


class Pool:
    """Whatever came back last goes first: its cache is the warmest."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: defaultdict[Identity, list[sqlite3.Connection]] = defaultdict(list)

    def take(self, identity: Identity) -> sqlite3.Connection | None:
        """An open connection to this very file, if one waits.

        Raises OperationalError where another file was put in its place: the log of changes beside it belongs to the one
        before, and SQLite would take it over into the new one.
        """
        with self._mutex:
            for known in self._waiting:
                if known[:2] == identity[:2] and known[2:4] != identity[2:4]:
                    raise OperationalError(REPLACED % identity.name)
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

    def empty(self) -> None:
        """Close all that waits in this process. The last one to close also tidies the file up."""
        with self._mutex:
            mine = [known for known in self._waiting if known.process == os.getpid()]
            closing = [connection for known in mine for connection in self._waiting.pop(known)]
        for connection in closing:
            connection.close()


pool = Pool()
atexit.register(pool.empty)
