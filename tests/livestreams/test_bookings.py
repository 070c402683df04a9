"""Bookings through their services: what is refused and why, and what follows what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext

from core.actors import key_actor, system_actor
from core.clock import DAY, HOUR, local, now, today
from core.errors import DomainError, NotFound, Refused
from core.models import AuditEntry
from core.services import tool_key_create
from livestreams import services
from livestreams.choices import BookingState
from livestreams.errors import BadTime, Overlap, RoomUnavailable, WrongState
from livestreams.models import Booking, LiveRoom, Maintenance, SlotQuota
from livestreams.services import bookings, placing
from livestreams.services.place_facts import Wish
from livestreams.services.steps import entry_of
from tests.factories import SYSTEM, World, make_world
from tests.livestreams import deciders
from tests.livestreams.crowds import unchecked
from tests.livestreams.deciders import DECIDERS, outcome

pytestmark = pytest.mark.both_databases
At = Callable[..., datetime]


def book(
    world: World, starts_at: datetime, hours: float = 2, *, tenant: int = 0, room: int = 0, **more
) -> Booking:
    mine = world.tenants[tenant]
    return services.booking_create(
        actor=mine.owner,
        room=world.rooms[room],
        tenant=mine.tenant,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        **more,
    )


def test_a_booking_copies_the_set_up_and_is_priced_by_the_hour(world: World, at: At) -> None:
    booking = book(world, at(9), 1.5, purpose="live")
    booking.refresh_from_db()
    assert (booking.blocked_from, booking.blocked_until) == (at(9) - timedelta(minutes=15), at(10.5))
    assert booking.price == Decimal(150)
    assert booking.state == BookingState.CONFIRMED
    entry = AuditEntry.objects.get(verb="booking.create")
    assert entry.object_id == booking.pk
    assert entry.node_id == booking.tenant_id


def test_the_room_is_taken_by_anybody_and_neighbours_leave_time_for_the_set_up(world: World, at: At) -> None:
    book(world, at(9))
    for starts_at, hours in ((at(9), 2), (at(8), 2), (at(10), 0.5), (at(8), 5), (at(11), 1)):
        with pytest.raises(Overlap) as refusal:
            book(world, starts_at, hours, tenant=1)
        assert refusal.value.status == 409
        assert str(refusal.value) == gettext("The room is taken at that time.")
    assert book(world, at(11.25), tenant=1).pk
    assert Booking.objects.filter(tenant=world.tenants[1].tenant).count() == 2


def test_a_refusal_offers_times_and_rooms_that_can_really_be_had(world: World, at: At) -> None:
    book(world, at(9))
    with pytest.raises(Overlap) as refusal:
        book(world, at(10), tenant=1)
    offered = refusal.value.extra["alternatives"]
    assert {window["room"] for window in offered} == {"alpha-room-0", "alpha-room-1"}
    for window in offered:
        starts_at = datetime.fromisoformat(window["starts_at"])
        assert starts_at + 2 * HOUR == datetime.fromisoformat(window["ends_at"])
        booking = services.booking_create(
            actor=world.tenants[1].owner,
            room=LiveRoom.objects.get(code=window["room"]),
            tenant=world.tenants[1].tenant,
            starts_at=starts_at,
            ends_at=starts_at + 2 * HOUR,
        )
        services.booking_cancel(actor=world.manager, booking=booking)


def test_what_is_free_is_looked_for_when_it_is_shown(world: World, at: At) -> None:
    book(world, at(9))
    with pytest.raises(Overlap) as refusal:
        book(world, at(10), tenant=1)
    with CaptureQueriesContext(connection) as looked:
        assert refusal.value.extra["alternatives"]
    assert len(looked) == 5, "rooms, bookings and repairs, and the firm's quota and hours"
    with CaptureQueriesContext(connection) as again:
        assert refusal.value.extra["alternatives"]
    assert not again.captured_queries


def test_who_comes_too_late_does_not_stand_in_line(world: World, at: At) -> None:
    book(world, at(9))
    with CaptureQueriesContext(connection) as asked, pytest.raises(Overlap):
        book(world, at(10))
    assert asked.captured_queries
    assert not any("SAVEPOINT" in str(query["sql"]) for query in asked.captured_queries), "nothing was locked"


def test_what_was_free_at_first_sight_is_looked_at_again_under_the_lock(
    world: World, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = world.tenants[1].tenant
    seen = placing.look(Wish(world.rooms[0], late, None, at(10), at(12)))
    book(world, at(9))
    monkeypatch.setattr(bookings, "look", lambda *_wish, **_asked: seen)  # a moment ago it was free
    with pytest.raises(Overlap, match="直播间已被占用"):
        book(world, at(10), tenant=1)
    assert not Booking.objects.filter(tenant=late, starts_at=at(10)).exists()


@pytest.mark.django_db(transaction=True)
def test_a_booking_of_a_room_alone_takes_a_look_and_what_stores_it(at: At) -> None:
    """On PostgreSQL that is one statement, with no transaction to begin or to end."""
    room, firm = deciders.place()
    with CaptureQueriesContext(connection) as asked:
        booking = services.booking_create(
            actor=SYSTEM, room=room, tenant=firm, starts_at=at(9), ends_at=at(11), purpose="直播"
        )
    kinds = [str(query["sql"]).split()[0] for query in asked.captured_queries]
    on = {"postgresql": ["WITH"], "sqlite": ["BEGIN", "INSERT", "INSERT", "COMMIT"]}
    assert kinds == ["SELECT", *on[connection.vendor]]
    stored = Booking.objects.get(pk=booking.pk)
    names = [field.attname for field in Booking._meta.concrete_fields]
    assert [getattr(stored, name) for name in names] == [getattr(booking, name) for name in names]
    entry = AuditEntry.objects.get(object_type="livestreams.Booking", object_id=booking.pk)
    assert (entry.verb, entry.node_id, entry.actor) == ("booking.create", firm.pk, SYSTEM.label)
    assert entry.after is not None
    assert entry.after["starts_at"] == at(9).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("decider", DECIDERS)
def test_nothing_is_stored_at_once_after_something_was_decided_about_the_room(
    db: None, at: At, decider: str
) -> None:
    """Whoever has looked already looks again, under the lock."""
    room, firm = deciders.place()

    def wish(starts_at: datetime) -> Callable[[], bool]:
        booking = Booking(room=room, tenant=firm, starts_at=starts_at, ends_at=starts_at + HOUR)
        seen = placing.look(Wish(room, firm, None, starts_at, starts_at + HOUR))
        entry = partial(entry_of, SYSTEM, "booking.create", booking)
        return partial(placing.place_at_once, booking, seen, entry)

    one, other = wish(at(9)), wish(at(12))
    assert one()
    services.booking_cancel(actor=SYSTEM, booking=Booking.objects.get(room=room))
    decide, follows = DECIDERS[decider]
    decide(room, firm, at(12))
    before = (Booking.objects.count(), AuditEntry.objects.count())
    assert not other()
    assert (Booking.objects.count(), AuditEntry.objects.count()) == before
    assert outcome(room, firm, at(12)) == follows


def test_nobody_else_decides_about_bookings_of_a_room() -> None:
    """Who changes a room or its repairs past these services would not be seen by a booking that has looked already."""
    writers = re.compile(
        r"Maintenance\.objects\b[^\n]*\.(create|bulk_create|update|delete)\(|LiveRoom\.objects\b[^\n]*\.(update|bulk_update)\("
        r"|\bMaintenance\((?!\w)|[^\w](livestreams_liveroom|livestreams_maintenance)\s+SET\b"
    )
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for app in ("analytics", "core", "livestreams", "parks", "supplychain", "tenants")
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if "migrations" not in path.parts and writers.search(path.read_text("utf-8"))
    }
    assert found == {"livestreams/services/locks.py", "livestreams/services/maintenance.py"}


def test_another_booking_in_the_way_is_told_by_the_look_under_the_lock(world: World, at: At) -> None:
    """Also one that the database alone knows of: the first look was a moment before it."""
    room, firm = world.rooms[0], world.tenants[0].tenant
    booking = Booking(room=room, tenant=firm, starts_at=at(10), ends_at=at(12))
    seen = placing.look(Wish(room, firm, None, at(10), at(12)))
    book(world, at(9), tenant=1)
    before = (Booking.objects.count(), AuditEntry.objects.count())
    assert not placing.place_at_once(booking, seen, lambda: entry_of(SYSTEM, "booking.create", booking))
    assert (Booking.objects.count(), AuditEntry.objects.count()) == before


def test_a_host_is_in_one_room_at_a_time(world: World, at: At) -> None:
    host = world.tenants[0].host
    book(world, at(9), host=host)
    with pytest.raises(Overlap) as refusal:
        book(world, at(10), room=1, host=host)
    assert "host" in str(refusal.value) or "主播" in str(refusal.value)
    for window in refusal.value.extra["alternatives"]:
        assert not at(9) < datetime.fromisoformat(window["ends_at"]) < at(13)
    assert book(world, at(11), room=1, host=host).host == host


def test_a_rule_of_the_database_reads_like_the_check(
    world: World, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(world, at(9))
    unchecked(monkeypatch)
    with pytest.raises(Overlap) as refusal:
        book(world, at(10), tenant=1)
    assert refusal.value.code == "overlap"
    assert Booking.objects.filter(starts_at=at(10)).count() == 0


@pytest.mark.parametrize(
    ("shift", "hours", "code"),
    [
        (-3 * DAY, 2, "past"),
        (DAY, 0, "order"),
        (DAY, -1, "order"),
        (DAY, 24 * 8, "time"),
        (500 * DAY, 2, "time"),
    ],
)
def test_impossible_times_are_refused(world: World, shift: timedelta, hours: float, code: str) -> None:
    with pytest.raises(BadTime) as refusal:
        book(world, now() + shift, hours)
    assert (refusal.value.status, refusal.value.code) == (400, code)


@pytest.mark.parametrize(
    ("begins", "length", "code", "field"),
    [
        ({}, timedelta(microseconds=1), "too_short", "ends_at"),
        ({}, timedelta(minutes=14, seconds=59), "too_short", "ends_at"),
        ({"microseconds": 1}, HOUR, "whole_minutes", "starts_at"),
        ({"seconds": 30}, HOUR, "whole_minutes", "starts_at"),
        ({}, HOUR + timedelta(seconds=1), "whole_minutes", "ends_at"),
    ],
)
def test_bookings_are_whole_minutes_and_no_moments(
    world: World, at: At, begins: dict[str, int], length: timedelta, code: str, field: str
) -> None:
    starts_at = at(9) + timedelta(**begins)
    kept = book(world, at(15), 0.25)  # a quarter of an hour is enough
    for attempt in (
        lambda: book(world, starts_at, length / HOUR),
        lambda: services.booking_move(
            actor=world.tenants[0].owner, booking=kept, starts_at=starts_at, ends_at=starts_at + length
        ),
    ):
        with pytest.raises(BadTime) as refusal:
            attempt()
        assert (refusal.value.code, refusal.value.field) == (code, field)
    kept.refresh_from_db()
    assert kept.starts_at == at(15)


def test_opening_hours_maintenance_and_other_peoples_rooms(world: World, at: At) -> None:
    room = world.rooms[0]
    services.room_update(actor=world.manager, room=room, opens_at=time(9), closes_at=time(2))
    with pytest.raises(RoomUnavailable, match="09:00") as closed:
        book(world, at(3))
    assert closed.value.code == "closed"
    assert book(world, at(23)).pk  # open beyond midnight
    services.maintenance_create(actor=world.manager, room=room, starts_at=at(12), ends_at=at(13))
    with pytest.raises(RoomUnavailable) as repairs:
        book(world, at(13))  # its set-up lies in the repair
    assert repairs.value.code == "maintenance"
    services.room_update(actor=world.manager, room=room, dedicated_to=world.tenants[1].tenant)
    with pytest.raises(RoomUnavailable) as dedicated:
        book(world, at(15))
    assert dedicated.value.code == "dedicated"
    assert book(world, at(15), tenant=1).pk
    assert not Maintenance.objects.filter(reason="").exclude(room=room).exists()


def test_a_room_is_not_given_up_under_a_booking(world: World, at: At) -> None:
    book(world, at(9))
    with pytest.raises(RoomUnavailable) as refusal:
        services.room_update(actor=world.manager, room=world.rooms[0], closed_on=today())
    assert refusal.value.code == "room_booked"
    services.room_update(actor=world.manager, room=world.rooms[0], closed_on=today() + 3 * DAY)
    with pytest.raises(RoomUnavailable, match=str(today() + 3 * DAY)):
        book(world, at(9, day=4))


def test_a_room_does_not_open_after_it_is_booked(world: World, at: At) -> None:
    room = services.room_create(actor=world.manager, park=world.park, code="new", name_zh="新间")
    mine = world.tenants[0]
    services.booking_create(actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(9), ends_at=at(11))
    with pytest.raises(RoomUnavailable) as refusal:
        services.room_update(actor=world.manager, room=room, opened_on=today() + 30 * DAY)
    assert (refusal.value.code, refusal.value.field) == ("room_booked", "opened_on")
    assert f"{local(at(9)):%Y-%m-%d} 09:00" in str(refusal.value.detail)
    services.room_update(actor=world.manager, room=room, opened_on=today() + 2 * DAY)
    # What opens earlier, or as before, is in nobody's way.
    services.room_update(actor=world.manager, room=room, name_zh="新名", opened_on=today())


def test_a_room_that_was_just_made_is_booked_as_any_other(world: World, at: At) -> None:
    SlotQuota.objects.all().delete()  # of firms under one nothing is stored at once
    room = services.room_create(actor=world.manager, park=world.park, code="new", name_zh="新间")
    times = {"starts_at": at(9), "ends_at": at(11)}
    booking = services.booking_create(actor=SYSTEM, room=room, tenant=world.tenants[0].tenant, **times)
    assert Booking.objects.get(pk=booking.pk).price == 0


def test_who_may_book_for_whom(world: World, at: At) -> None:
    other = make_world("beta")
    with pytest.raises(Refused):
        services.booking_create(
            actor=world.tenants[0].owner,
            room=world.rooms[0],
            tenant=world.tenants[1].tenant,
            starts_at=at(9),
            ends_at=at(10),
        )
    with pytest.raises(DomainError) as refusal:
        services.booking_create(
            actor=system_actor("test"),
            room=other.rooms[0],
            tenant=world.tenants[0].tenant,
            starts_at=at(9),
            ends_at=at(10),
        )
    assert refusal.value.code == "other_park"
    with pytest.raises(DomainError) as refusal:
        book(world, at(9), host=other.tenants[0].host)
    assert refusal.value.code == "host"
    with pytest.raises(NotFound):
        services.booking_cancel(actor=other.manager, booking=world.tenants[0].booking)
    with pytest.raises(NotFound):
        services.booking_cancel(actor=world.tenants[1].owner, booking=world.tenants[0].booking)


def test_a_key_may_be_limited_to_rooms(world: World, at: At) -> None:
    key, _secret = tool_key_create(
        actor=world.manager,
        node=world.park.node,
        name="one room",
        scopes=["bookings:write"],
        rooms=["alpha-room-1"],
    )
    wanted = {"tenant": world.tenants[0].tenant, "starts_at": at(9), "ends_at": at(10)}
    assert services.booking_create(actor=key_actor(key), room=world.rooms[1], **wanted).pk
    for taken in (False, True):  # and learns nothing of what is booked there
        if taken:
            book(world, at(9), room=0)
        with pytest.raises(Refused) as refusal:
            services.booking_create(actor=key_actor(key), room=world.rooms[0], **wanted)
        assert refusal.value.code == "key_room"


def test_a_hold_is_confirmed_in_time_or_lost(world: World, at: At) -> None:
    held = book(world, at(9), hold=True)
    assert held.state == BookingState.HELD
    with pytest.raises(Overlap):
        book(world, at(9), tenant=1)
    assert services.booking_confirm(actor=world.tenants[0].owner, booking=held).hold_expires_at is None
    lost = book(world, at(14), hold=True)
    with time_machine.travel(now() + timedelta(minutes=31)):
        with pytest.raises(WrongState) as refusal:
            services.booking_confirm(actor=world.tenants[0].owner, booking=lost)
        assert refusal.value.code == "hold_expired"
        assert book(world, at(14), tenant=1).pk  # without waiting for the task
    lost.refresh_from_db()
    assert lost.state == BookingState.CANCELLED


def test_moving_keeps_the_rules_and_prices_anew(world: World, at: At) -> None:
    booking = book(world, at(9))
    book(world, at(14), tenant=1)
    owner = world.tenants[0].owner
    with pytest.raises(Overlap):
        services.booking_move(actor=owner, booking=booking, starts_at=at(13), ends_at=at(15))
    moved = services.booking_move(actor=owner, booking=booking, starts_at=at(10), ends_at=at(13))
    assert moved.price == Decimal(300)
    moved = services.booking_move(actor=owner, booking=moved, room=world.rooms[1], host=world.tenants[0].host)
    moved.refresh_from_db()
    assert (moved.room, moved.starts_at, moved.host) == (world.rooms[1], at(10), world.tenants[0].host)
    assert AuditEntry.objects.filter(verb="booking.move").count() == 2


def test_check_in_opens_shortly_before_the_start(world: World, at: At) -> None:
    booking, owner = book(world, at(9), host=world.tenants[0].host), world.tenants[0].owner
    with pytest.raises(BadTime) as early:
        services.booking_check_in(actor=owner, booking=booking)
    assert early.value.code == "checkin_time"
    with time_machine.travel(at(8.75)):
        from core.actors import user_actor

        host = user_actor(world.tenants[0].users["host"])
        assert services.booking_check_in(actor=host, booking=booking).state == BookingState.CHECKED_IN
        with pytest.raises(NotFound):  # a host may come, not cancel
            services.booking_cancel(actor=host, booking=booking)
        with pytest.raises(WrongState):
            services.booking_cancel(actor=owner, booking=booking)
        with pytest.raises(WrongState):
            services.booking_move(actor=owner, booking=booking, starts_at=at(12), ends_at=at(13))


def test_what_nobody_claims_is_released(world: World, at: At) -> None:
    held, missed, used = book(world, at(9), hold=True), book(world, at(12)), book(world, at(15))
    with time_machine.travel(at(15)):
        services.booking_check_in(actor=world.tenants[0].owner, booking=used)
        assert services.release_expired() == 4  # with the two of the day before
    with time_machine.travel(at(17)):
        assert services.release_expired() == 1
        assert services.release_expired() == 0
    states = dict(Booking.objects.filter(pk__in=[held.pk, missed.pk, used.pk]).values_list("pk", "state"))
    assert states == {
        held.pk: BookingState.CANCELLED,
        missed.pk: BookingState.NO_SHOW,
        used.pk: BookingState.COMPLETED,
    }
    with time_machine.travel(at(12.4)):
        assert book(world, at(12.4), 0.5, tenant=1).pk  # the no-show's hour is free again


def test_years_of_bookings_are_passed_over(world: World, at: At) -> None:
    """What stands in the way ends after the new one begins: the database looks at nothing that is over."""
    mine, room, start = world.tenants[0], world.rooms[0], at(9)
    spans = [(start - number * HOUR, start - (number - 1) * HOUR) for number in range(500, 2_500)]
    times = [{"starts_at": a, "ends_at": b, "blocked_from": a, "blocked_until": b} for a, b in spans]
    Booking.objects.bulk_create(
        Booking(room=room, tenant=mine.tenant, host=mine.host, **span) for span in times
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE livestreams_booking")
    in_room = Booking.objects.taking_room(start, start + HOUR).filter(room=room)
    with_host = Booking.objects.taking_host(start, start + HOUR).filter(host=mine.host)
    for asked, end in ((in_room, "blocked_until"), (with_host, "ends_at")):
        # As the one database and the other say that an index is entered at the end of what is asked for.
        assert re.search(rf"{end}>\?|Index Cond: .*{end} > ", asked.order_by().explain())
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = %s", [Booking._meta.db_table])
            rules = [sql for (sql,) in cursor.fetchall() if sql and "o.rowid <>" in sql]
        assert len(rules) == 4
        assert not any("COALESCE(o." in sql for sql in rules), "no index is entered by what a function says"
