"""The job that makes a schedule: the problem is stored before it is solved, the answers in one transaction after."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from core import jobs
from core.clock import now
from core.words import gettext as _
from livestreams.choices import BOOKING_MOVABLE, PlanKind, PlanState, ProofKind
from livestreams.models import Host, LiveRoom, PlannedSlot, SchedulePlan, SlotRequest
from livestreams.planning import MAKEUP, Grid, changed, grid_of, placed_before, problem_of, still_asked
from livestreams.scheduling import (
    Obstacle,
    Placement,
    Problem,
    Progress,
    Refusal,
    Schedule,
    allowing,
    as_json,
    from_json,
    met,
    schedule,
)
from livestreams.services.planbookings import bookings_under_repair
from livestreams.services.plans import JOB_KIND

EVERY_SECONDS = 0.5
TENTHS = 10
"""A job counts tenths of seconds."""


def _stop(plans: QuerySet[SchedulePlan]) -> int:
    return plans.filter(state=PlanState.RUNNING).update(state=PlanState.STOPPED)


@jobs.handles(JOB_KIND, never_run=lambda job: _stop(SchedulePlan.objects.filter(job=job)))
def run_plan_job(context: jobs.JobContext) -> dict[str, Any]:
    """Solve the plan of a job; a worker that takes over solves the same problem again."""
    plan = SchedulePlan.objects.select_related("base").get(pk=context.params["plan"])
    try:
        if plan.state != PlanState.RUNNING:
            raise jobs.JobCancelled
        problem = _problem(plan)
        found = schedule(problem, seconds=plan.seconds, seed=plan.seed, report=_Teller(context))
        return _keep(plan, problem, found)
    except jobs.JobTakenOver:
        raise
    except Exception:
        _stop(SchedulePlan.objects.filter(pk=plan.pk))
        raise


class _Teller:
    """Tells the job how far the search is, twice a second; notices a cancel."""

    def __init__(self, context: jobs.JobContext) -> None:
        self._context, self._due = context, 0.0

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + EVERY_SECONDS
        words = {"value": progress.value, "bound": "–" if progress.bound is None else progress.bound}
        self._context.progress(
            int(min(progress.spent, progress.seconds) * TENTHS),
            int(progress.seconds * TENTHS),
            _("worth %(value)s, at most %(bound)s") % words,
        )


def _problem(plan: SchedulePlan) -> Problem:
    """The problem as it was stored, or as it is now and from now on is stored."""
    if plan.inputs:
        return from_json(plan.inputs.encode())
    grid = grid_of(plan)
    if plan.base is None:
        problem = problem_of(plan)
    elif plan.kind == PlanKind.WHAT_IF:
        problem = changed(from_json(plan.base.inputs.encode()), grid, plan.changes)
    else:
        standing = _standing(plan)
        before = placed_before(standing, grid)
        keys = {place.request for place in before}
        whole = changed(problem_of(plan, moving=standing), grid, plan.changes)
        locked = {place.request for place in whole.locked}
        asked = tuple(request for request in whole.requests if request.key in keys | locked)
        problem = allowing(replace(whole, requests=asked, before=before))
    plan.inputs = as_json(problem).decode()
    plan.save(update_fields=["inputs", "updated_at"])
    return problem


def _standing(plan: SchedulePlan) -> list[PlannedSlot]:
    """What the schedule that is repaired has booked ahead, where it or a later repair has put it.

    Whoever was moved by hand since stays: nobody asked the schedule for that place. So does what nobody asks any more.
    """
    slots = PlannedSlot.objects.filter(
        Q(booking__host=F("host")) | Q(booking__host=None, host=None),
        plan__state=PlanState.PUBLISHED,
        request__in=still_asked(plan.park_id).values("pk"),
        booking__in=bookings_under_repair(plan).values(),
        booking__state__in=BOOKING_MOVABLE,
        booking__room=F("room"),
        booking__starts_at=F("starts_at"),
        booking__ends_at=F("ends_at"),
    ).filter(starts_at__gt=now())
    rows = slots.select_related("request", "room", "host", "booking").order_by("pk")
    return list({slot.booking_id: slot for slot in rows}.values())


def _keep(plan: SchedulePlan, problem: Problem, found: Schedule) -> dict[str, Any]:
    grid = grid_of(plan)
    rows = _Rows(plan, grid, problem)
    slots = [*map(rows.placed, found.placed), *map(rows.refused, found.refused)]
    with transaction.atomic():
        values = {
            "state": PlanState.PROPOSED,
            "proof": ProofKind(found.proof.value),
            "value": found.value,
            "bound": found.bound,
            "spent": round(found.seconds, 2),
        }
        if not SchedulePlan.objects.filter(pk=plan.pk, state=PlanState.RUNNING).update(**values):
            raise jobs.JobCancelled
        PlannedSlot.objects.bulk_create(slots, batch_size=500)
    return {"placed": len(found.placed), "refused": len(found.refused), "value": found.value}


class _Rows:
    """Rows of a solution, by the keys of the problem."""

    def __init__(self, plan: SchedulePlan, grid: Grid, problem: Problem) -> None:
        self.plan, self.grid = plan, grid
        self.asked = {request.key: request for request in problem.requests}
        uids = {key.partition(":")[0] for key in self.asked if not key.startswith("booking:")}
        self.requests = {str(row.uid): row for row in SlotRequest.objects.filter(uid__in=uids)}
        self.rooms = {room.code: room for room in LiveRoom.objects.filter(park=plan.park_id)}
        self.hosts = {host.code: host for host in Host.objects.filter(tenant__node__parent=plan.park_id)}
        self.bookings = bookings_under_repair(plan)

    def _slot(self, key: str) -> PlannedSlot:
        uid, _colon, week = key.partition(":")
        return PlannedSlot(plan=self.plan, request=self.requests[uid], week=int(week))

    def placed(self, place: Placement) -> PlannedSlot:
        """A slot with its room, or without one for a room that only a what-if has."""
        slot = self._slot(place.request)
        slot.booking_id = self.bookings.get((slot.request_id, slot.week))
        slot.room, slot.host = self.rooms.get(place.room), self.hosts.get(place.host or "")
        slot.starts_at = self.grid.at(place.start)
        slot.ends_at = self.grid.at(place.start + self.asked[place.request].length)
        made_up = [task for need, task in met(self.asked[place.request], place) if need.crew == MAKEUP]
        slot.made_up_at = self.grid.at(made_up[0].start) if made_up and made_up[0] else None
        return slot

    def refused(self, refusal: Refusal) -> PlannedSlot:
        slot = self._slot(refusal.request)
        slot.reasons = {
            "obstacles": [_obstacle(one) for one in refusal.obstacles],
            "ways": [
                {
                    "starts_at": self.grid.at(way.start).isoformat(),
                    "host": way.host,
                    "without": [_obstacle(one) for one in way.without],
                }
                for way in refusal.ways
            ],
            "elsewhen": None if refusal.elsewhen is None else self.grid.at(refusal.elsewhen).isoformat(),
            "enough": refusal.enough,
        }
        return slot


def _obstacle(one: Obstacle) -> dict[str, Any]:
    return {"why": one.why.value, "names": list(one.names), "percent": one.percent}
