"""Sixteen people who book half hours in fifty rooms. Run by `_sites.measured`: prints tries per second of each way.

Two days: one on which most find what they want, and one on which everybody wants the evening and most come too late.
Every way gets a week of its own and the same tries in it. The ways take turns; of each the best round counts.
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
from itertools import count, pairwise, product
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
PEOPLE, ROOMS, ROUNDS = 16, 50, 3
SETUP = timedelta(minutes=15)
# Of a day: how many tries, and the quarters of an hour at which they begin.
DAYS = {"quiet": (800, range(96)), "rush": (4_800, range(76, 84))}


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


def tries(rooms: list[LiveRoom], tenant: Tenant, day: str, week: int) -> list[Try]:
    many, quarters = DAYS[day]
    chance = random.Random(1)
    first = day_start(today() + (7 * week + 1) * DAY)
    found = []
    for _number in range(many):
        starts_at = first + timedelta(minutes=15 * chance.choice(quarters))
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


WAYS: dict[str, Callable[[Any], None]] = {"limit": bare, "peer": usual, "ours": ours}


def per_second(pool: ThreadPoolExecutor, way: Callable[[Any], None], work: list[Any]) -> float:
    started = time.perf_counter()
    list(pool.map(way, work))
    return len(work) / (time.perf_counter() - started)


def measure() -> dict[str, dict[str, float]]:
    rooms, tenant = place()
    best = {day: dict.fromkeys(WAYS, 0.0) for day in DAYS}
    connection.close()  # its place among the connections is one of the people's
    opened: list[BaseDatabaseWrapper] = []

    def come() -> None:
        mine = connections["default"]
        mine.inc_thread_sharing()
        mine.ensure_connection()
        opened.append(mine)

    with ThreadPoolExecutor(PEOPLE, initializer=come) as pool:
        weeks = count()
        for _turn, day, way in product(range(ROUNDS), DAYS, WAYS):
            work: list[Any] = tries(rooms, tenant, day, next(weeks))
            if way == "limit":
                work = [statement(one.row()) for one in work]
            best[day][way] = max(best[day][way], per_second(pool, WAYS[way], work))
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
    print(json.dumps({"days": best, "overlaps": overlaps(), "held": Booking.objects.count()}))


if __name__ == "__main__":
    main()
