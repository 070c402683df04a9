"""The drainer: counts dirty hours again and deletes the marks it saw, all in one transaction."""

from __future__ import annotations

import math
from collections.abc import Sequence

from django.db import transaction

from analytics.rollup.recount import fill_buckets, recount_buckets, tenant_lock, work_tables
from core.buckets import SALES
from core.draining import Bucket, drain_family
from core.locking import try_advisory_locks

BUCKETS_PER_TRANSACTION = 5_000

# CROSS JOIN tells SQLite to look each bucket up among the marks; left to itself it may compare all with all.
MARKS_SEEN = """
    INSERT INTO rollup_mark SELECT m.id FROM rollup_bucket b
    CROSS JOIN core_bucketmark m WHERE m.family = %s AND m.node_id = b.tenant_id AND m.slot = b.slot"""
FORGET_MARKS = "DELETE FROM core_bucketmark WHERE id IN (SELECT id FROM rollup_mark)"
FORGET_FAILURES = """
    DELETE FROM core_bucketfailure
    WHERE family = %s AND (node_id, slot) IN (SELECT tenant_id, slot FROM rollup_bucket)"""


def drain(*, seconds: float = math.inf, tenant_id: int | None = None) -> int:
    """Count every dirty hour once, of one tenant or of all; returns how many.

    Safe to run twice, at once, and to kill at any point. `seconds` ends the run after the batch in which they are
    over: the marks that are left are next time's work.
    """
    return drain_family(
        SALES, count_together, most=BUCKETS_PER_TRANSACTION, seconds=seconds, tenant_id=tenant_id
    )


def count_together(buckets: Sequence[Bucket]) -> int:
    with transaction.atomic():
        tenants = sorted({tenant for tenant, _slot in buckets})
        free = try_advisory_locks([tenant_lock(tenant) for tenant in tenants])
        mine = {tenant for tenant, is_free in zip(tenants, free, strict=True) if is_free}
        taken = [bucket for bucket in buckets if bucket[0] in mine]
        if taken:
            with work_tables() as cursor:
                fill_buckets(cursor, taken)
                # Marks are read after the lock and before the facts: what is counted holds at least their facts.
                cursor.execute(MARKS_SEEN, [SALES])
                recount_buckets(cursor)
                cursor.execute(FORGET_MARKS)
                cursor.execute(FORGET_FAILURES, [SALES])
        return len(taken)
