"""What rooms, windows and accounts of before become: the day a room opened, why a fault keeps it out of use, whose an
account was when."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connection

from core.clock import DAY, now, today
from core.dbrules import objects_of
from core.models import BucketMark
from livestreams import services
from livestreams.choices import FaultKind
from livestreams.models import Host, HostAccount, LiveRoom, LiveSession, Maintenance, SessionTenant
from livestreams.models.room import OUT_OF_USE
from tests.factories import World, make_host, make_room, make_session

pytestmark = pytest.mark.both_databases
SECOND = timedelta(seconds=1)
EDITOR = SimpleNamespace(connection=connection)


def made_at(instant: datetime) -> UUID:
    """A UUID of version 7 that says so; one made here never goes back behind a future that another test was in."""
    return UUID(int=int(instant.timestamp() * 1000) << 80 | 7 << 76 | 0b10 << 62)


def test_a_room_of_before_opened_when_it_is_first_heard_of_and_not_after_it_was_closed(world: World) -> None:
    migration = import_module("livestreams.migrations.0015_room_opened_on")
    closed_on = today() - 30 * DAY
    made, unknown, closed, closed_made = (
        make_room(world.park, code) for code in ("made", "unknown", "closed", "made-late")
    )
    LiveRoom.objects.filter(pk=made.pk).update(uid=made_at(now() - 5 * DAY))
    LiveRoom.objects.filter(pk=unknown.pk).update(uid=uuid4())
    LiveRoom.objects.filter(pk=closed.pk).update(uid=uuid4(), closed_on=closed_on)
    LiveRoom.objects.filter(pk=closed_made.pk).update(uid=made_at(now()), closed_on=closed_on)
    LiveRoom.objects.update(opened_on=today())
    migration.open_known_rooms(apps, EDITOR)
    opened = dict(LiveRoom.objects.values_list("pk", "opened_on"))
    assert [opened[room.pk] for room in (made, unknown, closed, closed_made)] == [
        today() - 5 * DAY,
        today(),
        closed_on,
        closed_on,
    ]
    assert opened[world.rooms[0].pk] < today(), "by its first session"
    closed.refresh_from_db()
    assert services.room_update(actor=world.manager, room=closed, name_zh="旧间").name_zh == "旧间"


def test_accounts_of_before_are_one_hosts_at_a_time(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """As long as anybody knows, unless another host of the firm has it as well: who sells by it with others is named,
    and whose lines name it has them looked at again.
    """
    migration = import_module("livestreams.migrations.0024_days_of_accounts")
    mine, other = world.tenants
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for item in objects_of(HostAccount, connection):
        item.drop(connection, HostAccount._meta.db_table)
    names = ("first", "second", "third", "idle", "early", "late")
    first, second, third, idle, early, late = (make_host(mine.tenant, name) for name in names)

    later = count()

    def entered(account: str, host: Host, made: int, **values: Any) -> HostAccount:
        uid = made_at(now() - made * DAY + next(later) * SECOND)
        return HostAccount.objects.create(host=host, platform="jd", account=account, uid=uid, **values)

    rows = [
        entered("alone", first, 40),
        entered("alone", other.host, 40),
        entered("by when it was made", first, 40),
        entered("by when it was made", third, 20),
        entered("by its first session", second, 40),
        entered("by its first session", third, 5),
        entered("closed", first, 40),
        entered("closed", second, 20, closed_on=today() - 30 * DAY),
        entered("on air in between", third, 40),
        entered("on air in between", second, 5),
        entered("by both", early, 20),
        entered("by both", idle, 20),
        entered("by both", late, 20),
    ]
    for host, ago in ((third, 9), (second, 12), (early, 2), (late, 3)):
        session = make_session(mine.tenant, host=host, starts_at=now() - ago * DAY)
        LiveSession.objects.filter(pk=session.pk).update(platform="jd")
    SessionTenant.objects.create(session=session, tenant=other.tenant)
    BucketMark.objects.all().delete()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What was done until here is checked, so that what is to come waits for the end of the transaction again.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        migration.days_of_known_accounts(apps, SimpleNamespace(connection=connection, execute=cursor.execute))
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE livestreams_hostaccount ALTER COLUMN tenant_id SET NOT NULL")
    assert capsys.readouterr().out.splitlines()[2:] == [f"    {mine.tenant.code}, jd by both: early, late"]
    marked = BucketMark.objects.values_list("family", "node", "slot")
    sellers = sorted([mine.tenant.pk, other.tenant.pk])
    assert sorted(marked) == [
        *(("accounts", seller, 0) for seller in sellers),
        ("sessions", mine.tenant.pk, 0),
    ]
    days = (
        dict(HostAccount.objects.values_list("pk", "opened_on")),
        dict(HostAccount.objects.values_list("pk", "closed_on")),
    )
    back = [[day and (today() - day).days for day in (days[0][row.pk], days[1][row.pk])] for row in rows]
    assert back == [
        [None, None],
        [None, None],
        [None, 20],
        [20, None],
        [None, 9],
        [9, None],
        [30, None],
        [None, 30],
        [None, 5],
        [5, None],
        [None, 20],
        [20, 20],
        [20, None],
    ]


def test_the_window_of_a_fault_of_before_is_worded_for_who_reads_it(world: World) -> None:
    migration = import_module("livestreams.migrations.0014_maintenance_uid")
    fault = services.fault_report(actor=world.manager, room=world.rooms[0], kind=FaultKind.LIGHT, blocks=True)
    other = make_room(world.park, "other")
    by_people = Maintenance.objects.create(
        room=other, starts_at=fault.created_at, ends_at=fault.created_at + DAY, reason="因故障停用"
    )
    Maintenance.objects.filter(pk=fault.window_id).update(reason="因故障停用")
    migration.reasons_of_faults(apps, EDITOR)
    reasons = dict(Maintenance.objects.values_list("pk", "reason"))
    assert (reasons[fault.window_id], reasons[by_people.pk]) == (OUT_OF_USE, "因故障停用")
    assert migration.OUT_OF_USE == OUT_OF_USE
