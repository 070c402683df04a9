"""How a picture reaches its platform: chosen by the tenant, its key read by nobody, its session opened by check-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from django.db import connection
from django.test import override_settings

from core.actors import user_actor
from core.clock import HOUR
from core.errors import InvalidInput, NotFound, Refused
from core.models import AuditEntry
from livestreams import services
from livestreams.choices import BookingState, Delivery, SessionState
from livestreams.errors import RoomUnavailable, WrongState
from livestreams.models import AudienceSample, Booking, Broadcast, LiveSession
from livestreams.services import slot_sessions
from tests.factories import World, make_room, make_world
from tests.livestreams.encoders import book, encoder

pytestmark = pytest.mark.both_databases

SERVER, KEY = "rtmp://push.platform.example/third", "stream-11?expire=99&sign=abc%2F=1"


def choose(world: World, booking: Booking, route: str = Delivery.NODE, actor=None, **more) -> Broadcast:
    more = {"platform": "douyin", **more}
    return services.broadcast_choose(
        actor=actor or world.tenants[0].owner, booking=booking, route=route, **more
    )


def target(world: World, room: str):
    return services.broadcast_target(node=world.media_node, name=room)


# --- the platform's key -------------------------------------------------------------------------------------


def test_the_key_of_a_platform_is_given_to_the_node_alone_while_the_stream_runs(
    world: World, booking: Booking
) -> None:
    row, room = choose(world, booking, server=SERVER, key=KEY), booking.room.code
    assert target(world, room) is None  # not on air yet
    sender = encoder(world, booking)
    with time_machine.travel(booking.starts_at):
        assert sender.publish().status_code == 302
        given = target(world, room)
        assert (given.server, given.key) == (SERVER, KEY)
        assert KEY not in repr(given)
        assert target(world, "alpha-room-1") is None
        stranger = make_world("beta").media_node
        assert services.broadcast_target(node=stranger, name=room) is None
        sender.done()
        assert target(world, room) is None
    row.refresh_from_db()
    assert row.hand_overs == 1


def test_the_key_stands_nowhere_in_the_database(world: World, booking: Booking) -> None:
    choose(world, booking, server=SERVER, key=KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM livestreams_broadcast")
        rows = str(cursor.fetchall())
    assert SERVER in rows
    assert "stream-11" not in rows
    entry = AuditEntry.objects.filter(verb="broadcast.choose").latest("pk")
    assert (entry.after["sealed_key"], entry.after["new_key"]) == ("…", True)
    sealed = Broadcast.objects.get(booking=booking).sealed_key
    assert sealed not in str(AuditEntry.objects.values_list("before", "after"))


def test_a_sealed_key_is_good_for_its_own_booking_only(world: World, booking: Booking) -> None:
    mine = choose(world, booking, server=SERVER, key=KEY)
    other = choose(world, world.tenants[0].booking, server=SERVER, key="other")
    Broadcast.objects.filter(pk=mine.pk).update(sealed_key=other.sealed_key)
    sender = encoder(world, booking)
    with time_machine.travel(booking.starts_at):
        sender.publish()
        assert target(world, booking.room.code) is None
        Broadcast.objects.filter(pk=mine.pk).update(sealed_key=mine.sealed_key)
        assert target(world, booking.room.code).key == KEY
        with override_settings(SECRET_KEY="another" * 10):
            assert target(world, booking.room.code) is None


def test_without_a_key_the_one_before_stays_for_the_same_server_only(world: World, booking: Booking) -> None:
    first = choose(world, booking, server=SERVER, key=KEY)
    kept = choose(world, booking, server=SERVER, platform="taobao")
    assert (kept.pk, kept.sealed_key, kept.platform) == (first.pk, first.sealed_key, "taobao")
    with pytest.raises(InvalidInput) as refusal:
        choose(world, booking, server="rtmp://other.example/x")
    assert refusal.value.field == "key"
    assert choose(world, booking, server="").sealed_key == ""
    choose(world, booking, server=SERVER, key=KEY)
    assert choose(world, booking, route=Delivery.PHONE).sealed_key == ""


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"route": "pigeon"}, "route"),
        ({"platform": "nowhere"}, "platform"),
        ({"server": SERVER}, "key"),
        ({"key": KEY}, "server"),
        ({"server": SERVER, "key": "two words"}, "key"),
        ({"server": SERVER, "key": "line\nacodec=x"}, "key"),
        ({"server": SERVER, "key": "x" * 801}, "key"),
        ({"server": "http://a.example/x", "key": KEY}, "server"),
        ({"server": "rtmp://user:word@a.example/x", "key": KEY}, "server"),
        ({"server": "rtmp://a.example/x?y=1", "key": KEY}, "server"),
        ({"server": "rtmp://a.example", "key": KEY}, "server"),
        ({"server": "rtmp://[x/live", "key": KEY}, "server"),
        ({"server": "rtmp://a℀b/live", "key": KEY}, "server"),
        ({"server": "rtmp://a.example:0/live", "key": KEY}, "server"),
        ({"server": "rtmp://a.example:65536/live", "key": KEY}, "server"),
        ({"server": "/", "key": KEY}, "server"),
        ({"server": "rtmp://127.0.0.1:1935/show", "key": "alpha-room-1"}, "server"),
        ({"server": "rtmp://10.0.0.4/live", "key": KEY}, "server"),
        ({"server": "rtmp://localhost/show", "key": KEY}, "server"),
        ({"server": "rtmp://node.internal/show", "key": KEY}, "server"),
        ({"route": Delivery.PHONE, "server": SERVER, "key": KEY}, "server"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_its_field(
    world: World, booking: Booking, values: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        choose(world, booking, **{"route": Delivery.NODE, **values})
    assert refusal.value.field == field
    assert not Broadcast.objects.filter(booking=booking).exists()


def test_a_slash_behind_the_server_is_none_of_its_address(world: World, booking: Booking) -> None:
    assert choose(world, booking, server=f"{SERVER}/", key=KEY).server == SERVER
    assert choose(world, booking, server=f"{SERVER}/", platform="taobao").has_key


def test_the_route_stays_while_the_session_is_open(world: World, booking: Booking) -> None:
    choose(world, booking, route=Delivery.PHONE)
    with time_machine.travel(booking.starts_at):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking)
        for route in (Delivery.DIRECT, Delivery.NODE):
            with pytest.raises(WrongState):
                choose(world, booking, route=route)
        assert choose(world, booking, route=Delivery.PHONE, platform="taobao").platform == "taobao"
    with time_machine.travel(booking.ends_at + HOUR / 60):
        assert services.follow_slots() == 1
        assert booking.sessions.get().state == SessionState.ENDED


def test_a_route_that_changes_while_check_in_reads_it_opens_nothing(
    world: World, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(world, booking, route=Delivery.PHONE)
    real = slot_sessions.session_open

    def overtaken(**given) -> LiveSession:
        choose(world, booking, route=Delivery.NODE)
        return real(**given)

    monkeypatch.setattr(slot_sessions, "session_open", overtaken)
    with time_machine.travel(booking.starts_at):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking)
    assert not booking.sessions.exists()


def test_server_and_key_may_change_on_air(world: World, booking: Booking) -> None:
    choose(world, booking, server=SERVER, key=KEY)
    sender = encoder(world, booking)
    with time_machine.travel(booking.starts_at):
        assert sender.publish().status_code == 302
        choose(world, booking, server="rtmp://other.example/live", key="other")
        given = target(world, booking.room.code)
        assert (given.server, given.key) == ("rtmp://other.example/live", "other")
        with pytest.raises(WrongState):
            choose(world, booking, route=Delivery.DIRECT)


def test_a_picture_is_of_the_platform_that_was_chosen(world: World, booking: Booking) -> None:
    sender = encoder(world, booking)  # its key is from before the choice
    choose(world, booking, platform="taobao")
    with time_machine.travel(booking.starts_at):
        assert sender.publish().status_code == 302
        assert booking.sessions.get().platform == "taobao"


def test_a_key_is_for_the_platform_that_was_chosen(world: World, booking: Booking) -> None:
    owner = world.tenants[0].owner
    first = services.stream_key_renew(actor=owner, booking=booking, platform="kuaishou")
    assert services.stream_key_renew(actor=owner, booking=booking, spare=True).platform == first.platform
    choose(world, booking, platform="taobao")
    for spare in (False, True):
        assert services.stream_key_renew(actor=owner, booking=booking, spare=spare).platform == "taobao"


def test_who_may_choose(world: World, booking: Booking) -> None:
    stranger = make_world("beta")
    host = user_actor(world.tenants[0].users["host"])
    for actor in (world.manager, world.tenants[1].owner, stranger.tenants[0].owner, host):
        with pytest.raises((Refused, NotFound)):
            choose(world, booking, actor=actor)
    assert choose(world, booking, actor=world.tenants[0].tool).platform == "douyin"
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.CANCELLED)
    with pytest.raises(WrongState):
        choose(world, booking)


# --- sessions without a node --------------------------------------------------------------------------------


@pytest.mark.parametrize("route", [Delivery.DIRECT, Delivery.PHONE])
def test_check_in_opens_the_session_and_the_slot_ends_it(world: World, booking: Booking, route: str) -> None:
    choose(world, booking, route=route)
    with time_machine.travel(booking.starts_at + HOUR / 12):
        host = user_actor(world.tenants[0].users["host"])
        assert services.booking_check_in(actor=host, booking=booking).state == BookingState.CHECKED_IN
        session = booking.sessions.get()
        assert (session.state, session.delivery, session.platform) == (SessionState.LIVE, route, "douyin")
        booking.refresh_from_db()
        assert session.started_at == booking.checked_in_at
        assert services.follow_slots() == 0
    with time_machine.travel(booking.ends_at + HOUR / 60):
        assert services.follow_slots() == 1
        session.refresh_from_db()
        booking.refresh_from_db()
        assert (session.state, session.ended_at) == (SessionState.ENDED, booking.ends_at)
        assert booking.state == BookingState.COMPLETED
        assert services.follow_slots() == 0


def test_a_session_that_cannot_end_keeps_no_other_from_it(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    other = book(world, at(9), at(11), number=1, room=1)
    for mine, each in ((world.tenants[0], booking), (world.tenants[1], other)):
        choose(world, each, route=Delivery.PHONE, actor=mine.owner)
        with time_machine.travel(each.starts_at):
            services.booking_check_in(actor=mine.owner, booking=each)
    LiveSession.objects.filter(booking=booking).update(started_at=at(20))  # it begins after the slot
    with time_machine.travel(at(12)):
        assert services.follow_slots() == 1
    assert other.sessions.get().state == SessionState.ENDED


def test_whoever_checks_in_early_is_on_air_when_the_slot_begins(world: World, booking: Booking) -> None:
    choose(world, booking, route=Delivery.PHONE)
    with time_machine.travel(booking.starts_at - HOUR / 12):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking)
        assert services.follow_slots() == 0
        assert not booking.sessions.exists()
    with time_machine.travel(booking.starts_at + HOUR / 120):
        assert services.follow_slots() == 1
        assert booking.sessions.get().started_at == booking.starts_at


def test_a_session_that_was_ended_by_hand_does_not_come_back(world: World, booking: Booking) -> None:
    choose(world, booking, route=Delivery.PHONE)
    with time_machine.travel(booking.starts_at + HOUR):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking)
        services.session_end(actor=world.tenants[0].owner, session=booking.sessions.get())
        assert services.follow_slots() == 0
        assert booking.sessions.count() == 1


def test_a_check_in_told_after_the_slot_gives_a_session_that_has_ended(
    world: World, booking: Booking
) -> None:
    choose(world, booking, route=Delivery.PHONE)
    seen = booking.starts_at + HOUR / 6
    with time_machine.travel(booking.ends_at + HOUR):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking, at=seen)
        session = booking.sessions.get()
        assert (session.state, session.started_at, session.ended_at) == (
            SessionState.ENDED,
            seen,
            booking.ends_at,
        )


def test_a_room_whose_encoder_is_still_on_air_stops_no_check_in(world: World, booking: Booking) -> None:
    before = book(world, booking.starts_at - 2 * HOUR, booking.starts_at - HOUR / 2, number=1)
    with time_machine.travel(before.starts_at):
        late = encoder(world, before)
        assert late.publish().status_code == 302
    choose(world, booking, route=Delivery.PHONE)
    with time_machine.travel(booking.starts_at):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking)
        booking.refresh_from_db()
        assert booking.state == BookingState.CHECKED_IN
        assert not booking.sessions.exists()
        late.update()
        assert services.follow_slots() == 1
        assert booking.sessions.get().state == SessionState.LIVE


@pytest.mark.parametrize("booked", [True, False])
def test_what_was_forgotten_in_a_room_ends_with_the_check_in_of_the_next_booking(
    world: World, booking: Booking, booked: bool
) -> None:
    other = world.tenants[1]
    begun = booking.starts_at - HOUR
    before = book(world, begun, booking.starts_at - HOUR / 2, number=1) if booked else None
    choose(world, booking, route=Delivery.PHONE)
    with time_machine.travel(begun):
        forgotten = services.session_open(
            actor=other.owner, tenant=other.tenant, room=booking.room, booking=before, platform="douyin"
        )
    with time_machine.travel(booking.starts_at + HOUR / 6):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking)
        assert booking.sessions.get().state == SessionState.LIVE
    forgotten.refresh_from_db()
    over = before.ends_at if before else booking.starts_at
    assert (forgotten.state, forgotten.ended_at) == (SessionState.ENDED, over)


def test_what_was_opened_by_hand_and_forgotten_ends_half_a_day_after_its_slot(
    world: World, booking: Booking
) -> None:
    mine = world.tenants[0]
    with time_machine.travel(booking.starts_at):
        session = services.session_open(
            actor=mine.owner, tenant=mine.tenant, booking=booking, platform="douyin"
        )
    for hours in (11, 12, 13):
        with time_machine.travel(booking.ends_at + hours * HOUR):
            services.turn_slots()
        session.refresh_from_db()
        assert (session.state == SessionState.ENDED) == (hours >= 12), hours
    booking.refresh_from_db()
    assert (session.ended_at, booking.state) == (booking.ends_at, BookingState.COMPLETED)


def test_what_is_seen_on_air_long_after_its_slot_has_not_been_forgotten(
    world: World, booking: Booking
) -> None:
    mine, last = world.tenants[0], booking.ends_at + 3 * HOUR
    with time_machine.travel(booking.starts_at):
        session = services.session_open(
            actor=mine.owner, tenant=mine.tenant, booking=booking, platform="douyin"
        )
    AudienceSample.objects.create(session=session, source="obs", at=last, concurrent=80)
    for hours in (11, 13, 14, 16):
        with time_machine.travel(booking.ends_at + hours * HOUR):
            services.turn_slots()
        session.refresh_from_db()
        assert (session.state == SessionState.ENDED) == (hours >= 16), hours
    assert session.ended_at == last


def test_who_came_into_a_room_that_nobody_used_is_not_ended_by_its_no_show(
    world: World, booking: Booking
) -> None:
    other = world.tenants[1]
    choose(world, booking, route=Delivery.PHONE)
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.NO_SHOW)
    with time_machine.travel(booking.starts_at + HOUR / 2):
        came = services.session_open(
            actor=other.owner, tenant=other.tenant, room=booking.room, platform="douyin"
        )
    with time_machine.travel(booking.starts_at + 2 * HOUR / 3):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking)
        assert encoder(world, booking).publish().status_code == 403
        with pytest.raises(RoomUnavailable) as refused:
            services.session_open(
                actor=world.manager, tenant=booking.tenant, booking=booking, platform="douyin"
            )
    assert refused.value.code == "on_air"
    came.refresh_from_db()
    assert came.state == SessionState.LIVE
    assert not booking.sessions.exists()


def test_other_bookings_open_nothing_by_check_in(world: World, at: Callable[..., datetime]) -> None:
    through_node = book(world, at(9), at(11))
    unsaid = book(world, at(9), at(11), number=1, room=1)
    choose(world, through_node)
    with time_machine.travel(at(9)):
        for booking, mine in ((through_node, world.tenants[0]), (unsaid, world.tenants[1])):
            services.booking_check_in(actor=mine.owner, booking=booking)
        assert services.follow_slots() == 0
        # what a tool opened for another way ends when the tool says so
        by_hand = services.session_open(
            actor=world.tenants[1].owner, tenant=world.tenants[1].tenant, booking=unsaid, platform="douyin"
        )
    with time_machine.travel(at(12)):
        assert services.follow_slots() == 0
    assert LiveSession.objects.get(pk=by_hand.pk).state == SessionState.LIVE


def test_an_encoder_that_comes_through_the_node_after_all_is_the_better_witness(
    world: World, booking: Booking
) -> None:
    Booking.objects.filter(pk=booking.pk).update(host=None)
    booking.refresh_from_db()
    choose(world, booking, route=Delivery.DIRECT)
    sender = encoder(world, booking)
    with time_machine.travel(booking.starts_at):
        services.booking_check_in(actor=world.tenants[0].owner, booking=booking)
        assert sender.publish().status_code == 302
        assert booking.sessions.get().delivery == Delivery.NODE
        sender.done()
    with time_machine.travel(booking.starts_at + HOUR / 4):
        services.watch_streams()
        assert booking.sessions.get().state == SessionState.ENDED
        assert services.follow_slots() == 0  # the check-in has had its session


def test_a_node_of_another_program_hands_nothing_on(world: World, at: Callable[..., datetime]) -> None:
    room = make_room(world.park, "alpha-srs")
    type(world.media_node).objects.filter(pk=world.media_node.pk).update(kind="srs")
    booking = services.booking_create(
        actor=world.tenants[0].owner,
        room=room,
        tenant=world.tenants[0].tenant,
        starts_at=at(9),
        ends_at=at(10),
    )
    with pytest.raises(InvalidInput) as refusal:
        choose(world, booking, server=SERVER, key=KEY)
    assert refusal.value.code == "not_handed_on"
