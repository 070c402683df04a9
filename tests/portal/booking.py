"""Booking a room through the portal's form."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.clock import DAY, HOUR, now, today
from livestreams.models import Booking
from tests.factories import TenantWorld, World


@pytest.fixture
def day() -> date:
    """A day on which nothing is booked yet."""
    return today() + 3 * DAY


def wish(world: World, on: date, **values: Any) -> dict[str, Any]:
    return {
        "room": world.rooms[0].code,
        "day": f"{on:%Y-%m-%d}",
        "start": "14:00",
        "minutes": "120",
        **values,
    }


def soon(firm: TenantWorld) -> Booking:
    """The firm's booking, begun ten minutes ago."""
    starts_at = now() - HOUR / 6
    Booking.objects.filter(pk=firm.booking.pk).update(
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
        blocked_from=starts_at,
        blocked_until=starts_at + 2 * HOUR,
    )
    firm.booking.refresh_from_db()
    return firm.booking
