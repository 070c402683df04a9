"""The demo's log-ins and keys: they open what they are for, and end where real data begins."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from analytics.demo.built import built_park
from analytics.demo.logins import DEMO_LOGINS, DEMO_PASSWORD, demo_logins
from analytics.demo.people import SIMULATOR_KEY, demo_secret
from analytics.demo.plans import TINY
from analytics.models import DisplayLink
from core.models import Membership, ToolKey
from parks.services import park_create
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db

UNTIL = "2025-05-10T12:30:00Z"


def demo(**options: Any) -> None:
    call_command("demo", "--tiny", until=UNTIL, verbosity=0, **options)


@pytest.fixture(scope="module")
def told(file_transaction: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the demo, which is told once: for these tests it stands in the database from the start."""
    folder = tmp_path_factory.mktemp("told")
    with override_settings(DATA_DIR=folder):
        demo()
    return folder


@pytest.fixture(autouse=True)
def _folder(told: Path, tmp_path: Path, settings: Any) -> None:
    shutil.copytree(told, tmp_path, dirs_exist_ok=True)
    settings.DATA_DIR = tmp_path


def test_the_key_on_the_screen_opens_the_wall_and_nothing_else(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    printed, bureau = re.findall(r"\?key=(\S+)", (tmp_path / "welcome.txt").read_text())
    assert client.get(reverse("wall", args=[TINY.code]), {"key": printed}).status_code == 200
    place = reverse("wall-place", args=[f"cn-{TINY.city[:2]}"])
    assert client.get(place, {"key": bureau}).status_code == 200
    assert client.get(place, {"key": printed}).status_code == 404
    orders = f"/api/v1/orders/bulk?tenant={TINY.code}-001"

    def send(secret: str) -> int:
        given: dict[str, Any] = {
            "content_type": "application/json",
            "headers": {"Authorization": f"Bearer {secret}"},
        }
        return client.post(orders, "[]", **given).status_code

    assert send(printed) == 401
    built = built_park(TINY)
    assert built is not None
    tells = demo_secret(built, SIMULATOR_KEY, actor=SYSTEM)
    assert send(tells) != 403
    assert client.get(reverse("wall", args=[TINY.code]), {"key": tells}).status_code == 404
    assert {tuple(key.scopes) for key in ToolKey.objects.all()} == {SIMULATOR_KEY.scopes}
    assert (tmp_path / "demo-keys.json").stat().st_mode & 0o077 == 0


def test_a_later_start_keeps_the_keys_and_replaces_those_that_are_lost(tmp_path: Path) -> None:
    kept = tmp_path / "demo-keys.json"
    first = kept.read_text()
    demo()
    assert kept.read_text() == first
    assert (ToolKey.objects.count(), DisplayLink.objects.count()) == (1, 2)
    kept.unlink()
    demo()
    assert json.loads(kept.read_text())["tiny hall screen"] not in first


def test_a_real_park_ends_what_the_demo_log_ins_may(client: Client, tmp_path: Path) -> None:
    assert len(demo_logins()) == len(DEMO_LOGINS)
    built = built_park(TINY)
    assert built is not None
    analyst = next(login for login in DEMO_LOGINS if login.username == "analyst")
    client.post(reverse("portal-login"), {"username": analyst.username, "password": DEMO_PASSWORD})
    assert client.get(reverse("analytics-home")).status_code == 200
    values = {
        "actor": SYSTEM,
        "town": built.park.town,
        "name_zh": "园区",
        "operating_mode": built.park.operating_mode,
    }
    park_create(code="another-demo", is_synthetic=True, **values)
    assert len(demo_logins()) == len(DEMO_LOGINS)
    assert DisplayLink.objects.filter(revoked_at__isnull=True).count() == 2
    park_create(code="real", **values)
    assert not DisplayLink.objects.filter(revoked_at__isnull=True).exists()
    assert not Membership.objects.filter(ended_at__isnull=True).exists()
    assert client.get(reverse("analytics-home")).status_code == 403
    assert demo_logins() == {}
    demo(if_empty=True)
    assert not (tmp_path / "welcome.txt").exists()
