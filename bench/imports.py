"""Platform exports into the ledger: beside reading their rows as text, and beside saving a row at a time.

Two files: a plain table, of which each row is one fact, and a Douyin order export of 68 columns, of which each row is
2.25 facts. `ROWS=1000000 make bench ARGS=imports` takes another length for the second one. A tenth of its rows is
measured as well (the peer): neither what a row costs nor the peak of the memory grows with the file. Processor time is
that of this process, which on SQLite is the database, too: rows per second also tell of who else was at work.
"""

from __future__ import annotations

import os

from bench import Row
from bench._sites import databases, measured

ROWS_A_SECOND = 20_000
LARGEST_GROWTH_MIB = 64
"""The pages that SQLite keeps of a database; otherwise nothing grows."""
LARGEST_GROWTH = 1.25
"""Of the processor time of a row: indexes get deeper."""


def run() -> list[Row]:
    rows = int(os.environ.get("ROWS", "200000"))
    with databases() as sites:
        return [
            row
            for name, env in sites.items()
            for row in (_table(name, env), *_export(name, env, rows - rows % 200))
        ]


def _table(database: str, env: dict[str, str]) -> Row:
    found = measured("bench._imports", env)
    return Row(
        work=f"import of 100,000 rows of CSV, {database}",
        limit=found["limit"],
        peer=found["peer"],
        ours=found["ours"],
        unit="rows/s",
        goal=f">= {ROWS_A_SECOND:,} rows/s",
        passed=found["ours"] >= ROWS_A_SECOND,
    )


def _export(database: str, env: dict[str, str], rows: int) -> list[Row]:
    few = measured("bench._bulk", env, str(rows // 10))
    many = measured("bench._bulk", env, str(rows))
    return [
        Row(
            work=f"Douyin export of {rows:,} rows, {database}",
            limit=many["limit"],
            peer=few["ours"],
            ours=many["ours"],
            unit="rows/s",
            goal=f">= {ROWS_A_SECOND:,} rows/s",
            passed=many["ours"] >= ROWS_A_SECOND,
        ),
        Row(
            work=f"its processor time beside that of {rows // 10:,} rows, {database}",
            limit=many["limit_cpu"],
            peer=few["cpu"],
            ours=many["cpu"],
            unit="us/row",
            goal=f"<= {LARGEST_GROWTH} times that",
            passed=many["cpu"] <= LARGEST_GROWTH * few["cpu"],
        ),
        Row(
            work=f"its peak memory beside that of {rows // 10:,} rows, {database}",
            limit=many["base"],
            peer=few["peak"],
            ours=many["peak"],
            unit="MiB",
            goal=f"<= {LARGEST_GROWTH_MIB} MiB more than that",
            passed=many["peak"] <= few["peak"] + LARGEST_GROWTH_MIB,
        ),
    ]
