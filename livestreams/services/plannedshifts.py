"""Shifts of hosts and controllers that are planned within a booking: they move with it, and are given up with it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.db import IntegrityError, InternalError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import now
from core.locking import lock_row, lock_rows, retried
from core.policy import ADD
from core.prepared import Prepared
from core.scoping import require
from livestreams.availability import host_taken, why_away
from livestreams.choices import BOOKING_BLOCKING, BookingState, ShiftRole
from livestreams.conflicts import Span
from livestreams.errors import BadTime, HostAway, Overlap, WrongState
from livestreams.models import Booking, Host, HostShift, PlannedShift
from livestreams.services.locks import check_key_allows, lock_host, lock_visible

AUDITED = ("host_id", "role", "starts_at", "ends_at")


@retried
def shift_plan(
    *,
    actor: Actor,
    booking: Booking,
    host: Host,
    starts_at: datetime,
    ends_at: datetime,
    role: str = ShiftRole.HOST,
) -> PlannedShift:
    """Plan a host or controller for [starts_at, ends_at) of a booking.

    Raises BadTime for times outside of the booking, HostAway outside of the host's hours or in an absence, Overlap
    when the person has another shift or booking then, WrongState when the booking is given up or over.
    """
    require(actor, ADD, PlannedShift, booking.tenant_id)
    with transaction.atomic():
        held = lock_row(Booking, booking.pk)
        check_key_allows(actor, held.room)
        if held.state not in BOOKING_BLOCKING or held.state == BookingState.COMPLETED:
            raise WrongState(
                _("A booking in state “%(state)s” takes no shifts.") % {"state": held.get_state_display()}
            )
        if not held.starts_at <= starts_at < ends_at <= held.ends_at:
            raise BadTime(_("A shift lies within its booking and ends after it starts."), field="starts_at")
        shift = PlannedShift(
            booking=held,
            host=lock_host(host, held.room.park_id, held.loan),
            role=role,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        _place(shift)
        record_shift(actor, "shift.plan", shift, held.tenant_id)
    return shift


@retried
def shift_drop(*, actor: Actor, shift: PlannedShift) -> PlannedShift:
    """Take a planned shift off the plan. WrongState when it has begun or is off already."""
    with transaction.atomic():
        held = lock_visible(PlannedShift, actor, shift.pk)
        check_key_allows(actor, held.booking.room)
        if held.released or held.starts_at <= now():
            raise WrongState(_("Only a shift that lies ahead is taken off the plan."))
        held.released = True
        held.save(update_fields=["released", "updated_at"])
        record_shift(actor, "shift.drop", held, held.booking.tenant_id)
    return held


def _place(shift: PlannedShift) -> None:
    """Check what may stand against a shift whose booking and host are locked, and store it."""
    span, booking = Span(shift.starts_at, shift.ends_at), shift.booking
    if away := why_away(shift.host, span):
        raise HostAway(away, field="host")
    taken = _("%(host)s is on another shift or booked at that time.") % {"host": shift.host}
    if host_taken(shift.host, span, ignoring=booking.pk):
        raise Overlap(taken, field="host")
    try:
        with transaction.atomic():
            shift.save()
    except (IntegrityError, InternalError) as error:
        if "livestreams_plannedshift_person" in str(error):
            raise Overlap(taken, field="host") from error
        raise


def take_off(booking: Booking) -> list[PlannedShift]:
    """Take the planned shifts off a locked booking that is about to move, so that they stand in nobody's way."""
    if booking._state.adding:
        return []
    shifts = list(planned_of(booking).select_related("booking", "host"))
    planned_of(booking).update(released=True)
    return shifts


def put_back(booking: Booking, shifts: list[PlannedShift]) -> None:
    """Plan the shifts that were taken off a booking as far into it as before, now that it has moved.

    What lies beyond its end is cut off or stays given up. The caller holds the lock. Raises like `shift_plan`.
    """
    if shifts:
        lock_rows(Host.objects.filter(pk__in=[shift.host_id for shift in shifts]))
    for shift in shifts:
        moved = booking.starts_at - shift.booking.starts_at
        shift.starts_at += moved
        shift.ends_at = min(shift.ends_at + moved, booking.ends_at)
        if shift.starts_at < shift.ends_at:
            shift.booking = booking
            _place(shift)


def release(booking: Booking) -> None:
    """The booking was given up a moment ago: its planned people are free again, and bear the time of it."""
    planned_of(booking).update(released=True, updated_at=booking.updated_at)


def plan_again(booking: Booking, given_up_at: datetime) -> None:
    """A booking that was given up then takes place after all, and so do its shifts, save of those who are elsewhere."""
    given_up = PlannedShift.objects.filter(booking=booking, released=True, updated_at=given_up_at)
    shifts = list(given_up.select_related("host").order_by("starts_at", "pk"))
    lock_rows(Host.objects.filter(pk__in=[shift.host_id for shift in shifts]))
    for shift in shifts:
        shift.booking, shift.released = booking, False
        try:
            _place(shift)
        except (HostAway, Overlap):
            continue


def planned_of(booking: Booking) -> QuerySet[PlannedShift]:
    """The shifts of a booking that are not given up."""
    return PlannedShift.objects.filter(booking=booking, released=False)


def is_planned(booking: Booking) -> bool:
    """Whether `planned_of` finds any: asked as each session begins, and of most bookings nobody has planned any."""
    return _any_planned().first(booking=booking.pk) is not None


@cache
def _any_planned() -> Prepared:
    def build(booking: int) -> QuerySet[PlannedShift, Any]:
        return PlannedShift.objects.filter(booking=booking, released=False).order_by().values("pk")

    return Prepared(build, {"booking": -1})


def record_shift(actor: Actor, verb: str, shift: PlannedShift | HostShift, tenant_id: int) -> None:
    """Audit a shift, planned or worked, as it stands now."""
    audit.record(actor=actor, verb=verb, obj=shift, node_id=tenant_id, after=audit.snapshot(shift, AUDITED))
