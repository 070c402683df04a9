"""Parks and their units: two hands at one row, and who relies on a unit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, day_start, today
from core.errors import Refused
from core.models import AuditEntry
from parks import selectors
from parks.choices import UnitUseKind
from parks.errors import UnitInUse
from parks.models import Park, Unit, UnitUse
from parks.services import park_update, places, unit_convert
from tenants.services import lease_create
from tests.factories import SYSTEM, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_unit_that_is_let_meanwhile_is_not_converted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who relies on a unit is asked under its lock: what was committed while waiting for it counts."""
    unit, lock_row = world.units[3], places.lock_row

    def let_before_the_lock(*row: Any) -> Any:
        lease_create(
            actor=SYSTEM,
            tenant=world.tenants[0].tenant,
            park=world.park,
            number="meanwhile",
            units=[(unit, Decimal(10))],
            from_day=today(),
            to_day=today() + 9 * DAY,
        )
        return lock_row(*row)

    monkeypatch.setattr(places, "lock_row", let_before_the_lock)
    with pytest.raises(UnitInUse):
        unit_convert(actor=SYSTEM, unit=unit, use=UnitUseKind.WAREHOUSE, from_day=today())
    assert UnitUse.objects.filter(unit=unit).count() == 1


def test_a_park_keeps_what_another_hand_changed_meanwhile(world: World) -> None:
    seen_before = Park.objects.get(pk=world.park.pk)
    park_update(actor=world.manager, park=world.park, operator="first hand")
    kept = park_update(actor=world.manager, park=seen_before, name_zh="新名", opened_on=dt.date(2011, 1, 1))
    kept.refresh_from_db()
    assert (kept.operator, kept.name_zh, kept.node.name_zh) == ("first hand", "新名", "新名")
    with pytest.raises(Refused):
        park_update(actor=user_actor(world.users[Role.PARK_FINANCE]), park=world.park, operator="other")
    entry = AuditEntry.objects.filter(verb="park.update").latest("pk")
    assert (entry.node_id, entry.before) == (
        world.park.pk,
        {"name_zh": seen_before.name_zh, "opened_on": "2010-01-01"},
    )


def test_a_unit_is_shown_with_the_use_and_area_of_today(world: World, client: Client) -> None:
    unit = world.units[3]
    unit_convert(
        actor=SYSTEM,
        unit=unit,
        use=UnitUseKind.WAREHOUSE,
        area_m2=Decimal(77),
        from_day=today() - DAY,
        fit_out_until=today() + 9 * DAY,
    )
    client.force_login(world.users[Role.PARK_MANAGER])
    page = client.get("/admin/parks/unit/", {"q": unit.code})
    (row,) = page.context["cl"].result_list
    assert row.use_now == UnitUseKind.FIT_OUT
    with time_machine.travel(day_start(today() + 9 * DAY), tick=False):
        assert (
            selectors.with_use_on(Unit.objects.filter(pk=unit.pk), today()).get().use_now
            == UnitUseKind.WAREHOUSE
        )
