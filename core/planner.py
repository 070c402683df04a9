"""What PostgreSQL believes of a table that filled since it last looked.

A vacuum that comes by while a large import is still open, or after one that was taken back, finds pages without a row
and writes that down. Until the next one, a minute later at best, a hundred thousand rows count as one, and the plan for
them compares all with all. Whoever counts a batch asks first; that takes about a millisecond.
"""

from __future__ import annotations

import time

import structlog
from django.db import connection

log = structlog.get_logger("livepark.planner")

# Fewer rows than pages were found. Below eight pages no plan is a bad one; -1 is "never looked", and guessed well.
LOOKS_EMPTY = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relnamespace = current_schema()::text::regnamespace AND c.relkind = 'r'
      AND c.relpages > 0 AND c.reltuples >= 0 AND c.reltuples < c.relpages
      AND pg_relation_size(c.oid) >= 8 * current_setting('block_size')::int"""
# A table may really be that empty: it is not looked at each time.
AGAIN_AFTER_SECONDS = 10.0
_looked: dict[str, float] = {}


def look_again() -> list[str]:
    """Let the planner look at the tables that it takes for empty and that may not be; returns which it looked at.

    Inside a transaction, as an import's, ANALYZE keeps its lock (SHARE UPDATE EXCLUSIVE) until the end of it: rows are
    read and written as ever, but no vacuum, index or migration begins on that table meanwhile.
    """
    if connection.vendor != "postgresql":
        return []
    now = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(LOOKS_EMPTY)
        found = [
            table
            for (table,) in cursor.fetchall()
            if now - _looked.get(table, -AGAIN_AFTER_SECONDS) >= AGAIN_AFTER_SECONDS
        ]
        for table in found:
            _looked[table] = now
            # Nobody waits for a vacuum of hours; the name comes quoted from the catalogue.
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {table}")
    if found:
        log.info("tables looked at again", tables=found, seconds=round(time.monotonic() - now, 3))
    return found
