"""Booking: sixteen connections on fifty rooms, beside the bare rule of the database and beside lock, look, insert."""

from __future__ import annotations

from bench import Row
from bench._sites import databases, measured

SHARE = 0.5


def run() -> list[Row]:
    rows = []
    with databases() as sites:
        for database, env in sites.items():
            rows.append(_row(database, **measured("bench._bookings", env)))
    return rows


def _row(database: str, *, limit: float, peer: float, ours: float, overlaps: int, held: int) -> Row:
    return Row(
        work=f"bookings by 16 at once, {overlaps} overlaps in {held:,}, {database}",
        limit=limit,
        peer=peer,
        ours=ours,
        unit="tries/s",
        goal=f">= {SHARE:g} of the rule",
        passed=ours >= SHARE * limit and not overlaps,
    )
