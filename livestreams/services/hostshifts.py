"""Shifts of hosts and controllers as they are worked within a session, and handed over.

A session begins with whoever is planned then; what nobody told otherwise by its end is taken as planned.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, InternalError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import buckets
from core.actors import Actor
from core.clock import now
from core.errors import InvalidInput
from core.locking import lock_rows, retried
from core.policy import ADD
from core.scoping import require_of
from livestreams.choices import SessionState, ShiftRole
from livestreams.conflicts import Span
from livestreams.errors import BadTime, WrongState
from livestreams.models import Booking, Host, HostShift, LiveSession, PlannedShift
from livestreams.services.locks import check_key_allows, check_not_future, lock_host, lock_visible
from livestreams.services.plannedshifts import is_planned, planned_of, record_shift


@retried
def shift_begin(
    *,
    actor: Actor,
    session: LiveSession,
    host: Host,
    role: str = ShiftRole.HOST,
    at: datetime | None = None,
    ends_at: datetime | None = None,
    relieves: Host | None = None,
) -> HostShift:
    """Somebody begins to work in a session, now or `at`; whom they relieve stops at the same instant: a hand-over.

    For a session that is over `ends_at` is needed; for a running one the shift goes on until it is relieved or the
    session ends. Raises BadTime outside of the session, WrongState when the person works elsewhere then, InvalidInput
    when nobody of that name is there to be relieved, or who comes is the one.
    """
    require_of(actor, ADD, HostShift, session)
    at = at or now()
    with transaction.atomic():
        held = lock_visible(LiveSession, actor, session.pk)
        _check_within(held, at, ends_at)
        if relieves is not None:
            if relieves.pk == host.pk:
                raise InvalidInput(
                    _("Nobody relieves themselves: name somebody else."), code="relieves", field="relieves"
                )
            _relieve(actor, held, relieves, role, at)
        shift = HostShift(session=held, host=_known(host, held), role=role, starts_at=at, ends_at=ends_at)
        store(shift)
        record_shift(actor, "shift.begin", shift, held.tenant_id)
    return shift


def _check_within(session: LiveSession, at: datetime, ends_at: datetime | None) -> None:
    check_not_future(at, "at")
    if session.started_at is None or at < session.started_at:
        raise BadTime(_("The session had not begun then."), code="before", field="at")
    if session.state == SessionState.ENDED and ends_at is None:
        raise BadTime(_("The session is over: say until when the shift was."), field="ends_at")
    if ends_at is not None:
        check_not_future(ends_at, "ends_at")
        if ends_at <= at or (session.ended_at is not None and ends_at > session.ended_at):
            raise BadTime(_("A shift ends after it starts, and not after its session."), field="ends_at")


def _known(host: Host, session: LiveSession) -> Host:
    """A host who works in the session's park or comes by the loan of its booking, or whom the session knows already."""
    if session.host_id == host.pk or session.shifts.filter(host=host).exists():
        return host
    return lock_host(host, session.park_id, session.booking.loan if session.booking else None)


def _relieve(actor: Actor, session: LiveSession, host: Host, role: str, at: datetime) -> None:
    running = session.shifts.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), host=host, role=role)
    held = lock_rows(running.filter(starts_at__lt=at))
    if not held:
        raise InvalidInput(
            _("%(host)s is not on this shift at that time.") % {"host": host},
            code="relieves",
            field="relieves",
        )
    held[0].ends_at = at
    held[0].save(update_fields=["ends_at"])
    record_shift(actor, "shift.relieve", held[0], session.tenant_id)


@retried
def shift_end(*, actor: Actor, shift: HostShift, at: datetime | None = None) -> HostShift:
    """Somebody stops, now or `at`, before the session ends. `at` also corrects an end that was told wrong.

    WrongState when somebody is to stop now who has stopped already.
    """
    with transaction.atomic():
        held = lock_visible(HostShift, actor, shift.pk)
        check_key_allows(actor, held.session.room)
        if at is None and held.ends_at is not None:
            raise WrongState(_("This shift is over already."), code="closed")
        at = at or now()
        check_not_future(at, "at")
        ended = held.session.ended_at
        if at <= held.starts_at or (ended is not None and at > ended):
            raise BadTime(_("A shift ends after it starts, and not after its session."), field="at")
        held.ends_at = at
        store(held)
        record_shift(actor, "shift.end", held, held.session.tenant_id)
    return held


