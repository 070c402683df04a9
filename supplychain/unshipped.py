"""What is paid and not shipped: how many orders, how old, and what has to leave today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum

from core import clock
from core.actors import Actor
from core.clock import HOUR
from core.scoping import visible_to
from supplychain.choices import RESERVATION_OPEN, BackorderState, ReservationState
from supplychain.givenback import given_back, with_source
from supplychain.models import Backorder, Reservation

AGES = (24, 48, 72)
"""Hours since an order was paid, below which it counts; the last class is older than all of them."""


LOOKED_AT = 2_000
"""Parcels further back are looked for by their number."""


@dataclass
class Unshipped:
    """Orders (each once, however many lines and owners) that are paid and still here.

    `ages` counts them by hours since they were paid (below 24, 48, 72, and older), `overdue` those whose deadline is
    past, `today` those whose deadline lies in the rest of the business day. `missing` lines wait for goods; `oversold`
    pieces of them are beyond the pre-sale limit of their owner.
    """

    orders: int = 0
    overdue: int = 0
    today: int = 0
    oldest: datetime | None = None
    ages: list[int] = field(default_factory=lambda: [0] * (len(AGES) + 1))
    missing: int = 0
    oversold: int = 0

    @property
    def classes(self) -> list[tuple[int, int | None, int]]:
        """(from hours, below hours or None, orders) of each age."""
        return list(zip((0, *AGES), (*AGES, None), self.ages, strict=True))


def held_lines(actor: Actor, parks: Iterable[int] | None = None) -> QuerySet[Reservation]:
    """The lines that are paid and not shipped, of what the actor sees."""
    rows = visible_to(Reservation.objects.filter(state__in=RESERVATION_OPEN), actor)
    return rows if parks is None else rows.filter(warehouse__park__in=parks)


def overdue(lines: QuerySet[Reservation], at: datetime | None = None) -> QuerySet[Reservation]:
    """Those of some held lines whose deadline is past at an instant; None: now."""
    moment = at or clock.now()
    hours = lines.order_by().values_list("warehouse__ship_within_hours", flat=True).distinct()
    late = [Q(warehouse__ship_within_hours=each, paid_at__lt=moment - each * HOUR) for each in hours]
    return lines.filter(reduce(or_, late, Q(pk=None)))


def due_today(lines: QuerySet[Reservation]) -> QuerySet[Reservation]:
    """Those whose deadline lies in the rest of the business day, without orders of which a line is overdue."""
    now = clock.now()
    late = overdue(lines, now)
    midnight = clock.day_bounds(clock.business_day(now))[1]
    same_order = with_source(late).filter(
        seller=OuterRef("seller"), source=OuterRef("source"), order_no=OuterRef("order_no")
    )
    return with_source(overdue(lines, midnight)).exclude(Exists(same_order))


def oversold(owed: QuerySet[Backorder]) -> QuerySet[Backorder]:
    """Open backorders with pieces beyond the pre-sale limit."""
    return owed.filter(state=BackorderState.OPEN, quantity__gt=F("presold"))


def unshipped(lines: QuerySet[Reservation], owed: QuerySet[Backorder]) -> Unshipped:
    """Counts over held lines and backorders that the caller has scoped."""
    now = clock.now()
    midnight = clock.day_bounds(clock.business_day(now))[1]
    waiting = owed.filter(state=BackorderState.OPEN).aggregate(
        lines=Count("pk"), oversold=Sum(F("quantity") - F("presold"))
    )
    found = Unshipped(missing=waiting["lines"], oversold=waiting["oversold"] or 0)
    orders = (
        with_source(lines)
        .values("seller", "source", "order_no", within=F("warehouse__ship_within_hours"))
        .annotate(paid=Min("paid_at"))
    )
    first: dict[tuple[int, str, str], tuple[datetime, datetime]] = {}
    for row in orders.order_by():
        order, paid = (row["seller"], row["source"], row["order_no"]), row["paid"]
        due = paid + row["within"] * HOUR
        known = first.get(order)
        first[order] = (min(paid, known[0]), min(due, known[1])) if known else (paid, due)
    for paid, due in first.values():
        found.orders += 1
        found.overdue += due < now
        found.today += now <= due < midnight
        found.ages[sum(now - paid >= timedelta(hours=age) for age in AGES)] += 1
        found.oldest = min(found.oldest or paid, paid)
    return found


def returns_awaited(lines: QuerySet[Reservation], since: datetime) -> list[Reservation]:
    """Dispatched lines whose buyer was given the money back and of which nothing has come back yet."""
    out = lines.filter(
        state=ReservationState.DISPATCHED, returned__isnull=True, parcel__dispatched_at__gte=since
    )
    rows = list(
        out.select_related("parcel", "sku", "owner", "warehouse").order_by("-parcel__dispatched_at")[
            :LOOKED_AT
        ]
    )
    refunded = given_back(rows)
    return [row for row in rows if row.pk in refunded]
