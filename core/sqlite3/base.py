"""The backend: a transaction begins when its turn has come, and gives it back however it ends.

SQLite itself lets a writer that finds the file locked sleep and try again; who sleeps longest loses to whoever comes
at the right moment, for seconds. Writers of other processes are still met that way.

Statements come again and again: their marks for values are written as SQLite has them once, not each time. So do
threads: the connection that one closes waits for the next.
"""

from __future__ import annotations

import sqlite3
import weakref
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from django.db import OperationalError
from django.db.backends.sqlite3 import base, operations

from core.sqlite3.pool import Identity, identity_of, pool
from core.sqlite3.turns import turns_of

# A longer statement writes many rows and hardly comes again.
LONGEST = 20_000


@lru_cache(maxsize=1_000)
def _converted(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class Cursor(base.SQLiteCursorWrapper):
    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        if param_names is None and len(query) <= LONGEST:
            return _converted(query)
        return str(super().convert_query(query, param_names=param_names))


class Operations(operations.DatabaseOperations):
    def adapt_datetimefield_value(self, value: Any) -> Any:
        # Instants are UTC inside, as this file keeps them: nothing to look up or to turn.
        if isinstance(value, datetime) and value.tzinfo is UTC is self.connection.timezone:
            return value.isoformat(" ").removesuffix("+00:00")
        return super().adapt_datetimefield_value(value)

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(value, str) and self.connection.timezone is UTC:
            try:
                instant = datetime.fromisoformat(value + "+00:00")
            except ValueError:
                instant = None
            if instant is not None and instant.tzinfo is UTC:
                return instant
        # Not as this backend writes them: with an offset of its own, or a day alone.
        return super().convert_datetimefield_value(value, expression, connection)


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = Operations
    _turn: weakref.finalize | None = None
    _identity: Identity | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cursors: weakref.WeakSet[Cursor] = weakref.WeakSet()

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        self._cursors.clear()
        self._identity = identity_of(str(self.settings_dict["NAME"]))
        waiting = pool.take(self._identity) if self._identity else None
        if waiting is None:
            return cast("sqlite3.Connection", super().get_new_connection(conn_params))
        # Whoever had it before may have been stopped where keys are not looked at.
        waiting.execute("PRAGMA foreign_keys = ON")
        return waiting

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        self._cursors.add(cursor)
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        turns = turns_of(str(self.settings_dict["NAME"]))
        if not turns.take(self.settings_dict["OPTIONS"].get("timeout", 5)):
            raise OperationalError("database is locked")
        # A connection that is lost in the middle of a transaction must not keep everybody waiting.
        self._turn = weakref.finalize(self, turns.give)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
        except BaseException:
            self._give_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _close(self) -> None:
        try:
            if not self._waits_for_the_next():
                super()._close()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _waits_for_the_next(self) -> bool:
        """Whether the connection was left to whoever needs one next: nothing begun, nothing half read."""
        identity = self._identity
        try:
            if identity is None or self.in_atomic_block or self.connection.in_transaction:
                return False
            for cursor in list(self._cursors):
                cursor.close()
        except sqlite3.ProgrammingError:
            return False  # somebody closed it by hand
        return pool.give(identity, self.connection)

    def _give_turn(self) -> None:
        if self._turn is not None:
            self._turn()  # a finalizer runs once
            self._turn = None
