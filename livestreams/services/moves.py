"""Bookings that change room or time, and what is kept of a place that was given up late.

Whoever leaves a place after its free hours have begun gives it up: the booking keeps what that would have cost, and
costs no less in the end, wherever it went. What the park moves gives nothing up, and takes no free hours away. A hand
slips: what goes back within minutes to where the audit says it was moved from has not been away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor
from core.clock import MINUTE, now
from core.errors import InvalidInput, Refused
from core.locking import retried
from core.models import AuditEntry
from core.money import to_cents
from core.policy import CHANGE
from core.scoping import may
from livestreams.choices import BOOKING_MOVABLE, BookingState
from livestreams.conflicts import Span
from livestreams.errors import GivesUp, HostAway, Overlap, WrongState
from livestreams.models import Booking, Host, LiveRoom
from livestreams.services.locks import lock_room, lock_visible, moved, terms_of
from livestreams.services.placing import check_quotas, place
from livestreams.services.plannedshifts import take_off
from livestreams.services.steps import AUDITED, WAITLIST, record
from livestreams.studio import all_out_of_use, out_of_use
from livestreams.terms import NOTHING, Terms

MOVE = "booking.move"
SLIP = 10 * MINUTE
PLACE = ("room_id", "starts_at", "ends_at")


@retried
def booking_move(
    *,
    actor: Actor,
    booking: Booking,
    room: LiveRoom | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    host: Host | None = None,
    beyond_quota: str = "",
    may_give_up: Decimal | None = None,
) -> Booking:
    """Change room, time or host of a booking that has not begun; what is not given stays. Raises like create.

    `may_give_up` are the CNY that may stay due for places that were left, whatever it is without it: GivesUp where the
    booking could be moved, and more than that, and than was due before, would stay due.
    """
    with transaction.atomic():
        target = lock_room(actor, room.pk if room is not None else booking.room_id)
        held = lock_visible(Booking, actor, booking.pk)
        if room is None and held.room_id != target.pk:
            raise moved()
        _check_movable(held)
        before = audit.snapshot(held, AUDITED)
        by_park = is_by_park(actor, held)
        leaving = NOTHING if by_park else cost_of_leaving(held)
        was = (held.room_id, Span(held.starts_at, held.ends_at))
        held.room = target
        held.starts_at = starts_at or held.starts_at
        held.ends_at = ends_at or held.ends_at
        held.host = host or held.host
        undone = _given_up_before(held) if leaving or held.given_up else None
        if undone is not None or _still_takes(held, *was):
            leaving = NOTHING
        kept = held.given_up
        held.given_up = max(kept, leaving) if undone is None else undone
        why = check_may_exceed(actor, target.park_id, beyond_quota)
        place(held, by_park=by_park, was=was[1], beyond_quota=bool(why))
        if may_give_up is not None and held.given_up > max(kept, may_give_up):
            raise _gives_up(held.given_up)
        record(actor, MOVE, held, before, **why)
        doorbell.ring(WAITLIST)
    return held


def cost_of_leaving(booking: Booking) -> Decimal:
    """CNY that a tenant gives up who leaves this place now: what cancelling it would cost."""
    return _due(booking, terms_of(booking.room.park_id), out_of_use=out_of_use(booking))


def costs_of_leaving(
    actor: Actor, bookings: Iterable[Booking], *, cancels: bool = False
) -> dict[int, Decimal]:
    """By booking id what the actor gives up by leaving its place now; of those that cost something and may be left.

    The park gives nothing up. `cancels`: with what was given up by moves before, which is due at least. Parks are
    asked once each, repairs once for all.
    """
    at = now()
    ahead = [
        row
        for row in bookings
        if row.state in BOOKING_MOVABLE
        and row.starts_at > at
        and (_is_late(row, at) or (cancels and row.given_up))
    ]
    parks = {row.room.park_id for row in ahead}
    terms = {park: terms_of(park) for park in parks if not may(actor, CHANGE, Booking, park)}
    asked = [row for row in ahead if row.room.park_id in terms]
    broken = all_out_of_use(asked)
    dues = {
        row.pk: _due(
            row,
            terms[row.room.park_id],
            out_of_use=row.pk in broken,
            given_up=row.given_up if cancels else NOTHING,
        )
        for row in asked
    }
    return {pk: due for pk, due in dues.items() if due}


def _is_late(booking: Booking, at: datetime) -> bool:
    return booking.free_until is not None and at >= booking.free_until


def _due(booking: Booking, terms: Terms, *, out_of_use: bool, given_up: Decimal = NOTHING) -> Decimal:
    return terms.due(
        BookingState.CANCELLED,
        booking.price,
        was_held=booking.state == BookingState.HELD,
        by_park=out_of_use,
        late=_is_late(booking, now()),
        given_up=given_up,
    )


def is_by_park(actor: Actor, booking: Booking) -> bool:
    """Whether it is the park itself that changes the booking."""
    return may(actor, CHANGE, Booking, booking.room.park_id)


def check_may_exceed(actor: Actor, park_id: int, reason: str) -> dict[str, Any]:
    """Why a firm may have more hours than its quota, as the audit keeps it. Refused to all but the park."""
    if reason and not may(actor, CHANGE, Booking, park_id):
        raise Refused(_("Only the park goes beyond a quota."), code="quota_reason")
    return {"beyond_quota": reason} if reason else {}


def _given_up_before(booking: Booking) -> Decimal | None:
    """CNY that were given up before the last move, if this is the way back from it and it is minutes ago.

    What follows on another move is no slip: who goes to and fro holds two places, and would leave one for nothing.
    """
    entries = AuditEntry.objects.filter(object_type=Booking._meta.label, object_id=booking.pk)
    latest = list(entries.order_by("-pk")[:2])
    if not latest:
        return None
    last, *earlier = latest
    if last.verb != MOVE or last.at <= now() - SLIP or last.before is None:
        return None
    if any(one.verb == MOVE and one.at > last.at - SLIP for one in earlier):
        return None
    here = audit.snapshot(booking, PLACE)
    return Decimal(last.before["given_up"]) if here.items() <= last.before.items() else None


def _gives_up(amount: Decimal) -> GivesUp:
    said = _("It can no longer be moved for nothing: %(amount)s stay due. Move it all the same?")
    return GivesUp(said % {"amount": f"¥{amount:,.2f}"}, gives_up=str(to_cents(amount)))


def _still_takes(booking: Booking, room_id: int, span: Span) -> bool:
    if booking.room_id != room_id or booking.ends_at <= booking.starts_at:
        return False
    return Span(booking.starts_at, booking.ends_at).contains(span)


@retried
def booking_swap(*, actor: Actor, booking: Booking, other: Booking, beyond_quota: str = "") -> Booking:
    """Let two bookings that have not begun change places: room and time; tenant, host and purpose stay.

    All or nothing, and nothing is given up: each place stays taken. Raises like create, when one of them cannot be
    where the other is: `booking` names the one for which `alternatives` are free, each as long as it is now. Quotas
    are asked for when both have their place: the last of all locks.
    """
    if booking.pk == other.pk:
        raise InvalidInput(_("A booking cannot change places with itself."), code="same", field="other")
    with transaction.atomic():
        rooms = {pk: lock_room(actor, pk) for pk in sorted({booking.room_id, other.room_id})}
        one, two = sorted((booking, other), key=lambda row: row.pk)
        pair = [lock_visible(Booking, actor, row.pk) for row in (one, two)]
        if {row.room_id for row in pair} != set(rooms):
            raise moved()
        for row in pair:
            try:
                _check_movable(row)
            except WrongState as refused:
                said = _("%(booking)s: %(why)s") % {"booking": row, "why": refused.detail}
                raise WrongState(said, code=refused.code, booking=str(row.uid)) from refused
        park_id = pair[0].room.park_id
        why = check_may_exceed(actor, park_id, beyond_quota)
        befores = [audit.snapshot(row, AUDITED) for row in pair]
        places = [(rooms[row.room_id], row.starts_at, row.ends_at) for row in pair]
        lengths = [row.ends_at - row.starts_at for row in pair]
        # Neither stands in the other's way while they change places.
        plans = [take_off(row) for row in pair]
        Booking.objects.filter(pk__in=[row.pk for row in pair]).update(state=BookingState.CANCELLED)
        for row, (room, starts_at, ends_at), before, shifts, length in zip(
            pair, reversed(places), befores, plans, lengths, strict=True
        ):
            row.room, row.starts_at, row.ends_at = room, starts_at, ends_at
            try:
                place(
                    row,
                    shifts,
                    by_park=is_by_park(actor, row),
                    beyond_quota=bool(why),
                    one_of_several=True,
                    length=length,
                )
            except (Overlap, HostAway) as refused:
                refused.add(booking=str(row.uid))
                raise
            record(actor, "booking.swap", row, before, **why)
        if not why:
            stood = [Span(starts_at, ends_at) for _room, starts_at, ends_at in places]
            check_quotas(park_id, list(zip(pair, stood, strict=True)))
    return next(row for row in pair if row.pk == booking.pk)


def _check_movable(booking: Booking) -> None:
    """WrongState also for one that has begun: it counts as used or as a no-show, and cannot be moved away from that."""
    if booking.state not in BOOKING_MOVABLE:
        raise WrongState(
            _("A booking in state “%(state)s” cannot be moved.") % {"state": booking.get_state_display()}
        )
    if booking.starts_at <= now():
        raise WrongState(_("The booking has already begun."), code="already_begun")
    if booking.loan_id is not None:
        raise WrongState(
            _("What another park lends is lent for this time: give it back and ask again."), code="on_loan"
        )
