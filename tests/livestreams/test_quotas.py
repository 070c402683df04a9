"""What a park gives each firm at most, by the day and by the week: by schedules, by hand, from the waitlist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time
from random import Random
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import translation

from core.clock import DAY, HOUR, local, now, today
from core.errors import Conflict, InvalidInput, Refused
from core.models import AuditEntry
from core.records import record_create
from livestreams import services
from livestreams.answers import obstacles, ways_in
from livestreams.choices import BookingState, PlanState
from livestreams.errors import Overlap, OverQuota, SlotTaken
from livestreams.models import Booking, LiveRoom, SlotQuota
from livestreams.planning import PlanRules
from livestreams.quotas import beyond_quota
from tests.factories import World, make_world
from tests.livestreams.planners import At, ask, make, solved

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def _none_yet(world: World) -> None:
    SlotQuota.objects.all().delete()


def why(slot: object) -> list[str]:
    with translation.override("en"):
        return [*obstacles(slot), *ways_in(slot)]  # type: ignore[arg-type]


def monday() -> date:
    return today() + (14 - today().weekday()) * DAY


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


def test_hours_of_many_bookings_are_asked_for_at_once(
    world: World, at: At, django_assert_num_queries: Any
) -> None:
    booked = [
        services.booking_create(
            actor=mine.owner,
            room=world.rooms[number],
            tenant=mine.tenant,
            starts_at=at(hour, day),
            ends_at=at(hour + 2, day),
        )
        for number, mine in enumerate(world.tenants[:2])
        for day in (2, 3)
        for hour in (9, 13, 17)
    ]
    SlotQuota.objects.create(park=world.park, day_hours=2, week_hours=3)
    with django_assert_num_queries(2):
        assert list(beyond_quota(world.park.pk, [(booking, None) for booking in booked])) == booked


def test_who_books_by_hand_has_a_quota_too_and_the_park_goes_beyond_it_with_a_reason(
    world: World, at: At
) -> None:
    """Booked, in a series, moved to a full day, from the waitlist; a move within the day takes nothing more."""
    mine, room = world.tenants[0], world.rooms[0]
    SlotQuota.objects.create(park=world.park, tenant=mine.tenant, day_hours=3, week_hours=9)
    wish = {"room": room, "tenant": mine.tenant}
    first = services.booking_create(actor=mine.owner, **wish, starts_at=at(8, 2), ends_at=at(10, 2))
    more = {**wish, "starts_at": at(12, 2), "ends_at": at(14, 2)}
    for actor in (mine.owner, world.manager):
        with pytest.raises(OverQuota, match="3"):
            services.booking_create(actor=actor, **more)
    with pytest.raises(Refused):
        services.booking_create(actor=mine.owner, **more, beyond_quota="because")
    made = services.booking_create(actor=world.manager, **more, beyond_quota="a launch")
    entry = AuditEntry.objects.filter(verb="booking.create", object_id=made.pk).get()
    assert entry.after is not None
    assert entry.after["beyond_quota"] == "a launch"
    services.booking_move(actor=mine.owner, booking=first, starts_at=at(9, 2), ends_at=at(11, 2))
    other = services.booking_create(actor=mine.owner, **wish, starts_at=at(8, 3), ends_at=at(10, 3))
    onto = {"booking": other, "starts_at": at(15, 2), "ends_at": at(17, 2)}
    with pytest.raises(OverQuota):
        services.booking_move(actor=mine.owner, **onto)
    other.refresh_from_db()
    assert other.starts_at == at(8, 3)
    services.booking_move(actor=world.manager, **onto, beyond_quota="a launch")
    with pytest.raises(Overlap) as refused:
        services.series_create(
            actor=mine.owner,
            **wish,
            first_day=today() + 2 * DAY,
            last_day=today() + 2 * DAY,
            weekdays=range(7),
            start=time(18),
            minutes=120,
        )
    assert [row.code for row in refused.value.rows] == ["quota"]
    services.waitlist_join(actor=mine.owner, **wish, earliest=at(18, 2), latest=at(20, 2), minutes=60)
    assert services.offer_waitlist() == 0


def test_a_booking_that_grows_on_its_day_is_bound_to_the_quota(world: World, at: At) -> None:
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    booking = services.booking_create(
        actor=mine.owner, room=world.rooms[0], tenant=mine.tenant, starts_at=at(8), ends_at=at(10)
    )
    with pytest.raises(OverQuota):
        services.booking_move(actor=mine.owner, booking=booking, ends_at=at(14))


def test_who_checks_in_late_has_no_more_than_the_quota(world: World, at: At) -> None:
    """The hours of the no-show were booked again meanwhile."""
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    wish = {"actor": mine.owner, "tenant": mine.tenant}
    missed = services.booking_create(**wish, room=world.rooms[0], starts_at=at(9), ends_at=at(11))
    with time_machine.travel(at(9.6), tick=False):
        services.release_expired()
        services.booking_create(**wish, room=world.rooms[1], starts_at=at(14), ends_at=at(16))
        with pytest.raises(OverQuota):
            services.booking_check_in(actor=mine.owner, booking=missed)
        missed.refresh_from_db()
        assert missed.state == BookingState.NO_SHOW
        services.booking_check_in(actor=world.manager, booking=missed)


@pytest.mark.parametrize(
    ("hours", "day", "until"),
    [({"day_hours": 3}, 0, 16), ({"week_hours": 5}, 1, 18)],
    ids=["moved to the day", "lengthened"],
)
def test_who_checks_in_late_and_changed_another_booking_has_no_more_than_the_quota(
    world: World, at: At, hours: dict[str, int], day: int, until: int
) -> None:
    mine, first = world.tenants[0], (monday() - today()).days
    SlotQuota.objects.create(park=world.park, **hours)
    missed, other = (
        services.booking_create(
            actor=mine.owner,
            tenant=mine.tenant,
            room=world.rooms[number],
            starts_at=at(hour, first + number),
            ends_at=at(hour + 2, first + number),
        )
        for number, hour in enumerate((9, 14))
    )
    with time_machine.travel(at(9.6, first), tick=False):
        services.release_expired()
        services.booking_move(
            actor=mine.owner, booking=other, starts_at=at(14, first + day), ends_at=at(until, first + day)
        )
        with pytest.raises(OverQuota):
            services.booking_check_in(actor=mine.owner, booking=missed)
        services.booking_check_in(actor=world.manager, booking=missed)


def test_who_checks_in_late_and_booked_nothing_else_comes_in(world: World, at: At) -> None:
    """Whatever the quota was lowered to since, and whatever the park has granted beyond it."""
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    wish = {"tenant": mine.tenant, "room": world.rooms[0]}
    missed = services.booking_create(actor=mine.owner, **wish, starts_at=at(9), ends_at=at(11))
    services.booking_create(
        actor=world.manager, **wish, starts_at=at(14), ends_at=at(16), beyond_quota="a festival"
    )
    with time_machine.travel(at(9.6), tick=False):
        services.release_expired()
        services.booking_check_in(actor=mine.owner, booking=missed)
    missed.refresh_from_db()
    assert missed.state == BookingState.CHECKED_IN


def test_two_who_check_in_late_as_the_park_granted_come_in(world: World, at: At) -> None:
    """What is written to a booking as its people come takes no hours; that it was moved before does."""
    mine, grant = world.tenants[0], {"actor": world.manager, "beyond_quota": "a festival"}
    SlotQuota.objects.create(park=world.park, day_hours=3)
    missed, other, later = (
        services.booking_create(
            **grant, tenant=mine.tenant, room=world.rooms[room], starts_at=at(start), ends_at=at(end)
        )
        for room, start, end in ((0, 10, 14), (1, 10, 12), (1, 15, 17))
    )

    def check_in(booking: Booking, hour: float) -> Booking:
        with time_machine.travel(at(hour), tick=False):
            return services.booking_check_in(actor=mine.owner, booking=booking)

    with time_machine.travel(at(10.5), tick=False):
        services.release_expired()
    with transaction.atomic():
        check_in(other, 10.6)
        assert check_in(missed, 10.7).state == BookingState.CHECKED_IN
        transaction.set_rollback(True)
    with time_machine.travel(at(10.8), tick=False):
        services.booking_move(**grant, booking=later, starts_at=at(11), ends_at=at(13))
    check_in(later, 10.9)
    with pytest.raises(OverQuota):
        check_in(missed, 11)


def test_a_hold_that_ran_out_takes_no_hours(world: World, at: At) -> None:
    mine = world.tenants[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    wish = {"actor": mine.owner, "tenant": mine.tenant}
    services.booking_create(**wish, room=world.rooms[0], starts_at=at(9), ends_at=at(11), hold=True)
    again = {**wish, "room": world.rooms[1], "starts_at": at(14), "ends_at": at(16)}
    with pytest.raises(OverQuota):
        services.booking_create(**again)
    with time_machine.travel(now() + HOUR):
        services.booking_create(**again)


def offered(call: Callable[..., Booking], **values: Any) -> list[tuple[LiveRoom, datetime]]:
    """The rooms and times that a refusal offers instead."""
    with pytest.raises(Overlap) as refused:
        call(**values)
    return [
        (LiveRoom.objects.get(code=window["room"]), datetime.fromisoformat(window["starts_at"]))
        for window in refused.value.extra["alternatives"]
    ]


def test_what_is_offered_instead_is_what_the_quota_leaves(world: World, at: At) -> None:
    mine, (room, other, *_more) = world.tenants[0], world.rooms
    SlotQuota.objects.create(park=world.park, tenant=mine.tenant, day_hours=3)
    wish = {"room": room, "tenant": mine.tenant}
    booking = services.booking_create(actor=mine.owner, **wish, starts_at=at(8), ends_at=at(10))
    theirs = world.tenants[1]
    services.booking_create(
        actor=theirs.owner, tenant=theirs.tenant, room=room, starts_at=at(14), ends_at=at(16)
    )
    taken = {**wish, "starts_at": at(14), "ends_at": at(16)}
    found = offered(services.booking_create, actor=mine.owner, **taken)
    assert {local(start).date() - today() for _room, start in found} == {0 * DAY, 3 * DAY}, "tomorrow is full"
    for place, start in found:
        made = services.booking_create(
            actor=mine.owner, tenant=mine.tenant, room=place, starts_at=start, ends_at=start + 2 * HOUR
        )
        services.booking_cancel(actor=mine.owner, booking=made)
    by_park = offered(services.booking_create, actor=world.manager, **taken, beyond_quota="a launch")
    assert {(room, at(16.25)), (other, at(14))} <= set(by_park), "which the park may give beyond the quota"
    moved = offered(
        services.booking_move, actor=mine.owner, booking=booking, starts_at=at(14), ends_at=at(17)
    )
    assert {(room, at(16.25)), (other, at(14))} <= set(moved), "it gives up hours of the same day"
    for place, start in moved:
        services.booking_move(
            actor=mine.owner, booking=booking, room=place, starts_at=start, ends_at=start + 3 * HOUR
        )


def test_a_refused_swap_offers_what_the_quota_leaves(world: World, at: At) -> None:
    """The host works elsewhere in the park at the other's time, on a day of which the firm has enough already."""
    mine, theirs, (room, other, *_more) = world.tenants[0], world.tenants[1], world.rooms
    SlotQuota.objects.create(park=world.park, tenant=mine.tenant, day_hours=3)
    wish = {"actor": mine.owner, "tenant": mine.tenant, "host": mine.host, "room": room}
    booking = services.booking_create(**wish, starts_at=at(9), ends_at=at(11))
    services.booking_create(**wish, starts_at=at(14, 3), ends_at=at(16, 3))
    wanted = services.booking_create(
        actor=theirs.owner, tenant=theirs.tenant, room=other, starts_at=at(14, 3), ends_at=at(16, 3)
    )
    swap = {"booking": booking, "other": wanted}
    by_park = offered(services.booking_swap, actor=world.manager, **swap, beyond_quota="a launch")
    assert 3 * DAY in {local(start).date() - today() for _room, start in by_park}
    found = offered(services.booking_swap, actor=world.manager, **swap)
    assert found
    assert {local(start).date() - today() for _room, start in found} & {3 * DAY} == set()
    for place, start in found:
        services.booking_move(
            actor=mine.owner, booking=booking, room=place, starts_at=start, ends_at=start + 2 * HOUR
        )


