"""Closed months: which lines a close was counted from, what it froze, and what has changed since.

A close is never touched again. Later facts restate the live month; the difference is an adjustment, which appears in
the open period and is carried into the next close, so that closes and open adjustments always add up to the ledger.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from analytics.models import MonthSales, PeriodClose
from core import clock
from supplychain.models import SalesEvent, SalesEventKey

ZERO = Decimal(0)


@dataclass(frozen=True)
class LineHash:
    """How many lines, and the SHA-256 over their ids, kinds, quantities and amounts in the order of the ids."""

    lines: int
    hash: str


def lines_of_month(tenant_id: int, month: date, received_until: datetime | None = None) -> LineHash:
    """The lines that count in a month of a tenant: now, or as they were known at an earlier instant."""
    return lines_between(tenant_id, month, clock.next_month(month), received_until)


def lines_between(
    tenant_id: int, first_day: date, end_day: date, received_until: datetime | None = None
) -> LineHash:
    """The same for the days from the first one to before the last one."""
    first, end = (clock.hour_of(clock.day_start(day)) for day in (first_day, end_day))
    facts = SalesEvent.objects.filter(seller_id=tenant_id, slot__gte=first, slot__lt=end)
    if received_until is None:
        facts = facts.current()
    else:
        known = SalesEvent.objects.filter(pk=OuterRef("pk"), received_at__lte=received_until)
        higher = SalesEventKey.objects.filter(
            Exists(known),
            seller_id=OuterRef("seller_id"),
            source=OuterRef("source"),
            external_id=OuterRef("external_id"),
            version__gt=OuterRef("version"),
        )
        facts = facts.filter(~Exists(higher), received_at__lte=received_until)
    digest, lines = hashlib.sha256(), 0
    rows = facts.order_by("pk").values_list("pk", "kind", "quantity", "amount")
    for pk, kind, quantity, amount in rows.iterator(chunk_size=5_000):
        digest.update(f"{pk} {kind} {quantity} {amount}\n".encode())
        lines += 1
    return LineHash(lines, digest.hexdigest())


def is_reproducible(close: PeriodClose) -> bool:
    """Whether the ledger still gives, for the instant of the close, the very lines it was counted from."""
    then = lines_of_month(close.tenant_id, close.month, datetime.fromisoformat(close.figures["closed_at"]))
    return then == LineHash(close.lines, close.lines_hash)


@dataclass(frozen=True)
class Adjustment:
    """A closed month whose verified net is no longer what was closed. `open` is not yet part of any close."""

    month: date
    closed: Decimal
    live: Decimal
    carried: Decimal

    @property
    def open(self) -> Decimal:
        return self.live - self.closed - self.carried


def adjustments(tenant_id: int) -> list[Adjustment]:
    """The closed months of a tenant whose live figures have changed since, oldest first."""
    closes = list(PeriodClose.objects.filter(tenant_id=tenant_id).order_by("month"))
    live = _live_nets(tenant_id)
    found = []
    for close in closes:
        carried = sum((_carried(other, close.month) for other in closes), ZERO)
        each = Adjustment(close.month, _closed_net(close), live.get(close.month, ZERO), carried)
        if each.live != each.closed or each.carried:
            found.append(each)
    return found


def adjustment(tenant_id: int, month: date) -> Adjustment | None:
    """What has changed in a closed month; None when nothing has, or when it is open."""
    return next((each for each in adjustments(tenant_id) if each.month == month), None)


def _live_nets(tenant_id: int) -> dict[date, Decimal]:
    rows = MonthSales.objects.filter(tenant_id=tenant_id).values_list("month", "gmv_paid", "refunds")
    return {month: Decimal(paid - refunds) for month, paid, refunds in rows}


def _closed_net(close: PeriodClose) -> Decimal:
    return Decimal(close.figures["values"]["verified_net"])


def _carried(close: PeriodClose, month: date) -> Decimal:
    return Decimal(close.figures["adjustments"].get(month.isoformat(), "0"))


class VerifiedNets:
    """The verified net of a tenant in a range: frozen for closed months, live for the others."""

    def __init__(self, tenant_id: int, since: date, until: date) -> None:
        self.since, self.until = since, until
        closes = PeriodClose.objects.filter(
            tenant_id=tenant_id, month__gte=clock.month_of(since), month__lte=until
        )
        live = _live_nets(tenant_id) if closes else {}
        # By closed month: what the close says more than the live figures.
        self.frozen = {close.month: _closed_net(close) - live.get(close.month, ZERO) for close in closes}

    def of(self, period: date, net: Any, by: str) -> Decimal | None:
        """The verified net of a row with this live net; None for a part of a closed month, which has none."""
        months = [month for month in self.frozen if by == "total" or month == clock.month_of(period)]
        cut = [m for m in months if m < self.since or clock.next_month(m) - clock.DAY > self.until]
        if cut or (by == "day" and months):
            return None
        return sum((self.frozen[month] for month in months), Decimal(net))
