"""A session's audience: stamps of every kind at the door, and the same figures on page, API and admin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import HOUR, MINUTE, local
from livestreams.models import AudienceSample
from tests.api.conftest import Caller
from tests.factories import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_stamps_of_every_kind_and_one_mean_weighted_by_time(world: World, tool: Caller) -> None:
    mine = world.tenants[0]
    session = mine.session
    start = session.started_at + HOUR
    at = [start + n * MINUTE for n in (0, 8, 9, 10)]
    readings = [
        {"at": local(at[0]).isoformat(), "concurrent": 100, "entered": 500, "likes": 7},
        {"at": int(at[1].timestamp()), "concurrent": 100, "entered": 900},
        # the tool was started anew
        {"at": int(at[2].timestamp() * 1000), "concurrent": 300, "entered": 20},
        {"at": f"{local(at[3]):%Y-%m-%d %H:%M:%S}", "concurrent": 300, "entered": 60},
    ]
    address = f"live-sessions/{session.uid}/samples"
    told = tool.post(address, {"source": "stamps", "readings": readings})
    assert told.json() == {"stored": 4, "duplicates": 0, "corrected": 0}
    stored = AudienceSample.objects.filter(session=session, source="stamps").order_by("at")
    assert list(stored.values_list("at", flat=True)) == at
    for wrong in ("yesterday", 12, -5, 1e40, "9" * 30):
        refused = tool.post(address, {"source": "stamps", "readings": [{"at": wrong, "concurrent": 1}]})
        assert refused.status_code == 400, wrong
        assert (refused.json()["errors"][0]["row"], refused.json()["errors"][0]["field"]) == (
            1,
            "readings.at",
        )

    # (8 x 100 + 1 x 200 + 1 x 300) / 10; the four readings by themselves would make 200
    shown = tool.get(f"sessions/{session.uid}/audience").json()
    assert {name: shown[name] for name in ("acu", "minutes", "entered", "likes", "comments", "as_of")} == {
        "acu": 130,
        "minutes": 10,
        "entered": 960,
        "likes": 7,
        "comments": None,
        "as_of": local(at[3]).isoformat(),
    }
    browser = Client()
    browser.force_login(mine.users["tenant_owner"])
    page = browser.get(reverse("portal-session", args=[mine.tenant.code, session.uid])).text
    browser.force_login(world.users["park_manager"])
    admin = browser.get(reverse("admin:livestreams_livesession_change", args=[session.pk])).text
    for figure in ("130", "960"):
        assert f'<div class="value">{figure}</div>' in page
        assert f": {figure}<br>" in admin


def test_a_neighbour_is_told_of_no_audience(world: World) -> None:
    session = world.tenants[0].session
    neighbour = Caller(user=world.tenants[1].users["tenant_owner"])
    assert neighbour.get(f"sessions/{session.uid}/audience").status_code == 404
    finance = Caller(user=world.tenants[0].users["tenant_finance"])
    assert finance.get(f"sessions/{session.uid}/audience").status_code in (403, 404)
