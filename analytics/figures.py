"""Figures as doors show them: scoped, by metric code, with how far they are complete.

Ranges are whole business days, `since` and `until` included; of bureaus whole months. Distinct orders of a range are
the sum of its days less what SpreadOrder says twice: nothing here adds up what may not be added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext as _

from analytics import closing, metrics
from analytics.firmsums import (
    ADDED,
    MEASURES,
    Columns,
    by_period,
    sales_by_firm,
    seated,
    total,
    withheld,
)
from analytics.metrics import REGISTRY
from analytics.models import DaySales, SpreadOrder
from core import clock
from core.actors import Actor
from core.buckets import SALES
from core.choices import NodeKind
from core.errors import InvalidInput, NotFound
from core.models import BucketMark, ScopeNode
from core.policy import VIEW
from core.scoping import may, visible_to
from parks.models import Park
from tenants.models import Tenancy, Tenant

By = Literal["day", "month", "total"]
Sums = dict[date, dict[str, Any]]
Pending = Mapping[date, tuple[int, datetime]]

PLACES = (NodeKind.NATION, NodeKind.PROVINCE, NodeKind.CITY, NodeKind.TOWN)


@dataclass(frozen=True)
class FigureRow:
    """The metrics of one period (its first day) by code; None where there is nothing to divide by.

    The row is complete as of `as_of`; `dirty` is how many of its hours are still to be counted again.
    """

    period: date
    values: dict[str, metrics.Value]
    as_of: datetime
    dirty: int


@dataclass(frozen=True)
class BureauRow(FigureRow):
    """A row over firms. `withheld` says of a code without value why: "few_firms" or "dominant_firm"."""

    firms: int = 0
    withheld: dict[str, str] = field(default_factory=dict)


def tenant_figures(
    *, actor: Actor, tenant: Tenant, since: date, until: date, by: By = "day"
) -> list[FigureRow]:
    """A tenant's figures by day, by month or in total; days and months without a line or a mark are left out.

    People of a park read them from the day on which the tenant came to the day before it left.
    NotFound when the actor may not see them, InvalidInput when `until` lies before `since`.
    """
    _check_range(since, until)
    if not may(actor, VIEW, DaySales, tenant.pk):
        raise NotFound
    since, until = days_read(actor, tenant, since, until)
    in_range = {"tenant": tenant, "day__range": (since, until)}
    days = visible_to(DaySales.objects.filter(**in_range), actor)
    sums = _sums(days, SpreadOrder.objects.filter(**in_range), since, by)
    rows = _rows(sums, _pending([tenant.pk], since, until), since, by)
    verified = closing.VerifiedNets(tenant.pk, since, until)
    for row in rows:
        row.values["verified_net"] = verified.of(row.period, row.values["net_sales"], by)
    return rows


def park_figures(
    *, actor: Actor, parks: Collection[Park], since: date, until: date, by: By = "day"
) -> list[FigureRow]:
    """Sums over the tenants that sat in the parks on each day, wherever they are now. Errors as of tenant_figures."""
    _check_range(since, until)
    if not all(may(actor, VIEW, DaySales, park.pk) for park in parks):
        raise NotFound
    tenancies = Tenancy.objects.filter(park__in=parks)
    days = seated(DaySales.objects.all(), tenancies, since, until)
    sums = _sums(days, seated(SpreadOrder.objects.all(), tenancies, since, until), since, by)
    return _rows(sums, _pending(tenancies.values("tenant"), since, until), since, by)


def bureau_figures(
    *, actor: Actor, place: ScopeNode, since: date, until: date, by: By = "month"
) -> list[BureauRow]:
    """Sums over the firms of a nation, province, city or town; what would show a single firm is withheld.

    A row for every month that the range touches, always the whole month: sums over ranges that overlap could be taken
    from each other, and would show what a cell withholds. Every row tells its firms and its counted lines. NotFound
    when the place is not in the actor's reach, InvalidInput for rows other than months.
    """
    _check_range(since, until)
    if by != "month":
        raise InvalidInput(_("Figures of places are given by whole months only."), code="by", field="by")
    since, until = clock.month_of(since), clock.next_month(clock.month_of(until)) - clock.DAY
    if not may_see_place(actor, place):
        raise NotFound
    tenancies = Tenancy.objects.filter(park__node__path__startswith=place.path)
    firms = {
        period: found.over(found.parks)
        for period, found in sales_by_firm(tenancies, since, until, by).items()
    }
    sums = {period: total(of_firm) for period, of_firm in firms.items()}
    rows = _rows(sums, _pending(tenancies.values("tenant"), since, until), since, by)
    return [_without_single_firms(row, firms.get(row.period, {})) for row in rows]


def days_read(actor: Actor, tenant: Tenant, since: date, until: date) -> tuple[date, date]:
    """The first and last day of a range of which an actor reads all that is counted; the first is the later if none is.

    People of a park read the last stay of the firm that they see: neither what it did elsewhere, nor what it did while
    it sat in no park, before it came to any and after it left.
    """
    if _is_of(actor, tenant):
        return since, until
    came, left = None, None
    for stay in visible_to(tenant.tenancies.filter(from_day__lte=until), actor).order_by("from_day"):
        if came is None or left != stay.from_day:
            came = stay.from_day
        left = stay.to_day
    if came is None:
        return until + clock.DAY, until
    return max(since, came), until if left is None else min(until, left - clock.DAY)


def _is_of(actor: Actor, tenant: Tenant) -> bool:
    """Whether the actor reads a firm's figures as one of its own people or tools, wherever it sat."""
    return actor.unrestricted or any(grant.node_id == tenant.pk for grant in actor.grants)


