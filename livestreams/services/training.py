"""Training and incubation: enrolments with results, certificates, and the way from stage to stage."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import today
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.records import conflict_of
from core.scoping import require
from livestreams.choices import CourseResult
from livestreams.errors import BadTime, GateNotMet, WrongState
from livestreams.incubation import standing_of
from livestreams.models import Certificate, Course, CourseRun, Enrolment, Host, HostStage, IncubationStage
from livestreams.services.locks import lock_host, lock_visible, park_of
from parks.models import Park


@retried
def host_enrol(*, actor: Actor, run: CourseRun, host: Host) -> Enrolment:
    """Enrol a host in a run of a course of its park. WrongState when it is over or the course is
    no longer given, Conflict when it is full.
    """
    require(actor, ADD, Enrolment, host.tenant_id)
    with transaction.atomic():
        held = lock_row(CourseRun, run.pk)
        if held.last_day < today():
            raise WrongState(_("This run of the course is over."), field="run")
        if held.course.is_closed_by(today()):
            raise WrongState(_("This course is no longer given."), field="run")
        if held.seats is not None and held.enrolments.count() >= held.seats:
            raise Conflict(_("All seats of this run are taken."), code="full", field="run")
        enrolment = Enrolment(run=held, host=lock_host(host, held.course.park_id))
        try:
            with transaction.atomic():
                enrolment.save()
        except IntegrityError as error:
            raise Conflict(
                _("The host is enrolled in this run already."), code="enrolled", field="host"
            ) from error
        _record(actor, "host.enrol", enrolment, host, ("run", "host"))
    return enrolment


@retried
def result_record(*, actor: Actor, enrolment: Enrolment, result: str, score: int | None = None) -> Enrolment:
    """What came of an enrolment, once: the park's to say. Whoever passes gets the course's certificate, from today."""
    with transaction.atomic():
        held = lock_visible(Enrolment, actor, enrolment.pk)
        course = held.run.course
        require(actor, CHANGE, Enrolment, course.park_id)
        if held.result != CourseResult.ENROLLED:
            raise WrongState(_("The result of this enrolment is on record already."), code="decided")
        if result == CourseResult.ENROLLED:
            raise InvalidInput(_("Say what came of it."), code="result", field="result")
        if held.run.first_day > today():
            raise BadTime(_("The course has not begun yet."), code="future")
        held.result, held.score = result, score
        held.save(update_fields=["result", "score", "updated_at"])
        if result == CourseResult.PASSED:
            _certify(held, course)
        _record(actor, "host.result", held, held.host, ("result", "score"))
    return held


def _certify(enrolment: Enrolment, course: Course) -> None:
    days = course.valid_days
    Certificate.objects.create(
        host=enrolment.host,
        course=course,
        title=course.name_zh,
        number=f"{course.code}-{enrolment.pk}",
        issued_on=today(),
        expires_on=None if days is None else today() + timedelta(days=days),
    )


@retried
def certificate_record(
    *,
    actor: Actor,
    host: Host,
    title: str,
    issued_on: date,
    expires_on: date | None = None,
    number: str = "",
) -> Certificate:
    """Write down a certificate that somebody else gave a host. One of a course of the park comes from its result."""
    require(actor, ADD, Certificate, host.tenant_id)
    if issued_on > today():
        raise BadTime(_("This time has not come yet."), code="future", field="issued_on")
    if expires_on is not None and expires_on < issued_on:
        raise BadTime(_("A certificate is not over before it begins."), code="order", field="expires_on")
    with transaction.atomic():
        certificate = Certificate.objects.create(
            host=host, title=title, number=number, issued_on=issued_on, expires_on=expires_on
        )
        _record(actor, "certificate.record", certificate, host, ("title", "issued_on", "expires_on"))
    return certificate


@retried
@transaction.atomic
def stage_create(*, actor: Actor, park: Park, **values: Any) -> IncubationStage:
    """Add a stage to a park's incubation. Conflict when the number is taken, InvalidInput for another park's course."""
    require(actor, ADD, IncubationStage, park.pk)
    stage = IncubationStage(park=park, **values)
    _save_stage(stage)
    audit.record(
        actor=actor, verb="stage.create", obj=stage, node_id=park.pk, after=audit.snapshot(stage, values)
    )
    return stage


@retried
@transaction.atomic
def stage_update(*, actor: Actor, stage: IncubationStage, **values: Any) -> IncubationStage:
    """Change a stage for whoever enters it from now on; park and number stay."""
    held = lock_visible(IncubationStage, actor, stage.pk)
    before = audit.snapshot(held, values)
    for name, value in values.items():
        setattr(held, name, value)
    _save_stage(held)
    audit.record(
        actor=actor,
        verb="stage.update",
        obj=held,
        node_id=held.park_id,
        before=before,
        after=audit.snapshot(held, values),
    )
    return held


def _save_stage(stage: IncubationStage) -> None:
    if stage.needs_course is not None and stage.needs_course.park_id != stage.park_id:
        raise InvalidInput(_("The course is not of this park."), code="other_park", field="needs_course")
    try:
        with transaction.atomic():
            stage.save()
    except IntegrityError as error:
        raise conflict_of(error) from error


@retried
def host_advance(*, actor: Actor, host: Host) -> HostStage:
    """Let a host enter the next stage of its park's incubation, at its cost of today.

    GateNotMet with `missing`, a sentence for each thing its gate still asks for; WrongState after the last stage.
    """
    park_id = park_of(host.tenant)
    require(actor, ADD, HostStage, park_id)
    with transaction.atomic():
        held = lock_host(host, park_id)
        standing = standing_of(held, park_id)
        if standing.next is None:
            raise WrongState(_("There is no further stage."), code="last_stage")
        if standing.missing:
            raise GateNotMet(
                _("“%(stage)s” still needs: %(missing)s")
                % {"stage": standing.next, "missing": " ".join(standing.missing)},
                missing=list(standing.missing),
            )
        entry = HostStage.objects.create(
            host=held, stage=standing.next, entered_on=today(), cost=standing.next.cost
        )
        _record(actor, "host.advance", entry, held, ("stage", "entered_on", "cost"))
    return entry


def _record(actor: Actor, verb: str, row: Any, host: Host, columns: tuple[str, ...]) -> None:
    audit.record(actor=actor, verb=verb, obj=row, node_id=host.tenant_id, after=audit.snapshot(row, columns))
