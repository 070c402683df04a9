"""Assignments of goods to hosts: started by people of a park, computed by a job, kept with their inputs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from analytics.choices import MatchState
from analytics.matching.gathering import candidates, observations, park_hosts
from analytics.matching.goods import Goods, check_goods
from analytics.matching.runs import Inputs, Run, as_json, from_json, hash_of, run
from analytics.models import MatchRun
from core import audit, jobs
from core.actors import Actor
from core.choices import JOB_OPEN
from core.clock import DAY, MINUTE, day_start, now, today
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.models import Job
from core.policy import ADD, CHANGE
from core.scoping import get_visible, require
from core.words import gettext as _
from livestreams.choices import ProofKind
from livestreams.conflicts import Span
from parks.models import Park

JOB_KIND = "analytics.matching"
MOST_DAYS, FURTHEST = 28, 400 * DAY
MOST_SECONDS, MOST_HOURS = 120, 400
AUDITED = ("state", "first_day", "last_day", "one_each", "most_hours", "value", "bound")


@retried
def match_run_start(
    *,
    actor: Actor,
    park: Park,
    first_day: date,
    last_day: date,
    goods: Sequence[Goods],
    one_each: bool = False,
    most_hours: int = 40,
    seconds: int = 20,
) -> MatchRun:
    """Look for the best hosts for goods of a park on [first_day, last_day], as a job of about so many seconds.

    InvalidInput for days that are over or too many, for numbers out of range, and for goods, each row named.
    """
    require(actor, ADD, MatchRun, park.pk)
    if not 0 <= (last_day - first_day).days < MOST_DAYS:
        message = _("Name from 1 to %(most)d days.") % {"most": MOST_DAYS}
        raise InvalidInput(message, code="order", field="last_day")
    if first_day < today() or first_day > today() + FURTHEST:
        message = _("The days lie in the past or too far ahead.")
        raise InvalidInput(message, code="past", field="first_day")
    for field, value, most in (("seconds", seconds, MOST_SECONDS), ("most_hours", most_hours, MOST_HOURS)):
        if not 1 <= value <= most:
            message = _("This must lie between 1 and %(most)d.") % {"most": most}
            raise InvalidInput(message, code="range", field=field)
    check_goods(goods)
    with transaction.atomic():
        made = MatchRun.objects.create(
            park=park,
            created_by_id=actor.user_id,
            first_day=first_day,
            last_day=last_day,
            goods=[one.as_dict() for one in goods],
            one_each=one_each,
            most_hours=most_hours,
            seconds=seconds,
        )
        made.job = jobs.job_start(actor=actor, kind=JOB_KIND, params={"run": made.pk}, node_id=park.pk)
        made.save(update_fields=["job", "updated_at"])
        audit.record(
            actor=actor, verb="matching.start", obj=made, node_id=park.pk, after=audit.snapshot(made, AUDITED)
        )
    return made


@retried
def match_run_stop(*, actor: Actor, run: MatchRun) -> MatchRun:
    """Stop an assignment that is still being computed. Conflict when it is not."""
    with transaction.atomic():
        lock_row(MatchRun, run.pk)
        held = get_visible(MatchRun, actor, CHANGE, pk=run.pk)
        if held.state != MatchState.RUNNING:
            raise Conflict(_("This assignment is not being computed any more."), code="not_running")
        held.state = MatchState.STOPPED
        held.save(update_fields=["state", "updated_at"])
        Job.objects.filter(pk=held.job_id or 0, state__in=JOB_OPEN).update(cancel_requested=True)
        audit.record(
            actor=actor, verb="matching.stop", obj=held, node_id=held.park_id, after={"state": held.state}
        )
    return held


def _stop(runs: QuerySet[MatchRun]) -> int:
    return runs.filter(state=MatchState.RUNNING).update(state=MatchState.STOPPED)


@jobs.handles(JOB_KIND, never_run=lambda job: _stop(MatchRun.objects.filter(job=job)))
def compute_match_run(context: jobs.JobContext) -> dict[str, Any]:
    """Compute the assignment of a job; a worker that takes over computes the same inputs again."""
    kept = MatchRun.objects.get(pk=context.params["run"])
    try:
        if kept.state != MatchState.RUNNING:
            raise jobs.JobCancelled
        began = time.monotonic()
        context.progress(0, kept.seconds, _("reading sessions and hosts"))
        if not kept.inputs:
            kept.inputs = as_json(inputs_of(kept))
            kept.inputs_hash = hash_of(kept.inputs)
            kept.save(update_fields=["inputs", "inputs_hash", "updated_at"])

        def told(value: int, bound: int | None) -> None:
            words = {"value": f"{value:,}", "bound": "–" if bound is None else f"{bound:,}"}
            done = min(int(time.monotonic() - began), kept.seconds)
            context.progress(done, kept.seconds, _("worth %(value)s, at most %(bound)s") % words)

        found = run(from_json(kept.inputs), seconds=kept.seconds, report=told)
        return _keep(kept, found, time.monotonic() - began)
    except jobs.JobTakenOver:
        raise
    except Exception:
        _stop(MatchRun.objects.filter(pk=kept.pk))
        raise


def inputs_of(kept: MatchRun) -> Inputs:
    """What the database says now: sessions of the park, its hosts and their free time on the days from now on."""
    start, end = day_start(kept.first_day), day_start(kept.last_day + DAY)
    within = Span(min(max(start, now()), end - MINUTE), end)
    hosts = list(park_hosts(kept.park_id).order_by("code"))
    found, free = candidates(hosts, within)
    return Inputs(
        observations=observations(kept.park_id),
        candidates=tuple(found),
        free={
            host.code: tuple(
                (-((start - span.start) // MINUTE), (span.end - start) // MINUTE) for span in free[host.pk]
            )
            for host in hosts
        },
        goods=tuple(kept.goods),
        days=(kept.last_day - kept.first_day).days + 1,
        most_hours=kept.most_hours,
        one_each=kept.one_each,
    )


def _keep(kept: MatchRun, found: Run, spent: float) -> dict[str, Any]:
    answer = found.assignment
    values = {
        "state": MatchState.DONE,
        "figures": found.figures,
        "results": found.results,
        "proof": ProofKind(answer.proof.value),
        "value": answer.value,
        "bound": answer.bound,
        "spent": round(spent, 2),
        "updated_at": now(),
    }
    if not MatchRun.objects.filter(pk=kept.pk, state=MatchState.RUNNING).update(**values):
        raise jobs.JobCancelled
    return {"pairs": len(answer.pairs), "left": len(answer.left), "value": answer.value}


def match_run_repeat(kept: MatchRun) -> Run:
    """Compute a stored assignment again from its very inputs. Conflict when they are none or do not give its hash."""
    if not kept.inputs or hash_of(kept.inputs) != kept.inputs_hash:
        raise Conflict(_("The assignment does not say what it was computed from."), code="inputs")
    return run(from_json(kept.inputs), seconds=kept.seconds)
