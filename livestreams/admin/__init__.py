"""The operator's door to live rooms: rooms and repairs, bookings, hosts, sessions, media nodes and streams."""

from __future__ import annotations

from livestreams.admin import (
    booking,
    broadcast,
    exchange,
    host,
    plan,
    room,
    schedule,
    session,
    shift,
    stream,
    training,
)

__all__ = [
    "booking",
    "broadcast",
    "exchange",
    "host",
    "plan",
    "room",
    "schedule",
    "session",
    "shift",
    "stream",
    "training",
]