def store(shift: HostShift) -> None:
    """Store a worked shift. WrongState when the person is in another session, or twice in this one."""
    try:
        with transaction.atomic():
            shift.save()
            buckets.mark(buckets.SESSIONS, [(shift.session.tenant_id, shift.session_id)])
            # Whoever works for a firm for the first time is no stranger to it any more.
            sellers = shift.session.shown_tenants.exclude(tenant=shift.host.tenant_id)
            buckets.mark(buckets.ACCOUNTS, [(shown.tenant_id, 0) for shown in sellers])
    except (IntegrityError, InternalError) as error:
        if "livestreams_hostshift_person" not in str(error):
            raise
        raise WrongState(
            _("The host is in another session at that time."), code="host_on_air", field="host"
        ) from error


def begin_as_planned(session: LiveSession, at: datetime) -> None:
    """A session begins: the shifts of those who are planned then, and of its host. WrongState when the host is on air.

    The booking's own host stays away where somebody else is planned; whom the opening of the session names does not.
    Who is planned and still on a shift elsewhere comes when it is told: the picture does not wait for them.
    """
    booking = session.booking
    planned: list[PlannedShift] = []
    if booking is not None and is_planned(booking):
        moment = max(at, booking.starts_at)  # who is to begin the booking begins a session that is early
        planned = list(planned_of(booking).filter(starts_at__lte=moment, ends_at__gt=moment))
    people = {shift.host_id: shift.role for shift in planned}
    meant = booking is not None and session.host_id == booking.host_id and ShiftRole.HOST in people.values()
    if session.host_id is not None and not meant:
        people = {host_id: role for host_id, role in people.items() if role != ShiftRole.HOST}
        people[session.host_id] = ShiftRole.HOST
    if not people:
        return
    known = set(session.shifts.values_list("host_id", flat=True))
    for host_id, role in people.items():
        if host_id in known:
            continue
        try:
            store(HostShift(session=session, host_id=host_id, role=role, starts_at=at))
        except WrongState:
            if host_id == session.host_id:
                raise


def end_all(session: LiveSession, ended_at: datetime) -> None:
    """Shifts end with the session; one that would have begun at or after its end never took place.

    A role for which nobody told a hand-over was worked as planned, as far as the session went; whoever came in addition
    is none of it.
    """
    started_at = session.started_at
    if session.booking is not None and started_at is not None and started_at < ended_at:
        for role in ShiftRole:
            _hand_over_as_planned(session, session.booking, role, Span(started_at, ended_at))
    session.shifts.filter(starts_at__gte=ended_at).delete()
    session.shifts.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=ended_at)).update(ends_at=ended_at)


def _hand_over_as_planned(session: LiveSession, booking: Booking, role: str, span: Span) -> None:
    """Whoever began goes when they were to go, or when the next one was to come; those who were to come came."""
    opened = max(span.start, booking.starts_at)
    plan = []
    for shift in planned_of(booking).filter(role=role).order_by("starts_at", "pk"):
        # Whoever is to be there last stays as long as it takes.
        ends_at = max(shift.ends_at, span.end) if shift.ends_at >= booking.ends_at else shift.ends_at
        cut = Span(shift.starts_at, ends_at).clipped(span)
        if cut is not None:
            plan.append((shift.host_id, cut))
    later = [(host_id, cut) for host_id, cut in plan if cut.start > opened]
    counted_on = {session.host_id, *(host_id for host_id, _cut in plan)}
    worked = session.shifts.filter(role=role, host__in=counted_on - {None})
    if not later or worked.filter(Q(starts_at__gt=span.start) | Q(ends_at__isnull=False)).exists():
        return
    until = {host_id: cut.end for host_id, cut in plan if cut.start <= opened}
    for begun in worked:
        begun.ends_at = until.get(begun.host_id, later[0][1].start)
        begun.save(update_fields=["ends_at"])
    for host_id, cut in later:
        try:
            store(
                HostShift(session=session, host_id=host_id, role=role, starts_at=cut.start, ends_at=cut.end)
            )
        except WrongState:  # told to be in another session then, which goes before a plan
            continue
