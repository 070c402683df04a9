"""Dirty buckets: what has to be counted again. Facts mark, the roll-up of analytics drains.

A mark is an insert in the transaction of its facts, so there is never a fact without its mark. The drainer
recounts a bucket from the facts and deletes the marks that it saw, in one transaction: running it twice,
at once or after a crash changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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

COUNTED = (SALES, TRUST)
"""What is shown as still to be counted. What has no session yet is in its day's figures nevertheless."""


def mark(family: str, buckets: Iterable[tuple[int, int]]) -> int:
    """Mark (node id, slot) buckets of a family; returns how many distinct ones. Rings the drainer on commit."""
    distinct = sorted(set(buckets))
    marks = [BucketMark(family=family, node_id=node, slot=slot) for node, slot in distinct]
    if len(marks) == 1:
        insert(marks[0])
    else:
        BucketMark.objects.bulk_create(marks, batch_size=5_000)
    if distinct:
        doorbell.ring(doorbell.ROLLUP)
    return len(distinct)


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
