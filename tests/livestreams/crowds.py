"""Many people on one database of real connections, and what they left behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection, connections

from livestreams.models import Booking

Spans = list[tuple[datetime, datetime]]


def people_at_once() -> int:
    """SQLite has one writer, who keeps the others waiting; PostgreSQL as many as it has connections for."""
    return 48 if connection.vendor == "postgresql" else 8


def on_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every connection made from now on open a copy of the present database in a file.

    The SQLite of the tests lives in memory, where threads share locks that real connections do not share.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(folder / "copy.sqlite3")])
        monkeypatch.setitem(connections.settings["default"], "NAME", str(folder / "copy.sqlite3"))


def doubled(pool: ThreadPoolExecutor) -> int:
    """How many bookings begin in a room, set-up included, or with a host before the one before has ended."""
    return sum(map(_overlaps, pool.submit(_spans).result()))


def _overlaps(spans: Spans) -> int:
    return sum(earlier[1] > later[0] for earlier, later in pairwise(sorted(spans)))


def _spans() -> list[Spans]:
    """The spans held in each room and by each host."""
    held = list(Booking.objects.blocking())
    connection.close()
    rooms: dict[int, Spans] = {}
    hosts: dict[int, Spans] = {}
    for booking in held:
        rooms.setdefault(booking.room_id, []).append((booking.blocked_from, booking.blocked_until))
        if booking.host_id:
            hosts.setdefault(booking.host_id, []).append((booking.starts_at, booking.ends_at))
    return [*rooms.values(), *hosts.values()]
