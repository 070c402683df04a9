"""Settlements of the demo's first seller on Douyin: each day's file, as the platform would export it, imported.

What was paid is settled a week later, less what was given back until then; some orders get their money later, some were
paid with a coupon of the platform.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zlib import crc32

from django.db import transaction

from analytics.beside.gathering import OurOrder, first_day, our_orders, paid_on
from analytics.demo.built import BuiltPark
from analytics.demo.load import history_of
from core.actors import Actor
from core.clock import DAY, business_day, day_start, local
from core.money import from_units, to_cents
from supplychain.importing.payouts.douyin import SETTLEMENT
from supplychain.models import ImportBatch
from supplychain.services import import_run, import_stage
from tenants.choices import Platform
from tenants.models import Tenant

SETTLED_AFTER = 7 * DAY
AT_NIGHT = timedelta(hours=3)
FEE, COMMISSION = Decimal("0.05"), Decimal("0.10")
COUPON = Decimal(3)
# One order in so many.
WITH_COUPON, LATER = 9, 12
TIME = "%Y-%m-%d %H:%M:%S"
COLUMNS = (
    "settled_at",
    "order_no",
    "line_no",
    "settled",
    "account",
    "kind",
    "ordered_at",
    "freight",
    "refund",
    "subsidy",
    "paid",
    "income",
    "service_fee",
    "commission",
    "expenses",
)


def import_settlements(built: BuiltPark, until: datetime, *, actor: Actor) -> None:
    """Import the settlements of all days that are over and were not imported yet."""
    history = history_of(built)
    if built.plan.platform != Platform.DOUYIN or history is None:
        return
    seller = built.tenants[0]
    known = set(ImportBatch.objects.filter(tenant=seller).values_list("file_name", flat=True))
    day = history.first_day + SETTLED_AFTER
    while day < business_day(until):
        name = f"结算-{day:%Y-%m-%d}.csv"
        if name not in known and (rows := list(_rows(seller, day))):
            with transaction.atomic():  # a file that was staged alone would be taken for known
                batch = import_stage(actor=actor, tenant=seller, file_name=name, chunks=[_file(rows)])
                import_run(actor=actor, batch=batch, progress=lambda *_step: None)
        day += DAY


def _file(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([SETTLEMENT.columns[name][0] for name in COLUMNS])
    writer.writerows(rows)
    return out.getvalue().encode()


def _rows(seller: Tenant, day: date) -> Iterator[tuple[str, ...]]:
    """What the platform settles in a night."""
    paid_day, at = day - SETTLED_AFTER, day_start(day) + AT_NIGHT
    numbers = set(paid_on(seller.pk, paid_day, paid_day).values_list("order_no", flat=True))
    for order in sorted(our_orders(seller.pk, numbers), key=lambda each: (each.paid_at, each.order_no)):
        draw = crc32(order.order_no.encode())
        if first_day(order) == paid_day and draw % LATER and (row := _row(order, at, not draw % WITH_COUPON)):
            yield row


def _row(order: OurOrder, at: datetime, with_coupon: bool) -> tuple[str, ...] | None:
    lines = order.lines.values()
    back = from_units(sum(amount for line in lines for when, amount in line.back if when <= at)) or Decimal(0)
    paid = from_units(sum(line.paid for line in lines)) or Decimal(0)
    if back >= paid:
        return None
    coupon = min(COUPON, paid - back) if with_coupon else Decimal(0)
    fee, commission = (to_cents(part * (paid - back)) for part in (FEE, COMMISSION))
    income = paid - back
    cells = {
        "settled_at": f"{local(at):{TIME}}",
        "order_no": order.order_no,
        "line_no": order.order_no,
        "settled": income - fee - commission,
        "account": "聚合账户",
        "kind": "已结算",
        "ordered_at": f"{local(order.paid_at):{TIME}}",
        "freight": Decimal(0),
        "refund": back,
        "subsidy": coupon,
        "paid": paid - coupon,
        "income": income,
        "service_fee": -fee,
        "commission": -commission,
        "expenses": -fee - commission,
    }
    return tuple(str(cells[name]) for name in COLUMNS)