def may_see_place(actor: Actor, place: ScopeNode) -> bool:
    """Whether the actor sees sums over the parks of a place."""
    return place.kind in PLACES and may(actor, VIEW, Park, place.pk)


def _without_single_firms(row: FigureRow, firms: dict[int, Columns]) -> BureauRow:
    reasons = {code: str(reason) for code in row.values if (reason := withheld(REGISTRY[code], firms))}
    values = {code: None if code in reasons else value for code, value in row.values.items()}
    return BureauRow(row.period, values, row.as_of, row.dirty, len(firms), reasons)


def _check_range(since: date, until: date) -> None:
    if until < since:
        raise InvalidInput(_("The last day lies before the first one."), code="range", field="until")


def _sums(days: QuerySet[DaySales], spread: QuerySet[SpreadOrder], since: date, by: By) -> Sums:
    """The columns by period; orders that fall on several days of a period count once."""
    sums: Sums = {}
    for row in by_period(days, since, by).values("period").annotate(**ADDED):
        sums[row.pop("period")] = row
    if by != "day":
        orders = by_period(spread, since, by).values("period", "what", "tenant", "source", "order_no")
        for order in orders.annotate(days=Count("day", distinct=True)).filter(days__gt=1):
            column = "orders" if order["what"] == SpreadOrder.PAID else "refund_orders"
            sums[order["period"]][column] -= order["days"] - 1
    return sums


def _rows(sums: Sums, pending: Pending, since: date, by: By) -> list[FigureRow]:
    """A row for each period that has lines or is still to be counted; of a total always the one."""
    dirty: dict[date, int] = defaultdict(int)
    as_of: dict[date, datetime] = {}
    for day, (hours, oldest) in pending.items():
        period = {"day": day, "month": clock.month_of(day), "total": since}[by]
        dirty[period] += hours
        as_of[period] = min(oldest, as_of.get(period, oldest))
    periods = {since} if by == "total" else {*sums, *dirty}
    now, nothing = clock.now(), dict.fromkeys(MEASURES, 0)
    return [
        FigureRow(
            period, metrics.compute_all(sums.get(period, nothing)), as_of.get(period, now), dirty[period]
        )
        for period in sorted(periods)
    ]


def _pending(tenants: Any, since: date, until: date) -> Pending:
    """By day: how many hours of these tenants wait to be counted, and since when."""
    first, end = clock.hour_of(clock.day_start(since)), clock.hour_of(clock.day_bounds(until)[1])
    marks = BucketMark.objects.filter(family=SALES, node_id__in=tenants, slot__gte=first, slot__lt=end)
    waiting: dict[date, tuple[int, datetime]] = {}
    for row in marks.values("slot").annotate(hours=Count("node", distinct=True), oldest=Min("marked_at")):
        day = clock.business_day(clock.hour_start(row["slot"]))
        hours, oldest = waiting.get(day, (0, row["oldest"]))
        waiting[day] = (hours + row["hours"], min(oldest, row["oldest"]))
    return waiting
