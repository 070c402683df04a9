"""Marks: what has to be counted again, stored one by one or many at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from core import buckets
from core.models import BucketMark

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

AT = datetime(2026, 3, 1, 8, 30, 15, 250_000, tzinfo=UTC)
LARGE = 2**40


@pytest.mark.parametrize("told", [[(7, 3)], [(7, 3), (7, LARGE), (8, 3), (7, 3)]], ids=["one", "many"])
def test_each_bucket_is_marked_once(told: list[tuple[int, int]]) -> None:
    with time_machine.travel(AT, tick=False):
        assert buckets.mark(buckets.ORDERS, iter(told)) == len(set(told))
    stored = BucketMark.objects.order_by("node_id", "slot").values_list(
        "family", "node_id", "slot", "marked_at"
    )
    assert list(stored) == [(buckets.ORDERS, *bucket, AT) for bucket in sorted(set(told))]


def test_many_more_than_a_statement_has_places_for() -> None:
    told = {(node, slot) for node in range(1, 6) for slot in range(8_000)}
    assert buckets.mark(buckets.SALES, told) == len(told)
    assert set(BucketMark.objects.values_list("node_id", "slot")) == told


def test_nothing_marks_nothing() -> None:
    assert buckets.mark(buckets.SALES, []) == 0
    assert not BucketMark.objects.exists()
