"""Writes of live streams: rooms and hosts, bookings, sessions, audience samples."""

from __future__ import annotations

from livestreams.services.bookings import (
    booking_cancel,
    booking_check_in,
    booking_confirm,
    booking_create,
    booking_move,
    booking_swap,
)
from livestreams.services.resources import (
    host_create,
    host_update,
    maintenance_create,
    room_create,
    room_update,
)
from livestreams.services.samples import Reading, SampleCounts, samples_record
from livestreams.services.series import series_cancel, series_create
from livestreams.services.sessions import session_end, session_open
from livestreams.services.steps import release_expired
from livestreams.services.waitlist import offer_waitlist, waitlist_join, waitlist_withdraw

__all__ = [
    "Reading",
    "SampleCounts",
    "booking_cancel",
    "booking_check_in",
    "booking_confirm",
    "booking_create",
    "booking_move",
    "booking_swap",
    "host_create",
    "host_update",
    "maintenance_create",
    "offer_waitlist",
    "release_expired",
    "room_create",
    "room_update",
    "samples_record",
    "series_cancel",
    "series_create",
    "session_end",
    "session_open",
    "waitlist_join",
    "waitlist_withdraw",
]
