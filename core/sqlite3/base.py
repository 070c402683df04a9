"""The backend: a transaction begins when its turn has come, and gives it back however it ends.

SQLite itself lets a writer that finds the file locked sleep and try again; who sleeps longest loses to whoever comes
at the right moment, for seconds. Writers of other processes are still met that way.
"""

from __future__ import annotations

import weakref

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from core.sqlite3.turns import turns_of


class DatabaseWrapper(base.DatabaseWrapper):
    _turn: weakref.finalize | None = None

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
            super()._close()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _give_turn(self) -> None:
        if self._turn is not None:
            self._turn()  # a finalizer runs once
            self._turn = None
