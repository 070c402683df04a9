"""Rules that the database holds: append-only tables and what must not overlap, with raw SQL as well."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from health_check.exceptions import ServiceUnavailable

from core import clock, dbrules, health
from core.audit import record, seal
from core.models import AuditEntry
from livestreams.choices import BookingState
from livestreams.models import Booking
from tests.factories import SYSTEM, make_host, make_park, make_room, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


ROOM_RULE = {"sqlite": "booking_room_insert", "postgresql": "booking_room"}
CHANGES = {
    "sqlite": [
        "DROP TRIGGER core_auditentry_no_update;;CREATE TRIGGER core_auditentry_no_update "
        "BEFORE UPDATE ON core_auditentry WHEN 0 BEGIN SELECT RAISE(ABORT, 'never'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION core_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NEW; END $$",
        "ALTER TABLE core_auditentry DISABLE TRIGGER core_auditentry_no_update",
        "DROP TRIGGER core_auditentry_no_update ON core_auditentry;;CREATE TRIGGER core_auditentry_no_update "
        "BEFORE UPDATE ON core_auditentry FOR EACH ROW WHEN (false) EXECUTE FUNCTION core_auditentry_refuse()",
    ],
}

FACTS = {
    "analytics.EventClaim",
    "analytics.EventVerdict",
    "analytics.IndexRun",
    "analytics.IndexScore",
    "analytics.IndicatorValue",
    "analytics.ParkValue",
    "analytics.PeriodClose",
    "analytics.ReadingWithdrawal",
    "analytics.ReportExpectation",
    "analytics.SessionClaim",
    "analytics.SessionReading",
    "analytics.TrustReply",
    "analytics.TrustVerdict",
    "core.AuditEntry",
    "core.AuditSeal",
    "livestreams.AdSpend",
    "livestreams.AudienceSample",
    "livestreams.Cleaning",
    "livestreams.CleaningDuty",
    "livestreams.EncoderSample",
    "livestreams.FaultStep",
    "livestreams.FollowerReading",
    "livestreams.HostStage",
    "livestreams.PublishDecision",
    "livestreams.RoomCheck",
    "supplychain.Attribution",
    "supplychain.ExplainEvent",
    "supplychain.OfferAnswer",
    "supplychain.PayoutEntry",
    "supplychain.ReturnedGoods",
    "supplychain.SalesEvent",
    "supplychain.SalesEventKey",
    "supplychain.ShopMessage",
    "supplychain.Shortage",
    "supplychain.SkuResolution",
    "supplychain.StatementLine",
    "supplychain.StatementOrder",
    "supplychain.StockMove",
    "supplychain.WarehouseTariff",
    "tenants.VerifiedFigure",
}
GUARDS = {
    ("livestreams.Booking", "livestreams_booking_guest"),
    ("livestreams.Booking", "livestreams_booking_host"),
    ("livestreams.Booking", "livestreams_booking_room"),
    ("livestreams.Engagement", "livestreams_engagement_no_overlap"),
    ("livestreams.EquipmentLoan", "livestreams_loan_item"),
    ("livestreams.HostAccount", "livestreams_account_one_host"),
    ("livestreams.HostShift", "livestreams_hostshift_person"),
    ("livestreams.PlannedShift", "livestreams_plannedshift_person"),
    ("parks.UnitUse", "parks_unituse_no_overlap"),
    ("tenants.LeaseUnit", "tenants_leaseunit_no_overlap"),
    ("tenants.Tenancy", "tenants_tenancy_no_overlap"),
}


def append_only_models() -> list[str]:
    return [
        model._meta.label
        for model in apps.get_models()
        if any(isinstance(rule, dbrules.AppendOnly) for rule in dbrules.rules_of(model))
    ]


def test_every_fact_that_never_changes_is_in_a_table_that_says_so() -> None:
    """By name: of a declaration that is dropped nothing else in the suite may know."""
    assert set(append_only_models()) == FACTS


def test_every_guard_that_is_relied_on_is_declared() -> None:
    declared = {
        (model._meta.label, rule.name)
        for model in apps.get_models()
        for rule in dbrules.rules_of(model)
        if isinstance(rule, dbrules.Guard)
    }
    assert declared == GUARDS


@pytest.mark.parametrize("label", append_only_models())
@pytest.mark.parametrize("statement", ["UPDATE {table} SET id = id", "DELETE FROM {table}"])
def test_no_statement_changes_a_fact(label: str, statement: str) -> None:
    """A statement-level look would need rows; the triggers are read from the catalogue instead, per table and verb."""
    model = apps.get_model(label)
    verb = statement.split(maxsplit=1)[0].lower()
    table = model._meta.db_table
    assert (table, f"{table}_no_{verb}") in dbrules.installed(connection)


@pytest.mark.parametrize(
    "statement", ["UPDATE core_auditentry SET verb = 'x'", "DELETE FROM core_auditentry"]
)
def test_raw_sql_cannot_rewrite_the_audit(statement: str) -> None:
    record(actor=SYSTEM, verb="test", object_type="x")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.filter(verb="test").count() == 1


@pytest.mark.parametrize(("table", "key"), [("core_auditentry", "id"), ("core_auditseal", "previous_hash")])
def test_raw_sql_cannot_put_a_row_in_the_place_of_another(table: str, key: str) -> None:
    record(actor=SYSTEM, verb="test", object_type="x")
    with time_machine.travel(clock.now() + clock.HOUR):
        seal()
    replace, instead = "INSERT OR REPLACE", ""
    if connection.vendor == "postgresql":
        replace, instead = "INSERT", f"ON CONFLICT ({key}) DO UPDATE SET id = {table}.id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
        row = dict(zip((column[0] for column in cursor.description or ()), cursor.fetchone(), strict=True))
        if key != "id":
            row["id"] += 1
        places = ", ".join("%s" for _ in row)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(
                f"{replace} INTO {table} ({', '.join(row)}) VALUES ({places}) {instead}", [*row.values()]
            )


def test_any_tool_is_refused_an_id_that_is_there() -> None:
    record(actor=SYSTEM, verb="test", object_type="x")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA recursive_triggers=OFF")
            again = "INSERT OR REPLACE INTO core_auditentry SELECT * FROM core_auditentry"
        else:
            again = "INSERT INTO core_auditentry SELECT * FROM core_auditentry ON CONFLICT (id) DO UPDATE SET id = 1"
        try:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                cursor.execute(again)
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA recursive_triggers=ON")


def test_a_missing_rule_is_named_by_the_check() -> None:
    assert dbrules.check_rules_installed(databases=["default"]) == []
    table = AuditEntry._meta.db_table
    item = next(
        item for item in dbrules.objects_of(AuditEntry, connection) if item.name.endswith("no_delete")
    )
    item.drop(connection, table)
    assert [message.id for message in dbrules.check_rules_installed(databases=["default"])] == ["core.E020"]
    item.install(connection, table)


def of_an_older_release(item: dbrules.SqlObject) -> dbrules.SqlObject:
    """What another release would have installed under the same name."""
    older = (("append-only", "only ever written"), ("'[)'", "'[]'"), ("IS NOT NULL", "> 0"))
    statements = item.create
    for new, old in older:
        statements = tuple(each.replace(new, old) for each in statements)
    assert statements != item.create
    return dataclasses.replace(item, create=statements)


def rule_of(model: type[models.Model], end: str) -> dbrules.SqlObject:
    return next(item for item in dbrules.objects_of(model, connection) if item.name.endswith(end))


def test_a_rule_of_an_older_release_is_named_and_migrate_replaces_it() -> None:
    """Upgraded without `migrate`: the names are there, and what they stand for is of yesterday."""
    for model, end in ((AuditEntry, "no_delete"), (Booking, ROOM_RULE[connection.vendor])):
        table, item = model._meta.db_table, rule_of(model, end)
        of_an_older_release(item).install(connection, table)
        named = dbrules.check_rules_installed(databases=["default"])
        assert {message.id for message in named} == {"core.E020"}
        assert any(f"rule {item.name}," in message.msg for message in named)
        with pytest.raises(ServiceUnavailable, match="rules"):
            health.Rules().run()
        call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
        assert dbrules.check_rules_installed(databases=["default"]) == []


@pytest.mark.parametrize("change", CHANGES[connection.vendor])
def test_a_rule_that_was_changed_by_hand_is_named(change: str) -> None:
    with connection.cursor() as cursor:
        for statement in change.split(";;"):
            cursor.execute(statement)
    named = dbrules.check_rules_installed(databases=["default"])
    assert any("rule core_auditentry_no_update," in message.msg for message in named)
    call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
    assert dbrules.check_rules_installed(databases=["default"]) == []


def test_migrate_leaves_the_rules_that_stand() -> None:
    """An exclusion constraint would build its index anew, a trigger would wait for all who write its table."""
    with CaptureQueriesContext(connection) as queries:
        dbrules.install_after_migrate(apps.get_app_config("livestreams"))
    assert not [each["sql"] for each in queries if not each["sql"].lstrip().startswith("SELECT")]


def test_the_check_asks_the_database_as_often_for_many_rules_as_for_one() -> None:
    with CaptureQueriesContext(connection) as queries:
        dbrules.check_rules_installed(databases=["default"])
    assert len(queries) == 2


@contextmanager
def missing_rule() -> Iterator[dbrules.SqlObject]:
    """A rule that a release declares, or a rescue lost: an existing table is without it, for as long as this lasts."""
    table = AuditEntry._meta.db_table
    item = next(
        item for item in dbrules.objects_of(AuditEntry, connection) if item.name.endswith("no_update")
    )
    item.drop(connection, table)
    yield item
    item.install(connection, table)


def test_migrate_installs_what_is_missing() -> None:
    with missing_rule() as item:
        call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
        assert (AuditEntry._meta.db_table, item.name) in dbrules.installed(connection)


def test_a_site_without_its_rules_does_not_start_and_says_so() -> None:
    with missing_rule() as item:
        with pytest.raises(SystemCheckError, match=item.name):
            call_command("serve", port=1, skip_checks=False)
        with pytest.raises(ServiceUnavailable, match="rules"):
            health.Rules().run()
    health.Rules().run()
    assert health.Rules in health.HealthView.checks


def test_lifted_puts_the_rules_back() -> None:
    record(actor=SYSTEM, verb="test", object_type="x")
    with dbrules.lifted():
        AuditEntry.objects.all().delete()
    assert dbrules.check_rules_installed(databases=["default"]) == []


START = dt.datetime(2030, 5, 1, 2, 0, tzinfo=dt.UTC)


def book(room, tenant, offset: float, hours: float, host=None, state=BookingState.CONFIRMED):  # type: ignore[no-untyped-def]
    starts_at = START + dt.timedelta(hours=offset)
    ends_at = starts_at + dt.timedelta(hours=hours)
    setup = dt.timedelta(minutes=room.setup_minutes)
    with transaction.atomic():
        return Booking.objects.create(
            room=room,
            tenant=tenant,
            host=host,
            starts_at=starts_at,
            ends_at=ends_at,
            blocked_from=starts_at - setup,
            blocked_until=ends_at,
            state=state,
        )


def test_rooms_and_hosts_are_never_taken_twice() -> None:
    park = make_park("overlap")
    tenant = make_tenant(park, "overlap-t")
    room, other = make_room(park, "overlap-1"), make_room(park, "overlap-2")
    host = make_host(tenant, "overlap-h")
    first = book(room, tenant, 0, 2, host)
    book(room, tenant, 2.25, 1)  # set-up begins when the first one ends
    book(room, tenant, -1.2, 0.9)  # ends before the set-up of the first one
    for offset, hours, taken_room, taken_host in (
        (1, 2, room, None),
        (-0.5, 0.4, room, None),
        (2, 0.2, room, None),
        (1, 1, other, host),
    ):
        with pytest.raises(DatabaseError, match=r"livestreams_booking_(room|host)"):
            book(taken_room, tenant, offset, hours, taken_host)
    book(room, tenant, 0.5, 1, state=BookingState.CANCELLED)
    first.state = BookingState.CANCELLED
    first.save()
    book(room, tenant, 0.5, 1)
    first.state = BookingState.CONFIRMED
    with pytest.raises(DatabaseError, match=r"livestreams_booking_room"), transaction.atomic():
        first.save()
