"""How long after sales their re-orders are proposed, in a firm that launches 35 styles a week.

Limit is reading what was sold, peer looking at every style on sale. To ours comes the wait for the
next turn of the task.
"""

from __future__ import annotations

from bench import Row
from bench._sites import databases, measured
from config.beat import BEAT

WITHIN = 60.0


def run() -> list[Row]:
    with databases() as sites:
        return [_row(database, **measured("bench._signals", env)) for database, env in sites.items()]


def _row(database: str, *, limit: float, peer: float, ours: float, proposals: int, lines: int) -> Row:
    wait = BEAT["supplychain.tasks.drain_launches"]
    return Row(
        work=f"{lines:,} lines to {proposals} proposals, {database}",
        limit=limit,
        peer=peer,
        ours=ours,
        unit="s",
        goal=f"<= {WITHIN:g} s with {wait:g} s of waiting",
        passed=bool(proposals) and ours + wait <= WITHIN,
    )
