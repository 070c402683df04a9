"""Scoped reads of rooms, bookings and sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core.actors import Actor
from core.clock import DAY, day_bounds, day_start, now
from core.scoping import get_visible, visible_to
from livestreams.availability import Window, opening_of, windows_of
from livestreams.choices import SESSION_OPEN, BookingState, Delivery
from livestreams.conflicts import Span
from livestreams.errors import BadTime
from livestreams.models import Booking, EncoderSample, LiveRoom, LiveSession, Maintenance
from livestreams.usage import RoomFacts, RoomUse, room_use
from parks.models import Park

LONGEST_LOOK = 31 * DAY
LONGEST_REPORT = 92 * DAY
# Bookings that held their room until it was known whether somebody came.
MET = (BookingState.CONFIRMED, BookingState.CHECKED_IN, BookingState.COMPLETED, BookingState.NO_SHOW)


def free_windows(
    *, actor: Actor, code: str, since: datetime, until: datetime, at_least: timedelta = timedelta(0)
) -> list[Window]:
    """When a visible room can be booked within [since, until), windows shorter than `at_least` left out.

    NotFound for absent and foreign rooms, BadTime for a span that is empty or longer than a month. Who holds the
    other hours is not said.
    """
    room = get_visible(LiveRoom, actor, code=code)
    if not since < until <= since + LONGEST_LOOK:
        raise BadTime(_("Ask for at most %(days)d days.") % {"days": LONGEST_LOOK.days}, field="until")
    spans = windows_of([room], Span(since, until))[room.pk]
    return [Window(room, span) for span in spans if span.length >= at_least]


def next_in_room(session: LiveSession) -> datetime | None:
    """When the next booking of an open session's room begins, within a day; as it goes on air, the session ends.

    None where its picture comes through a node, which cuts it at the end of its slot. Whose booking it is is not said.
    """
    if session.state not in SESSION_OPEN or session.delivery == Delivery.NODE:
        return None
    if session.room_id is None or session.started_at is None:
        return None
    at = now()
    over = session.booking.ends_at if session.booking else session.started_at
    ahead = Booking.objects.ahead(at).filter(room=session.room_id, starts_at__gte=over)
    return (
        ahead.filter(starts_at__lte=at + DAY)
        .exclude(pk=session.booking_id)
        .aggregate(at=Min("starts_at"))["at"]
    )


@dataclass(frozen=True)
class RoomReport:
    """How one room was used, from the day it is asked for to the last whole or running day."""

    room: LiveRoom
    facts: RoomFacts
    use: RoomUse


def room_reports(*, actor: Actor, since: date, until: date, park: Park | None = None) -> list[RoomReport]:
    """How visible rooms were used on the days from `since` to `until`, both included, up to now.

    BadTime for more than a quarter of a year. Sessions that are not bound to a room count in none.
    """
    if not since <= until <= since + LONGEST_REPORT:
        raise BadTime(_("Ask for at most %(days)d days.") % {"days": LONGEST_REPORT.days}, field="until")
    start, end = day_start(since), min(day_bounds(until)[1], now())
    if end <= start:
        raise BadTime(_("This time has not come yet."), code="future", field="since")
    within = Span(start, end)
    rooms = visible_to(LiveRoom.objects.open_on(since).select_related("park"), actor)
    rooms = rooms.order_by("park__code", "code")
    chosen = list(rooms.filter(park=park) if park else rooms)
    facts = _facts_of(chosen, within, actor)
    return [RoomReport(room, facts[room.pk], room_use(facts[room.pk])) for room in chosen]


def _facts_of(rooms: list[LiveRoom], within: Span, actor: Actor) -> dict[int, RoomFacts]:
    """What is known of rooms, as far as the actor may see bookings and sessions: spans only, nobody's names."""
    facts = {room.pk: RoomFacts(opened=opening_of(room, within)) for room in rooms}
    repairs = Maintenance.objects.filter(starts_at__lt=within.end, ends_at__gt=within.start)
    bookings = Booking.objects.between(within.start, within.end).filter(state__in=MET)
    sessions = LiveSession.objects.between(within.start, within.end).annotate(
        until=Coalesce("ended_at", Value(within.end))
    )
    for name, rows, start, end in (
        ("repaired", repairs, "starts_at", "ends_at"),
        ("booked", bookings, "starts_at", "ends_at"),
        ("live", sessions, "started_at", "until"),
    ):
        found = visible_to(rows.filter(room__in=facts), actor)
        if rows is sessions:
            # A guest's session is its own park's; that the room was on air is this one's.
            lent = visible_to(Booking.objects.filter(loan__isnull=False, room__in=facts), actor)
            found = rows.filter(Q(pk__in=found.values("pk")) | Q(booking__in=lent))
        for room_id, since, until in found.values_list("room", start, end):
            if since < until and (span := Span(since, until).clipped(within)):
                getattr(facts[room_id], name).append(span)
    over = visible_to(bookings.filter(room__in=facts, ends_at__lte=within.end), actor).annotate(
        went_live=Exists(LiveSession.objects.filter(booking=OuterRef("pk")))
    )
    counts = over.values("room").annotate(
        kept=Count("pk", filter=Q(went_live=True)), missed=Count("pk", filter=Q(went_live=False))
    )
    return facts | {
        row["room"]: replace(facts[row["room"]], kept=row["kept"], no_shows=row["missed"]) for row in counts
    }


def frames_now(actor: Actor, booking: Booking) -> Any:
    """What the worst of the booking's encoders said a moment ago, with `is_losing`; None where none did."""
    told = visible_to(EncoderSample.objects.filter(booking=booking).fresh(now()).judged(), actor)
    latest = {sample.source: sample for sample in told.order_by("at")}
    return max(latest.values(), key=lambda sample: sample.lost_percent or 0, default=None)


def frames_worst(actor: Actor, booking: Booking, since: datetime, until: datetime) -> Any:
    """The minute in which an encoder of the booking lost most, with `is_losing`; None where none is known."""
    told = EncoderSample.objects.filter(booking=booking, at__range=(since, until), lost_percent__isnull=False)
    return visible_to(told.judged(), actor).order_by("-lost_percent", "at").first()
