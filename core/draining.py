"""The queue of a family's dirty buckets: picked in key order, counted in batches, set aside when they raise."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from django.db import DatabaseError, connection, transaction

from core import clock, planner
from core.locking import is_away, is_transient, took_too_much
from core.models import BucketFailure

log = structlog.get_logger("livepark.rollup")

Bucket = tuple[int, int]
CountTogether = Callable[[Sequence[Bucket]], int]

LAST_TENANT = 2**63 - 1
STEPS_UP = 16
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)
DOUBLINGS = 6
"""After so many the last is reached: a bucket that fails for days would double beyond what a time can say."""

# In the order of the keys, so that the days and months of a tenant come in one batch.
NEXT_BUCKETS = """
    SELECT DISTINCT m.node_id, m.slot FROM core_bucketmark m
    WHERE m.family = %s AND (m.node_id, m.slot) > (%s, %s) AND m.node_id <= %s AND NOT EXISTS (
        SELECT 1 FROM core_bucketfailure x
        WHERE x.family = m.family AND x.node_id = m.node_id AND x.slot = m.slot AND x.retry_at > %s)
    ORDER BY 1, 2 LIMIT %s"""


class TookTooMuch(Exception):
    """The database gave up a statement of a batch: fewer buckets at once may be possible."""


class Away(Exception):
    """The database does not work at all at the moment: the next batch would not be counted either."""


def drain_family(
    family: str,
    count_together: CountTogether,
    *,
    most: int,
    seconds: float = math.inf,
    tenant_id: int | None = None,
) -> int:
    """Count every dirty bucket of a family once, of one tenant or of all; returns how many.

    `count_together` counts up to `most` buckets in one transaction and deletes the marks it saw. `seconds` ends the
    run after the batch in which they are over: the marks that are left are next time's work. After a batch that took
    too long the next are half as large, and grow again bit by bit; the run does not end before one of them was counted,
    or the next run would begin where this one did.
    """
    deadline = time.monotonic() + seconds
    counted, at_once, owed = 0, most, False
    reached, last = ((tenant_id, -1), tenant_id) if tenant_id else ((0, -1), LAST_TENANT)
    while (owed or time.monotonic() < deadline) and (
        buckets := _next_buckets(family, reached, last, at_once)
    ):
        try:
            planner.look_again()
            counted += count(family, buckets, count_together)
        except TookTooMuch:
            at_once, owed = len(buckets) // 2, True
        except Away:
            break
        else:
            reached = buckets[-1]
            at_once, owed = min(most, at_once + math.ceil(most / STEPS_UP)), False
    return counted


def _next_buckets(family: str, after: Bucket, last_tenant: int, most: int) -> list[Bucket]:
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(NEXT_BUCKETS, [family, *after, last_tenant, now, most])
        return cursor.fetchall()


def count(family: str, buckets: Sequence[Bucket], count_together: CountTogether) -> int:
    """Count a batch. When it raises, its halves are counted alone, down to the bucket that is to blame.

    TookTooMuch when the database gave up one of several: its other half would take as long, and so would the next.
    Away when it does not work at all; the marks are next time's work, as those of a deadlock are.
    """
    begun = time.monotonic()
    try:
        return count_together(buckets)
    except Exception as error:
        slow = isinstance(error, DatabaseError) and took_too_much(error)
        busy = isinstance(error, DatabaseError) and is_transient(error)
        if busy or is_away(error):
            log.warning("buckets left for later", family=family, buckets=len(buckets), reason=str(error))
            if busy:
                return 0
            raise Away from error
        if len(buckets) == 1:
            _set_aside(family, buckets[0], error)
            return 0
        log.warning(
            "batch not counted, trying fewer buckets",
            family=family,
            buckets=len(buckets),
            seconds=round(time.monotonic() - begun, 1),
            reason=f"{type(error).__name__}: {error}"[:500],
        )
        if slow:
            raise TookTooMuch from error
    half = len(buckets) // 2
    return count(family, buckets[:half], count_together) + count(family, buckets[half:], count_together)


def _set_aside(family: str, bucket: Bucket, error: Exception) -> None:
    """Record that a bucket cannot be counted and when it is tried again, each time after twice as long."""
    tenant, slot = bucket
    with transaction.atomic():
        failure, _new = BucketFailure.objects.get_or_create(
            family=family, node_id=tenant, slot=slot, defaults={"error": "", "retry_at": clock.now()}
        )
        failure.retry_at = clock.now() + min(FIRST_RETRY * 2 ** min(failure.attempts, DOUBLINGS), LAST_RETRY)
        failure.attempts += 1
        failure.error = f"{type(error).__name__}: {error}"[:2000]
        failure.save()
    log.error(
        "bucket cannot be counted",
        family=family,
        tenant=tenant,
        slot=slot,
        attempts=failure.attempts,
        error=failure.error,
    )
