"""The days of a firm's past and what was given back of them after an age, from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, Min, OuterRef, Subquery, Sum

from analytics.keep.curve import Cohort
from analytics.models import DaySales
from analytics.rollup.recount import worth_of
from core.clock import DAY, HOUR, business_day, day_start, hour_of, hour_start
from core.money import to_units
from core.portions import in_turn
from supplychain.choices import SalesKind
from supplychain.models import SalesEvent
from supplychain.querysets import SalesEventQuerySet
from supplychain.samenumber import paid_under

# How long a day is watched for refunds, and how many days are asked.
WATCHED, ASKED = 30, 60
SHORTEST = 7


@dataclass(frozen=True)
class Past:
    """The days of a firm that are over so long that their refunds came: what was paid on each in how many orders, and
    what of it was given back how many hours later, in units. Each was watched for `watched` days.
    """

    watched: int
    days: Sequence[tuple[date, int, int]]
    late: Mapping[date, Sequence[tuple[int, int]]]

    def cohorts(self, age: timedelta) -> list[Cohort]:
        """The days and what was given back of them after an age; none, where they were watched for less."""
        if self.watched < max(SHORTEST, age // DAY + 1):
            return []
        return [
            Cohort(paid, sum(units for hours, units in self.late.get(day, ()) if hours > age // HOUR), orders)
            for day, paid, orders in self.days
        ]


def past_of(tenant_id: int, at: datetime) -> Past:
    """The past of a firm. Of a firm with a short one the days are watched for a shorter time."""
    today = business_day(at)
    rows = DaySales.objects.filter(
        tenant=tenant_id, day__gte=today - (WATCHED + ASKED) * DAY, day__lt=today, gmv_paid__gt=0
    )
    sold = list(rows.order_by("day").values_list("day", "gmv_paid", "orders"))
    watched = _watched([day for day, _paid, _orders in sold], today)
    until = today - watched * DAY
    since = until - ASKED * DAY
    days = [(day, to_units(paid), orders) for day, paid, orders in sold if since <= day < until]
    return Past(watched, days, _late(tenant_id, since, until, watched * 24))


def _watched(sold: Sequence[date], today: date) -> int:
    """For how many days each day is watched: until half of the days with sales are over so long.

    By the days themselves, not by the first of them: one old order, as a file may bring, makes no past.
    """
    return min(WATCHED, (today - sold[-(len(sold) // 2)]).days) if sold else WATCHED


def cohorts_of(tenant_id: int, age: timedelta, at: datetime) -> tuple[list[Cohort], int]:
    """The days of a firm's past for sales of an age, and for how many days after payment they were watched."""
    past = past_of(tenant_id, at)
    return past.cohorts(age), past.watched


def _late(tenant_id: int, since: date, until: date, watched: int) -> dict[date, list[tuple[int, int]]]:
    """By day of payment: refunds and cancellations at most `watched` hours later, with the hours, in units."""
    given_back = SalesEvent.objects.current().filter(
        seller=tenant_id, slot__gte=hour_of(day_start(since)), slot__lt=hour_of(day_start(until)) + watched
    )
    found: dict[date, list[tuple[int, int]]] = defaultdict(list)
    refunded = given_back.filter(kind=SalesKind.REFUNDED)
    refunds = _dated(refunded, "ref_order_no", since, until, watched)
    for paid, hours, amount in refunds.values_list("paid_slot", "hours").annotate(Sum("amount")):
        found[_day(paid)].append((hours, to_units(amount)))
    for paid, hours, units in _told_by_others(tenant_id, refunded):
        if since <= _day(paid) < until and 0 < hours <= watched:
            found[_day(paid)].append((hours, units))
    cancelled = _dated(given_back.filter(kind=SalesKind.CANCELLED), "order_no", since, until, watched)
    dated = {pk: (_day(paid), hours) for pk, paid, hours in cancelled.values_list("pk", "paid_slot", "hours")}
    for pk, worth in worth_of(list(dated)).items():
        day, hours = dated[pk]
        found[day].append((hours, worth))
    return found


def _day(slot: int) -> date:
    return business_day(hour_start(slot))


def _told_by_others(tenant_id: int, refunded: SalesEventQuerySet) -> Iterator[tuple[int, int, int]]:
    """Refunds of what others than their source told a payment of: the hour of the first, the hours since, units."""
    strays = refunded.exclude(ref_order_no="").filter(~Exists(_payments("ref_order_no")))
    told = list(strays.values_list("source", "ref_order_no", "slot", "amount"))
    first: dict[str, dict[str, int]] = defaultdict(dict)
    for numbers in in_turn({number for _source, number, _slot, _amount in told}, 5_000):
        paid = SalesEvent.objects.current().filter(
            seller=tenant_id, order_no__in=numbers, kind=SalesKind.PAID
        )
        for number, source, slot in paid.order_by().values_list("order_no", "source").annotate(Min("slot")):
            first[number][source] = slot
    for source, number, slot, amount in told:
        payers = first[number]
        if (payer := paid_under(source, payers)) in payers:
            yield payers[payer], slot - payers[payer], to_units(amount)


def _dated(rows: SalesEventQuerySet, order: str, since: date, until: date, watched: int) -> Any:
    """Facts with the hour of the first payment of their order and the hours since, of orders paid on the days."""
    # Grouped, not sorted: SQLite would walk through all hours of the firm to find the first.
    paid = _payments(order).order_by().values("order_no").annotate(first=Min("slot")).values("first")
    dated = rows.annotate(paid_slot=Subquery(paid))
    on_the_days = dated.filter(
        paid_slot__gte=hour_of(day_start(since)), paid_slot__lt=hour_of(day_start(until))
    )
    return on_the_days.annotate(hours=F("slot") - F("paid_slot")).filter(hours__gt=0, hours__lte=watched)


def _payments(order: str) -> SalesEventQuerySet:
    """Of a fact: the payments of its order that its own source has told of, also those corrected since."""
    return SalesEvent.objects.filter(
        seller=OuterRef("seller_id"), source=OuterRef("source"), order_no=OuterRef(order), kind=SalesKind.PAID
    )
