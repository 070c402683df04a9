"""Scoped reads of hosts: what was agreed for a month, planned and held; hours worked; gaps in a plan of shifts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.actors import Actor
from core.choices import TENANT_ROLES, Role
from core.clock import HOUR, day_start, month_of, next_month, now
from core.scoping import visible_to
from livestreams.choices import BookingState, ShiftRole
from livestreams.conflicts import Span, free
from livestreams.models import Booking, Engagement, Host, HostShift, PlannedShift

TENTH = Decimal("0.1")


@dataclass(frozen=True)
class HostMonth:
    """A host in one month: sessions agreed (None: no quota), planned and held, and time worked by role.

    Planned are bookings that begin in the month and were not cancelled, with the host as theirs or on their shifts.
    Held are sessions in which the host's first shift before the camera began in the month. Time worked is that of its
    shifts within the month, up to now.
    """

    host: Host
    engagement: Engagement | None
    planned: int
    held: int
    worked: dict[str, timedelta]

    @property
    def agreed(self) -> int | None:
        return None if self.engagement is None else self.engagement.monthly_sessions

    @property
    def left(self) -> int | None:
        """Sessions of the quota that are not held yet."""
        return None if self.agreed is None else max(self.agreed - self.held, 0)

    @property
    def host_hours(self) -> Decimal:
        return hours(self.worked[ShiftRole.HOST])

    @property
    def controller_hours(self) -> Decimal:
        return hours(self.worked[ShiftRole.CONTROLLER])


def hours(length: timedelta) -> Decimal:
    """Hours with one decimal."""
    return (Decimal(length.total_seconds()) / Decimal(HOUR.total_seconds())).quantize(TENTH)


def host_months(*, actor: Actor, hosts: QuerySet[Host], month: date) -> list[HostMonth]:
    """The month of each visible host of a queryset: what the actor sees, and of its own firm's hosts everything.

    An agency's host is booked by others, whose bookings it does not read: it gets their number.
    """
    first = month_of(month)
    start, end = day_start(first), day_start(next_month(first))
    day = min(max(first, month), next_month(first) - timedelta(days=1))
    found = list(visible_to(hosts, actor).with_engagement(day))  # type: ignore[attr-defined]
    keys = [host.pk for host in found]
    planned = _planned(actor, keys, start, end)
    worked: dict[int, dict[str, timedelta]] = defaultdict(lambda: defaultdict(timedelta))
    held: dict[int, set[int]] = defaultdict(set)
    shifts = HostShift.objects.filter(host__in=keys, starts_at__lt=min(end, now())).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=start)
    )
    before = HostShift.objects.filter(
        host=OuterRef("host"), session=OuterRef("session"), role=ShiftRole.HOST, starts_at__lt=start
    )
    rows = visible_to(shifts.annotate(begun=Exists(before)), actor)
    for host_id, session_id, role, starts_at, ends_at, begun in rows.values_list(
        "host", "session", "role", "starts_at", "ends_at", "begun"
    ):
        since, until = max(starts_at, start), min(ends_at or now(), end, now())
        if since < until:
            worked[host_id][role] += until - since
            if role == ShiftRole.HOST and not begun:
                held[host_id].add(session_id)
    return [
        HostMonth(
            host,
            next(iter(host.engaged), None),
            planned[host.pk],
            len(held[host.pk]),
            {role: worked[host.pk][role] for role in ShiftRole},
        )
        for host in found
    ]


def _planned(actor: Actor, hosts: list[int], start: datetime, end: datetime) -> Counter[int]:
    shown = Q(pk__in=visible_to(Booking.objects.all(), actor).values("pk"))
    bookings = Booking.objects.exclude(state=BookingState.CANCELLED).filter(
        shown | Q(host__tenant__in=actor.nodes_with((*TENANT_ROLES, Role.HOST))),
        host__in=hosts,
        starts_at__gte=start,
        starts_at__lt=end,
    )
    shifts = PlannedShift.objects.filter(
        host__in=hosts,
        released=False,
        role=ShiftRole.HOST,
        booking__starts_at__gte=start,
        booking__starts_at__lt=end,
    )
    pairs = {
        *bookings.values_list("host", "pk"),
        *visible_to(shifts, actor).values_list("host", "booking"),
    }
    return Counter(host_id for host_id, _booking in pairs)


def shift_gaps(booking: Booking, shifts: Iterable[PlannedShift]) -> list[Span]:
    """When nobody is planned before the camera of a booking that has a plan of shifts: a warning, not a refusal.

    Without any shift for a host the booking's own host is there all the time.
    """
    planned = [
        Span(shift.starts_at, shift.ends_at)
        for shift in shifts
        if shift.role == ShiftRole.HOST and not shift.released
    ]
    return free([Span(booking.starts_at, booking.ends_at)], planned) if planned else []
