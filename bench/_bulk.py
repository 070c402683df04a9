"""A Douyin export of many rows through the importer. Run by `_sites.measured` with a number of rows.

Prints rows per second as text (limit) and of ours, the microseconds of a row on a processor of each, and the memory of
this process in MiB: what it holds before the first row (base), and its peak from then on.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bench._imports import limit
from bench._ledger import ACTOR, FIRST, SKUS, seller
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.services.loading import Plan, load
from tenants.models import Tenant

STAYS = {"订单状态": "已完成", "售后状态": "-", "流量体裁": "直播"}
# What becomes of twenty rows: most are kept, some go back, are on their way, or were never paid.
FATES = (
    *[STAYS] * 12,
    *[{**STAYS, "订单状态": "已发货"}] * 3,
    *[{**STAYS, "订单状态": "已关闭", "售后状态": "同意退款，退款成功"}] * 3,
    {**STAYS, "流量体裁": "商品卡", "运费": "6.00"},
    {**STAYS, "订单状态": "已关闭", "支付完成时间": ""},
)
KINDS_OF_TWENTY = {"created": 21, "paid": 20, "refunded": 3, "cancelled": 1}


def write(path: Path, rows: int) -> Path:
    """An export under the real headers, most orders with one line and each fifth with two."""
    with (EXAMPLES / "douyin-orders.csv").open(encoding="utf-8-sig", newline="") as file:
        sample = next(csv.DictReader(file))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(sample))
        writer.writeheader()
        writer.writerows(_row(sample, rows * 10 + number) for number in range(rows))
    return path


def _row(sample: dict[str, str], number: int) -> dict[str, str]:
    at = FIRST + timedelta(hours=8, seconds=number * 7 % (30 * 86_400))
    return {
        **sample,
        "主订单编号": f"{6_935_112_345_000_000_000 + number - (number % 6 == 5)}1\t",
        "子订单编号": f"{6_935_112_345_000_000_000 + number}1\t",
        "商家编码": f"SKU-{number % SKUS:04d}",
        "订单应付金额": f"{129 + number % 50}.90",
        "订单提交时间": f"{at:%Y-%m-%d %H:%M:%S}",
        "支付完成时间": f"{at + timedelta(seconds=14):%Y-%m-%d %H:%M:%S}",
        "订单完成时间": f"{at + timedelta(days=6):%Y-%m-%d %H:%M:%S}",
        **FATES[number % 20],
    }


def ours(path: Path, tenant: Tenant, rows: int) -> None:
    plan = Plan(seller=tenant, open=lambda: path.open("rb"))
    outcome = load(plan, actor=ACTOR, progress=lambda *_step: None)
    assert not outcome.bad
    assert outcome.counts["stored"] == rows // 20 * sum(KINDS_OF_TWENTY.values())


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds that something took, and those on a processor: of this process, its threads and the kernel for it."""
    start, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - used


def forget_peak() -> None:
    """Let the peak begin anew with what is held now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mib() -> float:
    """The most memory that this process held, in MiB."""
    found = re.search(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def main() -> None:
    rows = int(sys.argv[1])
    tenant = seller()
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "orders.csv"), rows)
        limit_seconds, limit_cpu = timed(lambda: limit(path, rows))
        forget_peak()
        base = peak_mib()
        seconds, cpu = timed(lambda: ours(path, tenant, rows))
    found = {
        "limit": rows / limit_seconds,
        "limit_cpu": limit_cpu * 1_000_000 / rows,
        "ours": rows / seconds,
        "cpu": cpu * 1_000_000 / rows,
        "base": base,
        "peak": peak_mib(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
