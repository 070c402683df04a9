"""The spare encoder of a booking: a key of its own, on air only when the first encoder is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from core.clock import HOUR
from livestreams import services
from livestreams.choices import BookingState, PublishEnd, SessionState
from livestreams.errors import WrongState
from livestreams.models import Booking, Publish, StreamKey
from livestreams.publishing import SILENT
from tests.factories import World
from tests.livestreams.encoders import Encoder, encoder, last_reason

pytestmark = pytest.mark.both_databases
MINUTE = timedelta(minutes=1)


def spare_of(world: World, booking: Booking) -> Encoder:
    key = services.stream_key_renew(actor=world.tenants[0].owner, booking=booking, spare=True)
    return Encoder(world, services.secret_of(key), client="2")


def test_the_spare_takes_over_when_the_first_hangs_up(world: World, booking: Booking) -> None:
    first, spare = encoder(world, booking), spare_of(world, booking)
    with time_machine.travel(booking.starts_at, tick=False) as clock:
        assert first.publish().status_code == 302
        assert spare.publish().status_code == 403
        assert last_reason() == "room_busy"
        clock.shift(10 * MINUTE)
        first.done()
        assert spare.publish().status_code == 302
        assert last_reason() == "reconnect"
        # the first one comes back and has to wait
        assert first.publish().status_code == 403
        assert spare.update() == 204
        assert first.update() == 403
    session = booking.sessions.get()
    assert session.state == SessionState.LIVE
    assert [(publish.key.is_spare, publish.end) for publish in session.publishes.order_by("pk")] == [
        (False, PublishEnd.STOPPED),
        (True, ""),
    ]


def test_the_spare_takes_over_when_the_first_falls_silent(world: World, booking: Booking) -> None:
    first, spare = encoder(world, booking), spare_of(world, booking)
    with time_machine.travel(booking.starts_at, tick=False) as clock:
        first.publish()
        clock.shift(SILENT - timedelta(seconds=1))
        assert spare.publish().status_code == 403
        clock.shift(timedelta(seconds=1))
        assert spare.publish().status_code == 302
    lost, running = Publish.objects.filter(booking=booking).order_by("pk")
    assert (lost.end, lost.ended_at, lost.session) == (PublishEnd.LOST, booking.starts_at, running.session)


def test_each_key_is_renewed_by_itself(world: World, booking: Booking) -> None:
    owner = world.tenants[0].owner
    encoder(world, booking)
    spare_of(world, booking)
    main, spare = (
        services.stream_credentials(actor=owner, booking=booking, spare=spare).key for spare in (False, True)
    )
    assert len({main, spare, ""}) == 3
    services.stream_key_renew(actor=owner, booking=booking, spare=True)
    assert services.stream_credentials(actor=owner, booking=booking).key == main
    assert services.stream_credentials(actor=owner, booking=booking, spare=True).key not in (main, spare)
    assert StreamKey.objects.filter(booking=booking, replaced_at=None).count() == 2
    old = Encoder(world, spare, client="3")
    with time_machine.travel(booking.starts_at + HOUR):
        assert old.publish().status_code == 403
        assert last_reason() == "replaced_key"
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.CANCELLED)
    booking.refresh_from_db()
    with pytest.raises(WrongState):
        services.stream_credentials(actor=owner, booking=booking, spare=True)
