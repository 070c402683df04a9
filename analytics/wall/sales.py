"""Sales on a wall: sums of a day, its course by hour and by minute beside the same time of other days, the ranking.

Sums are of the tenants that show their amounts, so that nobody's can be found by subtracting; who hides takes no rank.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import accumulate
from typing import Any

from django.db.models import Min, Sum
from django.db.models.functions import ExtractMinute

from analytics.models import DaySales, HourSales
from analytics.wall.memory import Memory
from core import clock
from core.buckets import SALES
from core.models import BucketMark
from core.money import from_units, to_cents, to_units
from supplychain.choices import SalesKind
from supplychain.models import SalesEvent
from tenants.choices import WallVisibility
from tenants.models import Tenant

RANKED = 10
STEP = 5
WEEK = 7 * clock.DAY
# How long the minutes of a day are kept: of today for the next point of the line, of others for late facts.
TODAY_SECONDS, PAST_SECONDS = 15, 600


def money(amount: Decimal | None) -> str:
    return str(to_cents(amount or Decimal(0)))


def change(now: Decimal, then: Decimal) -> str | None:
    """By how many per cent it is more, with its sign and one place; None where there was nothing."""
    return f"{(now - then) / then * 100:+.1f}" if then > 0 else None


def other_days(day: date) -> dict[str, date]:
    """The days a day is compared with."""
    return {"yesterday": day - clock.DAY, "week": day - WEEK}


def day_figures(tenants: Collection[int], day: date) -> dict[str, Any]:
    sums = DaySales.objects.filter(tenant__in=tenants, day=day).aggregate(
        paid=Sum("gmv_paid"), refunds=Sum("refunds"), orders=Sum("orders"), units=Sum("units_paid")
    )
    paid, refunds = sums["paid"] or Decimal(0), sums["refunds"] or Decimal(0)
    return {
        "gmv_paid": money(paid),
        "net_sales": money(paid - refunds),
        "orders": int(sums["orders"] or 0),
        "units_paid": int(sums["units"] or 0),
    }


def counted_until(tenants: Collection[int], now: datetime) -> datetime:
    """The instant up to which all that is known of the tenants' sales is counted."""
    marks = BucketMark.objects.filter(family=SALES, node_id__in=tenants)
    return marks.aggregate(oldest=Min("marked_at"))["oldest"] or now


def by_hour(tenants: frozenset[int], day: date, now: datetime, memory: Memory) -> dict[str, list[str | None]]:
    """Paid GMV by hour of the business day, today (None for hours to come) and on the days it is compared with."""

    def hours(which: date) -> list[str | None]:
        start, end = (clock.hour_of(instant) for instant in clock.day_bounds(which))
        rows = HourSales.objects.filter(tenant__in=tenants, slot__gte=start, slot__lt=end)
        sums = dict(rows.values_list("slot").annotate(paid=Sum("gmv_paid")))
        last = clock.hour_of(now)
        return [money(sums.get(slot)) if slot <= last else None for slot in range(start, end)]

    course = {"today": hours(day)}
    for name, which in other_days(day).items():
        course[name] = memory.recall(("hours", tenants, which), PAST_SECONDS, partial(hours, which))
    return course


def minutes_of(tenants: Collection[int], day: date) -> array[int]:
    """What was paid up to each minute of a business day, in units of money, from the order lines."""
    start, end = clock.day_bounds(day)
    first, beyond = clock.hour_of(start), clock.hour_of(end)
    paid = array("q", [0]) * (60 * (beyond - first))
    facts = SalesEvent.objects.current().filter(
        seller__in=tenants, kind=SalesKind.PAID, slot__gte=first, slot__lt=beyond
    )
    minutes = facts.annotate(minute=ExtractMinute("occurred_at", tzinfo=UTC)).values_list("slot", "minute")
    for slot, minute, amount in minutes.annotate(paid=Sum("amount")):
        paid[60 * (slot - first) + minute] = to_units(amount)
    return array("q", accumulate(paid))


@dataclass(frozen=True)
class Pace:
    """How a day goes beside others: a line for each in whole CNY by STEP minutes, and each other day at this time."""

    lines: dict[str, list[int]]
    then: dict[str, dict[str, str | None]]


def pace(tenants: frozenset[int], day: date, paid: Decimal, now: datetime, memory: Memory) -> Pace:
    """The pace of a day of which `paid` is counted up to now."""
    minute = int((now - clock.day_bounds(day)[0]).total_seconds() // 60)
    today = memory.recall(("minutes", tenants, day), TODAY_SECONDS, lambda: minutes_of(tenants, day))
    lines = {"today": [*_line(today[:minute]), int(paid)]}
    then: dict[str, dict[str, str | None]] = {}
    for name, which in other_days(day).items():
        course = memory.recall(("minutes", tenants, which), PAST_SECONDS, partial(minutes_of, tenants, which))
        lines[name] = _line(course)
        at_this_time = from_units(course[minute]) or Decimal(0)
        then[name] = {"gmv_paid": money(at_this_time), "change": change(paid, at_this_time)}
    return Pace(lines, then)


def _line(course: array[int]) -> list[int]:
    """The value at the end of each step that is over."""
    return [int(from_units(course[at]) or 0) for at in range(STEP - 1, len(course), STEP)]


def ranking(tenants: dict[int, Tenant], day: date) -> list[dict[str, Any]]:
    return [
        {
            "rank": rank,
            "name_zh": tenant.name_zh,
            "name_en": tenant.name_en,
            "gmv_paid": None if amount is None else money(amount),
        }
        for rank, (tenant, amount) in enumerate(ranked(tenants, day), 1)
    ]


def ranked(tenants: dict[int, Tenant], day: date) -> list[tuple[Tenant, Decimal | None]]:
    """The day's best tenants by paid GMV, with the amount where it is shown; who hides takes no rank."""
    shown = {pk: tenant for pk, tenant in tenants.items() if tenant.wall_visibility != WallVisibility.HIDDEN}
    rows = DaySales.objects.filter(tenant__in=shown, day=day, gmv_paid__gt=Decimal(0)).order_by(
        "-gmv_paid", "tenant"
    )
    ranking = []
    for row in rows[:RANKED]:
        tenant = shown[row.tenant_id]
        amount = row.gmv_paid if tenant.wall_visibility == WallVisibility.AMOUNT else None
        ranking.append((tenant, amount))
    return ranking
