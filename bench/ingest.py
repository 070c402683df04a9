"""Order lines into the ledger: beside COPY into the same two tables, and beside a plain DRF serializer."""

from __future__ import annotations

from bench import Row
from bench._sites import databases, measured, served

# (lines a request, goal as a share of the limit) by database
SIZES = {"PostgreSQL": ((5_000, 0.5), (100, 0.25)), "SQLite": ((5_000, 0.5),)}
TIMES_PEER = 60


def run() -> list[Row]:
    rows: list[Row] = []
    with databases() as sites:
        for name, env in sites.items():
            with served(env) as (url, _hooks):
                for lines, goal in SIZES[name]:
                    found = measured("bench._ledger", env, str(lines), url)
                    rows += _rows(name, lines, goal, found)
    return rows


def _rows(database: str, lines: int, goal: float, found: dict[str, float]) -> list[Row]:
    """A row for each of our ways, beside the same limit and peer."""
    limit, peer = found.pop("limit"), found.pop("peer")
    times_peer = TIMES_PEER if database == "PostgreSQL" and lines >= 1_000 else 0
    words = f">= {goal:g} of limit" + (f", >= {times_peer} x peer" if times_peer else "")
    return [
        Row(
            work=f"ingest {lines:,} lines, {way}, {database}",
            limit=limit,
            peer=peer,
            ours=ours,
            unit="rows/s",
            goal=words,
            passed=ours >= goal * limit and ours >= times_peer * peer,
        )
        for way, ours in found.items()
    ]
