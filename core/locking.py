"""Locks and retries. The order everywhere is park -> tenant -> room -> stock -> bucket, then by id.

SQLite has one writer: a transaction begins IMMEDIATE and holds the whole database, so locks are no-ops there.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection, models, transaction

from core.errors import Busy, NotFound
from core.prepared import Build, Prepared, columns_of
from core.sqlite3.turns import turns_of
from core.words import gettext as _

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)

SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT = "40001", "40P01", "55P03"
# A statement that was given up: its time, the memory or the room on the disk was over.
TOO_MUCH = ("57014", "53100", "53200", "53400")
ATTEMPTS = 4
PATIENCE = 0.05
"""Seconds for which `one_by_one` keeps anybody waiting."""
# Classes of SQLSTATE that say: the server, not the statement (40 rolled back, 53 resources, 55 locks, 57 shut down).
AWAY = ("08", "25006", "40", "53", "55", "57", "58")
# Of these: no connection, or one ended from the other side. What has no state did not come as far as the server.
GONE = ("08", "57P")
AWAY_FOR_ALL = ("25006", "53300")
AWAY_FOR_ALL_ON_SQLITE = ("readonly database", "unable to open")
FULL, FULL_ON_SQLITE = "53100", "disk is full"
AWAY_ON_SQLITE = ("locked", "readonly database", FULL_ON_SQLITE, "unable to open", "disk I/O")
# What the system says when a folder takes nothing: full, over its quota, mounted to be read only.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def is_transient(error: DatabaseError) -> bool:
    """Whether the same transaction may succeed when it is simply run again."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in (SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT) or "database is locked" in str(error)


def took_too_much(error: DatabaseError) -> bool:
    """Whether the database gave the statement up because its time or room was over, or because somebody asked it to."""
    return getattr(error.__cause__, "sqlstate", None) in TOO_MUCH


def is_unavailable(error: Exception) -> bool:
    """Whether the database could not do its work, whatever it was asked: away, full, read-only, or busy."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, DatabaseError):
        return False
    if connection.vendor == "sqlite":
        return any(words in str(error) for words in AWAY_ON_SQLITE)
    state = getattr(error.__cause__, "sqlstate", None)
    return state.startswith(AWAY) if state else isinstance(error, OperationalError)


def is_full(error: BaseException | None) -> bool:
    """Whether a disk takes nothing more: that of the files, or that of the database."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    if not isinstance(error, DatabaseError):
        return False
    if connection.vendor == "sqlite":
        return FULL_ON_SQLITE in str(error)
    return getattr(error.__cause__, "sqlstate", None) == FULL


def is_gone(error: Exception) -> bool:
    """Whether the connection ended under the work, or none was to be had, as when the database restarts.

    The work is neither to blame nor done, and may be begun again from its beginning.
    """
    state = getattr(error.__cause__, "sqlstate", None) or GONE[0]
    on_the_line = isinstance(error, OperationalError) and connection.vendor == "postgresql"
    return isinstance(error, InterfaceError) or (on_the_line and state.startswith(GONE))


def is_away(error: Exception) -> bool:
    """Whether no other work would be done now either: no connection, none left, or a database that only reads."""
    if connection.vendor == "sqlite":
        return isinstance(error, DatabaseError) and any(
            words in str(error) for words in AWAY_FOR_ALL_ON_SQLITE
        )
    state = getattr(error.__cause__, "sqlstate", None)
    return is_gone(error) or (isinstance(error, DatabaseError) and state in AWAY_FOR_ALL)


