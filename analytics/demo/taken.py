"""What people of a demo park have booked by hand, around which its planned days go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from analytics.demo.built import BuiltPark
from core.clock import DAY
from livestreams.conflicts import Span
from livestreams.models import Booking, Host, LiveRoom


class Taken:
    """The bookings that stand around some instants, read once."""

    def __init__(self, built: BuiltPark, starts: Sequence[datetime]) -> None:
        standing = Booking.objects.blocking().filter(Q(room__park=built.park) | Q(host__in=built.hosts))
        if starts:
            standing = standing.filter(ends_at__gt=min(starts) - DAY, starts_at__lt=max(starts) + 2 * DAY)
        self._spans = [
            (room, host, Span(*span))
            for room, host, *span in standing.values_list("room", "host", "blocked_from", "blocked_until")
        ]

    def leaves(self, span: Span, room: LiveRoom, host: Host | None = None) -> bool:
        """Whether room and host are free for the whole span."""
        return not any(
            span.overlaps(other) and (room.pk == taken or (host is not None and host.pk == person))
            for taken, person, other in self._spans
        )
