"""Many people on one database of real connections, and what they left behind."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q

from livestreams.models import Booking, PlannedShift
from livestreams.services import placing

Spans = list[tuple[datetime, datetime]]


@contextmanager
def crowd(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int = 48) -> Iterator[ThreadPoolExecutor]:
    """So many people at once, each with a connection of their own that is closed when they have gone.

    SQLite has one writer, who keeps the others waiting: eight are enough. The SQLite of the tests lives in memory,
    where threads share locks that real connections do not share: people work on a copy of it in a file.
    """
    if connection.vendor == "sqlite":
        number = 8
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(folder / "copy.sqlite3")])
        monkeypatch.setitem(connections.settings["default"], "NAME", str(folder / "copy.sqlite3"))
    opened: list[BaseDatabaseWrapper] = []

    def come() -> None:
        mine = connections["default"]
        mine.inc_thread_sharing()
        opened.append(mine)

    with ThreadPoolExecutor(number, initializer=come) as people:
        yield people
    for theirs in opened:
        theirs.close()


def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The services see nobody in the way of a booking: what is left is the rule of the database."""
    facts_of = placing.facts_of
    nobody = {"taken": False, "lapsed": False}
    monkeypatch.setattr(placing, "facts_of", lambda *place: facts_of(*place) | nobody)
    monkeypatch.setattr(placing, "host_taken", lambda *_who, **_ignoring: False)


def doubled(people: ThreadPoolExecutor) -> int:
    """How many bookings begin in a room, set-up included, or with a host before the one before has ended.

    A host is also wherever a shift is planned for them in somebody else's booking.
    """
    return sum(map(_overlaps, people.submit(_spans).result()))


def _overlaps(spans: Spans) -> int:
    return sum(earlier[1] > later[0] for earlier, later in pairwise(sorted(spans)))


def _spans() -> list[Spans]:
    """The spans held in each room and by each host."""
    held = list(Booking.objects.blocking())
    rooms: dict[int, Spans] = {}
    hosts: dict[int, Spans] = {}
    for booking in held:
        rooms.setdefault(booking.room_id, []).append((booking.blocked_from, booking.blocked_until))
        if booking.host_id:
            hosts.setdefault(booking.host_id, []).append((booking.starts_at, booking.ends_at))
    own = Q(host=F("booking__host"))  # that the host of a booking has a shift in it doubles nothing
    for shift in PlannedShift.objects.filter(~own | Q(booking__host=None), released=False):
        hosts.setdefault(shift.host_id, []).append((shift.starts_at, shift.ends_at))
    return [*rooms.values(), *hosts.values()]
