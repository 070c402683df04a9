"""Many people at once: no room and no host is ever taken twice, and nobody sees an error other than a refusal."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connection, transaction

from core import locking
from core.actors import Actor
from core.clock import now, today
from core.errors import DomainError
from core.locking import lock_rows
from livestreams import services
from livestreams.choices import BOOKING_BLOCKING
from livestreams.frames import MOST_SOURCES, Frames
from livestreams.models import Booking, EncoderSample, LiveRoom, SlotQuota
from livestreams.services import frames, placing
from tenants.errors import TenantStays
from tenants.models import Tenant
from tenants.services import tenant_leave
from tests.factories import SYSTEM, World, make_room, make_world
from tests.livestreams import deciders
from tests.livestreams.crowds import crowd, doubled, unchecked
from tests.livestreams.deciders import BOOKED, DECIDERS, outcome
from tests.livestreams.lending import _three, ask, offer_host, offer_room
from tests.waits import someone_waits

TRIES = 250
EXPECTED = {"book", "move", "cancel", "nothing to do", "409 overlap", "409 wrong_state"}
At = Callable[..., datetime]


class Tries:
    """What one person does again and again: book, move, cancel, in three rooms with two hosts."""

    def __init__(self, world: World, day: datetime) -> None:
        self.rooms = [*world.rooms, make_room(world.park, "alpha-room-2")]
        self.day = day
        self.people: list[tuple[Actor, object, object]] = [
            (mine.owner, mine.tenant, mine.host) for mine in world.tenants
        ]

    def act(self, seed: int) -> str:
        chance = random.Random(seed)
        actor, tenant, host = chance.choice(self.people)
        starts_at = self.day + timedelta(minutes=15 * chance.randrange(96))
        span = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=15 * chance.randint(1, 8))}
        room = chance.choice(self.rooms)
        own = Booking.objects.filter(tenant=tenant, state__in=BOOKING_BLOCKING, starts_at__gte=self.day)
        try:
            what = chance.choice(("book", "book", "book", "move", "cancel"))
            if what == "book":
                guest = chance.choice((host, None))
                services.booking_create(actor=actor, room=room, tenant=tenant, host=guest, **span)
            elif (booking := own.order_by("?").first()) is None:
                return "nothing to do"
            elif what == "move":
                services.booking_move(actor=actor, booking=booking, room=room, **span)
            else:
                services.booking_cancel(actor=actor, booking=booking)
        except DomainError as refusal:
            return f"{refusal.status} {refusal.code}"
        return what


@pytest.mark.gate
@pytest.mark.both_databases
def test_no_room_and_no_host_is_taken_twice(
    transactional_db: None, at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = Tries(make_world("alpha"), at(0))
    with crowd(tmp_path, monkeypatch) as people:
        outcomes = Counter(people.map(tries.act, range(TRIES)))
        assert doubled(people) == 0
    print(connection.vendor, dict(outcomes))
    assert outcomes["book"] > 20
    assert outcomes["409 overlap"] > 20
    assert not set(outcomes) - EXPECTED, outcomes


@pytest.mark.gate
@pytest.mark.both_databases
def test_the_database_alone_holds_the_rule(
    transactional_db: None, at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same crowd past the checks of the service: the exclusion constraint and the triggers refuse."""
    tries = Tries(make_world("alpha"), at(0))
    unchecked(monkeypatch)
    with crowd(tmp_path, monkeypatch) as people:
        outcomes = Counter(people.map(tries.act, range(TRIES)))
        assert doubled(people) == 0
    print(connection.vendor, "without checks:", dict(outcomes))
    assert outcomes["409 overlap"] > 20
    assert not set(outcomes) - EXPECTED, outcomes


@pytest.mark.postgres
def test_a_room_locked_for_long_is_busy_and_not_an_error(transactional_db: None, at: At) -> None:
    """Nobody waits for ever behind a lock: after the retries the answer is 503."""
    world = make_world("alpha")
    tries = Tries(world, at(0))

    def impatient() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        try:
            mine = world.tenants[0]
            services.booking_create(
                actor=mine.owner, room=tries.rooms[2], tenant=mine.tenant, starts_at=at(9), ends_at=at(10)
            )
        except DomainError as refusal:
            return f"{refusal.status} {refusal.code}"
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock_rows(LiveRoom.objects.filter(pk=tries.rooms[2].pk))
        assert pool.submit(impatient).result() == "503 busy"


@pytest.mark.postgres
@pytest.mark.parametrize(
    "decider", ["another rate", "a repair", "a repair that takes longer", "an exit", "a move"]
)
def test_whoever_waited_for_a_room_sees_what_was_decided_meanwhile(
    transactional_db: None, at: At, decider: str
) -> None:
    """Also where what is stored was looked at before: the statement that stores it saw nothing of this."""
    room, firm = deciders.place()
    decide, follows = DECIDERS[decider]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            decide(room, firm, at(9))
            booking = pool.submit(told, room, firm, at(9))
            stands_in_line(booking)
        assert booking.result() == follows
    assert Booking.objects.filter(room=room).count() == (follows == BOOKED)


def told(room: LiveRoom, firm: Tenant, starts_at: datetime) -> str:
    try:
        return outcome(room, firm, starts_at)
    finally:
        connection.close()


def stands_in_line(waiting: Future[str]) -> None:
    """Go on once somebody waits for this connection."""
    while not waiting.done():
        if someone_waits():
            return
        time.sleep(0.01)
    raise AssertionError(f"nobody stood in line: {waiting.result()}")


def repair(room: LiveRoom, _firm: Tenant, at: datetime) -> None:
    services.maintenance_create(actor=SYSTEM, room=room, starts_at=at, ends_at=at + timedelta(hours=1))


