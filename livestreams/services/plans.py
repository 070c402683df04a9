"""Schedules: made by a job, tried with changes, repaired, and published as bookings in one transaction."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, jobs
from core.actors import Actor
from core.choices import JOB_OPEN
from core.clock import DAY, day_start, now, today
from core.errors import InvalidInput
from core.locking import advisory_lock, retried
from core.models import Job
from core.policy import ADD
from core.scoping import get_visible, require
from livestreams.choices import PlanKind, PlanState
from livestreams.errors import BadTime, SlotTaken, WrongState
from livestreams.models import Host, LiveRoom, SchedulePlan
from livestreams.planning import PlanRules
from livestreams.services.locks import lock_visible
from livestreams.services.planbookings import book_slots, move_bookings
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
        refused = (move_bookings if held.kind == PlanKind.REPAIR else book_slots)(actor, held, list(slots))
        if refused:
            raise SlotTaken(rows=refused)
        held.state, held.published_at = PlanState.PUBLISHED, now()
        held.save(update_fields=["state", "published_at", "updated_at"])
        _record(actor, "plan.publish", held, before)
    return held


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
