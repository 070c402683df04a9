"""Sales files for tests: the real days of UCI beside the checkout, and small ones written here."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

DAYS = ("2010-12-01", "2011-08-12", "2011-10-31")
# Kind -> sum over the day, as counted by hand from the files: paid, refunded, adjusted.
SUMS = {
    "2010-12-01": ("58960.79", "325.23", "0"),
    "2011-08-12": ("21169.29", "57.75", "-11062.06"),
    "2011-10-31": ("57369.15", "8893.70", "0"),
}
LINES = {"2010-12-01": 3108, "2011-08-12": 1122, "2011-10-31": 3414}
HEADER = "order_no,line_no,时间,数量,金额,SKU编码\n"


def uci(shared_dir: Path, day: str) -> Path:
    return shared_dir / "data" / "uci" / f"{day}.csv"


def uci_sums(*days: str) -> dict[str, Decimal]:
    """The sums by kind over some days."""
    columns = zip(*(SUMS[day] for day in days), strict=True)
    return dict(
        zip(("paid", "refunded", "adjusted"), (sum(map(Decimal, column)) for column in columns), strict=True)
    )


def shuffled(path: Path, target: Path, seed: int) -> Path:
    """The same file with its rows in another order."""
    header, *rows = path.read_bytes().splitlines(keepends=True)
    random.Random(seed).shuffle(rows)
    target.write_bytes(header + b"".join(rows))
    return target


def orders_file(target: Path, orders: int, *, lines: int = 2) -> Path:
    """A file of orders with some lines each, ten yuan a line."""
    with target.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for order in range(orders):
            minute, hour = order % 60, order // 60 % 24
            file.writelines(
                f"X{order},{line},2025-06-01 {hour:02d}:{minute:02d}:00,1,10.00,S{order % 7}\n"
                for line in range(lines)
            )
    return target
