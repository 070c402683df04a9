"""One day of a park's rooms as a tenant sees it: what is free, what is its own, and that the rest is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from core.clock import day_bounds, local, now
from livestreams.availability import opening_of, windows_of
from livestreams.choices import BOOKING_MOVABLE
from livestreams.conflicts import Span, free
from livestreams.models import Booking, LiveRoom, Maintenance
from parks.models import Park

ON_A_SCREEN = 40
"""So many rooms of several parks are shown at once; of more only the parks, to be opened one by one."""


@dataclass(frozen=True)
class RoomDay:
    """A room's day: spans a booking may lie in, spans that are taken, and one's own bookings among them."""

    room: LiveRoom
    free: list[Span]
    taken: list[Span]
    mine: list[Booking]


def day_plan(*, rooms: QuerySet[LiveRoom], mine: QuerySet[Booking], day: date) -> list[RoomDay]:
    """The day of rooms and of bookings that the reader may see. Never says who holds what else is taken."""
    whole = Span(*day_bounds(day))
    listed = list(rooms)
    windows = windows_of(listed, whole)
    booked: dict[int, list[Booking]] = defaultdict(list)
    for booking in mine.filter(room__in=listed, starts_at__lt=whole.end, ends_at__gt=whole.start):
        booked[booking.room_id].append(booking)
    return [
        RoomDay(room, windows[room.pk], free([whole], windows[room.pk]), booked[room.pk]) for room in listed
    ]


def bar(plan: RoomDay, day: date) -> list[dict[str, Any]]:
    """The room's day as pieces of a bar: left edge and width in percent of the day, kind, and what to do with it."""
    whole = Span(*day_bounds(day))
    pieces: list[dict[str, Any]] = []
    for kind, spans in (("free", plan.free), ("busy", plan.taken)):
        pieces += [{"kind": kind, "span": span, **_place(span, whole)} for span in spans]
    for booking in plan.mine:
        span = Span(booking.starts_at, booking.ends_at).clipped(whole)
        if span is not None:
            pieces.append({"kind": "mine", "booking": booking, "span": span, **_place(span, whole)})
    return pieces


def _place(span: Span, whole: Span) -> dict[str, Any]:
    left = (span.start - whole.start) / whole.length * 100
    width = span.length / whole.length * 100
    return {"left": f"{left:.3f}", "width": f"{width:.3f}", "holds_text": width > 11}


def words() -> dict[str, str]:
    """What the calendar says of a booking that was dragged."""
    return {
        "moved": _("Moved:"),
        "undo": _("Undo"),
        "undone": _("Moved back:"),
        "instead": _("Free instead:"),
    }


def calendar(plans: list[RoomDay], *, own_title: str, taken_title: str) -> dict[str, Any]:
    """The same day for the calendar of a desk, which expects resources and events."""
    events: list[dict[str, Any]] = []
    for plan in plans:
        events += [
            _event(plan.room, span.start, span.end, taken_title)
            for span in plan.taken
            if not any(booking.starts_at < span.end and booking.ends_at > span.start for booking in plan.mine)
        ]
        events += [_booked(plan.room, booking, str(booking.host or own_title)) for booking in plan.mine]
    return {
        "resources": [{"id": plan.room.code, "title": str(plan.room)} for plan in plans],
        "events": events,
        "words": words(),
    }


def board(
    *, day: date, rooms: Iterable[LiveRoom], bookings: Iterable[Booking], repairs: Iterable[Maintenance]
) -> dict[str, Any]:
    """A day of rooms for those who run them: every booking with its tenant, what is being repaired, closed hours.

    Rooms of several parks, in their order, stand below their park, with how many there are; many of them are folded.
    """
    events = [
        _booked(
            booking.room,
            booking,
            f"{booking.tenant} · {booking.host}" if booking.host else str(booking.tenant),
            url=reverse("admin:livestreams_booking_change", args=[booking.pk]),
            state=booking.state,
        )
        for booking in bookings
    ]
    events += [_event(repair.room, repair.starts_at, repair.ends_at, repair.why) for repair in repairs]
    parks: dict[Park, list[dict[str, Any]]] = {}
    whole = Span(*day_bounds(day))
    for room in rooms:
        events += [
            _event(room, span.start, span.end, _("outside opening hours"), closed=True)
            for span in free([whole], opening_of(room, whole))
        ]
        parks.setdefault(room.park, []).append({"id": room.code, "title": str(room)})
    if len(parks) > 1:
        # No code of a room has a colon.
        folded = sum(map(len, parks.values())) > ON_A_SCREEN
        below = [
            {
                "id": f"park:{park.code}",
                "title": f"{park.name} ({len(inner)})",
                "expanded": not folded,
                "children": inner,
            }
            for park, inner in parks.items()
        ]
        return {"resources": below, "events": events, "words": words()}
    resources = [row for inner in parks.values() for row in inner]
    return {"resources": resources, "events": events, "words": words()}


def _booked(room: LiveRoom, booking: Booking, title: str, **more: Any) -> dict[str, Any]:
    """A booking that the reader may open; `ahead`: it may be dragged."""
    ahead = booking.state in BOOKING_MOVABLE and booking.starts_at > now()
    return _event(room, booking.starts_at, booking.ends_at, title, own=str(booking.uid), ahead=ahead, **more)


def _event(
    room: LiveRoom, start: datetime, end: datetime, title: str, own: str = "", **more: Any
) -> dict[str, Any]:
    """What the calendar draws in a room's row, its instants as naive local times."""
    return {
        "resourceId": room.code,
        "start": f"{local(start):%Y-%m-%dT%H:%M:%S}",
        "end": f"{local(end):%Y-%m-%dT%H:%M:%S}",
        "title": title,
        "own": own,
        **more,
    }
