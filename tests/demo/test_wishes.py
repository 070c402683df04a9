"""What the demo shows of rooms beyond plain bookings: no-shows, a published schedule, firms that wait; and that its
days go around what people have booked by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from analytics.demo import load
from analytics.demo.build import build_park
from analytics.demo.built import BuiltPark
from analytics.demo.plans import SEED, TINY
from analytics.demo.wishes import build_wishes
from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_start
from core.money import to_cents
from livestreams.choices import BookingState, PlanState, ProofKind, WaitState
from livestreams.models import Booking, LiveSession, SchedulePlan, SlotRequest, WaitlistEntry
from livestreams.services import booking_cancel, booking_create
from parks.geography import geography_load
from tenants.models import Charge
from tests.factories import SYSTEM, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

UNTIL = dt.datetime(2025, 5, 10, 4, 30, tzinfo=dt.UTC)


@pytest.fixture
def park(monkeypatch: pytest.MonkeyPatch) -> BuiltPark:
    monkeypatch.setattr(load, "HISTORY_DAYS", 6)
    geography_load()
    with time_machine.travel(UNTIL):
        built = build_park(TINY, actor=SYSTEM, seed=SEED, until=UNTIL.date())
        load.load_until(built, UNTIL, actor=SYSTEM, seed=SEED)
    return built


def test_nobody_came_to_some_bookings_of_the_history(park: BuiltPark) -> None:
    missed = Booking.objects.filter(state=BookingState.NO_SHOW)
    assert missed.count() == 2
    assert not missed.filter(ends_at__gt=UNTIL + 2 * HOUR).exists()


def test_giving_back_late_costs_what_the_park_asks_for(park: BuiltPark) -> None:
    """Of the next days' bookings some can be given back for nothing, others no longer: a newcomer sees both."""
    ahead = Booking.objects.filter(state=BookingState.CONFIRMED, starts_at__gt=UNTIL).order_by("starts_at")
    late = [booking for booking in ahead if booking.starts_at <= UNTIL + 24 * HOUR]
    free = [booking for booking in ahead if booking.starts_at > UNTIL + 24 * HOUR]
    with time_machine.travel(UNTIL, tick=False):
        for booking, share in (
            (late[0], Decimal("0.5")),
            (late[-1], Decimal("0.5")),
            (free[0], 0),
            (free[-1], 0),
        ):
            owner = make_user(f"owner-{booking.pk}", Role.TENANT_OWNER, booking.tenant.node)
            given_back = booking_cancel(actor=user_actor(owner), booking=booking)
            assert given_back.due == to_cents(booking.price * share)
    for missed in Booking.objects.filter(state=BookingState.NO_SHOW):
        assert missed.due == missed.price > 0
        assert Charge.objects.get(source_id__startswith=f"{missed.uid}:").amount == missed.due


def test_a_schedule_is_published_and_firms_wait_once(park: BuiltPark) -> None:
    with time_machine.travel(UNTIL):
        for _start in range(2):
            build_wishes(park, UNTIL, actor=SYSTEM)
        plan = SchedulePlan.objects.get()
        assert (plan.state, plan.proof) == (PlanState.PUBLISHED, ProofKind.OPTIMAL)
        slots = plan.slots.all()
        assert slots.filter(booking__isnull=False).count() == len(park.tenants)
        assert slots.filter(booking=None, request__tenant=park.tenants[0]).exclude(reasons={}).count() == 1
        assert SlotRequest.objects.filter(slots=None).count() == 1
        waiting = WaitlistEntry.objects.all()
        assert {entry.state for entry in waiting} == {WaitState.WAITING}
        assert {entry.tenant for entry in waiting} == set(park.tenants[:2])


def test_what_people_booked_by_hand_stays_and_the_days_go_around_it(park: BuiltPark) -> None:
    day = day_start(UNTIL.date() + 4 * DAY)
    with time_machine.travel(UNTIL):
        mine = booking_create(
            actor=SYSTEM,
            room=park.rooms[0],
            tenant=park.tenants[1],
            starts_at=day + HOUR,
            ends_at=day + 23 * HOUR,
        )
    later = day + DAY + 12 * HOUR
    with time_machine.travel(later):
        load.load_until(park, later, actor=SYSTEM, seed=SEED)
    taken = Booking.objects.blocking().filter(room=mine.room, starts_at__gte=day, starts_at__lt=day + DAY)
    assert list(taken) == [mine]
    (aside,) = LiveSession.objects.filter(room=None)
    assert (aside.booking, aside.state) == (None, "ended")
