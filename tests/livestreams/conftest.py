"""What tests of live streams begin with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from core.clock import DAY, HOUR, day_start, today
from tests.factories import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world("alpha")


@pytest.fixture
def at() -> Callable[..., datetime]:
    """An hour of the day after tomorrow, when nothing is booked yet."""
    return lambda hour, day=2: day_start(today() + day * DAY) + hour * HOUR
