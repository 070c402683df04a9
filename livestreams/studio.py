"""What a studio's day stands on, as the database knows it: readiness of rooms, what to clean, whom a fault hits.

Reads without scoping, for doors that have already decided what their actor may see. What it says of a room names no
firm and repeats nobody's words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from core.choices import Role
from core.clock import HOUR, now
from core.models import Membership, User
from livestreams.availability import Window, alternatives
from livestreams.choices import BOOKING_MOVABLE, BookingState, FaultState
from livestreams.conflicts import Span
from livestreams.models import Booking, CleaningDuty, EquipmentLoan, Fault, LiveRoom, Maintenance, RoomCheck
from livestreams.quotas import binds
from livestreams.readiness import Facts, Readiness, readiness

# So long before its set-up it matters to a booking that somebody is still in the room: they leave before it begins.
SOON = HOUR
# Somebody was in the room.
USED = (BookingState.CHECKED_IN, BookingState.COMPLETED)


@dataclass(frozen=True)
class Turnaround:
    """A room that waits for its cleaning since a booking ended, the booking before which it has to be clean, and who
    is to clean it; or who was, and has left the studio since.
    """

    after: Booking
    before: Booking | None
    person: User | None = None
    gone: User | None = None


@dataclass(frozen=True)
class Hit:
    """A booking that a fault's window runs into, and what could be had instead."""

    booking: Booking
    instead: list[Window]


def is_over(booking: Booking, at: datetime) -> bool:
    """Whether those who used the room have left it."""
    return booking.state == BookingState.COMPLETED or booking.ends_at <= at


def last_uses(rooms: Iterable[int]) -> dict[int, Booking]:
    """By room id the last booking in which somebody was there."""
    used = Booking.objects.filter(room=OuterRef("pk"), state__in=USED).order_by("-starts_at", "-pk")
    last = LiveRoom.objects.filter(pk__in=list(rooms)).annotate(last=Subquery(used.values("pk")[:1]))
    found = Booking.objects.filter(pk__in=last.values("last")).select_related("room", "tenant", "cleaning")
    return {booking.room_id: booking for booking in found}


def _cleaning(parks: Collection[int]) -> QuerySet[Membership]:
    roles = (Role.PARK_MANAGER, Role.PARK_STUDIO)
    return Membership.objects.filter(node__in=parks, ended_at=None, role__in=roles, user__is_active=True)


def cleaners_of(park_id: int) -> QuerySet[User]:
    """Who may say in a park that a room is clean, and can so be given it to clean."""
    return User.objects.filter(pk__in=_cleaning([park_id]).values("user")).order_by("display_name", "pk")


def is_clean_after(booking: Booking) -> bool:
    return getattr(booking, "cleaning", None) is not None


def readiness_of(bookings: Iterable[Booking]) -> dict[int, Readiness]:
    """By booking id how its room stands now; four statements, however many bookings."""
    listed, at = list(bookings), now()
    rooms = {booking.room_id for booking in listed}
    faults: dict[int, list[str]] = defaultdict(list)
    broken: dict[int, list[str]] = defaultdict(list)
    known = Fault.objects.open().filter(Q(room__in=rooms, blocks=True) | Q(item__room__in=rooms))
    for fault in known.select_related("item").order_by("pk"):
        if fault.blocks and fault.room_id is not None:
            faults[fault.room_id].append(str(fault.get_kind_display()))
        elif fault.item is not None and fault.item.room_id is not None:
            broken[fault.item.room_id].append(str(fault.item))
    lent: dict[int, list[EquipmentLoan]] = defaultdict(list)
    out = EquipmentLoan.objects.out().filter(item__room__in=rooms)
    for loan in out.select_related("item").order_by("pk"):
        lent[loan.item.room_id or 0].append(loan)
    ticked: dict[tuple[int, int], dict[str, bool]] = defaultdict(dict)
    for check in RoomCheck.objects.filter(booking__in=listed).order_by("pk"):
        ticked[check.booking_id, check.room_id][check.point] = check.done
    uses = last_uses(rooms)
    found = {}
    for booking in listed:
        room, last = booking.room_id, uses.get(booking.room_id)
        before = last if last is not None and last.pk != booking.pk else None
        over = before is not None and is_over(before, at)
        used, soon = before is not None and not over, at >= booking.blocked_from - SOON
        points = ticked[booking.pk, room]
        facts = Facts(
            faults=tuple(faults[room]),
            in_use_until=before.ends_at if before is not None and used and soon else None,
            used_before=used and not soon,
            unclean_since=before.ends_at
            if before is not None and over and not is_clean_after(before)
            else None,
            broken=tuple(dict.fromkeys(broken[room])),
            lent=tuple((str(loan.item), loan.due_at) for loan in lent[room] if loan.booking_id != booking.pk),
            ticked=frozenset(point for point, done in points.items() if done),
        )
        found[booking.pk] = readiness(facts)
    return found


