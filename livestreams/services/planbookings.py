"""What a schedule books: the slots of a proposal become bookings, a repair moves or gives back those there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor
from core.clock import MINUTE, local, now
from core.errors import DomainError, NotFound, RowError
from core.policy import ADD
from core.scoping import require
from core.strict import instant
from livestreams.choices import BOOKING_MOVABLE, BookingState, PlanKind, PlanState
from livestreams.conflicts import Span
from livestreams.models import Booking, Host, LiveRoom, PlannedSlot, SchedulePlan
from livestreams.planning import given_weeks, grid_of, key_of
from livestreams.querysets import BookingQuerySet
from livestreams.quotas import beyond_quota
from livestreams.scheduling import from_json
from livestreams.services.bookings import booking_cancel
from livestreams.services.locks import lock_room, lock_visible
from livestreams.services.placing import lock_hours, place
from livestreams.services.steps import AUDITED as BOOKING_AUDITED
from livestreams.services.steps import WAITLIST, record


def book_slots(actor: Actor, plan: SchedulePlan, slots: list[PlannedSlot]) -> list[RowError]:
    """Book every slot that has a room. Returns what is in the way, by the slot's number: then the caller rolls back."""
    refused: list[RowError] = []
    made: list[tuple[Booking, None]] = []
    rooms = _lock_rooms(actor, slots)
    given = given_weeks(plan.park_id)
    placed = [(slot, slot.place) for slot in slots]
    for number, (slot, where) in enumerate(((slot, where) for slot, where in placed if where), start=1):
        request, (room, starts_at, ends_at) = slot.request, where
        if request.withdrawn_at is not None:
            refused.append(RowError(number, str(slot), "withdrawn", _("The request was withdrawn.")))
        elif (request.pk, slot.week) in given:
            refused.append(
                RowError(number, str(slot), "given", _("The request has its slot from another schedule."))
            )
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
                refused.append(RowError(number, _named(room, starts_at), error.code, str(error.detail)))
            else:
                record(actor, "booking.create", booking)
                made.append((booking, None))
                slot.booking = booking
                slot.save(update_fields=["booking"])
    return refused or _beyond(plan, made)


def _beyond(
    plan: SchedulePlan, placed: Sequence[tuple[Booking, Span | None]], given_back: Sequence[Booking] = ()
) -> list[RowError]:
    """Which of these bookings, each with its times of before, give their firm more hours than it may have.

    Asked of all at once and with what is given back for them, as the schedule was made (`allowing`), and when all hosts
    are locked: quotas are the last of all locks.
    """
    lock_hours(plan.park_id, {booking.tenant_id for booking, _was in placed})
    sentence = _("%(firm)s has more hours by now than its quota allows.")
    over = {booking.pk for booking in beyond_quota(plan.park_id, placed, given_back)}
    return [
        RowError(
            number, _named(booking.room, booking.starts_at), "quota", sentence % {"firm": booking.tenant}
        )
        for number, (booking, _was) in enumerate(placed, start=1)
        if booking.pk in over
    ]


def move_bookings(actor: Actor, plan: SchedulePlan, slots: list[PlannedSlot]) -> list[RowError]:
    """Move or give back the bookings of a repair.

    Returns what is in the way (begun or changed meanwhile, taken, beyond a quota), by number: then roll back.
    """
    refused: list[RowError] = []
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
            refused.append(RowError(number, str(slot), "changed", sentence))
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
            refused.append(RowError(number, _named(room, starts_at), error.code, str(error.detail)))
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


def left_by_repair(plan: SchedulePlan) -> BookingQuerySet:
    """Bookings ahead that a repair leaves in the rooms that failed, as they are none that it moves or gives back.

    They are somebody's to move by hand. None before the repair has its proposal, nor of other schedules.
    """
    if plan.kind != PlanKind.REPAIR or plan.state not in (PlanState.PROPOSED, PlanState.PUBLISHED):
        return Booking.objects.none()
    held = bookings_under_repair(plan)
    touched = {held[key] for key in plan.slots.values_list("request", "week") if key in held}
    failed = Q(pk__in=())
    for away in plan.changes.get("rooms", ()):
        since, until = instant(away["from"]), instant(away["until"])
        failed |= Q(room__code=away["code"], blocked_from__lt=until, blocked_until__gt=since)
    ahead = Booking.objects.filter(
        failed, room__park=plan.park_id, state__in=BOOKING_MOVABLE, starts_at__gt=now()
    )
    return ahead.exclude(pk__in=touched).order_by("starts_at", "pk")


def _of(booking: Booking) -> tuple[str, datetime, datetime, str | None]:
    host = booking.host.code if booking.host else None
    return booking.room.code, booking.starts_at, booking.ends_at, host


def _lock_rooms(actor: Actor, slots: list[PlannedSlot]) -> dict[int, LiveRoom]:
    """Lock all rooms before the first host: whoever books in one of them waits for its hosts with its room locked."""
    return {pk: lock_room(actor, pk) for pk in sorted({slot.room_id for slot in slots if slot.room_id})}


def _named(room: LiveRoom, starts_at: datetime) -> str:
    return f"{room.code} {local(starts_at):%Y-%m-%d %H:%M}"