def leave(_room: LiveRoom, firm: Tenant, _at: datetime) -> None:
    tenant_leave(actor=SYSTEM, tenant=firm, day=today())


@pytest.mark.postgres
@pytest.mark.parametrize(("decide", "refusal"), [(repair, "room_booked"), (leave, TenantStays.code)])
def test_who_decides_about_a_room_sees_the_booking_for_which_they_waited(
    transactional_db: None, at: At, decide: Callable[[LiveRoom, Tenant, datetime], None], refusal: str
) -> None:
    room, firm = deciders.place()

    def decided() -> str:
        try:
            decide(room, firm, at(9))
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()
        return "decided"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert outcome(room, firm, at(9)) == BOOKED
            waiting = pool.submit(decided)
            stands_in_line(waiting)
        assert waiting.result() == refusal


def test_on_sqlite_bookings_are_made_one_by_one(
    transactional_db: None, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not so on PostgreSQL, where threads wait for the server and not for each other."""
    monkeypatch.setattr(locking, "PATIENCE", 30)
    room, firm = deciders.place()
    facts_of, inside, most = placing.facts_of, 0, 0

    def slowly(*asked: Any) -> dict[str, Any]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.05)
        inside -= 1
        return facts_of(*asked)

    monkeypatch.setattr(placing, "facts_of", slowly)
    with ThreadPoolExecutor(4) as pool:
        found = {pool.submit(told, room, firm, at(hour)) for hour in (8, 10, 12, 14)}
        assert {each.result() for each in found} == {BOOKED}
    assert most == 1


@pytest.mark.postgres
@pytest.mark.parametrize("of", ["giver", "guest"])
def test_nothing_is_lent_past_the_exit_of_a_firm(transactional_db: None, at: At, of: str) -> None:
    """Its host is lent, or a room to it, where the exit does not lock the rooms: whoever comes later sees the other."""
    sides = _three()
    offer, room = (offer_host, sides.guest.room) if of == "giver" else (offer_room, None)
    request = ask(sides, offer(sides, at), at(9), at(11), room=room)

    def accept() -> str:
        try:
            services.exchange_request_accept(actor=sides.giver.manager, request=request)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "lent"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            tenant_leave(actor=SYSTEM, tenant=getattr(sides, of).tenant, day=today())
            lending = pool.submit(accept)
            wait([lending], 1)
        assert lending.result() == ("host" if of == "giver" else "tenant")
    assert not Booking.objects.exists()


@pytest.mark.postgres
def test_no_new_room_is_reserved_past_the_exit_of_a_firm(transactional_db: None) -> None:
    """There is no room yet that both could lock: whoever makes it waits for the firm."""
    sides = _three()
    firm = sides.guest.tenant

    def reserve() -> str:
        try:
            services.room_create(
                actor=SYSTEM, park=sides.guest.room.park, code="new", name_zh="新", dedicated_to=firm
            )
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "reserved"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            tenant_leave(actor=SYSTEM, tenant=firm, day=today())
            making = pool.submit(reserve)
            wait([making], 1)
        assert making.result() == "tenant"
    assert not LiveRoom.objects.filter(code="new").exists()


@pytest.mark.both_databases
def test_two_rooms_booked_at_once_are_no_more_than_the_quota(
    transactional_db: None, at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has stored its own before either counts: whoever counts later sees both."""
    world = make_world("alpha")
    mine = world.tenants[0]
    SlotQuota.objects.all().delete()
    SlotQuota.objects.create(park=world.park, day_hours=3)
    both_stored = Barrier(2)
    check_quotas = placing.check_quotas

    def together(*placed: Any) -> None:
        with suppress(BrokenBarrierError):  # SQLite has one writer: the other has stored nothing yet
            both_stored.wait(1)
        check_quotas(*placed)

    monkeypatch.setattr(placing, "check_quotas", together)

    def book(room: LiveRoom) -> str:
        span = {"starts_at": at(9), "ends_at": at(11)}
        try:
            services.booking_create(actor=mine.owner, room=room, tenant=mine.tenant, **span)
        except DomainError as refusal:
            return refusal.code
        return "booked"

    with crowd(tmp_path, monkeypatch, 2) as people:
        assert sorted(people.map(book, world.rooms[:2])) == ["booked", "quota"]


@pytest.mark.both_databases
def test_encoders_that_are_new_at_once_are_no_more_than_may_be(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a lock each is let in before the other is stored."""
    mine = make_world("alpha").tenants[0]
    both_let_in = Barrier(2)
    loss_of = frames.loss_of

    def together(heard: list[Frames]) -> Any:
        with suppress(BrokenBarrierError):  # the other waits for the lock
            both_let_in.wait(1)
        return loss_of(heard)

    def tell(source: str) -> str:
        counted = Frames(sent=1, dropped=0, encoded=1, skipped=0, rendered=1, missed=0)
        words = {"frames": counted, "sent_bytes": 1, "congestion": Decimal(0)}
        try:
            services.encoder_sample_record(actor=mine.owner, booking=mine.booking, source=source, **words)
        except DomainError as refusal:
            return refusal.code
        return "told"

    heard = EncoderSample.objects.filter(booking=mine.booking, at__gte=now())
    for number in range(MOST_SOURCES - 1 - heard.values("source").distinct().count()):
        assert tell(f"run-{number}") == "told"
    monkeypatch.setattr(frames, "loss_of", together)
    with crowd(tmp_path, monkeypatch, 2) as people:
        assert sorted(people.map(tell, ("one", "two"))) == ["sources", "told"]
