"""Dirty buckets: what has to be counted again. Facts mark, the roll-up of analytics drains.

A mark is an insert in the transaction of its facts, so there is never a fact without its mark. The drainer
recounts a bucket from the facts and deletes the marks that it saw, in one transaction: running it twice,
at once or after a crash changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from core import clock, doorbell
from core.models import BucketMark
from core.prepared import insert

SALES = "sales"
"""Slots are UTC hours of the tenant."""
TRUST = "trust"
"""Slots are ids of the tenant's sessions."""
SHARES = "shares"
"""Slots are ids of the tenant's sessions, whose sales are to be shared out among their people again."""
PLACING = "placing"
"""Slots are UTC hours of the tenant, whose orders all look for the sessions of their lines (again)."""
ORDERS = "orders"
"""Slots are ids of the tenant's facts: by each one order looks for the sessions of its lines."""
LAUNCHES = "launches"
"""Slots are UTC hours of the tenant, in which goods were sold that a launch may be of."""
SESSIONS = "sessions"
"""Slots are ids of the tenant's sessions whose times, people or goods changed; 0 means all that it takes part in."""
ACCOUNTS = "accounts"
"""Slots are 0: hosts, their accounts or stores became the tenant's or ceased to be, and lines name them."""

OF_HOURS = (SALES, PLACING, LAUNCHES)
NAMES = {
    SALES: _("sales figures"),
    TRUST: _("verdict on a session"),
    SHARES: _("shares of a session"),
    PLACING: _("orders of an hour and their sessions"),
    ORDERS: _("an order and its sessions"),
    LAUNCHES: _("sales of new styles"),
    SESSIONS: _("a session that changed"),
    ACCOUNTS: _("accounts that changed"),
}

INSERT_MANY = {
    "postgresql": """
        INSERT INTO core_bucketmark (family, node_id, slot, marked_at)
        SELECT %s, node, slot, %s FROM unnest(%s::bigint[], %s::bigint[]) AS bucket (node, slot)""",
    "sqlite": """
        INSERT INTO core_bucketmark (family, node_id, slot, marked_at)
        SELECT %s, json_extract(value, '$[0]'), json_extract(value, '$[1]'), %s FROM json_each(%s)""",
}

COUNTED = (SALES, TRUST)
"""What is shown as still to be counted. What has no session yet is in its day's figures nevertheless."""


def mark(family: str, buckets: Iterable[tuple[int, int]]) -> int:
    """Mark (node id, slot) buckets of a family; returns how many distinct ones. Rings the drainer on commit."""
    distinct = sorted(set(buckets))
    if not distinct:
        return 0
    if len(distinct) == 1:
        ((node, slot),) = distinct
        insert(BucketMark(family=family, node_id=node, slot=slot))
    else:
        _insert_many(family, distinct)
    doorbell.ring(doorbell.ROLLUP)
    return len(distinct)


def _insert_many(family: str, buckets: Sequence[tuple[int, int]]) -> None:
    """One statement of one length: a shop's batch marks each of its orders, and everybody waits for its turn."""
    at = connection.ops.adapt_datetimefield_value(clock.now())
    told: list[Any] = [json.dumps(buckets)]
    if connection.vendor == "postgresql":
        told = [list(column) for column in zip(*buckets, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_MANY[connection.vendor], [family, at, *told])


def pending(node_ids: Iterable[int] | None = None, families: Sequence[str] = COUNTED) -> int:
    """How many distinct buckets wait to be counted, of the given nodes or of all: “还有 N 笔未计入”."""
    marks = BucketMark.objects.filter(family__in=families)
    if node_ids is not None:
        marks = marks.filter(node_id__in=list(node_ids))
    return marks.values("family", "node_id", "slot").distinct().count()


def oldest_mark_age_seconds() -> float:
    """Age of the oldest mark in seconds, 0 when nothing waits: the health page watches it."""
    oldest = BucketMark.objects.aggregate(oldest=Min("marked_at"))["oldest"]
    return (clock.now() - oldest).total_seconds() if oldest else 0.0
