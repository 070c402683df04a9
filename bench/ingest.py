"""Order lines into the ledger: beside COPY into the same two tables, and beside a plain DRF serializer."""

from __future__ import annotations

from bench import Row
from bench._sites import databases, measured

# (lines a batch, goal as a share of the limit) by database
SIZES = {"PostgreSQL": ((5_000, 0.5), (100, 0.25)), "SQLite": ((5_000, 0.5),)}
TIMES_PEER = 60


def run() -> list[Row]:
    with databases() as sites:
        return [_service(name, env, *size) for name, env in sites.items() for size in SIZES[name]]


def _service(database: str, env: dict[str, str], lines: int, goal: float) -> Row:
    found = measured("bench._ledger", env, str(lines))
    passed = found["ours"] >= goal * found["limit"]
    words = f">= {goal:g} of limit"
    if database == "PostgreSQL" and lines >= 1_000:
        passed = passed and found["ours"] >= TIMES_PEER * found["peer"]
        words += f", >= {TIMES_PEER} x peer"
    return Row(
        work=f"ingest {lines:,} a batch, service, {database}",
        limit=found["limit"],
        peer=found["peer"],
        ours=found["ours"],
        unit="rows/s",
        goal=words,
        passed=passed,
    )
