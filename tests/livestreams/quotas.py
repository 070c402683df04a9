"""Quotas of hours: a park that has set none yet, and the week after next."""

from __future__ import annotations

from datetime import date

import pytest

from core.clock import DAY, today
from livestreams.models import SlotQuota
from tests.factories import World


@pytest.fixture(autouse=True)
def _none_yet(world: World) -> None:
    SlotQuota.objects.all().delete()


def monday() -> date:
    return today() + (14 - today().weekday()) * DAY