def to_clean(rooms: QuerySet[LiveRoom]) -> list[Turnaround]:
    """Rooms that wait for their cleaning, the one that is needed next first."""
    at = now()
    dirty = [
        booking
        for booking in last_uses(rooms.values_list("pk", flat=True)).values()
        if is_over(booking, at) and not is_clean_after(booking)
    ]
    ahead = Booking.objects.ahead(at).filter(room__in=[booking.room_id for booking in dirty])
    following: dict[int, Booking] = {}
    for booking in ahead.select_related("room", "tenant").order_by("-starts_at"):
        following[booking.room_id] = booking
    duties = CleaningDuty.objects.filter(booking__in=dirty).select_related("person").order_by("pk")
    given = {duty.booking_id: duty.person for duty in duties}
    here = set(_cleaning({booking.room.park_id for booking in dirty}).values_list("user", "node"))
    found = []
    for booking in dirty:
        person, before = given.get(booking.pk), following.get(booking.room_id)
        is_here = person is not None and (person.pk, booking.room.park_id) in here
        found.append(
            Turnaround(booking, before, person) if is_here else Turnaround(booking, before, gone=person)
        )
    return sorted(
        found,
        key=lambda each: (each.before is None, (each.before or each.after).starts_at, each.after.room.code),
    )


def hit_by(windows: Iterable[Maintenance]) -> dict[int, list[Booking]]:
    """By window id the bookings that have not begun and that it runs into; one statement for all of them."""
    listed = list(windows)
    rooms = {window.room_id for window in listed}
    ahead = Booking.objects.filter(room__in=rooms, state__in=BOOKING_MOVABLE, starts_at__gt=now())
    bookings = list(ahead.select_related("room", "tenant", "host").order_by("starts_at"))
    return {
        window.pk: [
            booking
            for booking in bookings
            if booking.room_id == window.room_id
            and booking.blocked_from < window.ends_at
            and booking.blocked_until > window.starts_at
        ]
        for window in listed
    }


def instead_of(booking: Booking) -> list[Window]:
    """The nearest free times and rooms for a booking that cannot take place where it is."""
    span = Span(booking.starts_at, booking.ends_at)
    return alternatives(
        booking.room,
        span,
        tenant=booking.tenant,
        host=booking.host,
        ignoring=booking.pk,
        limited=binds(booking.loan),
    )


def hits_of(window: Maintenance) -> list[Hit]:
    """Whom a window hits, each with its alternatives."""
    return [Hit(booking, instead_of(booking)) for booking in hit_by([window])[window.pk]]


def out_of_use(booking: Booking) -> bool:
    """Whether a repair runs into a booking. What a firm says itself counts once the park has looked at it."""
    return bool(all_out_of_use([booking]))


def all_out_of_use(bookings: Collection[Booking]) -> set[int]:
    """The ids of those that are `out_of_use`; one statement for all of them."""
    if not bookings:
        return set()
    windows = Maintenance.objects.filter(
        room__in={booking.room_id for booking in bookings},
        starts_at__lt=max(booking.ends_at for booking in bookings),
        ends_at__gt=min(booking.starts_at for booking in bookings),
    ).select_related("fault")
    return {
        booking.pk
        for booking in bookings
        for window in windows
        if window.room_id == booking.room_id
        and window.starts_at < booking.ends_at
        and window.ends_at > booking.starts_at
        and not _is_own_word(getattr(window, "fault", None), booking)
    }


def _is_own_word(fault: Fault | None, booking: Booking) -> bool:
    return fault is not None and fault.tenant_id == booking.tenant_id and fault.state == FaultState.OPEN
