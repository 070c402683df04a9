"""The drainer: picks dirty buckets, counts them again, deletes the marks it saw, all in one transaction."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import DatabaseError, connection, transaction

from analytics.rollup.recount import Bucket, fill_buckets, recount_buckets, tenant_lock, work_tables
from core import clock
from core.buckets import SALES
from core.locking import is_transient, try_advisory_locks
from core.models import BucketFailure

log = structlog.get_logger("livepark.rollup")

BUCKETS_PER_TRANSACTION = 5_000
LAST_TENANT = 2**63 - 1
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)

# In the order of the keys, so that the days and months of a tenant come in one batch.
NEXT_BUCKETS = """
    SELECT DISTINCT m.node_id, m.slot FROM core_bucketmark m
    WHERE m.family = %s AND (m.node_id, m.slot) > (%s, %s) AND m.node_id <= %s AND NOT EXISTS (
        SELECT 1 FROM core_bucketfailure x
        WHERE x.family = m.family AND x.node_id = m.node_id AND x.slot = m.slot AND x.retry_at > %s)
    ORDER BY 1, 2 LIMIT %s"""
# CROSS JOIN tells SQLite to look each bucket up among the marks; left to itself it may compare all with all.
MARKS_SEEN = """
    INSERT INTO rollup_mark SELECT m.id FROM rollup_bucket b
    CROSS JOIN core_bucketmark m WHERE m.family = %s AND m.node_id = b.tenant_id AND m.slot = b.slot"""
FORGET_MARKS = "DELETE FROM core_bucketmark WHERE id IN (SELECT id FROM rollup_mark)"
FORGET_FAILURES = """
    DELETE FROM core_bucketfailure
    WHERE family = %s AND (node_id, slot) IN (SELECT tenant_id, slot FROM rollup_bucket)"""


def drain(*, seconds: float = math.inf, tenant_id: int | None = None) -> int:
    """Count every dirty bucket once, of one tenant or of all; returns how many.

    Safe to run twice, at once, and to kill at any point. `seconds` ends the run after the batch in which they are
    over: the marks that are left are next time's work.
    """
    deadline = time.monotonic() + seconds
    counted = 0
    reached, last = ((tenant_id, -1), tenant_id) if tenant_id else ((0, -1), LAST_TENANT)
    while time.monotonic() < deadline and (buckets := _next_buckets(reached, last)):
        reached = buckets[-1]
        counted += _count(buckets)
    return counted


def _next_buckets(after: Bucket, last_tenant: int) -> list[Bucket]:
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(NEXT_BUCKETS, [SALES, *after, last_tenant, now, BUCKETS_PER_TRANSACTION])
        return cursor.fetchall()


def _count(buckets: Sequence[Bucket]) -> int:
    """Count a batch. When it raises, its halves are counted alone, down to the bucket that is to blame."""
    try:
        return _count_together(buckets)
    except Exception as error:
        if isinstance(error, DatabaseError) and is_transient(error):
            log.info("buckets left for later", buckets=len(buckets), reason=str(error))
            return 0
        if len(buckets) == 1:
            _set_aside(buckets[0], error)
            return 0
    half = len(buckets) // 2
    return _count(buckets[:half]) + _count(buckets[half:])


def _count_together(buckets: Sequence[Bucket]) -> int:
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


def _set_aside(bucket: Bucket, error: Exception) -> None:
    """Record that a bucket cannot be counted and when it is tried again, each time after twice as long."""
    tenant, slot = bucket
    with transaction.atomic():
        failure, _new = BucketFailure.objects.get_or_create(
            family=SALES, node_id=tenant, slot=slot, defaults={"error": "", "retry_at": clock.now()}
        )
        failure.retry_at = clock.now() + min(FIRST_RETRY * 2**failure.attempts, LAST_RETRY)
        failure.attempts += 1
        failure.error = f"{type(error).__name__}: {error}"[:2000]
        failure.save()
    log.error(
        "bucket cannot be counted", tenant=tenant, slot=slot, attempts=failure.attempts, error=failure.error
    )
