"""When no demo is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.clock import DAY, now
from core.models import Membership
from tests.factories import make_park

pytestmark = pytest.mark.django_db

UNTIL = "2025-05-10T12:30:00Z"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path


def test_the_demo_is_not_loaded_beside_a_real_park(capsys: pytest.CaptureFixture[str]) -> None:
    make_park("real")
    with pytest.raises(CommandError, match="parks of its own"):
        call_command("demo", "--tiny", until=UNTIL, verbosity=0)
    call_command("demo", "--tiny", until=UNTIL, verbosity=0, if_empty=True)
    assert "no demo data" in capsys.readouterr().out
    assert not Membership.objects.exists()


def test_the_demo_tells_no_day_ahead() -> None:
    with pytest.raises(CommandError, match="has not come yet"):
        call_command("demo", "--tiny", until=(now() + DAY).isoformat(), verbosity=0)