def test_who_waits_for_some_days_is_offered_one_that_is_not_full(world: World, at: At) -> None:
    mine, room = world.tenants[0], world.rooms[0]
    SlotQuota.objects.create(park=world.park, day_hours=3)
    wish = {"actor": mine.owner, "tenant": mine.tenant, "room": room}
    for day in (2, 3):
        services.booking_create(**wish, starts_at=at(9, day), ends_at=at(11, day))
    entry = services.waitlist_join(**wish, earliest=at(8, 2), latest=at(20, 4), minutes=120)
    assert services.offer_waitlist() == 1
    entry.refresh_from_db()
    assert entry.booking is not None
    assert local(entry.booking.starts_at).date() == today() + 4 * DAY


def test_nobody_waits_for_more_than_the_quota_can_ever_leave(world: World, at: At) -> None:
    """Seven hours of two days with three each, or of such a week; for three of a full day one may wait."""
    mine, room = world.tenants[0], world.rooms[0]
    LiveRoom.objects.filter(pk=room.pk).update(opens_at=time(0), closes_at=time(0))
    wish = {"actor": mine.owner, "tenant": mine.tenant, "room": room, "minutes": 420}
    first = (monday() - today()).days
    quota = SlotQuota.objects.create(park=world.park, day_hours=3)
    with translation.override("en"), pytest.raises(OverQuota, match="3 hours a day") as refused:
        services.waitlist_join(**wish, earliest=at(8, first), latest=at(22, first + 5))
    assert refused.value.field == "minutes"
    SlotQuota.objects.filter(pk=quota.pk).update(day_hours=None, week_hours=3)
    with pytest.raises(OverQuota):
        services.waitlist_join(**wish, earliest=at(8, first), latest=at(22, first + 5))
    assert not mine.tenant.waitlist.filter(minutes=420).exists()
    services.waitlist_join(**{**wish, "minutes": 180}, earliest=at(8, first), latest=at(22, first + 5))


