"""How rows get into the ledger and are found in it: what each database is asked, and by which index it answers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction

from core import planner
from core.locking import lock_number
from supplychain import exceeding
from supplychain.models import SalesEvent, SalesEventKey
from supplychain.services import store
from tenants.models import Tenant
from tests.factories import make_park, make_tenant
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Tenant:
    return make_tenant(make_park("east"), "ming")


def test_rows_go_to_sqlite_by_the_hundred(seller: Tenant) -> None:
    """Each statement is one to take back, which becomes the dearer the more a transaction holds already."""
    executed: Counter[str] = Counter()

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        executed[" ".join(sql.split()[:3])] += len(params) if many else 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        record(seller, *(fact(f"A{n}") for n in range(1_003)))
    for table in ("supplychain_saleseventkey", "supplychain_salesevent"):
        assert executed[f"INSERT INTO {table}"] == 10 + 3
    assert SalesEvent.objects.count() == SalesEventKey.objects.count() == 1_003


@pytest.mark.both_databases
@pytest.mark.parametrize("names", [["{", "},", ",", "'", "NULL", "鞋"], ['"', "\\", "\\N", "a\tb"]])
def test_a_key_is_known_again_whatever_its_id_is_made_of(seller: Tenant, names: list[str]) -> None:
    """Ids go to PostgreSQL as one text, in which some characters would mean something else."""
    told = [fact(f"A{n}", external_id=name) for n, name in enumerate(names)]
    assert record(seller, *told).counts["stored"] == len(names)
    assert set(SalesEventKey.objects.values_list("external_id", flat=True)) == set(names)
    assert record(seller, *told).counts["duplicate"] == len(names)


@pytest.mark.postgres
def test_postgresql_finds_what_is_marked_where_it_believes_the_ledger_empty(
    seller: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it does after an import was taken back: the pages are there, and nothing that counts stood in them.

    What was taken back made the index of orders a level higher than that of hours: of no rows the lower is cheaper.
    """
    monkeypatch.setattr(planner, "_looked", {})

    def rows_read() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables")
            return int(cursor.fetchone()[0])

    with transaction.atomic():
        record(seller, *(fact(f"{'B' * 50}{n:06}", external_id=f"B{n}") for n in range(14_000)))
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE supplychain_salesevent")
    planner._looked.clear()
    before = rows_read()
    refunds = [fact(f"A{n}", "refunded", ref_order_no=f"A{n}", ref_line="1") for n in range(0, 4_000, 4)]
    record(seller, *(fact(f"A{n}") for n in range(4_000)), *refunds)
    # One that reads all facts of the seller for each refund reads five million.
    assert rows_read() - before < 5_000


@pytest.mark.postgres
def test_postgresql_finds_the_orders_of_a_new_seller_by_their_numbers(seller: Tenant) -> None:
    """What it knows of the table is of others, and says that the new one has no rows, however many it has by then."""
    new = make_tenant(make_park("north"), "new")
    record(seller, *(fact(f"A{n}") for n in range(300)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE supplychain_salesevent")
    record(new, *(fact(f"A{n}") for n in range(300)))
    asked: list[tuple[str, Any]] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    numbers = ["A1", "A2"]
    with connection.execute_wrapper(listen):
        assert len(store.facts_of_orders(new.pk, "test", numbers)) == 2
        assert store.paid_orders(new.pk, ["test"], numbers) == {"A1", "A2"}
        store.slots_of_cancellations(new.pk, numbers)
        store.slots_of_refunds(new.pk, numbers)
        assert len(exceeding._payments_of([new.pk], [(new.pk, number) for number in numbers])) == 2
        exceeding._refunds_of([new.pk], [(new.pk, number) for number in numbers])
    assert len(asked) == 6
    for sql, params in asked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "supplychain_sales_slot" not in plan, plan


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("told", "mode"),
    [
        ({}, "ShareLock"),
        ({"customs_mode": "9610"}, "ShareLock"),
        ({"kind": "refunded", "ref_order_no": "A2"}, "ExclusiveLock"),
        ({"kind": "cancelled"}, "ExclusiveLock"),
        ({"version": 2}, "ExclusiveLock"),
    ],
)
def test_payments_are_told_side_by_side_and_what_is_given_back_alone(
    seller: Tenant, told: dict[str, Any], mode: str
) -> None:
    """A refund and a payment of its number, told at once, would miss each other: who marks the hour of the refund?"""
    record(seller, fact(**told))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() "
            "AND (classid::bigint << 32) | objid::bigint = %s",
            [lock_number(f"sales:{seller.pk}")],
        )
        assert cursor.fetchall() == [(mode,)]
