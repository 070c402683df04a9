"""When rooms and hosts are free, as the database knows it: the facts behind `conflicts`.

Reads without scoping, for services and selectors that have already decided what their actor may see. What it
gives out are windows that are free, never who holds the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from core.clock import DAY, MINUTE, business_day, day_bounds, day_start, local, now
from livestreams.conflicts import Span, free, nearest, opening_spans
from livestreams.hosthours import spans_of
from livestreams.models import Booking, Engagement, Host, HostAbsence, LiveRoom, Maintenance, PlannedShift
from livestreams.quotas import leaves
from tenants.models import Tenant

SHORTEST = 15 * MINUTE
LOOK_AROUND = 2 * DAY
SUGGESTIONS = 3


@dataclass(frozen=True)
class Window:
    """A free span of a room."""

    room: LiveRoom
    span: Span

    def as_dict(self) -> dict[str, Any]:
        """As doors show it: public code and local times."""
        return {
            "room": self.room.code,
            "starts_at": local(self.span.start).isoformat(),
            "ends_at": local(self.span.end).isoformat(),
        }


def setup_time(room: LiveRoom) -> timedelta:
    """How long a room is being prepared before each booking."""
    return timedelta(minutes=room.setup_minutes)


def opening_of(room: LiveRoom, within: Span) -> list[Span]:
    """Opening hours of a room, from the day it was opened on up to the day it was closed for good."""
    first = max(day_start(room.opened_on), within.start)
    last = within.end if room.closed_on is None else min(day_start(room.closed_on), within.end)
    return opening_spans(room.opens_at, room.closes_at, Span(first, last)) if first < last else []


def is_open(room: LiveRoom, span: Span) -> bool:
    """Whether the room exists and has its doors open for the whole span."""
    return opening_of(room, span) == [span]


def windows_of(
    rooms: Iterable[LiveRoom], within: Span, *, host: Host | None = None, ignoring: Collection[int] = ()
) -> dict[int, list[Span]]:
    """Per room id the spans in which a booking may lie, set-up time left free before it.

    `host` takes out the host's bookings, shifts and absences, and what lies outside of its hours; `ignoring` are
    the ids of bookings that are about to move.
    """
    rooms = list(rooms)
    busy = _busy_rooms([room.pk for room in rooms], within, ignoring)
    host_busy = _busy_host(host, within, ignoring) if host is not None else []
    found = {}
    for room in rooms:
        # A booking needs its own set-up after whatever comes before it.
        taken = [span.grown(after=setup_time(room)) for span in busy[room.pk]] + host_busy
        found[room.pk] = free(opening_of(room, within), taken)
    return found


def host_windows(hosts: Iterable[Host], within: Span) -> dict[int, list[Span]]:
    """Per host id the spans in which it can be had: within its hours, neither absent nor booked, while it works.

    Nobody works longer than the firm is in its park.
    """
    hosts = list(hosts)
    closed = ((host.pk, (host.closed_on, host.tenant.closed_on)) for host in hosts)
    ends = {pk: day_start(min(filter(None, days))) for pk, days in closed if any(days)}
    return {
        pk: [span for span in spans if pk not in ends or span.end <= ends[pk]]
        for pk, spans in free_hosts(hosts, within).items()
    }


def _busy_rooms(room_ids: list[int], within: Span, ignoring: Collection[int]) -> dict[int, list[Span]]:
    reach = within.grown(before=DAY)  # a set-up may lie before the window
    bookings = (
        Booking.objects.taking_room(reach.start, reach.end).filter(room__in=room_ids).exclude(pk__in=ignoring)
    )
    repairs = Maintenance.objects.filter(room__in=room_ids, starts_at__lt=reach.end, ends_at__gt=reach.start)
    busy: dict[int, list[Span]] = defaultdict(list)
    for room_id, start, end in [
        *bookings.values_list("room", "blocked_from", "blocked_until"),
        *repairs.values_list("room", "starts_at", "ends_at"),
    ]:
        busy[room_id].append(Span(start, end))
    return busy


def _busy_host(host: Host, within: Span, ignoring: Collection[int]) -> list[Span]:
    return free([within], free_hosts([host], within, ignoring=ignoring)[host.pk])


def free_hosts(
    hosts: Iterable[Host], within: Span, *, ignoring: Collection[int] = ()
) -> dict[int, list[Span]]:
    """Per host id the spans in which it can be booked and is not: its presence less its bookings and shifts."""
    hosts = list(hosts)
    taken: dict[int, list[Span]] = defaultdict(list)
    bookings = Booking.objects.taking_host(within.start, within.end).exclude(pk__in=ignoring)
    shifts = _shifts_within(within).exclude(booking__in=ignoring)
    for rows in (bookings, shifts):
        for host_id, start, end in rows.filter(host__in=hosts).values_list("host", "starts_at", "ends_at"):
            taken[host_id].append(Span(start, end))
    presence = presence_of(hosts, within)
    return {host.pk: free(presence[host.pk], taken[host.pk]) for host in hosts}


def taken_besides(
    hosts: Iterable[Host], park_id: int, within: Span, *, ignoring: Collection[int] = ()
) -> dict[int, list[Span]]:
    """Per host id the spans in which it is booked in rooms of other parks than this one, or on others' shifts."""
    hosts, found = list(hosts), defaultdict[int, list[Span]](list)
    bookings = Booking.objects.taking_host(within.start, within.end).exclude(room__park=park_id)
    shifts = _shifts_within(within).exclude(booking__in=ignoring).exclude(booking__host=F("host"))
    for rows in (bookings, shifts):
        for host_id, start, end in rows.filter(host__in=hosts).values_list("host", "starts_at", "ends_at"):
            found[host_id].append(Span(start, end))
    return found


