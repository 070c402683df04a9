"""Counting: late lines beside adding their differences and beside a loop over buckets; a rebuild beside GROUP BY.

Adding differences is the least work there is, and wrong: it cannot take back what a correction replaces, nor count
an order once that came in two batches. The loop over buckets is measured on some of them and scaled up.
"""

from __future__ import annotations

from bench import Row
from bench._sites import databases, measured

TIMES_DELTAS = 3.0
SPANS = {"day": "within a day", "year": "over a year"}


def run() -> list[Row]:
    rows: list[Row] = []
    with databases() as sites:
        for database, env in sites.items():
            found = measured("bench._counts", env)
            rows += [_late(database, words, **found[span]) for span, words in SPANS.items()]
            rows.append(_rebuild(database, **found["rebuild"]))
    return rows


def _late(database: str, words: str, *, lines: int, limit: float, peer: float, ours: float) -> Row:
    return Row(
        work=f"{lines:,} late lines {words}, all levels, {database}",
        limit=limit,
        peer=peer,
        ours=ours,
        unit="ms",
        goal=f"<= {TIMES_DELTAS:g} x differences",
        passed=ours <= TIMES_DELTAS * limit,
    )


def _rebuild(database: str, *, lines: int, limit: float, peer: float, ours: float) -> Row:
    return Row(
        work=f"rebuild of all levels from {lines:,} lines, {database}",
        limit=limit,
        peer=peer,
        ours=ours,
        unit="ms",
        goal="<= GROUP BY of all levels",
        passed=ours <= limit,
    )
