"""Log-ins in the database, as Django keeps them; where its one writer is at work for long, in memory until then.

An installation on SQLite is one process, so what waits there to be written is known to all its requests. A process
that dies before has its people log in once more. Whoever logs out waits for the writer: that has to be true at once.
"""

from __future__ import annotations

import threading
from typing import Any, cast

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as Stored
from django.contrib.sessions.models import Session
from django.utils import timezone

from core import behind

_mutex = threading.Lock()
_waiting: dict[str, Session] = {}


class SessionStore(Stored):
    """Sessions by their keys."""

    def load(self) -> dict[str, Any]:
        waits = _waiting.get(self.session_key or "")
        if waits is not None and waits.expire_date > timezone.now():
            return self.decode(waits.session_data)
        return super().load()

    def exists(self, session_key: str) -> bool:
        return session_key in _waiting or super().exists(session_key)

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return self.create()
        if self.session_key not in _waiting and behind.writer_comes_free():
            return super().save(must_create)
        if not must_create and not self.exists(self.session_key):
            raise UpdateError  # somebody logged it out meanwhile
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # not in the stubs
        row = cast("Session", self.create_model_instance(data))
        with _mutex:
            _waiting[row.session_key] = row
        behind.later(lambda: _write_down(row, is_new=must_create))
        return None

    def delete(self, session_key: str | None = None) -> None:
        with _mutex:
            _waiting.pop(session_key or self.session_key or "", None)
        super().delete(session_key)


def _write_down(row: Session, *, is_new: bool) -> None:
    """Store a session that waited, unless it says something else by now: that is written down next."""
    if _waiting.get(row.session_key) is not row and not is_new:
        return
    if is_new or Session.objects.filter(pk=row.pk).exists():
        row.save()
    with _mutex:
        is_deleted = row.session_key not in _waiting
        if _waiting.get(row.session_key) is row:
            del _waiting[row.session_key]
    if is_deleted:
        row.delete()
