"""What tests of live streams begin with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from core.clock import DAY, HOUR, day_start, today
from livestreams.models import Booking
from tests.factories import World
from tests.livestreams.encoders import book


@pytest.fixture
def at() -> Callable[..., datetime]:
    """An hour of the day after tomorrow, when nothing is booked yet."""
    first = today()
    return lambda hour, day=2: day_start(first + day * DAY) + hour * HOUR


@pytest.fixture
def booking(world: World, at: Callable[..., datetime]) -> Booking:
    """The first tenant's booking, from 9 to 11."""
    return book(world, at(9), at(11))