@pytest.mark.parametrize("had", [0, 1])
def test_who_waits_over_midnight_is_offered_what_the_quota_leaves_of_both_days(
    world: World, at: At, had: int
) -> None:
    """Six hours of two days with four each; of the second one an hour is taken already."""
    mine, room, first = world.tenants[0], world.rooms[0], (monday() - today()).days
    SlotQuota.objects.create(park=world.park, day_hours=4)
    wish = {"actor": mine.owner, "tenant": mine.tenant, "room": room}
    if had:
        services.booking_create(**wish, starts_at=at(12, first + 1), ends_at=at(14, first + 1))
    waiting = {**wish, "earliest": at(18, first), "latest": at(30, first)}
    with pytest.raises(OverQuota):
        services.waitlist_join(**waiting, minutes=9 * 60)
    entry = services.waitlist_join(**waiting, minutes=6 * 60)
    assert services.offer_waitlist() == 1
    entry.refresh_from_db()
    assert entry.booking is not None
    assert entry.booking.starts_at == at(20, first)


def test_the_park_swaps_and_repeats_beyond_a_quota_with_a_reason(world: World, at: At) -> None:
    SlotQuota.objects.create(park=world.park, day_hours=3)
    first, _second, third = (
        services.booking_create(
            actor=mine.owner,
            room=room,
            tenant=mine.tenant,
            starts_at=at(hour, day),
            ends_at=at(hour + 2, day),
        )
        for mine, room, hour, day in (
            (world.tenants[0], world.rooms[0], 9, 2),
            (world.tenants[0], world.rooms[0], 9, 3),
            (world.tenants[1], world.rooms[1], 14, 3),
        )
    )
    swap = {"actor": world.manager, "booking": first, "other": third}
    with pytest.raises(OverQuota):
        services.booking_swap(**swap)
    first.refresh_from_db()
    assert first.starts_at == at(9, 2)
    services.booking_swap(**swap, beyond_quota="a launch")
    entries = AuditEntry.objects.filter(verb="booking.swap")
    assert {entry.object_id for entry in entries} == {first.pk, third.pk}
    assert {(entry.after or {})["beyond_quota"] for entry in entries} == {"a launch"}
    series = {
        "room": world.rooms[0],
        "tenant": world.tenants[0].tenant,
        "first_day": today() + 3 * DAY,
        "last_day": today() + 4 * DAY,
        "weekdays": range(7),
        "start": time(18),
        "minutes": 120,
    }
    with pytest.raises(Refused):
        services.series_create(
            actor=world.tenants[0].owner, **series, beyond_quota="because", skip_taken=True
        )
    made = services.series_create(actor=world.manager, **series, beyond_quota="a launch")
    assert made.bookings.count() == 2
    entry = AuditEntry.objects.get(verb="series.create")
    assert (entry.after or {})["beyond_quota"] == "a launch"
