"""Factories of a firm, and the room they have: a day is taken piece by piece, never beyond what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.records import record_create, record_update
from core.scoping import require
from core.strict import MAX_QUANTITY
from supplychain import reorders
from supplychain.choices import WorkStep
from supplychain.models import Factory, FactoryDay, FactoryStep, Reorder, ReorderWork
from tenants.models import Tenant

StepTerms = Mapping[str, tuple[int, int]]
"""What a step can do: pieces a day and days of preparation, by the step's name."""
LONGEST_LEAD = 365


@retried
def factory_create(*, actor: Actor, tenant: Tenant, name: str, steps: StepTerms, **values: Any) -> Factory:
    """Write down a factory with the steps it does. InvalidInput without a step, or with one that makes nothing."""
    require(actor, ADD, Factory, tenant.pk)
    with transaction.atomic():
        factory = record_create(actor=actor, model=Factory, tenant=tenant, name=name, **values)
        _keep_steps(actor, factory, steps)
    return factory


@retried
def factory_update(
    *, actor: Actor, factory: Factory, steps: StepTerms | None = None, **values: Any
) -> Factory:
    """Change a factory, and what its steps can do from now on: what is promised already stays promised."""
    require(actor, CHANGE, Factory, factory.tenant_id)
    with transaction.atomic():
        held = lock_row(Factory, factory.pk)
        if values:
            held = record_update(actor=actor, row=held, **values)
        if steps is not None:
            _keep_steps(actor, held, steps)
    return held


def _keep_steps(actor: Actor, factory: Factory, steps: StepTerms) -> None:
    known = {step.kind: step for step in factory.steps.all()}
    if not (steps or known):
        raise InvalidInput(_("A factory does at least one step."), code="steps", field="steps")
    for kind, (pieces, lead_days) in steps.items():
        if kind not in WorkStep.values:
            raise InvalidInput(_("There is no such step."), code="step", field="steps")
        if not 0 < pieces <= MAX_QUANTITY or not 0 <= lead_days <= LONGEST_LEAD:
            raise InvalidInput(
                _("A step makes at least one piece a day, and is prepared in at most a year."),
                code="range",
                field="steps",
            )
        step = known.get(kind) or FactoryStep(factory=factory, kind=kind)
        step.place = WorkStep.values.index(kind)
        step.pieces_per_day, step.lead_days = pieces, lead_days
        step.save()
    audit.record(
        actor=actor,
        verb="factory.steps",
        obj=factory,
        node_id=factory.tenant_id,
        after={kind: list(terms) for kind, terms in steps.items()},
    )


def steps_of(factory: Factory) -> list[reorders.Step]:
    """What a factory can do, in the order of the work."""
    return [
        reorders.Step(step.pk, step.pieces_per_day, step.lead_days)
        for step in factory.steps.order_by("place")
    ]


def taken_of(factory: Factory, first_day: date) -> dict[tuple[int, date], int]:
    """The pieces that are promised from a day on, by step and day."""
    rows = FactoryDay.objects.filter(step__factory=factory, day__gte=first_day)
    return {(step, day): taken for step, day, taken in rows.values_list("step_id", "day", "taken")}


def take_room(reorder: Reorder) -> date:
    """Take the earliest room in its factory for a re-order, whose factory the caller has locked.

    Returns the day on which it is done. Conflict where it does not fit.
    """
    factory = reorder.factory
    first = clock.today() + clock.DAY
    steps = steps_of(factory)
    work = reorders.plan(steps, taken_of(factory, first), reorder.quantity, first)
    if work is None:
        raise Conflict(_("The factory has no room for so many pieces."), code="no_room", field="quantity")
    able = {step.key: step.pieces_per_day for step in steps}
    FactoryDay.objects.bulk_create(
        [FactoryDay(step_id=one.step, day=one.day, capacity=able[one.step]) for one in work],
        ignore_conflicts=True,
    )
    for one in work:
        FactoryDay.objects.filter(step_id=one.step, day=one.day).update(
            taken=F("taken") + one.pieces, capacity=able[one.step]
        )
    ReorderWork.objects.bulk_create(
        [ReorderWork(reorder=reorder, step_id=one.step, day=one.day, pieces=one.pieces) for one in work]
    )
    return max(one.day for one in work)


def give_back(reorder: Reorder) -> None:
    """Give back the room of a re-order on the days to come; its factory is locked by the caller."""
    left = reorder.work.filter(done_on=None, day__gt=clock.today())
    _free(left)
    left.delete()


def finish(work: QuerySet[ReorderWork]) -> int:
    """Note that some work is done: what was planned for later days is free again. Returns how many days it was.

    Its factory is locked by the caller.
    """
    open_work = work.filter(done_on=None)
    _free(open_work.filter(day__gt=clock.today()))
    return open_work.update(done_on=clock.today())


def _free(work: QuerySet[ReorderWork]) -> None:
    for one in work:
        FactoryDay.objects.filter(step_id=one.step_id, day=one.day).update(taken=F("taken") - one.pieces)
