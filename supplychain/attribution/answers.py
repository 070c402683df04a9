"""The answers to facts, as they stand: what a program or a person said of a line last."""

from __future__ import annotations

from collections.abc import Sequence

from core.portions import in_turn
from supplychain.models import Attribution

AT_ONCE = 5_000


def latest_answers(fact_ids: Sequence[int]) -> dict[int, Attribution]:
    """The latest answer to each of some facts that have one."""
    latest: dict[int, Attribution] = {}
    for some in in_turn(fact_ids, AT_ONCE):
        for answer in Attribution.objects.filter(event_id__in=some).order_by("version"):
            latest[answer.event_id] = answer
    return latest
