"""A booking's way from state to state: each step audited, what is due for it charged, what becomes free offered."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor, system_actor
from core.clock import business_day, local, now
from core.locking import lock_rows, retried
from core.models import AuditEntry
from livestreams.choices import BOOKING_AT_REST, BOOKING_TRANSITIONS, SESSION_OPEN, BookingState
from livestreams.errors import WrongState
from livestreams.models import Booking
from livestreams.querysets import BookingQuerySet
from livestreams.services.locks import terms_of
from livestreams.services.plannedshifts import plan_again, release
from livestreams.studio import out_of_use
from livestreams.terms import NOTHING
from parks.models import ParkSettings
from tenants.choices import ChargeKind
from tenants.services import charge_record

AUDITED = ("state", "room_id", "host_id", "starts_at", "ends_at", "price", "given_up", "due")
WAITLIST = "livestreams.tasks.offer_waitlist"
SYSTEM = system_actor("bookings")
GIVEN_UP = (BookingState.CANCELLED, BookingState.NO_SHOW)


def step(
    actor: Actor, verb: str, booking: Booking, state: BookingState, *, by_park: bool = False, **values: Any
) -> None:
    """Take a locked booking to its next state. WrongState when that cannot follow the present one."""
    was, since, at = booking.state, booking.updated_at, now()
    if state not in BOOKING_TRANSITIONS[was]:
        raise WrongState(
            _("A booking in state “%(state)s” cannot become “%(next)s”.")
            % {"state": booking.get_state_display(), "next": state.label}
        )
    before = audit.snapshot(booking, AUDITED)
    owed = booking.due
    booking.state = state
    booking.due = _due(booking, was, by_park, at) if state in BOOKING_AT_REST else NOTHING
    for name, value in values.items():
        setattr(booking, name, value)
    booking.save()
    if owed != booking.due:
        _charge(booking, was if owed else state, booking.due - owed)
    record(actor, verb, booking, before)
    if was in GIVEN_UP:
        plan_again(booking, since)
    if state in GIVEN_UP:
        release(booking)
        doorbell.ring(WAITLIST)


def _due(booking: Booking, was: str, by_park: bool, at: datetime) -> Decimal:
    """What is due for a booking that has come to rest, by the terms of its park."""
    return terms_of(booking.room.park_id).due(
        booking.state,
        booking.price,
        was_held=was == BookingState.HELD,
        by_park=by_park or (booking.state in GIVEN_UP and out_of_use(booking)),
        late=booking.free_until is not None and at >= booking.free_until,
        given_up=booking.given_up,
    )


def _charge(booking: Booking, state: str, amount: Decimal) -> None:
    """What became due in a state, or the same taken back when the state turned out wrong."""
    charge_record(actor=SYSTEM, **booking_charge(booking, state, amount))


def booking_charge(booking: Booking, state: str, amount: Decimal) -> dict[str, Any]:
    """What the charge for a booking that became due in a state (below zero: taken back) consists of."""
    return {
        "tenant": booking.tenant,
        "park": booking.room.park,
        "kind": ChargeKind.ROOM,
        "source": "booking",
        "source_id": f"{booking.uid}:{state}" + (":undone" if amount < 0 else ""),
        "period": business_day(booking.starts_at).replace(day=1),
        "amount": amount,
        "explanation": {
            "booking": str(booking.uid),
            "room": booking.room.code,
            "starts_at": local(booking.starts_at).isoformat(),
            "ends_at": local(booking.ends_at).isoformat(),
            "state": state,
            "price": str(booking.price),
            "given_up": str(booking.given_up),
        },
    }


def record(
    actor: Actor, verb: str, booking: Booking, before: dict[str, object] | None = None, **more: object
) -> None:
    """Audit one booking as it stands now, with what more is to be known of it."""
    audit.record(**_audited(actor, verb, booking, before, **more))


def entry_of(actor: Actor, verb: str, booking: Booking) -> AuditEntry:
    """The entry of a booking as it stands now, for who stores it together with the booking."""
    return audit.entry_of(**_audited(actor, verb, booking, None))


def _audited(
    actor: Actor, verb: str, booking: Booking, before: dict[str, object] | None, **more: object
) -> dict[str, Any]:
    return {
        "actor": actor,
        "verb": verb,
        "obj": booking,
        "node_id": booking.tenant_id,
        "before": before,
        "after": audit.snapshot(booking, AUDITED) | more,
    }


def complete(actor: Actor, booking: Booking) -> None:
    """Close a locked, checked-in booking whose session has ended; part of the transaction that ends it."""
    if booking.state == BookingState.CHECKED_IN:
        step(actor, "booking.complete", booking, BookingState.COMPLETED)


def check_in_for_session(actor: Actor, booking: Booking) -> None:
    """Whoever goes live in a booked room is there: check a locked, confirmed booking in."""
    if booking.state == BookingState.CONFIRMED:
        step(actor, "booking.check_in", booking, BookingState.CHECKED_IN, checked_in_at=now())
    elif booking.state != BookingState.CHECKED_IN:
        raise WrongState(
            _("A booking in state “%(state)s” cannot go live.") % {"state": booking.get_state_display()}
        )


def release_expired() -> int:
    """Let go of holds that ran out, of bookings nobody came to, and of finished ones; returns how many.

    A confirmed booking without check-in is a no-show after the park's hold minutes: its room is free again.
    """
    at = now()
    released = expire_holds(Booking.objects.all())
    unseen = Booking.objects.filter(state=BookingState.CONFIRMED, starts_at__lte=at).annotate(
        patience=Coalesce("room__park__settings__hold_minutes", ParkSettings().hold_minutes)
    )
    for pk, starts_at, ends_at, patience in unseen.values_list("pk", "starts_at", "ends_at", "patience"):
        if min(starts_at + timedelta(minutes=patience), ends_at) <= at:
            released += _release(pk, BookingState.CONFIRMED, "booking.no_show", BookingState.NO_SHOW)
    over = Booking.objects.filter(state=BookingState.CHECKED_IN, ends_at__lte=at)
    for pk in over.exclude(sessions__state__in=SESSION_OPEN).values_list("pk", flat=True):
        released += _release(pk, BookingState.CHECKED_IN, "booking.complete", BookingState.COMPLETED)
    return released


def expire_holds(bookings: BookingQuerySet, at: datetime | None = None) -> int:
    """Cancel those of the bookings that were held and not confirmed in time; returns how many."""
    expired = bookings.expired_holds(at or now()).values_list("pk", flat=True)
    return sum(
        _release(pk, BookingState.HELD, "booking.hold_expired", BookingState.CANCELLED) for pk in expired
    )


@retried
def _release(pk: int, expected: BookingState, verb: str, state: BookingState) -> int:
    """Take one booking on, unless somebody else did so meanwhile."""
    with transaction.atomic():
        rows = lock_rows(Booking.objects.filter(pk=pk, state=expected))
        for booking in rows:
            step(SYSTEM, verb, booking, state)
    return len(rows)
