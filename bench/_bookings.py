"""Sixteen people who book half hours in fifty rooms. Run by `_sites.measured`: prints tries per second of each way.

Every way gets a week of its own and the same tries in it: some rooms are free, the more the further it goes are
taken. The ways take turns; of each the best round counts.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.actors import system_actor
from core.clock import DAY, day_start, now, today
from livestreams.choices import BookingState
from livestreams.errors import Overlap
from livestreams.models import Booking, LiveRoom
from livestreams.services import booking_create
from tenants.models import Tenant
from tests import factories

ACTOR = system_actor("bench")
PEOPLE, ROOMS, TRIES, ROUNDS = 16, 50, 800, 3
SETUP = timedelta(minutes=15)


@dataclass(frozen=True)
class Try:
    """A room, a span, and the row that the bare ways insert."""

    room: LiveRoom
    starts_at: datetime
    ends_at: datetime
    tenant: Tenant

    def row(self) -> Booking:
        return Booking(
            room=self.room,
            tenant=self.tenant,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            blocked_from=self.starts_at - SETUP,
            blocked_until=self.ends_at,
            state=BookingState.CONFIRMED,
            price=50,
            created_at=now(),
            updated_at=now(),
        )


def place() -> tuple[list[LiveRoom], Tenant]:
    park = factories.make_park("bench-rooms")
    return [factories.make_room(park, f"bench-room-{n}") for n in range(ROOMS)], factories.make_tenant(
        park, "bench-b"
    )


def tries(rooms: list[LiveRoom], tenant: Tenant, week: int) -> list[Try]:
    chance = random.Random(1)
    first = day_start(today() + (7 * week + 1) * DAY)
    found = []
    for _number in range(TRIES):
        starts_at = first + timedelta(minutes=15 * chance.randrange(96))
        found.append(Try(chance.choice(rooms), starts_at, starts_at + timedelta(minutes=30), tenant))
    return found


def statement(row: Booking) -> tuple[str, list[Any]]:
    """The bare INSERT of a row that gives way to what is there already."""
    fields = [field for field in Booking._meta.concrete_fields if not field.primary_key]
    names = ", ".join(str(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    word = " ON CONFLICT DO NOTHING" if connection.vendor == "postgresql" else ""
    return f"INSERT INTO livestreams_booking ({names}) VALUES ({marks}){word}", values  # noqa: S608 (names of columns)


def bare(work: tuple[str, list[Any]]) -> None:
    """The limit: the database's own rule, and nothing else."""
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute(*work)


def usual(work: Try) -> None:
    """What people write: lock the room, look, insert. Nothing but the overlap is checked or kept."""
    with transaction.atomic():
        room = LiveRoom.objects.select_for_update().get(pk=work.room.pk)
        taken = Booking.objects.filter(
            room=room, blocked_from__lt=work.ends_at, blocked_until__gt=work.starts_at - SETUP
        )
        if not taken.exists():
            work.row().save()


def ours(work: Try) -> None:
    with suppress(Overlap):
        booking_create(
            actor=ACTOR, room=work.room, tenant=work.tenant, starts_at=work.starts_at, ends_at=work.ends_at
        )


def per_second(pool: ThreadPoolExecutor, way: Callable[[Any], None], work: list[Any]) -> float:
    started = time.perf_counter()
    list(pool.map(way, work))
    return len(work) / (time.perf_counter() - started)


def measure() -> dict[str, float]:
    rooms, tenant = place()
    best = {"limit": 0.0, "peer": 0.0, "ours": 0.0}
    connection.close()  # its place among the connections is one of the people's
    opened: list[BaseDatabaseWrapper] = []

    def come() -> None:
        mine = connections["default"]
        mine.inc_thread_sharing()
        mine.ensure_connection()
        opened.append(mine)

    with ThreadPoolExecutor(PEOPLE, initializer=come) as pool:
        for turn in range(ROUNDS):
            own = [tries(rooms, tenant, 3 * turn + way) for way in range(3)]
            rows = [statement(one.row()) for one in own[0]]
            best["limit"] = max(best["limit"], per_second(pool, bare, rows))
            best["peer"] = max(best["peer"], per_second(pool, usual, own[1]))
            best["ours"] = max(best["ours"], per_second(pool, ours, own[2]))
    for theirs in opened:
        theirs.close()
    return best


def overlaps() -> int:
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    for booking in Booking.objects.all():
        spans.setdefault(booking.room_id, []).append((booking.blocked_from, booking.blocked_until))
    return sum(one[1] > other[0] for held in spans.values() for one, other in pairwise(sorted(held)))


def main() -> None:
    best = measure()
    print(json.dumps({**best, "overlaps": overlaps(), "held": Booking.objects.count()}))


if __name__ == "__main__":
    main()
