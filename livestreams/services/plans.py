"""Schedules: made by a job, tried with changes, repaired, and published as bookings in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, doorbell, jobs
from core.actors import Actor
from core.choices import JOB_OPEN
from core.clock import DAY, MINUTE, day_start, local, now, today
from core.errors import DomainError, InvalidInput, NotFound, RowError
from core.locking import advisory_lock, retried
from core.models import Job
from core.policy import ADD
from core.scoping import get_visible, require
from livestreams.choices import BOOKING_MOVABLE, BookingState, PlanKind, PlanState
from livestreams.conflicts import Span
from livestreams.errors import BadTime, SlotTaken, WrongState
from livestreams.models import Booking, Host, LiveRoom, PlannedSlot, SchedulePlan
from livestreams.planning import PlanRules, grid_of, key_of
from livestreams.quotas import beyond_quota
from livestreams.scheduling import from_json
from livestreams.services.bookings import booking_cancel
from livestreams.services.locks import lock_room, lock_visible
from livestreams.services.placing import lock_hours, place
from livestreams.services.steps import AUDITED as BOOKING_AUDITED
from livestreams.services.steps import WAITLIST, record
from parks.models import Park

JOB_KIND = "livestreams.schedule"
AUDITED = ("kind", "state", "first_day", "last_day", "rules", "changes", "value", "bound")
MOST_DAYS = 28
MOST_SECONDS = 600
RULES = {
    "quota_hours": 10_000,
    "fair_sessions": 100,
    "fair_bonus": 100_000,
    "host_rest_minutes": 1440,
    "host_day_hours": 24,
    "makeup_minutes": 480,
    "makeup_wait_hours": 24,
    "makeup_percent": 100,
}
"""The largest value of each number among the rules."""


@retried
def plan_start(
    *,
    actor: Actor,
    park: Park,
    first_day: date,
    last_day: date,
    seconds: int = 60,
    seed: int = 0,
    rules: PlanRules | None = None,
) -> SchedulePlan:
    """Make a schedule of what is asked for in [first_day, last_day], as a job of at most so many seconds.

    BadTime for days that are over or too many, InvalidInput for rules out of range.
    """
    require(actor, ADD, SchedulePlan, park.pk)
    if last_day < first_day or (last_day - first_day).days >= MOST_DAYS:
        message = _("A schedule has from 1 to %(most)d days.") % {"most": MOST_DAYS}
        raise BadTime(message, code="order", field="last_day")
    if last_day < today() or first_day > today() + 400 * DAY:
        raise BadTime(_("The schedule lies in the past or too far ahead."), code="past", field="first_day")
    if not 0 <= seconds <= MOST_SECONDS:
        message = _("A schedule takes %(most)d seconds at most.") % {"most": MOST_SECONDS}
        raise InvalidInput(message, code="range", field="seconds")
    rules = rules or PlanRules()
    _check_rules(rules)
    return _start(
        actor,
        SchedulePlan(
            park=park,
            first_day=first_day,
            last_day=last_day,
            seconds=seconds,
            seed=seed,
            rules=rules.as_dict(),
            starts_at=day_start(first_day),
        ),
    )


@retried
def plan_what_if(
    *,
    actor: Actor,
    plan: SchedulePlan,
    rooms: tuple[LiveRoom, ...] = (),
    hosts: tuple[Host, ...] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    more_rooms: int = 0,
    scene: str = "",
) -> SchedulePlan:
    """The same problem with rooms out of use, hosts away or rooms more: what would it be worth? Never published."""
    base = get_visible(SchedulePlan, actor, ADD, pk=plan.pk)
    _check_solved(base)
    if not 0 <= more_rooms <= 100:
        raise InvalidInput(_("At most 100 rooms more."), code="range", field="more_rooms")
    changes = _changes(base, rooms, hosts, since, until)
    if more_rooms:
        changes |= {"more_rooms": more_rooms, "scene": scene}
    return _start(actor, _derived(base, PlanKind.WHAT_IF, changes))


@retried
def plan_repair(
    *,
    actor: Actor,
    plan: SchedulePlan,
    rooms: tuple[LiveRoom, ...] = (),
    hosts: tuple[Host, ...] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> SchedulePlan:
    """Rooms have failed or hosts are ill: find new places for what is hit, and move as few others as can be."""
    base = get_visible(SchedulePlan, actor, ADD, pk=plan.pk)
    if base.state != PlanState.PUBLISHED:
        raise WrongState(_("Only a published schedule can be repaired."))
    return _start(actor, _derived(base, PlanKind.REPAIR, _changes(base, rooms, hosts, since, until)))


def _check_solved(plan: SchedulePlan) -> None:
    if not plan.inputs:
        raise WrongState(_("This schedule has not been made."))


def _changes(
    base: SchedulePlan,
    rooms: tuple[LiveRoom, ...],
    hosts: tuple[Host, ...],
    since: datetime | None,
    until: datetime | None,
) -> dict[str, Any]:
    begin, end = since or base.starts_at, until or day_start(base.last_day + DAY)
    if end <= begin:
        raise BadTime(_("It must end after it starts."), code="order", field="until")
    for room in rooms:
        if room.park_id != base.park_id:
            raise InvalidInput(_("The room is not in this park."), code="other_park", field="rooms")

    def away(rows: tuple[Any, ...]) -> list[dict[str, str]]:
        return [{"code": row.code, "from": begin.isoformat(), "until": end.isoformat()} for row in rows]

    return {"rooms": away(rooms), "hosts": away(hosts)}


def _derived(base: SchedulePlan, kind: PlanKind, changes: dict[str, Any]) -> SchedulePlan:
    same = ("park", "first_day", "last_day", "seconds", "seed", "rules", "starts_at")
    return SchedulePlan(base=base, kind=kind, changes=changes, **{name: getattr(base, name) for name in same})


def _start(actor: Actor, plan: SchedulePlan) -> SchedulePlan:
    with transaction.atomic():
        plan.created_by_id = actor.user_id
        plan.save()
        plan.job = jobs.job_start(
            actor=actor, kind=JOB_KIND, params={"plan": plan.pk}, node_id=plan.park_id, message=str(plan)
        )
        plan.save(update_fields=["job"])
        _record(actor, "plan.start", plan)
    return plan


def _check_rules(rules: PlanRules) -> None:
    for name, most in RULES.items():
        value = getattr(rules, name)
        if value is not None and not 0 <= value <= most:
            message = _("This is a whole number from 0 to %(most)d.") % {"most": most}
            raise InvalidInput(message, code="range", field=name)
    for crew, shifts in rules.shifts.items():
        if any(not 1 <= shift.people <= 1000 for shift in shifts) or len(shifts) > 50:
            message = _("A shift has from 1 to 1000 people, a day 50 shifts at most.")
            raise InvalidInput(message, field=f"{crew}_shifts")


@retried
def plan_resume(*, actor: Actor, plan: SchedulePlan) -> SchedulePlan:
    """Let a run go on whose workers died: it solves the same problem again. WrongState for any other."""
    with transaction.atomic():
        held = lock_visible(SchedulePlan, actor, plan.pk)
        if held.state != PlanState.RUNNING or held.job is None or not held.job.given_up:
            raise _wrong(held)
        # As in plan_stop: the job is somebody else's row.
        jobs.job_go_on(actor=actor, job=held.job)
    return held


@retried
def plan_stop(*, actor: Actor, plan: SchedulePlan) -> SchedulePlan:
    """Stop a run, or discard a proposal."""
    with transaction.atomic():
        held = lock_visible(SchedulePlan, actor, plan.pk)
        if held.state not in (PlanState.RUNNING, PlanState.PROPOSED):
            raise _wrong(held)
        before = audit.snapshot(held, AUDITED)
        running = held.state == PlanState.RUNNING
        if running and held.job is not None and held.job.state in JOB_OPEN:
            # Whoever may change the schedule may stop its run; the job itself is somebody else's row.
            Job.objects.filter(pk=held.job.pk).update(cancel_requested=True)
        held.state = PlanState.STOPPED if running else PlanState.DISCARDED
        held.save(update_fields=["state", "updated_at"])
        _record(actor, "plan.stop", held, before)
    return held


@retried
def plan_publish(*, actor: Actor, plan: SchedulePlan) -> SchedulePlan:
    """Make the proposal's slots bookings, all or none; of a repair, move and give back what it says.

    Each is booked under the rules of every booking. Raises SlotTaken with a row for each slot that cannot be had
    any more, WrongState for what is no proposal.
    """
    with transaction.atomic():
        advisory_lock(f"schedule:{plan.park_id}")
        held = lock_visible(SchedulePlan, actor, plan.pk)
        if held.state != PlanState.PROPOSED or held.kind == PlanKind.WHAT_IF:
            raise _wrong(held)
        before = audit.snapshot(held, AUDITED)
        slots = held.slots.select_related("request__tenant", "room", "host").order_by("room_id", "starts_at")
        refused = (_move if held.kind == PlanKind.REPAIR else _book)(actor, held, list(slots))
        if refused:
            raise SlotTaken(rows=[RowError(*row) for row in refused])
        held.state, held.published_at = PlanState.PUBLISHED, now()
        held.save(update_fields=["state", "published_at", "updated_at"])
        _record(actor, "plan.publish", held, before)
    return held


Rows = list[tuple[int, str, str, str]]


def _book(actor: Actor, plan: SchedulePlan, slots: list[PlannedSlot]) -> Rows:
    """Book every slot that has a room; what is in the way of any, by its number."""
    refused: Rows = []
    made: list[tuple[Booking, None]] = []
    rooms = _lock_rooms(actor, slots)
    given = set(
        PlannedSlot.objects.filter(plan__park=plan.park_id, booking__isnull=False)
        .exclude(booking__state=BookingState.CANCELLED)
        .values_list("request_id", "week")
    )
    placed = [(slot, slot.place) for slot in slots]
    for number, (slot, where) in enumerate(((slot, where) for slot, where in placed if where), start=1):
        request, (room, starts_at, ends_at) = slot.request, where
        if request.withdrawn_at is not None:
            refused.append((number, str(slot), "withdrawn", _("The request was withdrawn.")))
        elif (request.pk, slot.week) in given:
            refused.append((number, str(slot), "given", _("The request has its slot from another schedule.")))
        else:
            require(actor, ADD, Booking, request.tenant_id)
            booking = Booking(
                room=rooms[room.pk],
                tenant=request.tenant,
                host=slot.host,
                starts_at=starts_at,
                ends_at=ends_at,
                purpose=request.purpose,
            )
            try:
                with transaction.atomic():
                    place(booking, beyond_quota=True)
            except DomainError as error:
                refused.append((number, _named(room, starts_at), error.code, str(error.detail)))
            else:
                record(actor, "booking.create", booking)
                made.append((booking, None))
                slot.booking = booking
                slot.save(update_fields=["booking"])
    return refused or _beyond(plan, made)


def _beyond(
    plan: SchedulePlan, placed: Sequence[tuple[Booking, Span | None]], given_back: Sequence[Booking] = ()
) -> Rows:
    """Which of these bookings, each with its times of before, give their firm more hours than it may have.

    Asked of all at once and with what is given back for them, as the schedule was made (`allowing`), and when all hosts
    are locked: quotas are the last of all locks.
    """
    lock_hours(plan.park_id, {booking.tenant_id for booking, _was in placed})
    sentence = _("%(firm)s has more hours by now than its quota allows.")
    over = {booking.pk for booking in beyond_quota(plan.park_id, placed, given_back)}
    return [
        (number, _named(booking.room, booking.starts_at), "quota", sentence % {"firm": booking.tenant})
        for number, (booking, _was) in enumerate(placed, start=1)
        if booking.pk in over
    ]


def _move(actor: Actor, plan: SchedulePlan, slots: list[PlannedSlot]) -> Rows:
    """Move or give back the bookings of a repair. What begun or changed meanwhile refuses it."""
    refused: Rows = []
    rooms, held, grid = _lock_rooms(actor, slots), bookings_under_repair(plan), grid_of(plan)
    stood = {before.request: before for before in from_json(plan.inputs.encode()).before}
    moving: list[tuple[Booking, tuple[LiveRoom, datetime, datetime], Host | None]] = []
    given_back: list[Booking] = []
    for number, slot in enumerate(slots, start=1):
        booked = held.get((slot.request_id, slot.week))
        if booked is None:
            raise NotFound
        booking, where = lock_visible(Booking, actor, booked), slot.place
        before = stood[key_of(slot.request, slot.week)]
        start = grid.at(before.start)
        is_here = _of(booking) == (before.room, start, start + slot.request.minutes * MINUTE, before.host)
        if not is_here or booking.state not in BOOKING_MOVABLE or booking.starts_at <= now():
            sentence = _("The booking has begun, or was moved or given back.")
            refused.append((number, str(slot), "changed", sentence))
        elif where is None:
            given_back.append(booking_cancel(actor=actor, booking=booking))
        elif (booking.room, booking.starts_at, booking.host) != (where[0], where[1], slot.host):
            moving.append((booking, where, slot.host))
    # None of them stands in another's way while they change places.
    Booking.objects.filter(pk__in=[booking.pk for booking, *_to in moving]).update(
        state=BookingState.CANCELLED
    )
    moved: list[tuple[Booking, Span]] = []
    for number, (booking, (room, starts_at, ends_at), host) in enumerate(moving, start=1):
        moved.append((booking, Span(booking.starts_at, booking.ends_at)))
        was = audit.snapshot(booking, BOOKING_AUDITED)
        booking.room, booking.host = rooms[room.pk], host
        booking.starts_at, booking.ends_at = starts_at, ends_at
        try:
            with transaction.atomic():
                place(booking, by_park=True, beyond_quota=True)
        except DomainError as error:
            refused.append((number, _named(room, starts_at), error.code, str(error.detail)))
        else:
            record(actor, "booking.move", booking, was)
    doorbell.ring(WAITLIST)
    return refused or _beyond(plan, moved, given_back)


def bookings_under_repair(plan: SchedulePlan) -> dict[tuple[int, int], int]:
    """What the schedule that is repaired has booked, by request and week; empty for what repairs none."""
    if plan.kind != PlanKind.REPAIR:
        return {}
    booked = PlannedSlot.objects.filter(plan=plan.base_id, booking__isnull=False)
    return {
        (request, week): booking
        for request, week, booking in booked.values_list("request", "week", "booking")
    }


def _of(booking: Booking) -> tuple[str, datetime, datetime, str | None]:
    host = booking.host.code if booking.host else None
    return booking.room.code, booking.starts_at, booking.ends_at, host


def _lock_rooms(actor: Actor, slots: list[PlannedSlot]) -> dict[int, LiveRoom]:
    """Lock all rooms before the first host: whoever books in one of them waits for its hosts with its room locked."""
    return {pk: lock_room(actor, pk) for pk in sorted({slot.room_id for slot in slots if slot.room_id})}


def _named(room: LiveRoom, starts_at: datetime) -> str:
    return f"{room.code} {local(starts_at):%Y-%m-%d %H:%M}"


def _wrong(plan: SchedulePlan) -> WrongState:
    return WrongState(
        _("A schedule in state “%(state)s” does not allow this.") % {"state": plan.get_state_display()}
    )


def _record(actor: Actor, verb: str, plan: SchedulePlan, before: dict[str, object] | None = None) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=plan,
        node_id=plan.park_id,
        before=before,
        after=audit.snapshot(plan, AUDITED),
    )
