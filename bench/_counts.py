"""Ways to count the ledger. Run by `_sites.measured` on an empty site: prints ms of each way."""
# ruff: noqa: S608  the pieces are constants of this module

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pandas as pd
from django.db import connection, transaction

from analytics.rollup import drain, rebuild
from analytics.rollup.drainer import count_together
from bench import best_ms
from bench._ledger import ACTOR, FIRST, facts_of, limit, payload, prepared, seller
from core import buckets
from core.models import BucketMark
from supplychain.services import sales_record
from tenants.models import Tenant
from tests.factories import make_session

HISTORY, LATE, BATCH = 200_000, 10_000, 5_000
YEAR, DAY = timedelta(days=365), timedelta(days=1)
LOOPED = 50
"""Buckets of the loop that are really counted one by one."""

LEVELS = {
    "hour": "seller_id, slot, channel, session_id",
    "day": "seller_id, business_day",
    "month": "seller_id, {month}",
    "session": "session_id",
}
SUMS = "SUM(amount) AS amount, SUM(quantity) AS quantity, COUNT(*) AS lines"
# The differences know of no order that came in two batches: they add up how many orders each batch saw.
ORDERS = "COUNT(DISTINCT order_no) AS orders"


def spread(lines: list[dict[str, Any]], over: timedelta) -> list[dict[str, Any]]:
    """The same lines at times spread evenly over a span that begins with FIRST, each in the session of its day."""
    step = over / len(lines)
    return [
        {
            **line,
            "occurred_at": (FIRST + number * step).isoformat(timespec="seconds"),
            "session_ref": f"day-{number * step // DAY}",
        }
        for number, line in enumerate(lines)
    ]


def build_history(tenant: Tenant) -> None:
    for day in range(YEAR // DAY):
        make_session(tenant, live_id=f"day-{day}", starts_at=FIRST + day * DAY)
    lines = spread(payload(HISTORY, 0), YEAR)
    for start in range(0, HISTORY, BATCH):
        limit(prepared(tenant, facts_of(lines[start : start + BATCH]), 10**12 + start))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def tell_late(tenant: Tenant, over: timedelta, start: int) -> str:
    """Late lines through the service, which marks their buckets; returns their source."""
    source = f"late-{start}"
    lines = spread(payload(LATE, start), over)
    for first in range(0, LATE, BATCH):
        sales_record(actor=ACTOR, seller=tenant, source=source, facts=facts_of(lines[first : first + BATCH]))
    return source


def group_by(table: str = "supplychain_salesevent") -> dict[str, str]:
    """A query for each level, and nothing more."""
    month = (
        "date_trunc('month', business_day)"
        if connection.vendor == "postgresql"
        else "substr(business_day, 1, 7)"
    )
    return {
        name: f"SELECT {keys.format(month=month)}, {SUMS}, {ORDERS} FROM {table} GROUP BY "
        + ", ".join(str(number + 1) for number in range(keys.count(",") + 1))
        for name, keys in LEVELS.items()
    }


def bare_group_by() -> None:
    with connection.cursor() as cursor:
        for name, query in group_by().items():
            cursor.execute(f"CREATE TEMP TABLE bench_{name} AS {query}")
            cursor.execute(f"DROP TABLE bench_{name}")


@contextmanager
def level_tables(source: str) -> Iterator[dict[str, tuple[str, list[str]]]]:
    """The sums of the history in tables of their own, for the differences to be added to: name -> (table, keys)."""
    made = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_late AS SELECT * FROM supplychain_salesevent WHERE source = %s", [source]
        )
        for name, query in group_by().items():
            cursor.execute(f"CREATE TABLE bench_{name} AS {query}")
            cursor.execute(f"SELECT * FROM bench_{name} LIMIT 0")
            keys = [column[0] for column in cursor.description][: query.split(" GROUP BY ")[1].count(",") + 1]
            quoted = ", ".join(f'"{key}"' for key in keys)
            cursor.execute(f"CREATE UNIQUE INDEX bench_{name}_key ON bench_{name} ({quoted})")
            made[name] = (f"bench_{name}", keys)
        yield made
        for table in ("bench_late", *(table for table, _keys in made.values())):
            cursor.execute(f"DROP TABLE {table}")


def add_differences(tables: dict[str, tuple[str, list[str]]]) -> None:
    """What the late lines, which stand in a table of their own, add to each level, added."""
    columns = ("amount", "quantity", "lines", "orders")
    with transaction.atomic(), connection.cursor() as cursor:
        for name, query in group_by("bench_late").items():
            table, keys = tables[name]
            quoted = ", ".join(f'"{key}"' for key in keys)
            sums = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in columns)
            # SQLite takes ON CONFLICT after SELECT for a join unless a WHERE stands between.
            cursor.execute(
                f"INSERT INTO {table} SELECT * FROM ({query}) AS late WHERE true "
                f"ON CONFLICT ({quoted}) DO UPDATE SET {sums}"
            )


def marked() -> list[tuple[int, int]]:
    return list(BucketMark.objects.order_by("node_id", "slot").values_list("node_id", "slot").distinct())


def late(tenant: Tenant, over: timedelta, start: int) -> dict[str, float]:
    source = tell_late(tenant, over, start)
    dirty = marked()
    with level_tables(source) as tables:
        (limit_ms,) = best_ms(1, lambda: add_differences(tables))
    some = dirty[:: max(1, len(dirty) // LOOPED)]
    (loop_ms,) = best_ms(1, lambda: [count_together([bucket]) for bucket in some])
    buckets.mark(buckets.SALES, dirty)
    (ours_ms,) = best_ms(1, drain)
    assert marked() == []
    return {"lines": LATE, "limit": limit_ms, "peer": loop_ms * len(dirty) / len(some), "ours": ours_ms}


def in_pandas(rows: Sequence[tuple[Any, ...]]) -> None:
    """The levels as a script makes them, from rows that it has already read."""
    frame = pd.DataFrame(
        rows, columns=["seller", "slot", "day", "session", "channel", "amount", "quantity", "order"]
    )
    frame["month"] = frame["day"].astype(str).str[:7]
    for keys in (
        ["seller", "slot", "channel", "session"],
        ["seller", "day"],
        ["seller", "month"],
        ["session"],
    ):
        frame.groupby(keys, dropna=False).agg({"amount": "sum", "quantity": "sum", "order": "nunique"})


def whole() -> dict[str, float]:
    columns = "seller_id, slot, business_day, session_id, channel, amount, quantity, order_no"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM supplychain_salesevent")
        rows = cursor.fetchall()
    limit_ms, ours_ms = best_ms(2, bare_group_by, rebuild)
    (peer_ms,) = best_ms(1, lambda: in_pandas(rows))
    return {"lines": len(rows), "limit": limit_ms, "peer": peer_ms, "ours": ours_ms}


def main() -> None:
    tenant = seller()
    build_history(tenant)
    rebuild()
    found = {
        "day": late(tenant, DAY, HISTORY),
        "year": late(tenant, YEAR, HISTORY + LATE),
        "rebuild": whole(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
