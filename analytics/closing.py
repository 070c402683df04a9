"""Closed months: which lines a close was counted from, what it froze, and what has changed since.

A close is never touched again. Later facts restate the live month; the difference is an adjustment, which appears in
the open period and is carried into the next close, so that closes and open adjustments always add up to the ledger.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncDate

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
        higher = _versions().filter(Exists(known), version__gt=OuterRef("version"))
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
    found = standings([tenant_id]).values()
    return [each for each in found if each.live != each.closed or each.carried]


def standings(tenant_ids: Collection[int]) -> dict[tuple[int, date], Adjustment]:
    """Every closed month of some tenants, oldest first: closed, as it is now, and what later closes carry of it."""
    closes = list(PeriodClose.objects.filter(tenant__in=tenant_ids).order_by("month"))
    live = _live_nets(tenant_ids)
    carried: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for close in closes:
        for month, amount in close.figures["adjustments"].items():
            carried[close.tenant_id, date.fromisoformat(month)] += Decimal(amount)
    keys = {(close.tenant_id, close.month): close for close in closes}
    return {
        key: Adjustment(close.month, close.verified_net, live.get(key, ZERO), carried[key])
        for key, close in keys.items()
    }


@dataclass(frozen=True)
class Later:
    """Facts that came in on a day after the close of their month, and what they add to it.

    Those that correct replace older ones: they add what they say less what these said, or take it away with them to
    another month.
    """

    day: date
    kind: str
    facts: int
    corrections: int
    amount: Decimal


def came_later(close: PeriodClose) -> list[Later]:
    """What came into a month after it was closed, by the day on which it came, the latest first.

    What a newer version had replaced before it came in adds nothing and is not told.
    """
    first, end = (clock.hour_of(clock.day_start(day)) for day in (close.month, clock.next_month(close.month)))
    closed_at = datetime.fromisoformat(close.figures["closed_at"])
    found: dict[tuple[date, str], tuple[int, int, Decimal]] = defaultdict(lambda: (0, 0, ZERO))

    def add(day: date, kind: str, facts: int, corrections: int, amount: Decimal) -> None:
        known = found[day, kind]
        found[day, kind] = known[0] + facts, known[1] + corrections, known[2] + amount

    facts = SalesEvent.objects.filter(
        seller=close.tenant_id, slot__gte=first, slot__lt=end, received_at__gt=closed_at
    )
    rows = facts.filter(~Exists(_versions().filter(version__gt=1))).order_by()
    for row in rows.values(day=TruncDate("received_at", tzinfo=clock.SHANGHAI), what=F("kind")).annotate(
        n=Count("pk"), sum=Sum("amount")
    ):
        add(row["day"], row["what"], row["n"], 0, row["sum"])
    for fact, before in _corrected(close.tenant_id, first, end):
        if fact.received_at <= closed_at:
            continue
        day, stays = clock.business_day(fact.received_at), first <= fact.slot < end
        if stays:
            add(day, fact.kind, 1, int(before is not None), fact.amount)
        if before is not None and first <= before.slot < end:
            gone = int(not stays or before.kind != fact.kind)
            add(day, before.kind, gone, gone, -before.amount)
    told = sorted(found.items(), key=lambda row: (-row[0][0].toordinal(), row[0][1]))
    return [Later(day, kind, *sums) for (day, kind), sums in told]


def _versions() -> QuerySet[SalesEventKey]:
    """The keys of all versions of the fact that is asked about."""
    return SalesEventKey.objects.filter(
        seller_id=OuterRef("seller_id"), source=OuterRef("source"), external_id=OuterRef("external_id")
    )


def _corrected(tenant_id: int, first: int, end: int) -> Iterator[tuple[SalesEvent, SalesEvent | None]]:
    """Each version of corrected facts with one in these hours that counted when it came, and what it replaced."""
    corrections = SalesEventKey.objects.filter(
        Exists(_versions().filter(slot__gte=first, slot__lt=end)), seller=tenant_id, version__gt=1
    )
    for source in corrections.order_by().values_list("source", flat=True).distinct():
        ids = corrections.filter(source=source).values("external_id")
        keys = SalesEventKey.objects.filter(seller=tenant_id, source=source, external_id__in=ids)
        facts = SalesEvent.objects.filter(pk__in=keys.values("pk")).order_by("received_at", "pk")
        counts: dict[str, SalesEvent] = {}
        for fact in facts.only("external_id", "version", "kind", "amount", "slot", "received_at"):
            before = counts.get(fact.external_id)
            if before is None or before.version < fact.version:
                counts[fact.external_id] = fact
                yield fact, before


def adjustment(tenant_id: int, month: date) -> Adjustment | None:
    """What has changed in a closed month; None when nothing has, or when it is open."""
    return next((each for each in adjustments(tenant_id) if each.month == month), None)


def _live_nets(tenant_ids: Collection[int]) -> dict[tuple[int, date], Decimal]:
    rows = MonthSales.objects.filter(tenant__in=tenant_ids)
    found = rows.values_list("tenant", "month", "gmv_paid", "refunds")
    return {(tenant, month): Decimal(paid - refunds) for tenant, month, paid, refunds in found}


class VerifiedNets:
    """The verified net of a tenant in a range: frozen for closed months, live for the others."""

    def __init__(self, tenant_id: int, since: date, until: date) -> None:
        self.since, self.until = since, until
        closes = PeriodClose.objects.filter(
            tenant_id=tenant_id, month__gte=clock.month_of(since), month__lte=until
        )
        live = _live_nets([tenant_id]) if closes else {}
        # By closed month: what the close says more than the live figures.
        self.frozen = {
            close.month: close.verified_net - live.get((tenant_id, close.month), ZERO) for close in closes
        }

    def of(self, period: date, net: Any, by: str) -> Decimal | None:
        """The verified net of a row with this live net; None for a part of a closed month, which has none."""
        months = [month for month in self.frozen if by == "total" or month == clock.month_of(period)]
        cut = [m for m in months if m < self.since or clock.next_month(m) - clock.DAY > self.until]
        if cut or (by == "day" and months):
            return None
        return sum((self.frozen[month] for month in months), Decimal(net))
