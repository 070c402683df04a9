"""Which towns are near: what the collision finder reads, for programs and in the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from core.choices import Role
from core.models import AuditEntry, User
from parks.models import Town
from parks.services import town_create
from tests.api.conftest import Caller
from tests.factories import SYSTEM, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world(world: World) -> World:
    Town.objects.filter(pk=world.town.pk).update(latitude=22.613, longitude=113.190)
    for code, where in (("near", (22.523, 113.266)), ("far", (22.0, 112.0)), ("unknown", (None, None))):
        latitude, longitude = where
        town_create(
            actor=SYSTEM,
            city=world.town.city,
            code=code,
            name_zh=code,
            latitude=latitude,
            longitude=longitude,
        )
    return world


def test_a_new_town_is_in_the_audit_log(world: World) -> None:
    entry = AuditEntry.objects.filter(verb="town.create").latest("pk")
    assert entry.after == {"city": world.town.city.code}


def test_a_program_learns_which_towns_are_near(world: World) -> None:
    manager = Caller(user=world.users[Role.PARK_MANAGER])
    listed = {town["code"]: town["latitude"] for town in manager.get("towns").json()["results"]}
    assert listed == {world.town.code: 22.613, "near": 22.523, "far": 22.0, "unknown": None}
    for caller in (manager, Caller(world.tenants[0].secret)):
        near = caller.get(f"towns/{world.town.code}").json()["near"]
        assert [(one["town"], one["km"]) for one in near] == [("near", 12.7), ("unknown", None)]
    assert manager.get("towns/nowhere").status_code == 404


def test_the_admin_shows_them_and_where_a_town_lies_can_be_mended(world: World, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    address = f"/admin/parks/town/{world.town.pk}/change/"
    page = client.get(address).content.decode()
    assert "12.7 km" in page
    assert client.post(address, {"latitude": "22.0", "longitude": "112.0"}).status_code == 302
    page = client.get(address).content.decode()
    assert "far · 0.0 km" in page
    assert "12.7 km" not in page
