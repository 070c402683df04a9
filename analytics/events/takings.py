"""What the tenants of an event sold, and whose sales somebody may read.

Tenants of several parks take part, so nobody's own rights reach all of them. Whoever enters agrees to be shown as on
the wall (tenants.models.EventEntry): amounts of who shows them are everybody's who sees the event, others' are read by
those who may read that tenant's sums. Every sum says over how many of the tenants it goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet, Sum

from analytics.firmsums import ADDED, MEASURES, Columns, seated
from analytics.models import DaySales, SpreadOrder
from core import clock
from core.actors import Actor
from core.days import open_on
from core.scoping import visible_to
from parks.models import Event
from tenants.choices import WallVisibility
from tenants.models import EventEntry, Tenancy

ORDERS_OF = {SpreadOrder.PAID: "orders", SpreadOrder.REFUNDED: "refund_orders"}


class Takings:
    """The sales of an event's tenants at its venues, as `actor` may read them; None is everybody in the hall."""

    def __init__(self, event: Event, actor: Actor | None) -> None:
        self.event = event
        self.entries = list(
            EventEntry.objects.filter(open_on(clock.today()), event=event)
            .select_related("tenant", "park")
            .order_by("pk")
        )
        self.tenants = {entry.tenant_id for entry in self.entries}
        self.until = min(event.last_day, clock.today())
        self.shown = {
            entry.tenant_id for entry in self.entries if entry.tenant.wall_visibility == WallVisibility.AMOUNT
        }
        self.actor = actor
        self.known = self.known_on(event.first_day, self.until)

    def known_on(self, since: date, until: date) -> set[int]:
        """The tenants that show their amounts, and those all of whose days in the range the actor reads anyway."""
        if self.actor is None:
            return self.shown
        days = self.days(self.tenants - self.shown, since, until)
        there = dict(days.values_list("tenant").annotate(days=Count("pk")))
        read = dict(visible_to(days, self.actor).values_list("tenant").annotate(days=Count("pk")))
        return self.shown | {tenant for tenant, number in read.items() if number == there[tenant]}

    def days(self, tenants: Iterable[int], since: date, until: date) -> QuerySet[DaySales]:
        """Day figures of tenants on days on which they sat at a venue."""
        return seated(DaySales.objects.filter(tenant__in=tenants), self._seats, since, until)

    def sums(self, tenants: Iterable[int]) -> dict[int, Columns]:
        """The measures of the event's days by tenant; an order of several days counts once."""
        tenants = list(tenants)
        days = self.days(tenants, self.event.first_day, self.until)
        rows: Any = days.values("tenant").annotate(**ADDED)
        sums = {row.pop("tenant"): row for row in rows}
        spread = seated(
            SpreadOrder.objects.filter(tenant__in=tenants), self._seats, self.event.first_day, self.until
        )
        orders = spread.values("tenant", "what", "source", "order_no").annotate(
            days=Count("day", distinct=True)
        )
        for order in orders.filter(days__gt=1):
            sums[order["tenant"]][ORDERS_OF[order["what"]]] -= order["days"] - 1
        return sums

    def by_day(self, tenants: Iterable[int], since: date, until: date) -> dict[date, Any]:
        """Paid GMV by day; days without sales are left out."""
        days = self.days(tenants, since, until)
        return dict(days.values_list("day").annotate(paid=Sum("gmv_paid")).order_by("day"))

    @property
    def _seats(self) -> Any:
        return Tenancy.objects.filter(park__venues__event=self.event)


def together(sums: Iterable[Columns]) -> Columns:
    """The measures of several tenants: their orders are different ones."""
    whole: Columns = dict.fromkeys(MEASURES, 0)
    for columns in sums:
        for name in MEASURES:
            whole[name] += columns[name]
    return whole
