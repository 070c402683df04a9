"""Sessions that nobody ended: which wait for somebody to say when, by what was last heard of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import HourSales
from analytics.silence import LONGEST, SHOWN, SILENT, Unended, last_heard, long_on_air, silent, silent_ids
from analytics.wall import air
from analytics.wall.memory import Memory
from core.clock import HOUR, MINUTE, business_day, hour_of, hour_start, now
from livestreams.choices import Delivery, SessionState
from livestreams.models import AudienceSample, Booking, LiveSession
from livestreams.services import session_end, shift_begin, shift_end
from supplychain.models import ExplainEvent
from tests.factories import SYSTEM, World, make_host, make_session

pytestmark = pytest.mark.both_databases


def on_air(world: World, hours: float, **values: Any) -> LiveSession:
    tenant = world.tenants[0].tenant
    return make_session(tenant, starts_at=now() - hours * HOUR, state=SessionState.LIVE, **values)


def waiting(at: datetime | None = None) -> list[LiveSession]:
    return list(silent(LiveSession.objects.all(), at or now()))


def heard(at: datetime | None = None) -> Unended:
    """What was last heard of the session that waits longest."""
    at = at or now()
    return last_heard(silent_ids(LiveSession.objects.all(), at), at)[0]


def sold(session: LiveSession, slot: int, orders: int = 2) -> None:
    HourSales.objects.create(
        tenant=session.tenant,
        day=business_day(hour_start(slot)),
        slot=slot,
        channel="live",
        session_key=session.pk,
        orders=orders,
    )


def test_a_session_without_a_sign_waits_after_some_hours_and_any_sign_keeps_it(world: World) -> None:
    _fresh, old = on_air(world, SILENT / HOUR - 1), on_air(world, SILENT / HOUR + 1)
    assert waiting() == [old]
    assert (heard().heard_at, str(heard().what)) == (old.started_at, "已开播")
    lately = now() - HOUR
    signs = [
        lambda: shift_begin(actor=SYSTEM, session=old, host=world.tenants[0].host, at=lately - 2 * HOUR),
        lambda: ExplainEvent.objects.create(session=old, at=lately - HOUR, kind="end", source="test"),
        lambda: AudienceSample.objects.create(session=old, source="obs", at=lately, likes=3),
        lambda: shift_end(actor=SYSTEM, shift=old.shifts.get(), at=lately + MINUTE),
    ]
    for sign, at in zip(signs, [lately - 2 * HOUR, lately - HOUR, lately, lately + MINUTE], strict=True):
        sign()
        assert waiting() == []
        assert waiting(at + SILENT)[0] == old
        assert (heard(at + SILENT).session, heard(at + SILENT).heard_at) == (old, at)


def test_no_end_is_proposed_after_a_mere_beginning(world: World) -> None:
    """Who began would not have worked: an end deletes the shifts that begin with it or later."""
    firm = world.tenants[0]
    session = on_air(world, 20)
    opener, relief = (make_host(firm.tenant, name) for name in ("opener", "relief"))
    assert heard().ends_at is None
    at = (now() - 12 * HOUR).replace(second=0, microsecond=0)
    shift_begin(actor=SYSTEM, session=session, host=opener, at=at)
    AudienceSample.objects.create(session=session, source="obs", at=at + HOUR, concurrent=80)
    assert heard().ends_at == at + HOUR
    shift_begin(actor=SYSTEM, session=session, host=relief, at=at + 2 * HOUR, relieves=opener)
    assert (heard().heard_at, heard().ends_at) == (at + 2 * HOUR, None)
    shift_end(actor=SYSTEM, shift=session.shifts.get(host=relief), at=at + 4 * HOUR)
    assert heard().ends_at == at + 4 * HOUR
    session_end(actor=SYSTEM, session=session, ended_at=heard().ends_at)
    worked = [(shift.host, shift.ends_at) for shift in session.shifts.order_by("starts_at")]
    assert worked == [(opener, at + 2 * HOUR), (relief, at + 4 * HOUR)]


def test_what_was_paid_in_it_is_a_sign_to_the_end_of_its_hour_and_what_was_given_back_is_none(
    world: World,
) -> None:
    session = on_air(world, 11)
    paid = hour_of(now() - 3 * HOUR)
    sold(session, paid)
    sold(session, hour_of(now() - HOUR), orders=0)
    assert waiting() == []
    assert waiting(hour_start(paid + 1) + SILENT - MINUTE) == []
    later = hour_start(paid + 1) + SILENT
    assert (heard(later).heard_at, heard(later).ends_at) == (hour_start(paid + 1), hour_start(paid + 1))


def test_what_was_paid_is_found_by_its_session(world: World) -> None:
    """The index on sessions is a partial one, and the figures of every hour ever are many."""
    sold(on_air(world, 9), hour_of(now() - 9 * HOUR))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # whose table is small here
            cursor.execute("SET LOCAL enable_seqscan = off")
        at = now()
        with CaptureQueriesContext(connection) as asked:
            assert len(last_heard(silent_ids(LiveSession.objects.all(), at), at)) == 1
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        assert len(asked) == 2
        for query in asked.captured_queries:
            cursor.execute(f"{explain} {query['sql']}")
            plan = str(cursor.fetchall())
            assert "analytics_hour_session" in plan, plan


def test_a_first_page_shows_the_first_ones(world: World) -> None:
    sessions = [on_air(world, 30 - hour) for hour in range(SHOWN + 2)]
    assert waiting() == sessions
    shown = last_heard(silent_ids(LiveSession.objects.all(), now()), now())
    assert [each.session for each in shown] == sessions[:SHOWN]


def test_what_is_heard_waits_for_nobody_and_is_named_when_it_runs_very_long(world: World) -> None:
    session, _silent = on_air(world, LONGEST / HOUR + 1), on_air(world, LONGEST / HOUR + 2)
    assert list(long_on_air(LiveSession.objects.all(), now())) == []
    AudienceSample.objects.create(session=session, source="obs", at=now() - MINUTE, concurrent=80)
    assert waiting() == [_silent]
    assert list(long_on_air(LiveSession.objects.all(), now())) == [session]
    assert list(long_on_air(LiveSession.objects.all(), now() - 2 * HOUR)) == []
    assert [each.uid for each in air.live_sessions([world.park], Memory())] == [str(session.uid)]


def test_the_wall_does_not_count_what_was_not_heard_for_long(world: World) -> None:
    room = world.rooms[0]
    session, fresh = on_air(world, SILENT / HOUR + 1, room=room), on_air(world, 1)

    def shown(memory: Memory) -> tuple[list[str], int]:
        sessions = air.live_sessions([world.park], memory)
        rooms = air.rooms_of([world.park], sessions, [], now(), memory)
        return sorted(each.uid for each in sessions), rooms.count()["live"]

    memory = Memory()
    assert shown(memory) == ([str(fresh.uid)], 0)
    with CaptureQueriesContext(connection) as asked:
        shown(memory)
    assert not [query for query in asked if HourSales._meta.db_table in query["sql"]], "not each second"
    AudienceSample.objects.create(session=session, source="obs", at=now() - MINUTE, concurrent=80)
    assert shown(Memory()) == (sorted([str(session.uid), str(fresh.uid)]), 1)


def test_only_what_nothing_else_ends_waits(world: World) -> None:
    """A booking ends what check-in opened; one that was told as a node's, and whose stream never came, nobody ends."""
    booking = Booking.objects.filter(tenant=world.tenants[0].tenant).earliest("pk")
    session = on_air(world, 20, booking=booking)
    for delivery, waits in ((Delivery.PHONE, []), (Delivery.NODE, [session])):
        LiveSession.objects.filter(pk=session.pk).update(delivery=delivery)
        assert waiting() == waits
    session_end(actor=SYSTEM, session=session, ended_at=now() - 5 * HOUR)
    assert waiting() == []
