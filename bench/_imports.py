"""Ways to get a file of orders into the ledger. Run by `_sites.measured`: prints rows per second of each."""

from __future__ import annotations

import csv
import json
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bench import best_ms
from bench._ledger import ACTOR, payload, seller
from core.clock import business_day, hour_of
from supplychain.models import SalesEvent
from supplychain.services.loading import Plan, load
from tenants.models import Tenant

ROWS = 100_000
PEER_ROWS = 300
COLUMNS = (
    "order_no", "line_no", "sku_code", "title", "qty", "amount", "occurred_at", "channel", "session_ref", "destination",
)  # fmt: skip


def write(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for line in payload(rows, 0):
            moment = datetime.fromisoformat(line["occurred_at"])
            writer.writerow({**line, "occurred_at": moment.strftime("%Y-%m-%d %H:%M:%S")})
    return path


def limit(path: Path, rows: int = ROWS) -> None:
    """The file as rows of text, nothing more."""
    with path.open(encoding="utf-8", newline="") as file:
        assert sum(1 for _row in csv.reader(file)) == rows + 1


def peer(path: Path, tenant: Tenant) -> None:
    """A row at a time through the model, as import scripts do."""
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            moment = datetime.fromisoformat(row["occurred_at"]).replace(tzinfo=UTC)
            if SalesEvent.objects.filter(seller=tenant, order_no=row["order_no"], source="peer").exists():
                continue
            SalesEvent.objects.create(
                id=3 * 10**12 + number,
                seller=tenant,
                owner=tenant,
                source="peer",
                external_id=row["order_no"],
                version=1,
                kind="paid",
                line_type="goods",
                order_no=row["order_no"],
                quantity=int(row["qty"]),
                amount=Decimal(row["amount"]),
                currency="CNY",
                occurred_at=moment,
                received_at=moment,
                business_day=business_day(moment),
                slot=hour_of(moment),
                channel="live",
                customs_mode="domestic",
            )


def ours(path: Path, tenant: Tenant) -> None:
    plan = Plan(seller=tenant, open=lambda: path.open("rb"))
    assert load(plan, actor=ACTOR, progress=lambda *_step: None).counts["stored"] == ROWS


def main() -> None:
    tenant = seller()
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "orders.csv"), ROWS)
        few = write(Path(folder, "few.csv"), PEER_ROWS)
        (limit_ms,) = best_ms(3, lambda: limit(path))
        ours_ms, peer_ms = best_ms(1, lambda: ours(path, tenant), lambda: peer(few, tenant))
    found = {"limit": ROWS / limit_ms, "peer": PEER_ROWS / peer_ms, "ours": ROWS / ours_ms}
    print(json.dumps({way: a_millisecond * 1000 for way, a_millisecond in found.items()}))


if __name__ == "__main__":
    main()
