"""Booking: sixteen connections on fifty rooms, beside the bare rule of the database and beside lock, look, insert."""

from __future__ import annotations

from bench import Row
from bench._sites import databases, measured

SHARE = 0.5
DAYS = {"quiet": "bookings by 16 at once, most rooms free", "rush": "the same, most rooms taken"}


def run() -> list[Row]:
    rows = []
    with databases() as sites:
        for database, env in sites.items():
            found = measured("bench._bookings", env)
            overlaps = found["overlaps"]
            for day, work in DAYS.items():
                ways = found["days"][day]
                rows.append(
                    Row(
                        work=f"{work}, {overlaps} overlaps in {found['held']:,}, {database}",
                        unit="tries/s",
                        goal=f">= {SHARE:g} of the rule",
                        passed=ways["ours"] >= SHARE * ways["limit"] and not overlaps,
                        **ways,
                    )
                )
    return rows
