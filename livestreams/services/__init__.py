"""Writes of live streams: rooms and hosts, bookings, sessions, audience samples."""

from __future__ import annotations

from livestreams.services.bookings import (
    booking_cancel,
    booking_check_in,
    booking_confirm,
    booking_create,
    booking_move,
    release_expired,
)
from livestreams.services.resources import (
    host_create,
    host_update,
    maintenance_create,
    room_create,
    room_update,
)
from livestreams.services.samples import Reading, SampleCounts, samples_record
from livestreams.services.sessions import session_end, session_open

__all__ = [
    "Reading",
    "SampleCounts",
    "booking_cancel",
    "booking_check_in",
    "booking_confirm",
    "booking_create",
    "booking_move",
    "host_create",
    "host_update",
    "maintenance_create",
    "release_expired",
    "room_create",
    "room_update",
    "samples_record",
    "session_end",
    "session_open",
]
