"""Drops of report files whose sessions are known: how many files find theirs, and how many another.

Limit is every file, peer what is done by hand where nothing else is there: the session that began nearest.
docs/reports.md explains the drops.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from bench import Row
from bench._reports import FILES, Score, measured, nearest

SEEDS = range(1000, 1060)
LEAST_RIGHT = 95.0


def run() -> list[Row]:
    if not settings.configured:
        settings.configure(USE_I18N=False)  # all that reading files needs of a site
    ours, peer = measured(SEEDS), [nearest(seed) for seed in SEEDS]
    right, wrong = _percent(ours, "right"), _percent(ours, "wrong")
    work = f"{len(SEEDS)} drops of {FILES} report files"
    return [
        Row(
            work=f"{work}: find their session",
            limit=100.0,
            peer=_percent(peer, "right"),
            ours=right,
            unit="%",
            goal=f">= {LEAST_RIGHT:g} %",
            passed=right >= LEAST_RIGHT,
        ),
        Row(
            work=f"{work}: find another",
            limit=0.0,
            peer=_percent(peer, "wrong"),
            ours=wrong,
            unit="%",
            goal="none",
            passed=wrong == 0,
        ),
    ]


def _percent(scores: Sequence[Score], name: str) -> float:
    files = sum(score.right + score.wrong + score.asked for score in scores)
    return 100 * sum(getattr(score, name) for score in scores) / files
