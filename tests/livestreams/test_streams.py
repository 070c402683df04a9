"""Encoders on air: who gets in, which session it is, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection

from core.clock import HOUR
from core.errors import NotFound
from core.models import ScopeNode
from livestreams import services
from livestreams.choices import BookingState, Delivery, PublishEnd, SessionState
from livestreams.choices import PublishReason as R
from livestreams.errors import WrongState
from livestreams.models import Booking, LiveSession, Publish, PublishDecision
from tests.factories import SYSTEM, World, make_world
from tests.livestreams.crowds import crowd
from tests.livestreams.encoders import Encoder, book, encoder, last_reason

pytestmark = pytest.mark.both_databases
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


# --- one slot, from the first picture to the last ----------------------------------------------------


def test_the_picture_opens_the_session_and_the_end_of_the_slot_closes_it(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    obs = encoder(world, booking)
    with time_machine.travel(at(9) - 10 * MINUTE, tick=False) as clock:
        answer = obs.publish()
        assert (answer.status_code, answer["Location"]) == (302, world.rooms[0].code)
        session = LiveSession.objects.get(booking=booking)
        assert (session.state, session.started_at) == (SessionState.LIVE, at(9) - 10 * MINUTE)
        assert (session.platform, session.delivery, session.host) == (
            "douyin",
            Delivery.NODE,
            world.tenants[0].host,
        )
        booking.refresh_from_db()
        assert booking.state == BookingState.CHECKED_IN
        clock.move_to(at(11) + 5 * MINUTE - SECOND)
        assert obs.update(behind=4_200) == 204
        assert Publish.objects.get(booking=booking).quality == "weak"
        clock.move_to(at(11) + 5 * MINUTE)
        assert obs.update() == 403
        assert obs.done() == 204
    session.refresh_from_db()
    assert (session.state, session.ended_at) == (SessionState.ENDED, at(11) + 5 * MINUTE)
    publish = Publish.objects.get(booking=booking)
    assert (publish.end, publish.ended_at) == (PublishEnd.REFUSED, session.ended_at)
    reasons = PublishDecision.objects.filter(booking=booking).order_by("id").values_list("reason", flat=True)
    assert list(reasons) == [R.ACCEPTED, R.TOO_LATE]
    assert session.shifts.get().ends_at == session.ended_at


def test_a_picture_that_comes_back_within_a_minute_is_the_same_session(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    with time_machine.travel(at(9), tick=False) as clock:
        first = encoder(world, booking)
        first.publish()
        clock.move_to(at(9) + 30 * SECOND)
        first.done()
        session = LiveSession.objects.get(booking=booking)
        assert session.state == SessionState.LOST
        clock.shift(59)
        services.watch_streams()
        again = encoder(world, booking, client="2")
        assert again.publish().status_code == 302
        assert last_reason() == R.RECONNECT
        session.refresh_from_db()
        assert (session.state, session.started_at) == (SessionState.LIVE, at(9))
        clock.shift(10)
        gone = again.done() and at(9) + 99 * SECOND
        clock.shift(60)
        assert services.watch_streams() == 1
        session.refresh_from_db()
        assert (session.state, session.ended_at) == (SessionState.ENDED, gone)
        # The slot goes on, and so may the booking: as another session.
        assert encoder(world, booking, client="3").publish().status_code == 302
    assert LiveSession.objects.filter(booking=booking).count() == 2
    assert Publish.objects.filter(session=session).count() == 2


def test_an_encoder_that_falls_silent_was_lost_when_it_was_last_heard_of(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    with time_machine.travel(at(9), tick=False) as clock:
        obs = encoder(world, booking)
        obs.publish()
        clock.shift(5)
        obs.update()
        clock.shift(30)
        assert services.watch_streams() == 0
        clock.shift(1)
        assert services.watch_streams() == 1
        publish = Publish.objects.get(booking=booking)
        assert (publish.end, publish.ended_at) == (PublishEnd.LOST, at(9) + 5 * SECOND)
        clock.shift(60)
        assert services.watch_streams() == 1
    assert LiveSession.objects.get(booking=booking).ended_at == at(9) + 5 * SECOND


def test_an_update_of_a_stream_that_was_given_up_takes_it_back(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    """The application was down for a minute; the node let the encoder go on and asks again."""
    with time_machine.travel(at(9), tick=False) as clock:
        obs = encoder(world, booking)
        obs.publish()
        clock.shift(50)
        services.watch_streams()
        assert LiveSession.objects.get(booking=booking).state == SessionState.LOST
        assert obs.update() == 204
    session = LiveSession.objects.get(booking=booking)
    assert (session.state, session.started_at) == (SessionState.LIVE, at(9))


def test_the_park_cuts_a_stream_and_lets_it_in_again(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    with time_machine.travel(at(9), tick=False) as clock:
        obs = encoder(world, booking)
        obs.publish()
        publish = Publish.objects.get(booking=booking)
        with pytest.raises(NotFound):
            services.publish_cut(actor=world.tenants[0].owner, publish=publish)
        clock.shift(20)
        services.publish_cut(actor=world.manager, publish=publish, reason="smoke")
        assert LiveSession.objects.get(booking=booking).ended_at == at(9) + 20 * SECOND
        with pytest.raises(WrongState):
            services.publish_cut(actor=world.manager, publish=publish)
        services.drop_streams()  # its node has no address for control: it hears when it asks
        assert obs.update() == 403
        assert encoder(world, booking, client="2").publish().status_code == 403
        assert last_reason() == R.CUT
        services.publish_readmit(actor=world.manager, publish=publish)
        assert encoder(world, booking, client="3").publish().status_code == 302
    assert LiveSession.objects.filter(booking=booking).count() == 2


def test_a_new_key_cuts_off_the_encoder_with_the_old_one(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    with time_machine.travel(at(9), tick=False):
        old = encoder(world, booking)
        old.publish()
        services.stream_key_renew(actor=world.tenants[0].owner, booking=booking)
        assert old.update() == 403
        assert last_reason() == R.REPLACED_KEY
        assert encoder(world, booking, client="2").publish().status_code == 302
    assert LiveSession.objects.get(booking=booking).state == SessionState.LIVE


def test_a_node_that_starts_again_counts_its_connections_anew(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    """An encoder with another key may come as the number that the one before it had."""
    with time_machine.travel(at(9), tick=False) as clock:
        encoder(world, booking, client="1").publish()
        services.stream_key_renew(actor=world.tenants[0].owner, booking=booking)
        clock.shift(5)
        assert encoder(world, booking, client="1").publish().status_code == 302
    before, after = Publish.objects.filter(booking=booking).order_by("pk")
    assert (before.end, after.ended_at) == (PublishEnd.LOST, None)
    assert before.session == after.session


# --- who does not get in --------------------------------------------------------------------------


def test_who_is_refused_and_why(world: World, booking: Booking, at: Callable[..., datetime]) -> None:
    stranger = make_world("beta")
    foreign = encoder(stranger, book(stranger, at(9), at(11)))
    cancelled = book(world, at(13), at(14))
    dead = encoder(world, cancelled)
    services.booking_cancel(actor=world.tenants[0].owner, booking=cancelled)
    good = encoder(world, booking)
    with time_machine.travel(at(9) - 20 * MINUTE, tick=False):
        answers = [good.publish()]
        assert last_reason() == R.TOO_EARLY
    with time_machine.travel(at(9), tick=False):
        for one, reason in (
            (Encoder(world, "lsk_" + "a" * 32), R.UNKNOWN_KEY),
            (Encoder(world, "evil"), R.MALFORMED),
            (Encoder(world, "evil", extra=f"&name={good.key}"), R.REPEATED),
            (Encoder(world, good.key, app="elsewhere"), R.WRONG_ROOM),
            (Encoder(world, foreign.key), R.WRONG_ROOM),  # a key of another park at this node
            (dead, R.CANCELLED),
        ):
            answers.append(one.publish())
            assert last_reason() == reason
            assert one.done() == 204
    assert {(answer.status_code, answer.content) for answer in answers} == {(403, b"refused\n")}
    assert not Publish.objects.running().exists()
    shown = set(PublishDecision.objects.values_list("key_start", flat=True))
    assert max(len(start) for start in shown) == 6


def test_one_encoder_at_a_time_in_a_room(world: World, booking: Booking, at: Callable[..., datetime]) -> None:
    world.rooms[0].setup_minutes = 0
    world.rooms[0].save()
    following = encoder(world, book(world, at(11), at(12), number=1), client="9")
    with time_machine.travel(at(9), tick=False) as clock:
        first, second = encoder(world, booking), encoder(world, booking, client="2")
        assert (first.publish().status_code, second.publish().status_code) == (302, 403)
        assert last_reason() == R.ROOM_BUSY
        second.done()  # the refused one hangs up
        assert first.update() == 204
        clock.move_to(at(11) - 5 * MINUTE)
        assert first.update() == 204
        assert following.publish().status_code == 403
        assert last_reason() == R.TOO_EARLY  # the slot before is not over
        clock.move_to(at(11))
        assert first.update() == 403  # and no late grace, because somebody follows
        assert following.publish().status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_many_encoders_at_once_one_gets_in(
    at: Callable[..., datetime], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world("alpha")
    booking = book(world, at(9), at(11))
    key = encoder(world, booking).key

    def publish(number: int) -> int:
        return int(Encoder(world, key, client=str(number)).publish().status_code)

    with time_machine.travel(at(9)), crowd(tmp_path, monkeypatch, 8) as people:
        answers = list(people.map(publish, range(24)))
        running = people.submit(Publish.objects.running().count).result()
    assert sorted(answers) == [302] + [403] * 23
    assert running == 1


def test_the_rule_of_the_database_has_the_last_word(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    """Another encoder is let in between the look and the write, as after a move of its booking to this room."""
    other = book(world, at(9), at(11), number=1, room=1)
    key = services.stream_key_renew(actor=SYSTEM, booking=other, platform="douyin")
    waiting = [
        Publish(
            node=world.media_node,
            room=booking.room,
            booking=other,
            key=key,
            client="9",
            started_at=at(9),
            last_seen_at=at(9),
        )
    ]

    def come_first(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith('INSERT INTO "livestreams_publish" ') and waiting:
            waiting.pop().save()
        return execute(sql, *arguments)

    obs = encoder(world, booking)
    with time_machine.travel(at(9), tick=False), connection.execute_wrapper(come_first):
        assert obs.publish().status_code == 403
    assert last_reason() == R.ROOM_BUSY


@pytest.mark.parametrize("about_to_be_locked", ["livestreams_liveroom", "livestreams_booking"])
def test_a_booking_that_moves_while_its_encoder_asks_goes_on_air_where_it_is_then(
    world: World, booking: Booking, at: Callable[..., datetime], about_to_be_locked: str
) -> None:
    there = world.rooms[1]
    moves = [booking]

    def move_first(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith(f'SELECT "{about_to_be_locked}"."id"') and moves:
            services.booking_move(actor=SYSTEM, booking=moves.pop(), room=there)
        return execute(sql, *arguments)

    obs = encoder(world, booking)
    with (
        time_machine.travel(at(9) - 10 * MINUTE, tick=False),
        connection.execute_wrapper(move_first),
    ):
        answer = obs.publish()
    assert not moves
    assert (answer.status_code, answer["Location"]) == (302, there.code)
    stream, session = booking.publishes.get(), booking.sessions.get()
    assert stream.room == session.room == there


def test_a_firm_that_moved_away_does_not_go_on_air_in_its_old_park(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    obs = encoder(world, booking)
    elsewhere = make_world("beta").park
    ScopeNode.objects.filter(pk=booking.tenant_id).update(parent=elsewhere.pk)
    with time_machine.travel(at(9), tick=False):
        assert obs.publish().status_code == 403
    assert last_reason() == R.NO_SESSION
    assert not booking.sessions.exists()


def test_a_session_that_somebody_forgot_to_end_does_not_keep_the_next_one_out(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    mine = world.tenants[1]
    following = encoder(world, book(world, at(12), at(13), number=1))
    with time_machine.travel(at(9), tick=False):
        by_hand = services.session_open(
            actor=world.tenants[0].owner, tenant=booking.tenant, booking=booking, platform="douyin"
        )
    with time_machine.travel(at(12), tick=False):
        assert following.publish().status_code == 302
    by_hand.refresh_from_db()
    assert (by_hand.state, by_hand.ended_at) == (SessionState.ENDED, at(11))
    assert LiveSession.objects.get(tenant=mine.tenant, state=SessionState.LIVE)


def test_a_session_without_a_booking_ends_as_the_next_booking_begins_and_not_before(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    mine = world.tenants[1]
    following = encoder(world, booking)
    with time_machine.travel(at(8.5), tick=False):
        walk_in = services.session_open(
            actor=mine.owner, tenant=mine.tenant, room=booking.room, platform="douyin"
        )
    with time_machine.travel(at(8.9), tick=False):
        assert following.publish().status_code == 403
    assert last_reason() == R.ROOM_BUSY
    with time_machine.travel(at(9.1), tick=False):
        assert following.publish().status_code == 302
    walk_in.refresh_from_db()
    assert (walk_in.state, walk_in.ended_at) == (SessionState.ENDED, at(9))
    assert booking.sessions.get().state == SessionState.LIVE


def test_a_tool_names_the_session_that_the_encoder_began(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    mine = world.tenants[0]
    with time_machine.travel(at(9), tick=False):
        encoder(world, booking).publish()
        named = services.session_open(
            actor=mine.tool,
            tenant=mine.tenant,
            room=booking.room,
            platform="douyin",
            platform_live_id="7012",
        )
    session = LiveSession.objects.get(booking=booking)
    assert (named.pk, session.platform_live_id, session.delivery) == (session.pk, "7012", Delivery.NODE)


def test_a_test_stream_opens_no_session(world: World, booking: Booking, at: Callable[..., datetime]) -> None:
    with time_machine.travel(at(9) - 20 * HOUR, tick=False) as clock:
        trial = encoder(world, booking, app="test")
        answer = trial.publish()
        assert answer.status_code == 302
        assert answer["Location"].startswith(f"{booking.room.code}-test-")
        clock.shift(599)
        assert trial.update() == 204
        clock.shift(1)
        assert trial.update() == 403
    assert not LiveSession.objects.filter(booking=booking).exists()


def test_let_in_before_its_node_has_dropped_it_a_stream_has_a_session_again(
    world: World, booking: Booking, at: Callable[..., datetime]
) -> None:
    with time_machine.travel(at(9), tick=False) as clock:
        obs = encoder(world, booking)
        obs.publish()
        publish = Publish.objects.get(booking=booking)
        services.publish_cut(actor=world.manager, publish=publish)
        services.publish_readmit(actor=world.manager, publish=publish)
        clock.shift(5)
        assert obs.update() == 204
        assert LiveSession.objects.filter(booking=booking, state=SessionState.LIVE).count() == 1
        clock.move_to(at(11.5))
        assert obs.update() == 403
    assert not LiveSession.objects.open().filter(booking=booking).exists()
    assert not Publish.objects.running().filter(booking=booking).exists()
