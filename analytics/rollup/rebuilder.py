"""The rebuild: counts everything again from the ledger, some tenants at a time, all in the database's memory."""
# ruff: noqa: S608  the pieces are constants of this module

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection, transaction

from analytics.rollup import sql
from analytics.rollup.drainer import FORGET_MARKS
from analytics.rollup.recount import insert_hours, replace_levels, tenant_lock, work_tables
from core import clock
from core.buckets import SALES, SHARES
from core.locking import advisory_locks

# Bounds how long the tenants' figures are locked, on SQLite the whole database, and what the database sorts at once.
LINES_PER_TRANSACTION = {"postgresql": 8_000_000, "sqlite": 200_000}
TENANTS_PER_TRANSACTION = 500

# All tenants, so that every one between the first and the last of a step is locked; new ones have higher ids.
TENANTS = """
    SELECT t.node_id, COALESCE(l.lines, 0)
    FROM tenants_tenant t
    LEFT JOIN (SELECT seller_id, COUNT(*) AS lines FROM supplychain_salesevent GROUP BY seller_id) l
        ON l.seller_id = t.node_id
    WHERE t.node_id > %s ORDER BY 1"""
MARKS_OF_TENANTS = """
    INSERT INTO rollup_mark SELECT id FROM core_bucketmark
    WHERE family = %(family)s AND node_id >= %(first)s AND node_id <= %(last)s"""
SESSIONS_OF_TENANTS = """
    INSERT INTO rollup_session SELECT DISTINCT session_key FROM analytics_hoursales
    WHERE session_key > 0 AND tenant_id >= %(first)s AND tenant_id <= %(last)s"""
FORGET_TENANTS = [
    f"DELETE FROM {table} WHERE tenant_id >= %(first)s AND tenant_id <= %(last)s"
    for table in (
        "analytics_hoursales",
        "analytics_daysales",
        "analytics_monthsales",
        "analytics_spreadorder",
    )
]
DAYS_OF_TENANTS = """
    INSERT INTO rollup_bucket SELECT DISTINCT tenant_id, day, 0 FROM analytics_hoursales
    WHERE tenant_id >= %(first)s AND tenant_id <= %(last)s"""
FORGET_FAILURES = """
    DELETE FROM core_bucketfailure WHERE family = %(family)s AND node_id >= %(first)s AND node_id <= %(last)s"""
FORGET_LOST_SESSIONS = """
    DELETE FROM analytics_sessionfigures
    WHERE NOT EXISTS (
        SELECT 1 FROM analytics_hoursales h
        WHERE h.session_key > 0 AND h.session_key = analytics_sessionfigures.session_id)"""
MARK_ALL_SHARES = """
    INSERT INTO core_bucketmark (family, node_id, slot, marked_at)
    SELECT %s, l.tenant_id, l.id, %s FROM livestreams_livesession l
    WHERE l.id IN (SELECT session_key FROM analytics_hoursales WHERE session_key > 0)
       OR l.id IN (SELECT session_id FROM analytics_sessionshare)"""

Progress = Callable[[int, int, int], None]


def rebuild(progress: Progress | None = None, after: int = 0) -> int:
    """Count everything again; returns how many lines of the ledger there were.

    `progress(done, total, tenant_id)` is told after every step how many lines are done, and the last tenant of the
    step: `after` takes up again from there. Figures stay readable, the old ones until a step commits.
    """
    with connection.cursor() as cursor:
        cursor.execute(TENANTS, [after])
        tenants = cursor.fetchall()
    done, total = 0, sum(lines for _tenant, lines in tenants)
    for step in _steps(tenants):
        _rebuild_tenants([tenant for tenant, _lines in step])
        done += sum(lines for _tenant, lines in step)
        if progress:
            progress(done, total, step[-1][0])
    with connection.cursor() as cursor:
        cursor.execute(FORGET_LOST_SESSIONS)
        now = connection.ops.adapt_datetimefield_value(clock.now())
        cursor.execute(MARK_ALL_SHARES, [SHARES, now])
    return total


def _steps(tenants: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Neighbouring tenants whose lines fit one transaction together; a large tenant is a step of its own."""
    step: list[tuple[int, int]] = []
    for tenant, lines in tenants:
        too_many = sum(each for _tenant, each in step) + lines > LINES_PER_TRANSACTION[connection.vendor]
        if step and (too_many or len(step) == TENANTS_PER_TRANSACTION):
            yield step
            step = []
        step.append((tenant, lines))
    if step:
        yield step


def _rebuild_tenants(tenants: list[int]) -> None:
    span = {"family": SALES, "first": tenants[0], "last": tenants[-1]}
    with transaction.atomic():
        advisory_locks([tenant_lock(tenant) for tenant in tenants])
        with work_tables() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(MARKS_OF_TENANTS, span)
            cursor.execute(SESSIONS_OF_TENANTS, span)
            for statement in FORGET_TENANTS:
                cursor.execute(statement, span)
            insert_hours(cursor, sql.OF_TENANTS, span)
            cursor.execute(SESSIONS_OF_TENANTS, span)
            cursor.execute(DAYS_OF_TENANTS, span)
            cursor.execute(sql.INSERT_SPREAD)
            replace_levels(cursor)
            cursor.execute(FORGET_MARKS)
            cursor.execute(FORGET_FAILURES, span)
