"""What a park gives each firm at most, by the day and by the week, in schedules and their repairs."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random

import pytest
from django.utils import translation

from core.clock import DAY, HOUR, local, today
from core.errors import Conflict, InvalidInput
from core.records import record_create
from livestreams import services
from livestreams.answers import obstacles, ways_in
from livestreams.choices import BookingState, PlanState
from livestreams.errors import SlotTaken
from livestreams.models import Booking, LiveRoom, SlotQuota
from livestreams.planning import PlanRules
from tests.factories import World, make_world
from tests.livestreams.planners import At, ask, make, solved
from tests.livestreams.quotas import _none_yet, monday

__all__ = ["_none_yet"]

pytestmark = pytest.mark.both_databases


def why(slot: object) -> list[str]:
    with translation.override("en"):
        return [*obstacles(slot), *ways_in(slot)]  # type: ignore[arg-type]


def hours_of(world: World) -> tuple[Counter[tuple[str, date]], Counter[tuple[str, date]]]:
    """Hours that firms have by day and by the Monday of the week."""
    days, weeks = Counter[tuple[str, date]](), Counter[tuple[str, date]]()
    for booking in Booking.objects.exclude(state=BookingState.CANCELLED).filter(room__park=world.park):
        at = booking.starts_at
        while at < booking.ends_at:
            day = local(at).date()
            days[booking.tenant.code, day] += 1
            weeks[booking.tenant.code, day - day.weekday() * DAY] += 1
            at += HOUR
    return days, weeks


def test_a_firm_has_its_own_quota_and_the_others_have_the_parks(world: World, at: At) -> None:
    one, two = (mine.tenant for mine in world.tenants[:2])
    SlotQuota.objects.create(park=world.park, day_hours=2)
    SlotQuota.objects.create(park=world.park, tenant=one, day_hours=4)
    for tenant in (0, 0, 0, 1, 1):
        ask(world, at, 8, 20, tenant=tenant)
    plan = make(world)
    had = Counter(slot.request.tenant for slot in plan.slots.all() if slot.starts_at)
    assert had == {one: 2, two: 1}
    refused = plan.slots.filter(starts_at=None)
    assert {slot.reasons["obstacles"][0]["why"] for slot in refused} == {"quota_day"}
    assert why(refused[0])[0] == "The firm's hours of the day are used up."
    assert any("more hours of the day for the firm" in way for way in why(refused[0]))
    greedy = make(world, seconds=0)
    assert Counter(slot.request.tenant for slot in greedy.slots.all() if slot.starts_at) == had


def test_what_is_booked_on_other_days_of_the_week_counts(world: World, at: At) -> None:
    """The plan is of Wednesday alone; on Tuesday the firm has 3 hours already, and none of the week after."""
    mine, first = world.tenants[0], (monday() - today()).days
    SlotQuota.objects.create(park=world.park, tenant=mine.tenant, week_hours=4)
    for day, hour in ((first + 1, 9), (first + 8, 9)):
        services.booking_create(
            actor=mine.owner,
            room=world.rooms[0],
            tenant=mine.tenant,
            starts_at=at(hour, day),
            ends_at=at(hour + 3, day),
        )
    ask(world, at, 9, 20, day=first + 2)
    short = ask(world, at, 9, 20, day=first + 2, minutes=60, value=10)
    day = monday() + 2 * DAY
    plan = make(world, first_day=day, last_day=day)
    assert [slot.request for slot in plan.slots.filter(starts_at__isnull=False)] == [short]
    assert plan.slots.get(starts_at=None).reasons["obstacles"][0]["why"] == "quota_week"


@pytest.mark.parametrize("seed", [1, 2])
def test_no_published_schedule_exceeds_a_quota(world: World, at: At, seed: int) -> None:
    random, first = Random(seed), (monday() - today()).days
    SlotQuota.objects.create(park=world.park, day_hours=3, week_hours=8)
    SlotQuota.objects.create(park=world.park, tenant=world.tenants[0].tenant, week_hours=5)
    for number in range(24):
        day, hour = first + random.randrange(9), random.randrange(8, 20)
        minutes = random.choice((60, 120, 180))
        ask(world, at, hour, hour + 5, day=day, tenant=number % 2, minutes=minutes)
    rules = PlanRules(quota_hours=10)
    plan = make(world, first_day=monday(), last_day=monday() + 8 * DAY, rules=rules)
    services.plan_publish(actor=world.manager, plan=plan)
    days, weeks = hours_of(world)
    own = world.tenants[0].tenant.code
    assert days
    assert max(days.values()) <= 3
    assert all(hours <= (5 if firm == own else 8) for (firm, _week), hours in weeks.items())
    broken = world.rooms[0]
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(broken,)))
    services.plan_publish(actor=world.manager, plan=repair)
    days, weeks = hours_of(world)
    assert max(days.values()) <= 3
    assert all(hours <= (5 if firm == own else 8) for (firm, _week), hours in weeks.items())


def test_who_booked_by_hand_meanwhile_is_over_its_quota_when_it_is_published(world: World, at: At) -> None:
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    ask(world, at, 9, 12)
    plan = make(world)
    services.booking_create(
        actor=mine.owner, room=world.rooms[0], tenant=mine.tenant, starts_at=at(18), ends_at=at(20)
    )
    with translation.override("en"), pytest.raises(SlotTaken) as refused:
        services.plan_publish(actor=world.manager, plan=plan)
    (row,) = refused.value.rows
    assert (row.code, row.message.endswith("has more hours by now than its quota allows.")) == ("quota", True)


def test_a_quota_lowered_since_takes_no_booking_in_a_repair(world: World, at: At) -> None:
    for _number in range(2):
        ask(world, at, 9, 20)
    plan = services.plan_publish(actor=world.manager, plan=make(world))
    SlotQuota.objects.create(park=world.park, day_hours=1)
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, rooms=(world.rooms[0],)))
    assert not repair.slots.filter(starts_at=None).exists()
    services.plan_publish(actor=world.manager, plan=repair)
    booked = Booking.objects.blocking().filter(planned__plan=plan)
    assert [booking.room for booking in booked] == [world.rooms[1]] * 2


def test_what_a_repair_gives_back_makes_room_for_what_it_moves(world: World, at: At) -> None:
    """All rooms fail for a day: the better session takes the place of the other on the next, of whose hours it has no
    more than stood there, whatever the quota is by now.
    """
    day = (monday() - today()).days + 1
    better = ask(world, at, 9, 11, windows=[(at(9, day), at(11, day)), (at(9, day + 1), at(11, day + 1))])
    worse = ask(world, at, 9, 11, day=day + 1, value=10)
    days = {"first_day": today() + day * DAY, "last_day": today() + (day + 1) * DAY}
    SlotQuota.objects.create(park=world.park, day_hours=2)
    plan = services.plan_publish(actor=world.manager, plan=make(world, **days))
    assert {slot.request for slot in plan.slots.all() if slot.booking} == {better, worse}
    SlotQuota.objects.update(day_hours=1)
    failed = {"rooms": tuple(world.rooms), "since": at(0, day), "until": at(24, day)}
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, **failed))
    assert repair.slots.get(request=better).starts_at == at(9, day + 1)
    assert repair.slots.get(request=worse).starts_at is None
    services.plan_publish(actor=world.manager, plan=repair)
    booked = Booking.objects.blocking().filter(planned__plan=plan)
    assert [booking.starts_at for booking in booked] == [at(9, day + 1)]


def test_a_quota_is_once_and_of_the_parks_own_firms(world: World) -> None:
    values = {"actor": world.manager, "model": SlotQuota, "park": world.park}
    for tenant in (None, world.tenants[0].tenant):
        record_create(**values, tenant=tenant, day_hours=4)
        with pytest.raises((Conflict, InvalidInput)):
            record_create(**values, tenant=tenant, day_hours=5)
    with pytest.raises(InvalidInput):
        record_create(**values, tenant=make_world("beta").tenants[0].tenant, day_hours=4)


@pytest.mark.parametrize(
    ("weekday", "hours", "is_full"),
    [(1, {"day_hours": 3}, True), (6, {"week_hours": 3}, True), (1, {"week_hours": 3}, False)],
    ids=["another day", "another week", "the same week"],
)
def test_a_repair_takes_no_more_of_a_day_or_a_week_than_a_quota_leaves(
    world: World, at: At, weekday: int, hours: dict[str, int], is_full: bool
) -> None:
    """All rooms fail for a day, so two hours go to the next, where two more were booked by hand meanwhile."""
    mine, day = world.tenants[0], (monday() - today()).days + weekday
    ask(world, at, 9, 11, windows=[(at(9, day), at(11, day)), (at(9, day + 1), at(11, day + 1))])
    days = {"first_day": today() + day * DAY, "last_day": today() + (day + 1) * DAY}
    plan = services.plan_publish(actor=world.manager, plan=make(world, **days))
    booked = plan.slots.get().booking
    assert booked is not None
    if booked.starts_at != at(9, day):
        services.booking_move(actor=world.manager, booking=booked, starts_at=at(9, day), ends_at=at(11, day))
        plan.slots.update(starts_at=at(9, day), ends_at=at(11, day))
    failed = {"rooms": tuple(world.rooms), "since": at(0, day), "until": at(24, day)}
    repair = solved(services.plan_repair(actor=world.manager, plan=plan, **failed))
    assert repair.slots.get().starts_at == at(9, day + 1)
    services.booking_create(
        actor=mine.owner,
        room=world.rooms[1],
        tenant=mine.tenant,
        starts_at=at(18, day + 1),
        ends_at=at(20, day + 1),
    )
    SlotQuota.objects.create(park=world.park, **hours)
    if is_full:
        with pytest.raises(SlotTaken) as refused:
            services.plan_publish(actor=world.manager, plan=repair)
        assert [row.code for row in refused.value.rows] == ["quota"]
    else:
        assert services.plan_publish(actor=world.manager, plan=repair).state == PlanState.PUBLISHED


def test_what_is_booked_in_a_room_that_the_park_gave_up_counts(world: World, at: At) -> None:
    mine, room = world.tenants[0], world.rooms[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    services.booking_create(actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(8), ends_at=at(10))
    LiveRoom.objects.filter(pk=room.pk).update(closed_on=today() + 2 * DAY)
    ask(world, at, 12, 20)
    plan = make(world)
    assert plan.slots.get().reasons["obstacles"][0]["why"] == "quota_day"
