"""The operator's door to live rooms: rooms and repairs, bookings, hosts, sessions."""

from __future__ import annotations

from livestreams.admin import booking, plan, room, session

__all__ = ["booking", "plan", "room", "session"]
