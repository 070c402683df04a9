"""What a media node waits for while a shop sends orders: beside the one query behind it, and a usual request."""

from __future__ import annotations

from bench import Row
from bench._sites import databases, measured, served

GOAL = 50.0


def run() -> list[Row]:
    rows: list[Row] = []
    with databases() as sites:
        for name, env in sites.items():
            with served(env) as addresses:
                found = measured("bench._streams", env, *addresses)
            rows += [
                Row(
                    work=f"p99 of a stream hook beside an ingest, {what}, {name}",
                    limit=found["query"],
                    peer=found["request"],
                    ours=found[what],
                    unit="ms",
                    goal=f"< {GOAL:g} ms",
                    passed=found[what] < GOAL,
                )
                for what in ("publish", "update")
            ]
    return rows
