"""The days of a firm's past and what was given back of them after an age, from the ledger."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Min, OuterRef, Subquery, Sum

from analytics.keep.curve import Cohort
from analytics.models import DaySales
from analytics.rollup.recount import worth_of
from core.clock import DAY, HOUR, business_day, day_start, hour_of
from core.money import to_units
from supplychain.choices import SalesKind
from supplychain.models import SalesEvent
from supplychain.querysets import SalesEventQuerySet

# How long a day is watched for refunds, and how many days are asked.
WATCHED, ASKED = 30, 60
SHORTEST = 7


def cohorts_of(tenant_id: int, age: timedelta, at: datetime) -> tuple[list[Cohort], int]:
    """The days that are over so long that their refunds came, and for how many days after payment they were watched.

    A firm with a short past is watched for a shorter time; below a week there are no cohorts.
    """
    today = business_day(at)
    first = DaySales.objects.filter(tenant=tenant_id).aggregate(first=Min("day"))["first"] or today
    watched = min(WATCHED, (today - first).days // 2)
    since, until = max(first, today - (watched + ASKED) * DAY), today - watched * DAY
    late = _late(tenant_id, since, until, age // HOUR, watched * 24)
    rows = DaySales.objects.filter(tenant=tenant_id, day__gte=since, day__lt=until, gmv_paid__gt=0)
    cohorts = [
        Cohort(to_units(paid), late.get(day, 0), orders)
        for day, paid, orders in rows.values_list("day", "gmv_paid", "orders")
    ]
    return (cohorts if watched >= max(SHORTEST, age // DAY + 1) else []), watched


def _late(tenant_id: int, since: date, until: date, after: int, watched: int) -> dict[date, int]:
    """By day of payment: refunds and cancellations more than `after` and at most `watched` hours later, in units."""
    given_back = SalesEvent.objects.current().filter(
        seller=tenant_id, slot__gte=hour_of(day_start(since)), slot__lt=hour_of(day_start(until)) + watched
    )
    found: dict[date, int] = defaultdict(int)
    refunds = _dated(given_back.filter(kind=SalesKind.REFUNDED), "ref_order_no", since, until)
    in_time = {"slot__gt": F("paid_slot") + after, "slot__lte": F("paid_slot") + watched}
    for day, amount in refunds.filter(**in_time).values_list("paid_on").annotate(Sum("amount")):
        found[day] += to_units(amount)
    cancelled = _dated(given_back.filter(kind=SalesKind.CANCELLED), "order_no", since, until)
    days = dict(cancelled.filter(**in_time).values_list("pk", "paid_on"))
    for pk, worth in worth_of(list(days)).items():
        found[days[pk]] += worth
    return found


def _dated(rows: SalesEventQuerySet, order: str, since: date, until: date) -> Any:
    """Facts with hour and day of the first payment of their order, of orders paid on the days."""
    paid = SalesEvent.objects.filter(
        seller=OuterRef("seller_id"), source=OuterRef("source"), order_no=OuterRef(order), kind=SalesKind.PAID
    ).order_by("slot")
    return rows.annotate(
        paid_slot=Subquery(paid.values("slot")[:1]), paid_on=Subquery(paid.values("business_day")[:1])
    ).filter(paid_on__gte=since, paid_on__lt=until)
