"""The operator's door to live rooms: rooms and repairs, bookings, hosts, sessions, media nodes, streams, the studio."""

from __future__ import annotations

from livestreams.admin import (
    booking,
    broadcast,
    exchange,
    fault,
    host,
    plan,
    quota,
    room,
    schedule,
    session,
    shift,
    stream,
    studio,
    training,
)

__all__ = [
    "booking",
    "broadcast",
    "exchange",
    "fault",
    "host",
    "plan",
    "quota",
    "room",
    "schedule",
    "session",
    "shift",
    "stream",
    "studio",
    "training",
]
