"""Between two bookings: the room is cleaned, and its checklist is gone through."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import now
from core.errors import InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD
from core.scoping import require
from livestreams.choices import BOOKING_AHEAD, BOOKING_BLOCKING, RoomCheckItem
from livestreams.errors import WrongState
from livestreams.models import Booking, Cleaning, CleaningDuty, RoomCheck
from livestreams.services.locks import check_key_allows
from livestreams.studio import USED, cleaners_of, is_over


@retried
def room_cleaned(*, actor: Actor, booking: Booking) -> Cleaning:
    """Say that the room was cleaned after a booking, once. WrongState before those who used it have left."""
    require(actor, ADD, Cleaning, booking.room.park_id)
    with transaction.atomic():
        held = lock_row(Booking, booking.pk)
        check_key_allows(actor, held.room)
        known = Cleaning.objects.filter(booking=held).first()
        if known is not None:
            return known
        if held.state not in USED or not is_over(held, now()):
            raise WrongState(_("Nobody has used and left the room in this booking."), code="not_over")
        cleaning = Cleaning.objects.create(booking=held, at=now(), by_id=actor.user_id)
        audit.record(
            actor=actor,
            verb="room.cleaned",
            obj=cleaning,
            node_id=held.room.park_id,
            after={"room": held.room.code, "booking": str(held.uid)},
        )
    return cleaning


@retried
def cleaning_assign(*, actor: Actor, booking: Booking, person: str = "") -> CleaningDuty:
    """Give the cleaning after a booking to somebody of the park's studio, by the log-in, or to nobody any more.

    WrongState for a booking that was given back or after which the room is clean, InvalidInput for who does not clean.
    """
    require(actor, ADD, CleaningDuty, booking.room.park_id)
    with transaction.atomic():
        held = lock_row(Booking, booking.pk)
        check_key_allows(actor, held.room)
        if held.state not in BOOKING_BLOCKING or Cleaning.objects.filter(booking=held).exists():
            raise WrongState(_("There is nothing to clean after this booking."), code="nothing_to_clean")
        who = cleaners_of(held.room.park_id).filter(username=person).first() if person else None
        if person and who is None:
            raise InvalidInput(
                _("This person does not work in the park's studio."), code="person", field="person"
            )
        last = CleaningDuty.objects.filter(booking=held).order_by("-pk").first()
        if last is not None and last.person == who:
            return last
        duty = CleaningDuty.objects.create(booking=held, person=who, at=now(), by_id=actor.user_id)
        audit.record(
            actor=actor,
            verb="cleaning.assign",
            obj=duty,
            node_id=held.room.park_id,
            after={"room": held.room.code, "booking": str(held.uid), "person": person},
        )
    return duty


@retried
def room_check(*, actor: Actor, booking: Booking, point: str, done: bool = True) -> RoomCheck:
    """Tick a point of the checklist for a booking in its present room, or take the tick back.

    WrongState for a booking that is over or given back: its room is prepared for nobody.
    """
    require(actor, ADD, RoomCheck, booking.room.park_id)
    if point not in RoomCheckItem.values:
        raise InvalidInput(_("There is no such point on the checklist."), code="point", field="point")
    with transaction.atomic():
        held = lock_row(Booking, booking.pk)
        check_key_allows(actor, held.room)
        if held.state not in BOOKING_AHEAD or held.ends_at <= now():
            raise WrongState(_("The booking is over or given back."), code="over")
        last = RoomCheck.objects.filter(booking=held, room=held.room, point=point).order_by("-pk").first()
        if last is not None and last.done == done:
            return last
        check = RoomCheck.objects.create(
            booking=held, room=held.room, point=point, done=done, at=now(), by_id=actor.user_id
        )
        audit.record(
            actor=actor,
            verb="room.check",
            obj=check,
            node_id=held.room.park_id,
            after={"room": held.room.code, "point": point, "done": done},
        )
    return check
