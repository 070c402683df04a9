"""Sessions that nobody ended: which wait for somebody to say when, by what was last heard of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from analytics.models import HourSales
from analytics.silence import LONGEST, SILENT, silent, unended
from analytics.wall import air
from core.clock import HOUR, MINUTE, business_day, hour_of, hour_start, now
from livestreams.choices import Delivery, SessionState
from livestreams.models import AudienceSample, Booking, LiveSession
from livestreams.services import session_end, shift_begin
from supplychain.models import ExplainEvent
from tests.factories import SYSTEM, World, make_session

pytestmark = pytest.mark.both_databases


def on_air(world: World, hours: float, **values: Any) -> LiveSession:
    tenant = world.tenants[0].tenant
    return make_session(tenant, starts_at=now() - hours * HOUR, state=SessionState.LIVE, **values)


def waiting(at: datetime | None = None) -> list[LiveSession]:
    return [each.session for each in unended(LiveSession.objects.all(), at or now())]


def test_a_session_without_a_sign_waits_after_some_hours_and_any_sign_keeps_it(world: World) -> None:
    fresh, old = on_air(world, SILENT / HOUR - 1), on_air(world, SILENT / HOUR + 1)
    assert waiting() == [old]
    (item,) = unended(LiveSession.objects.all(), now())
    assert (item.heard_at, str(item.what)) == (old.started_at, "已开播")
    assert silent([fresh, old], now()) == {old.pk}
    lately = now() - HOUR
    signs = [
        lambda: shift_begin(actor=SYSTEM, session=old, host=world.tenants[0].host, at=lately - 2 * HOUR),
        lambda: ExplainEvent.objects.create(session=old, at=lately - HOUR, kind="end", source="test"),
        lambda: AudienceSample.objects.create(session=old, source="obs", at=lately, likes=3),
    ]
    heard = [lately - 2 * HOUR, lately - HOUR, lately]
    for sign, at in zip(signs, heard, strict=True):
        sign()
        assert waiting() == []
        (item,) = unended(LiveSession.objects.all(), at + SILENT)[:1]
        assert (item.session, item.heard_at) == (old, at)
    assert silent([fresh, old], now()) == set()


def test_what_was_paid_in_it_is_a_sign_to_the_end_of_its_hour_and_what_was_given_back_is_none(
    world: World,
) -> None:
    session = on_air(world, 11)
    sold, returned = hour_of(now() - 3 * HOUR), hour_of(now() - HOUR)
    for slot, orders in ((sold, 2), (returned, 0)):
        HourSales.objects.create(
            tenant=session.tenant,
            day=business_day(hour_start(slot)),
            slot=slot,
            channel="live",
            session_key=session.pk,
            orders=orders,
        )
    assert waiting() == []
    (item,) = unended(LiveSession.objects.all(), now() + 4 * HOUR)
    assert item.heard_at == hour_start(sold + 1)


def test_what_runs_too_long_waits_though_it_is_heard_and_stays_on_the_wall(world: World) -> None:
    session = on_air(world, LONGEST / HOUR + 1)
    AudienceSample.objects.create(session=session, source="obs", at=now() - MINUTE, concurrent=80)
    assert waiting() == [session]
    assert [each.uid for each in air.live_sessions([world.park])] == [str(session.uid)]


def test_the_wall_does_not_count_what_was_not_heard_for_long(world: World) -> None:
    room = world.rooms[0]
    session, fresh = on_air(world, SILENT / HOUR + 1, room=room), on_air(world, 1)

    def shown() -> tuple[list[str], int]:
        sessions = air.live_sessions([world.park])
        rooms = air.rooms_of([world.park], sessions, [], now())
        return sorted(each.uid for each in sessions), rooms.count()["live"]

    assert shown() == ([str(fresh.uid)], 0)
    AudienceSample.objects.create(session=session, source="obs", at=now() - MINUTE, concurrent=80)
    assert shown() == (sorted([str(session.uid), str(fresh.uid)]), 1)


def test_only_what_nothing_else_ends_waits(world: World) -> None:
    """A booking ends what check-in opened; one that was told as a node's, and whose stream never came, nobody ends."""
    booking = Booking.objects.filter(tenant=world.tenants[0].tenant).earliest("pk")
    session = on_air(world, 20, booking=booking)
    for delivery, waits in ((Delivery.PHONE, []), (Delivery.NODE, [session])):
        LiveSession.objects.filter(pk=session.pk).update(delivery=delivery)
        assert waiting() == waits
    session_end(actor=SYSTEM, session=session, ended_at=now() - 5 * HOUR)
    assert waiting() == []
