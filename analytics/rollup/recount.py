"""One recount inside a transaction: fill the work tables, replace the rows of every level."""
# ruff: noqa: S608  the pieces are constants of this package

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connection

from analytics.rollup import sql
from core import clock
from core.buckets import SHARES, TRUST
from core.draining import Bucket
from core.locking import advisory_locks

# Sessions share some locks: PostgreSQL has room for a few thousand in all.
SESSION_LOCKS = 64
STATEMENT_SECONDS = 60


def tenant_lock(tenant_id: int) -> str:
    """The name of the lock under which a tenant's figures are replaced: its days and months are one piece of work."""
    return f"sales-figures:{tenant_id}"


@contextmanager
def work_tables() -> Iterator[Any]:
    """A cursor beside which the work tables exist and are empty."""
    on_postgres = connection.vendor == "postgresql"
    ending = "ON COMMIT DELETE ROWS" if on_postgres else ""
    with connection.cursor() as cursor:
        for name, columns in sql.WORK_TABLES.items():
            cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} ({columns}) {ending}")
            cursor.execute(f"DELETE FROM {name}")
        if on_postgres:
            # The statements touch many rows once: sorting them on disk costs more than the memory.
            cursor.execute("SET LOCAL work_mem = '128MB'")
            # A batch takes seconds. What takes longer is counted in smaller ones (core.draining).
            cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
        yield cursor


def fill(cursor: Any, table: str, types: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows from Python into a work table in one round trip."""
    if not rows:
        return
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        cursor.execute(
            f"INSERT INTO {table} SELECT * FROM unnest({arrays})",
            [list(column) for column in zip(*rows, strict=True)],
        )
        learn(cursor, table)
    else:
        cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(types))})", rows)


def learn(cursor: Any, table: str) -> None:
    """Tell the planner how few rows a work table has: unknown ones look large, and it would read the whole ledger."""
    if connection.vendor == "postgresql":
        cursor.execute(f"ANALYZE {table}")


def fill_buckets(cursor: Any, buckets: Sequence[Bucket]) -> None:
    """Name the buckets to count, each with its business day."""
    days = {
        slot: clock.business_day(clock.hour_start(slot)).isoformat()
        for slot in {slot for _tenant, slot in buckets}
    }
    fill(
        cursor,
        "rollup_bucket",
        ("bigint", "date", "bigint"),
        [(tenant, days[slot], slot) for tenant, slot in buckets],
    )


def fill_days(cursor: Any) -> None:
    """Give every day of the buckets its month."""
    cursor.execute("SELECT DISTINCT day FROM rollup_bucket")
    days = [day if isinstance(day, date) else date.fromisoformat(day) for (day,) in cursor.fetchall()]
    rows = [
        (day.isoformat(), clock.month_of(day).isoformat(), clock.next_month(day).isoformat()) for day in days
    ]
    fill(cursor, "rollup_day", ("date", "date", "date"), rows)


def fill_from(cursor: Any, table: str, select: str, params: dict[str, Any] | None = None) -> None:
    """Fill a work table from a query; with parameters, that is for a rebuild, in parallel where the database can."""
    if params and connection.vendor == "postgresql":
        cursor.execute(f"DROP TABLE {table}")
        cursor.execute(f"CREATE TEMP TABLE {table} ON COMMIT DROP AS {select}", params)
    else:
        cursor.execute(f"INSERT INTO {table} {select}", params)


def insert_hours(cursor: Any, picked: str, params: dict[str, Any] | None = None) -> None:
    """Insert the hours of the picked facts; afterwards rollup_order_row tells which orders lie in which of them."""
    fill_from(cursor, "rollup_worth", sql.worth(picked), params)
    fill_from(cursor, "rollup_order_row", sql.order_rows(picked), params)
    fill_from(cursor, "rollup_hour", sql.hour_sums(picked), params)
    cursor.execute(sql.INSERT_HOURS)


def worth_of(ids: Sequence[int]) -> dict[int, int]:
    """What some cancellations take back, by the id of the fact, in units; those that take back nothing are left out."""
    if not ids:
        return {}
    picked: Any = list(ids) if connection.vendor == "postgresql" else json.dumps(list(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, amount FROM ({sql.worth(sql.OF_IDS[connection.vendor])}) w", {"ids": picked}
        )
        return dict(cursor.fetchall())


def recount_buckets(cursor: Any) -> None:
    """Count the buckets of the work table again: hours, the orders that spread over them, and all levels above."""
    cursor.execute(sql.FACTS_OF_BUCKETS)
    cursor.execute(sql.SESSIONS_OF_BUCKETS)
    cursor.execute(sql.DELETE_HOURS)
    insert_hours(cursor, sql.OF_BUCKETS)
    cursor.execute(sql.SESSIONS_OF_BUCKETS)
    cursor.execute(sql.ORDERS_TO_LOOK_AT)
    if cursor.rowcount:
        learn(cursor, "rollup_order")
        cursor.execute(sql.FORGET_SPREAD)
        cursor.execute("DELETE FROM rollup_worth")
        cursor.execute("DELETE FROM rollup_order_row")
        fill_from(cursor, "rollup_worth", sql.worth(sql.OF_ORDERS))
        fill_from(cursor, "rollup_order_row", sql.order_rows(sql.OF_ORDERS))
        cursor.execute(sql.INSERT_SPREAD)
    replace_levels(cursor)
    now = connection.ops.adapt_datetimefield_value(clock.now())
    cursor.execute(sql.MARK_SHARED_SESSIONS, [SHARES, now])
    cursor.execute(sql.MARK_JUDGED_SESSIONS, [TRUST, now])


def replace_levels(cursor: Any) -> None:
    """Add up days, months and sessions from the hours of the work table's buckets."""
    fill_days(cursor)
    for statement in (sql.DELETE_DAYS, sql.INSERT_DAYS, sql.DELETE_MONTHS, sql.INSERT_MONTHS):
        cursor.execute(statement)
    cursor.execute("SELECT DISTINCT session_key FROM rollup_session")
    # A session may show the goods of several tenants, whose figures others may be counting just now.
    advisory_locks(sorted({f"session-figures:{key % SESSION_LOCKS}" for (key,) in cursor.fetchall()}))
    learn(cursor, "rollup_session")
    cursor.execute(sql.DELETE_SESSIONS)
    cursor.execute(sql.INSERT_SESSIONS)
