"""Sums by park and firm, and the one rule on what may be shown of them to those who may not see a single firm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, DateField, Exists, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import TruncMonth, TruncQuarter, TruncYear

from analytics.choices import Withheld
from analytics.metrics import Metric
from analytics.models import DaySales, SalesMeasures, SpreadOrder
from tenants.querysets import TenancyQuerySet

Columns = dict[str, Any]
MEASURES = tuple(column.name for column in SalesMeasures._meta.local_fields)
ADDED = {name: Sum(name, default=0) for name in MEASURES}
# A cell shows no single firm: at least three firms have something in it, none more than this share.
FEWEST_FIRMS, LARGEST_SHARE = 3, Decimal("0.8")
NO_FIRM = 0
_OF_ORDERS = {SpreadOrder.PAID: "orders", SpreadOrder.REFUNDED: "refund_orders"}


@dataclass
class FirmSums:
    """The columns of one period by park and firm (a company's id; NO_FIRM for what is of the park as a whole).

    Orders cannot be added up over parks: `moved` holds, as (column, firm, parks), those of a firm that changed its
    park between two days of one order.
    """

    parks: dict[int, dict[int, Columns]] = field(default_factory=lambda: defaultdict(dict))
    moved: list[tuple[str, int, frozenset[int]]] = field(default_factory=list)

    def add(self, park: int, firm: int, columns: Mapping[str, Any]) -> None:
        row = self.parks[park].setdefault(firm, {})
        for name, amount in columns.items():
            row[name] = row.get(name, 0) + amount

    def over(self, parks: Iterable[int]) -> dict[int, Columns]:
        """The columns by firm over some parks together; what is distinct is counted once."""
        inside = frozenset(parks)
        found = FirmSums()
        for park in inside & self.parks.keys():
            for firm, columns in self.parks[park].items():
                found.add(0, firm, columns)
        firms = found.parks[0]
        for column, firm, where in self.moved:
            if len(where & inside) > 1:
                firms[firm][column] -= len(where & inside) - 1
        return firms


def total(firms: Mapping[int, Columns]) -> Columns:
    """The columns of all firms together."""
    whole = FirmSums()
    for columns in firms.values():
        whole.add(0, NO_FIRM, columns)
    return whole.parks[0].get(NO_FIRM, {})


def withheld(metric: Metric, firms: Mapping[int, Columns]) -> Withheld | None:
    """Why a metric over these firms is not shown; None when it may be. The number of lines is always told."""
    if metric.code == "lines":
        return None
    return shows_single_firm(firms, metric.needs)


def shows_single_firm(firms: Mapping[int, Columns], names: Iterable[str]) -> Withheld | None:
    """How sums of these columns over these firms would show a single one of them; None when they do not."""
    single = [columns for firm, columns in firms.items() if firm != NO_FIRM]
    if len(single) < FEWEST_FIRMS:
        return Withheld.FEW_FIRMS
    for name in names:
        sizes = [size for columns in single if (size := abs(columns.get(name, 0)))]
        if sizes and max(sizes) > LARGEST_SHARE * sum(sizes):
            return Withheld.DOMINANT_FIRM
        # Of two firms with anything in the sum each takes its own off and reads the other's.
        if 0 < len(sizes) < FEWEST_FIRMS:
            return Withheld.FEW_FIRMS
    return None


def seated(queryset: QuerySet[Any], tenancies: TenancyQuerySet, since: date, until: date) -> QuerySet[Any]:
    """Rows by tenant and day on which the tenant held one of the tenancies."""
    return queryset.filter(Exists(_that_day(tenancies)), day__range=(since, until))


def by_period(queryset: QuerySet[Any], since: date, by: str) -> QuerySet[Any]:
    """Rows by day with the first day of their period."""
    first_days = {
        "day": F("day"),
        "month": TruncMonth("day"),
        "quarter": TruncQuarter("day"),
        "year": TruncYear("day"),
        "total": Value(since, DateField()),
    }
    return queryset.annotate(period=first_days[by])


def sales_by_firm(tenancies: TenancyQuerySet, since: date, until: date, by: str) -> dict[date, FirmSums]:
    """The sales measures by period (its first day), park and firm: the tenancy of each day says the park."""
    found: dict[date, FirmSums] = defaultdict(FirmSums)
    days = _with_park(seated(DaySales.objects.all(), tenancies, since, until), tenancies)
    for row in by_period(days, since, by).values("period", "park", "tenant__company").annotate(**ADDED):
        found[row.pop("period")].add(row.pop("park"), row.pop("tenant__company"), row)
    if by != "day":
        spread = _with_park(seated(SpreadOrder.objects.all(), tenancies, since, until), tenancies)
        _count_once(found, by_period(spread, since, by))
    return found


def _that_day(tenancies: TenancyQuerySet) -> TenancyQuerySet:
    """Those of the tenancies that the tenant of the outer row held on its day."""
    return tenancies.on(OuterRef("day")).of_outer_tenant()


def _with_park(queryset: QuerySet[Any], tenancies: TenancyQuerySet) -> QuerySet[Any]:
    return queryset.annotate(park=Subquery(_that_day(tenancies).values("park")[:1]))


def _count_once(found: Mapping[date, FirmSums], spread: QuerySet[Any]) -> None:
    """Take off what orders on several days of a period were counted more than once, in each park and over parks."""
    order = ("period", "what", "tenant", "source", "order_no")
    rows = spread.values(*order, "tenant__company", "park").annotate(days=Count("day", distinct=True))
    for (period, what, *_order), group in groupby(rows.order_by(*order).iterator(), itemgetter(*order)):
        in_parks = list(group)
        sums, column, firm = found[period], _OF_ORDERS[what], in_parks[0]["tenant__company"]
        for row in in_parks:
            sums.parks[row["park"]][firm][column] -= row["days"] - 1
        if len(in_parks) > 1:
            sums.moved.append((column, firm, frozenset(row["park"] for row in in_parks)))