def retried(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function's transaction again after a deadlock or lock timeout; Busy after the last attempt.

    Only the outermost call retries: inside a transaction there is nothing that could be run again.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return function(*args, **kwargs)
        for attempt in range(ATTEMPTS):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if not is_transient(error):
                    raise
                if attempt == ATTEMPTS - 1:
                    raise Busy(_("Too many writers at once. Please try again.")) from error
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
        raise AssertionError("unreachable")

    return wrapper


def one_by_one(function: Callable[P, R]) -> Callable[P, R]:
    """On SQLite let one thread at a time through the function.

    There nearly all happens in this process, and Python runs one thread at a time: many that do a little of it between
    one statement and the next take it from each other at each of them, and each takes longer than all would one after
    the other. This is no rule: who has waited for PATIENCE goes on beside the others, and who holds the one
    writer does not wait. Nor is it a queue: to wake up whoever came first would leave the others, and this one, idle.
    """
    one = threading.Lock()

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.vendor != "sqlite" or connection.in_atomic_block or not one.acquire(timeout=PATIENCE):
            return function(*args, **kwargs)
        try:
            return function(*args, **kwargs)
        finally:
            one.release()

    return wrapper


@contextmanager
def one_snapshot() -> Iterator[None]:
    """A transaction whose reads all see the database as it was at the first of them.

    SQLite's one writer sees nothing else anyway; inside another transaction its own rules hold.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def writer_is_free() -> bool:
    """Whether a write need not wait for another thread's transaction. PostgreSQL has as many writers as it likes."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return True
    return not turns_of(str(connection.settings_dict["NAME"])).taken


@contextmanager
def try_lock_of_the_file() -> Iterator[bool]:
    """Exclude all others who ask for it, in any process on this SQLite, without being the one who writes.

    False where somebody else holds it: nobody waits. Whoever holds it may wait for the turn to write, so nobody may ask
    for it inside a transaction.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a lock that comes before the turn to write")
    # Of its folder: to close the file itself once more would take SQLite's own locks from this process.
    folder = os.open(Path(str(connection.settings_dict["NAME"])).parent, os.O_RDONLY)
    try:
        yield _lock_if_free(folder)
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)  # a process that was forked meanwhile has the folder open still
        os.close(folder)


def _lock_if_free(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_rows(queryset: models.QuerySet[M]) -> list[M]:
    """Lock rows in the order of their keys and return them."""
    return list(locking(queryset))


def lock_row(model: type[M], pk: int) -> M:
    """Lock the row of this key and return it; NotFound when there is none. Most writes begin with one."""
    _assert_in_transaction()  # Django asks only while it builds a statement
    found = lock_of(model).row(model, pk=pk)
    if found is None:
        raise NotFound
    return found


@functools.cache
def lock_of(model: type[models.Model]) -> Prepared:
    """The statement that locks the row of a model whose key is `pk`."""
    columns = columns_of(model)
    return prepared_lock(lambda pk: model._default_manager.filter(pk=pk).values(*columns), {"pk": -1})


def prepared_lock(build: Build, samples: Mapping[str, Any]) -> Prepared:
    """A prepared statement that locks what it finds."""
    # Django builds no statement that locks without a transaction, whoever sends it.
    with nullcontext() if connection.in_atomic_block else transaction.atomic():
        return Prepared(lambda **values: locking(build(**values)), samples)


def locking(queryset: models.QuerySet[M]) -> models.QuerySet[M]:
    """The rows, locked in the order of their keys as they are read.

    Keys never change, so whoever only refers to a locked row need not wait: a foreign key that is checked while an
    insert ends would come out of the order above, and deadlock.
    """
    if connection.vendor == "postgresql":
        queryset = queryset.select_for_update(of=("self",), no_key=True)
    return queryset.order_by("pk")


def lock_number(name: str) -> int:
    """A 63-bit number for an advisory lock, the same in every process."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def advisory_lock(name: str, *, shared: bool = False) -> None:
    """Wait for the lock of this name; it ends with the transaction. Shared holders exclude only the others."""
    _assert_in_transaction()
    if connection.vendor == "postgresql":
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [lock_number(name)])


def advisory_locks(names: Sequence[str]) -> None:
    """Wait for many locks, taken in one order everywhere so that no two transactions wait for each other."""
    _assert_in_transaction()
    if names and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(number) FROM (SELECT unnest(%s::bigint[]) AS number ORDER BY 1) AS locks",
                [[lock_number(name) for name in names]],
            )


def try_advisory_locks(names: Sequence[str]) -> list[bool]:
    """For each name whether its lock was free and is now held until the end of the transaction."""
    _assert_in_transaction()
    if connection.vendor != "postgresql":
        return [True] * len(names)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(number) "
            "FROM unnest(%s::bigint[]) WITH ORDINALITY AS t(number, place) ORDER BY place",
            [[lock_number(name) for name in names]],
        )
        return [row[0] for row in cursor.fetchall()]


def _assert_in_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a lock that ends with the transaction needs one")
