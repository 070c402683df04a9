"""Writes of parks."""

from __future__ import annotations

from parks.services.events import event_create, event_update, venue_add, venue_give_up, venue_make_main
from parks.services.places import (
    building_create,
    park_create,
    park_update,
    town_create,
    unit_convert,
    unit_create,
)

__all__ = [
    "building_create",
    "event_create",
    "event_update",
    "park_create",
    "park_update",
    "town_create",
    "unit_convert",
    "unit_create",
    "venue_add",
    "venue_give_up",
    "venue_make_main",
]
