"""Maintenance of rooms: ended, moved and called off, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import HOUR, now
from core.errors import NotFound
from core.models import AuditEntry
from livestreams import services
from livestreams.choices import FaultKind
from livestreams.errors import BadTime, RoomUnavailable, WrongState
from livestreams.models import Maintenance
from livestreams.services.steps import WAITLIST
from tests.factories import World, make_world
from tests.livestreams.encoders import book

pytestmark = pytest.mark.both_databases
At = Callable[..., datetime]


@pytest.fixture
def window(world: World, at: At) -> Maintenance:
    """The first room, from twelve to six."""
    return services.maintenance_create(
        actor=world.manager, room=world.rooms[0], starts_at=at(12), ends_at=at(18), reason="lights"
    )


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bells that are rung."""
    bells: list[str] = []
    monkeypatch.setattr("core.doorbell.ring", bells.append)
    return bells


def test_one_that_goes_on_ends_now_and_the_room_can_be_booked(
    world: World, window: Maintenance, at: At, rung: list[str]
) -> None:
    with time_machine.travel(at(13), tick=False):
        ended = services.maintenance_end(actor=world.manager, window=window)
        assert (ended.starts_at, ended.ends_at, rung) == (at(12), at(13), [WAITLIST])
        entry = AuditEntry.objects.filter(verb="maintenance.end").latest("pk")
        assert entry.after["room"] == world.rooms[0].code
        assert book(world, at(14), at(16)).room == world.rooms[0]
        with pytest.raises(WrongState):
            services.maintenance_end(actor=world.manager, window=window)


def test_its_end_is_moved_to_where_nobody_is_booked(
    world: World, window: Maintenance, at: At, rung: list[str]
) -> None:
    later = book(world, at(20), at(21))
    assert services.maintenance_end(actor=world.manager, window=window, ends_at=at(19)).ends_at == at(19)
    assert rung == []
    with pytest.raises(RoomUnavailable) as refused:
        services.maintenance_end(actor=world.manager, window=window, ends_at=later.starts_at + HOUR)
    assert (refused.value.code, refused.value.field) == ("room_booked", "ends_at")
    assert services.maintenance_end(actor=world.manager, window=window, ends_at=at(13)).ends_at == at(13)
    assert rung == [WAITLIST]
    for wrong, code in ((at(12), "order"), (now() - HOUR, "past")):
        with pytest.raises(BadTime) as bad:
            services.maintenance_end(actor=world.manager, window=window, ends_at=wrong)
        assert bad.value.code == code


def test_one_that_lies_ahead_is_called_off(
    world: World, window: Maintenance, at: At, rung: list[str]
) -> None:
    gone = services.maintenance_end(actor=world.manager, window=window)
    assert gone.ends_at == gone.starts_at
    assert not Maintenance.objects.filter(pk=window.pk).exists()
    entry = AuditEntry.objects.get(verb="maintenance.call_off")
    assert (entry.after["room"], rung) == (world.rooms[0].code, [WAITLIST])
    assert book(world, at(11), at(19)).room == world.rooms[0]


def test_the_window_of_a_fault_ends_with_its_repair(world: World) -> None:
    fault = services.fault_report(actor=world.manager, room=world.rooms[0], kind=FaultKind.LIGHT, blocks=True)
    assert fault.window is not None
    with pytest.raises(WrongState) as refused:
        services.maintenance_end(actor=world.manager, window=fault.window)
    assert refused.value.code == "fault"


def test_who_runs_the_rooms_ends_it_and_nobody_else(world: World, window: Maintenance) -> None:
    for actor in (world.tenants[0].owner, make_world("beta").manager):
        with pytest.raises(NotFound):
            services.maintenance_end(actor=actor, window=window)
    assert Maintenance.objects.filter(pk=window.pk).exists()


def test_the_operator_calls_it_off_and_comes_to_the_list(world: World, window: Maintenance) -> None:
    operator = Client()
    operator.force_login(world.users[Role.PARK_STUDIO], backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:livestreams_maintenance_operation", args=[window.pk, "end"])
    answer = operator.post(page)
    assert answer["Location"] == reverse("admin:livestreams_maintenance_changelist")
    assert not Maintenance.objects.filter(pk=window.pk).exists()