def _shifts_within(within: Span) -> QuerySet[PlannedShift]:
    return PlannedShift.objects.filter(released=False, starts_at__lt=within.end, ends_at__gt=within.start)


def host_taken(host: Host, span: Span, *, ignoring: int | None = None) -> bool:
    """Whether a booking other than `ignoring`, or a shift planned in one, has the host at any time of the span."""
    bookings = Booking.objects.taking_host(span.start, span.end).filter(host=host).exclude(pk=ignoring)
    return bookings.exists() or _shifts_within(span).filter(host=host).exclude(booking=ignoring).exists()


def presence_of(hosts: Iterable[Host], within: Span) -> dict[int, list[Span]]:
    """Per host id the spans in which it can be booked at all: its hours of the week less its absences.

    Nor on days after an engagement on which no other holds; a host without any engagement is bound to no days.
    """
    hosts = list(hosts)
    away = _disengaged(hosts, within)
    absences = HostAbsence.objects.filter(
        host__in=hosts, withdrawn_at__isnull=True, starts_at__lt=within.end, ends_at__gt=within.start
    )
    for host_id, start, end in absences.values_list("host", "starts_at", "ends_at"):
        away[host_id].append(Span(start, end))
    return {host.pk: free(spans_of(host.weekly_hours, within), away[host.pk]) for host in hosts}


def _disengaged(hosts: Collection[Host], within: Span) -> dict[int, list[Span]]:
    """Per host id the spans between the end of an engagement and the next one, or for good."""
    found: dict[int, list[Span]] = defaultdict(list)
    ended: dict[int, datetime | None] = {}
    engagements = Engagement.objects.filter(host__in=hosts).order_by("host", "from_day")
    for host_id, begins, ends in engagements.values_list("host", "from_day", "to_day"):
        since = ended.get(host_id)
        if since is not None and since < day_start(begins):
            found[host_id].append(Span(since, day_start(begins)))
        ended[host_id] = day_start(ends) if ends else None
    for host_id, since in ended.items():
        if since is not None and since < within.end:
            found[host_id].append(Span(since, within.end))
    return found


def why_away(host: Host, span: Span) -> str:
    """The sentence that says why a host cannot be booked for a span, with the hours that can be had; or nothing.

    Absent and outside of the weekly hours read the same: why somebody is away is nobody's business.
    """
    if any(window.contains(span) for window in presence_of([host], span)[host.pk]):
        return ""
    around = Span(day_bounds(business_day(span.start))[0], day_bounds(business_day(span.end))[1])
    windows = presence_of([host], around)[host.pk]
    if not windows:
        return _("The host cannot be booked on this day.")
    told = ", ".join(
        f"{local(window.start):%m-%d %H:%M}–{local(window.end):%m-%d %H:%M}" for window in windows
    )
    return _("The host can be booked at these times: %(windows)s.") % {"windows": told}


def alternatives(
    room: LiveRoom,
    span: Span,
    *,
    tenant: Tenant,
    host: Host | None = None,
    ignoring: int | None = None,
    limited: bool = True,
) -> list[Window]:
    """What could be booked instead: the nearest times in this room, then other rooms of its park at this time.

    What the firm's quota would refuse is not among them, unless it is not `limited` by one here.
    """
    around = span.grown(LOOK_AROUND, LOOK_AROUND)
    around = Span(max(around.start, min(now(), span.start)), around.end)
    siblings = LiveRoom.objects.filter(park=room.park_id).for_tenant(tenant.pk).exclude(pk=room.pk)
    moving = () if ignoring is None else (ignoring,)
    windows = windows_of([room, *siblings], around, host=host, ignoring=moving)
    is_left = leaves(room.park_id, tenant, around, moving=ignoring) if limited else lambda _place: True
    here = nearest(windows.pop(room.pk), span, SUGGESTIONS, is_left)
    elsewhere = [
        sibling
        for sibling in siblings
        if any(window.contains(span) for window in windows[sibling.pk]) and is_left(span)
    ]
    return [Window(room, place) for place in here] + [
        Window(sibling, span) for sibling in elsewhere[:SUGGESTIONS]
    ]
