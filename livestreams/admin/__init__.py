"""The operator's door to live rooms: rooms and repairs, bookings, hosts, sessions, media nodes and streams."""

from __future__ import annotations

from livestreams.admin import booking, broadcast, plan, room, schedule, session, stream

__all__ = ["booking", "broadcast", "plan", "room", "schedule", "session", "stream"]
