"""What a shared warehouse takes for its work, read from what left it, what came back and what lay in it.

Each piece of work is paid at the tariff of its business day; nights are counted by what lies there at midnight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate

from core.clock import DAY, SHANGHAI, day_start, next_month
from core.money import from_units, to_cents, to_units
from supplychain.choices import FeeKind, ReservationState
from supplychain.models import Parcel, Reservation, ReturnedGoods, StockMove, Warehouse, WarehouseTariff


@dataclass(frozen=True)
class Fee:
    """So many pieces of work for one firm at one price (CNY)."""

    tenant_id: int
    kind: str
    count: int
    price: Decimal

    @property
    def units(self) -> int:
        return self.count * to_units(self.price)


class Tariffs:
    """The tariffs of some warehouses, by day."""

    def __init__(self, warehouses: Iterable[int]) -> None:
        self._by_warehouse: dict[int, list[WarehouseTariff]] = defaultdict(list)
        for tariff in WarehouseTariff.objects.filter(warehouse__in=set(warehouses)).order_by("from_day"):
            self._by_warehouse[tariff.warehouse_id].append(tariff)

    def on(self, warehouse_id: int, day: date) -> WarehouseTariff | None:
        """What holds on a day; None before the first."""
        return next(
            (each for each in reversed(self._by_warehouse[warehouse_id]) if each.from_day <= day), None
        )

    def first_day(self, warehouse_id: int) -> date | None:
        found = self._by_warehouse[warehouse_id]
        return found[0].from_day if found else None


def month_fees(warehouse: Warehouse, month: date, tariffs: Tariffs) -> list[Fee]:
    """What firms owe for a month (its first day), by firm, kind and price. Months add up, whenever they are counted."""
    counts: dict[tuple[int, str, Decimal], int] = defaultdict(int)
    for tenant, kind, day, count in _work(warehouse, month):
        tariff = tariffs.on(warehouse.pk, day)
        price = tariff.price(kind) if tariff else Decimal(0)
        if price:
            counts[tenant, kind, price] += count
    return [
        Fee(tenant, kind, count, price) for (tenant, kind, price), count in sorted(counts.items()) if count
    ]


def by_firm(fees: Iterable[Fee]) -> dict[int, list[Fee]]:
    found: dict[int, list[Fee]] = defaultdict(list)
    for fee in fees:
        found[fee.tenant_id].append(fee)
    return dict(found)


def in_cents(fees: Iterable[Fee]) -> Decimal:
    """The sum, rounded to the cent once."""
    return to_cents(from_units(sum(fee.units for fee in fees)) or Decimal(0))


def _work(warehouse: Warehouse, month: date) -> Iterator[tuple[int, str, date, int]]:
    """(who pays, kind, business day, count) of the month's work."""
    begins, ends = day_start(month), day_start(next_month(month))
    sent = Parcel.objects.filter(warehouse=warehouse, dispatched_at__gte=begins, dispatched_at__lt=ends)
    lines = Reservation.objects.filter(parcel__in=sent, state=ReservationState.DISPATCHED)
    back = ReturnedGoods.objects.filter(
        reservation__warehouse=warehouse, inspected_at__gte=begins, inspected_at__lt=ends
    )
    yield from _by_day(FeeKind.PARCEL, sent, "seller", "dispatched_at", Count("pk"))
    yield from _by_day(FeeKind.PIECE, lines, "owner", "parcel__dispatched_at", Sum("quantity"))
    yield from _by_day(FeeKind.RETURN, back, "reservation__owner", "inspected_at", Sum("quantity"))
    yield from nights(warehouse, month, next_month(month))


def _by_day(
    kind: str,
    rows: QuerySet[Parcel] | QuerySet[Reservation] | QuerySet[ReturnedGoods],
    payer: str,
    at: str,
    count: Sum | Count,
) -> Iterator[tuple[int, str, date, int]]:
    days = rows.order_by().values(payer, day=TruncDate(at, tzinfo=SHANGHAI)).annotate(count=count)
    for row in days:
        yield row[payer], kind, row["day"], row["count"]


def nights(warehouse: Warehouse, first: date, until: date) -> Iterator[tuple[int, str, date, int]]:
    """Pieces of each owner that lie there at the end of the days in [first, until)."""
    moves = StockMove.objects.filter(warehouse=warehouse).order_by()
    before = moves.filter(occurred_at__lt=day_start(first)).values_list("owner").annotate(Sum("quantity"))
    lying: dict[int, int] = defaultdict(int, before)
    changes: dict[date, dict[int, int]] = defaultdict(dict)
    within = moves.filter(occurred_at__gte=day_start(first), occurred_at__lt=day_start(until))
    for row in within.values("owner", day=TruncDate("occurred_at", tzinfo=SHANGHAI)).annotate(
        sum=Sum("quantity")
    ):
        changes[row["day"]][row["owner"]] = row["sum"]
    day = first
    while day < until:
        for owner, quantity in changes[day].items():
            lying[owner] += quantity
        for owner, pieces in lying.items():
            if pieces > 0:
                yield owner, FeeKind.NIGHT, day, pieces
        day += DAY
