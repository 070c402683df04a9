"""Requests, schedules made by a job, what-if, and publishing under the rules of every booking."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import translation

from core import jobs
from core.actors import user_actor
from core.choices import JobState, Role
from core.clock import DAY, HOUR, local, now, today
from core.errors import InvalidInput, NotFound, Refused
from core.models import Job, ScopeNode
from livestreams import services
from livestreams.answers import counts_of, room_of, ways_in
from livestreams.choices import BookingState, PlanKind, PlanState, ProofKind
from livestreams.errors import BadTime, SlotTaken, WrongState
from livestreams.models import Booking, Host, SchedulePlan, SlotRequest
from livestreams.planning import CrewShift, PlanRules
from livestreams.scheduling import from_json
from tenants.models import Tenant
from tests.factories import World, make_host, make_park, make_user, make_world
from tests.livestreams.planners import At, ask, fill, make, only, solved

pytestmark = pytest.mark.both_databases


def test_a_proposal_has_value_bound_and_reasons_and_is_published_as_bookings(world: World, at: At) -> None:
    plan = fill(world, at)
    assert (plan.state, plan.proof, plan.value, plan.bound) == (
        PlanState.PROPOSED,
        ProofKind.OPTIMAL,
        230,
        230,
    )
    assert plan.gap_percent == 0
    problem = from_json(plan.inputs.encode())
    assert len([one for one in problem.requests if not one.key.startswith("booking:")]) == 3
    refused = plan.slots.get(room=None)
    assert refused.request.value == 100
    assert refused.reasons["obstacles"][0]["why"] == "room"
    free = local(datetime.fromisoformat(refused.reasons["elsewhen"]))
    until = free + timedelta(minutes=refused.request.minutes)
    assert f"{free:%m-%d %H:%M}–{until:%H:%M}" in ways_in(refused)[0], (
        "the window to ask for, not only its start"
    )
    published = services.plan_publish(actor=world.manager, plan=plan)
    assert published.state == PlanState.PUBLISHED
    made = Booking.objects.filter(planned__plan=plan)
    assert made.count() == 2
    assert set(made.values_list("state", "starts_at")) == {(BookingState.CONFIRMED, at(10))}
    assert {booking.price for booking in made} == {200}
    again = make(world)
    assert only(again).request == refused.request, "what was given is not asked for again"
    with pytest.raises(WrongState):
        services.plan_publish(actor=world.manager, plan=plan)


def test_a_slot_taken_meanwhile_refuses_the_whole_and_names_it(world: World, at: At) -> None:
    plan = fill(world, at, count=2)
    slot = plan.slots.earliest("room_id")
    assert slot.room is not None
    services.booking_create(
        actor=world.tenants[1].owner,
        room=slot.room,
        tenant=world.tenants[1].tenant,
        starts_at=at(11),
        ends_at=at(13),
    )
    before = Booking.objects.count()
    with pytest.raises(SlotTaken) as refused:
        services.plan_publish(actor=world.manager, plan=plan)
    (row,) = refused.value.rows
    assert row.code == "overlap"
    assert slot.room.code in row.field
    assert Booking.objects.count() == before
    plan.refresh_from_db()
    assert plan.state == PlanState.PROPOSED


def test_a_request_withdrawn_meanwhile_refuses_it_too(world: World, at: At) -> None:
    plan = fill(world, at, count=1)
    services.slot_request_withdraw(actor=world.tenants[0].owner, request=only(plan).request)
    with pytest.raises(SlotTaken) as refused:
        services.plan_publish(actor=world.manager, plan=plan)
    assert refused.value.rows[0].code == "withdrawn"


def test_two_plans_do_not_give_one_request_twice(world: World, at: At) -> None:
    one, two = fill(world, at, count=1), make(world)
    services.plan_publish(actor=world.manager, plan=one)
    with pytest.raises(SlotTaken) as refused:
        services.plan_publish(actor=world.manager, plan=two)
    assert refused.value.rows[0].code == "given"


def test_the_plan_goes_around_bookings_set_up_and_hosts(world: World, at: At) -> None:
    mine = world.tenants[0]
    for room in world.rooms:
        services.booking_create(
            actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(12), ends_at=at(14)
        )
    ask(world, at, 11, 17)
    assert only(make(world)).starts_at == at(14.5), "a quarter of set-up takes a slot of half an hour"
    host = mine.host
    ask(world, at, 18, 22, host=host, day=3)
    services.booking_create(
        actor=mine.owner,
        room=world.rooms[0],
        tenant=mine.tenant,
        starts_at=at(18, 3),
        ends_at=at(19, 3),
        host=host,
    )
    day = today() + 3 * DAY
    plan = make(world, first_day=day, last_day=day, rules=PlanRules(host_rest_minutes=60))
    assert only(plan).starts_at == at(20, 3)
    services.plan_publish(actor=world.manager, plan=plan)


def test_every_week_is_answered_on_its_own(world: World, at: At) -> None:
    request = ask(world, at, 10, 12, repeat_until=today() + 17 * DAY)
    plan = make(world, last_day=today() + 20 * DAY)
    slots = list(plan.slots.order_by("week"))
    assert [(slot.request, slot.week, slot.starts_at) for slot in slots] == [
        (request, week, at(10, 2 + 7 * week)) for week in range(3)
    ]


def test_hosts_of_a_category_and_the_preferred_one(world: World, at: At) -> None:
    one, two = (make_host(world.tenants[1].tenant, f"lamps-{number}") for number in (1, 2))
    one, two = (
        services.host_update(actor=world.tenants[1].owner, host=host, categories=["lamps"])
        for host in (one, two)
    )
    ask(world, at, 10, 12, category="lamps", preferred_host=two)
    plan = make(world)
    assert only(plan).host == two
    ask(world, at, 10, 12, category="nobody knows it", day=3)
    day = today() + 3 * DAY
    refused = only(make(world, first_day=day, last_day=day))
    assert refused.reasons["obstacles"][0]["why"] == "no_host"
    with pytest.raises(InvalidInput, match="lamps"):
        ask(world, at, 10, 12, category="shoes", preferred_host=two)


def test_a_preference_that_counts_no_more_says_so(world: World, at: At) -> None:
    agency = world.tenants[1]
    host = make_host(agency.tenant, "lamps-1")
    host = services.host_update(actor=agency.owner, host=host, categories=["lamps"])
    request = ask(world, at, 10, 12, category="lamps", preferred_host=host)
    assert request.preference_counts
    services.host_update(actor=agency.owner, host=host, categories=["shoes"])
    request = SlotRequest.objects.get(pk=request.pk)
    assert not request.preference_counts
    services.host_update(actor=agency.owner, host=host, categories=["lamps"])
    assert SlotRequest.objects.get(pk=request.pk).preference_counts
    # the agency has left for another park, and its host with it
    ScopeNode.objects.filter(pk=agency.tenant.pk).update(parent=make_park("elsewhere").node)
    assert not SlotRequest.objects.get(pk=request.pk).preference_counts
    assert only(make(world)).host != host


def test_who_has_left_is_not_preferred_by_a_new_request(world: World, at: At) -> None:
    agency = world.tenants[1]
    host = services.host_update(
        actor=agency.owner, host=make_host(agency.tenant, "lamps-1"), categories=["lamps"]
    )
    Host.objects.filter(pk=host.pk).update(closed_on=today())
    host.refresh_from_db()
    for asked in ({"category": "lamps", "preferred_host": host}, {"host": host}):
        with pytest.raises(InvalidInput) as refused:
            ask(world, at, 10, 12, **asked)
        assert refused.value.code == "host"


@pytest.mark.parametrize("until", [-11, -3, 0, 3])
def test_a_request_whose_last_week_is_over_is_refused(world: World, at: At, until: int) -> None:
    """Asked for ten days ago and the week after: the next week would begin on the fourth day from now."""
    with pytest.raises(BadTime) as refused:
        ask(world, at, 10, 12, day=-10, repeat_until=today() + until * DAY)
    assert (refused.value.code, refused.value.field) == ("past", "repeat_until")
    request = ask(world, at, 10, 12, day=-10, repeat_until=today() + 4 * DAY)
    (slot,) = make(world, last_day=today() + 8 * DAY).slots.filter(request=request)
    assert (slot.week, slot.starts_at) == (2, at(10, 4))


def test_make_up_quota_and_priority(world: World, at: At) -> None:
    cheap = ask(world, at, 10, 12, made_up=True, value=10)
    ask(world, at, 10, 12, made_up=True, value=20, room=world.rooms[0])
    ask(world, at, 10, 12, made_up=True, value=20, room=world.rooms[0])
    services.slot_request_rank(actor=world.manager, request=cheap, priority=5)
    shifts = (CrewShift(time(8), time(9), 1),)
    rules = PlanRules(quota_hours=2, makeup_shifts=shifts, makeup_percent=100, makeup_wait_hours=1)
    plan = make(world, rules=rules)
    given = plan.slots.get(room__isnull=False)
    assert given.request == cheap
    assert given.made_up_at is not None
    assert at(8) <= given.made_up_at < at(9)
    assert plan.value == 55


def test_no_worth_is_named_where_none_would_do(world: World, at: At) -> None:
    for value in (10, 20, 900):
        ask(world, at, 10, 12, value=value)
    rules = PlanRules(makeup_shifts=(CrewShift(time(8), time(22), 2),), makeup_percent=60)
    nothing = make(world, rules=rules)
    assert (nothing.value, nothing.proof) == (0, ProofKind.OPTIMAL)
    assert {slot.reasons["enough"] for slot in nothing.slots.all()} == {None}
    assert {slot.reasons["obstacles"][0]["why"] for slot in nothing.slots.all()} == {"share"}
    with translation.override("en"):
        assert counts_of(nothing).endswith("publishing it books nothing and only tells the firms why")
    plan = make(world)
    refused = plan.slots.get(room=None)
    assert refused.reasons["enough"] > 10, "where rooms are what lacks, worth is what counts"
    with translation.override("en"):
        assert counts_of(plan) == "2 placed · 1 left out"


def test_greedy_without_time_says_that_it_has_no_proof(world: World, at: At) -> None:
    ask(world, at, 10, 12)
    plan = make(world, seconds=0)
    assert (plan.proof, plan.bound, plan.gap_percent) == (ProofKind.NONE, None, None)


def test_what_if_says_what_a_room_more_or_less_is_worth_and_is_never_published(world: World, at: At) -> None:
    plan = fill(world, at)
    more = solved(services.plan_what_if(actor=world.manager, plan=plan, more_rooms=1))
    assert (more.kind, more.value) == (PlanKind.WHAT_IF, 330)
    new = more.slots.get(room=None)
    with translation.override("en"):
        assert (new.starts_at, room_of(new), counts_of(more)) == (
            at(10),
            "a new room",
            "3 placed · 0 left out",
        )
    less = solved(services.plan_what_if(actor=world.manager, plan=plan, rooms=(world.rooms[0],)))
    assert less.value == 120
    with pytest.raises(WrongState):
        services.plan_publish(actor=world.manager, plan=less)


def test_a_run_can_be_stopped_and_a_proposal_discarded(world: World, at: At) -> None:
    ask(world, at, 10, 12)
    plan = services.plan_start(
        actor=world.manager, park=world.park, first_day=today() + 2 * DAY, last_day=today() + 2 * DAY
    )
    services.plan_stop(actor=world.manager, plan=plan)
    jobs.run_due()
    plan.refresh_from_db()
    assert plan.job is not None
    assert (plan.state, plan.job.state) == (PlanState.STOPPED, JobState.CANCELLED)
    assert not plan.slots.exists()
    proposal = make(world)
    services.plan_stop(actor=world.manager, plan=proposal)
    with pytest.raises(WrongState):
        services.plan_publish(actor=world.manager, plan=proposal)


def test_a_run_whose_job_is_cancelled_before_anybody_has_it_is_stopped(world: World) -> None:
    days = {"first_day": today(), "last_day": today() + 3 * DAY}
    plan = services.plan_start(actor=world.manager, park=world.park, **days)
    assert plan.job is not None
    jobs.job_cancel(actor=world.manager, uid=str(plan.job.uid))
    plan.refresh_from_db()
    assert plan.state == PlanState.STOPPED


def test_a_run_whose_workers_died_says_so_and_goes_on(world: World, at: At) -> None:
    ask(world, at, 10, 12)
    days = {"first_day": today(), "last_day": today() + 3 * DAY}
    plan = services.plan_start(actor=world.manager, park=world.park, **days)
    Job.objects.update(state=JobState.RUNNING, attempt=jobs.ATTEMPTS, heartbeat_at=now() - HOUR)
    jobs.run_due()
    plan = SchedulePlan.objects.get(pk=plan.pk)
    assert (plan.state, plan.job.given_up) == (PlanState.RUNNING, True)
    studio = user_actor(make_user("desk", Role.PARK_STUDIO, world.park.node))
    services.plan_resume(actor=studio, plan=plan)
    assert solved(plan).state == PlanState.PROPOSED
    with pytest.raises(WrongState):
        services.plan_resume(actor=world.manager, plan=plan)


def test_the_same_inputs_and_seed_give_the_same_plan(world: World, at: At) -> None:
    one = fill(world, at, count=4)
    two = make(world)
    assert one.inputs == two.inputs
    order = ("request_id", "room_id", "starts_at")
    assert set(one.slots.values_list(*order)) == set(two.slots.values_list(*order))


def test_nothing_is_planned_into_the_past(world: World, at: At) -> None:
    ask(world, at, 10, 16)
    half_past = at(12.5)
    with time_machine.travel(at(12.2), tick=True):
        plan = make(world, first_day=today(), last_day=today())
        assert (only(plan).starts_at or now()) == half_past


def test_who_may_what(world: World, at: At) -> None:
    other = make_world("beta")
    mine = world.tenants[0]
    request = ask(world, at, 10, 12)
    with pytest.raises(Refused):
        services.slot_request_make(
            actor=other.tenants[0].owner, tenant=mine.tenant, minutes=60, windows=[(at(10), at(11))]
        )
    with pytest.raises(Refused):
        services.slot_request_rank(actor=mine.owner, request=request, priority=9)
    with pytest.raises(NotFound):
        services.slot_request_rank(actor=other.manager, request=request, priority=9)
    with pytest.raises(Refused):
        services.plan_start(
            actor=mine.owner, park=world.park, first_day=today() + DAY, last_day=today() + DAY
        )
    plan = make(world)
    with pytest.raises(NotFound):
        services.plan_publish(actor=other.manager, plan=plan)
    with pytest.raises(NotFound):
        services.plan_publish(actor=mine.owner, plan=plan)


def test_impossible_requests_and_plans_are_refused(world: World, at: At) -> None:
    mine = world.tenants[0]
    other = make_world("beta")
    cases: list[tuple[type[Exception], dict[str, Any]]] = [
        (BadTime, {"minutes": 45}),
        (BadTime, {"minutes": 180}),
        (BadTime, {"windows": []}),
        (BadTime, {"windows": [(at(10, -3), at(12, -3))]}),
        (BadTime, {"windows": [(at(10, 500), at(12, 500))]}),
        (InvalidInput, {"value": 0}),
        (InvalidInput, {"value": 1001}),
        (InvalidInput, {"host": mine.host, "category": "lamps"}),
        (InvalidInput, {"room": other.rooms[0]}),
        (InvalidInput, {"host": other.tenants[0].host}),
    ]
    for error, values in cases:
        with pytest.raises(error):
            ask(world, at, 10, 12, **values)
    days = {"first_day": today(), "last_day": today()}
    wrong: list[dict[str, Any]] = [
        {"last_day": today() - DAY},
        {"last_day": today() + 28 * DAY},
        {"seconds": 601},
        {"rules": PlanRules(makeup_percent=101)},
        {"rules": PlanRules(makeup_shifts=(CrewShift(time(8), time(9), 0),))},
    ]
    for values in wrong:
        with pytest.raises(InvalidInput):
            services.plan_start(actor=world.manager, park=world.park, **{**days, **values})


def test_whom_a_shift_of_others_takes_is_not_planned_elsewhere(
    world: World, booking: Booking, at: At
) -> None:
    other = make_host(world.tenants[0].tenant, "other")
    services.shift_plan(
        actor=world.tenants[0].owner, booking=booking, host=other, starts_at=at(9), ends_at=at(11)
    )
    ask(world, at, 9, 14, host=other)
    plan = services.plan_publish(actor=world.manager, plan=make(world))
    assert only(plan).starts_at == at(11)


def test_who_has_left_does_not_keep_the_others_from_their_schedule(world: World, at: At) -> None:
    mine, gone = world.tenants[:2]
    ask(world, at, 9, 12, host=mine.host)
    ask(world, at, 9, 12)
    ask(world, at, 9, 12, tenant=1)
    services.host_update(actor=mine.owner, host=mine.host, closed_on=today() + 2 * DAY)
    Tenant.objects.filter(pk=gone.tenant.pk).update(closed_on=today())
    plan = services.plan_publish(actor=world.manager, plan=make(world))
    assert [
        slot.reasons.get("obstacles", [{}])[0].get("why") for slot in plan.slots.order_by("request_id")
    ] == [
        "host_away",
        None,
    ]
