"""What a park's operator looks at first: the day in sums, and everything that waits for a decision.

Every function takes the actor and the parks it may look at, and reads visible rows only. Sums of sales are
all that a park sees of its tenants' orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from analytics.figures import FigureRow, park_figures
from analytics.models import DaySales
from analytics.silence import long_on_air, silent_ids
from core import clock
from core.actors import Actor
from core.buckets import SALES
from core.choices import NodeKind
from core.models import BucketFailure, BucketMark, Job, ScopeNode, Unresolved
from core.policy import VIEW
from core.scoping import may, visible_to
from livestreams.choices import SessionState
from livestreams.models import Booking, EncoderSample, LiveRoom, LiveSession, Maintenance, Publish
from livestreams.publishing import ALARM_AFTER
from parks.models import Park
from supplychain.choices import BackorderState
from supplychain.models import Backorder, StockLevel, Warehouse
from supplychain.unshipped import Unshipped, held_lines, unshipped
from tenants.choices import LeaseState
from tenants.models import Lease

Parks = Sequence[Park]
ZERO = Decimal(0)


@dataclass(frozen=True)
class SalesDay:
    """Sales of one business day over the tenants that sat in the parks that day. Amounts in CNY."""

    day: date
    paid: Decimal = ZERO
    net: Decimal = ZERO
    orders: Decimal = ZERO

    @classmethod
    def of(cls, row: FigureRow) -> SalesDay:
        paid, net, orders = (Decimal(row.values[code] or 0) for code in ("gmv_paid", "net_sales", "orders"))
        return cls(row.period, paid, net, orders)


def sales_by_day(actor: Actor, parks: Parks, since: date, until: date) -> list[SalesDay]:
    """One SalesDay for each day from `since` to `until`, both included, over the parks whose sums the actor may see."""
    days = [since + timedelta(days=offset) for offset in range((until - since).days + 1)]
    seen = [park for park in parks if may(actor, VIEW, DaySales, park.pk)]
    rows = {row.period: row for row in park_figures(actor=actor, parks=seen, since=since, until=until)}
    return [SalesDay.of(rows[day]) if day in rows else SalesDay(day) for day in days]


@dataclass(frozen=True)
class RoomCount:
    """Rooms of the parks at an instant. Every room counts once: live, else in repair, else booked today, else off."""

    total: int
    live: int
    repair: int
    booked: int

    @property
    def off(self) -> int:
        return self.total - self.live - self.repair - self.booked


def rooms_at(actor: Actor, parks: Parks, at: datetime) -> RoomCount:
    """Count what the open rooms are doing at an instant and for the rest of its day."""
    day = clock.business_day(at)
    rooms = set(
        visible_to(LiveRoom.objects.open_on(day).filter(park__in=parks), actor).values_list("pk", flat=True)
    )
    day_end = clock.day_bounds(day)[1]
    sessions = visible_to(LiveSession.objects.filter(state=SessionState.LIVE, room__in=rooms), actor)
    live = set(sessions.exclude(pk__in=silent_ids(sessions, at)).values_list("room", flat=True))
    repair = rooms & set(
        visible_to(Maintenance.objects.filter(starts_at__lte=at, ends_at__gt=at), actor).values_list(
            "room", flat=True
        )
    )
    booked = rooms & set(
        visible_to(Booking.objects.ahead(at).filter(starts_at__lt=day_end), actor).values_list(
            "room", flat=True
        )
    )
    return RoomCount(len(rooms), len(live), len(repair - live), len(booked - live - repair))


def next_bookings(actor: Actor, parks: Parks, at: datetime, limit: int = 6) -> QuerySet[Booking]:
    """The bookings that come next, or run now."""
    held = Booking.objects.ahead(at).filter(room__park__in=parks)
    return visible_to(held, actor).select_related("room", "tenant", "host").order_by("starts_at")[:limit]


@dataclass(frozen=True)
class StockAlarms:
    """Stock that is used up, and what was sold and is not there."""

    empty_levels: int
    open_backorders: int
    units_owed: int


def stock_alarms(actor: Actor, parks: Parks) -> StockAlarms:
    """Count empty stock levels in the parks' warehouses and open backorders of their tenants."""
    levels = StockLevel.objects.filter(warehouse__park__in=parks, on_hand=F("reserved"))
    owed = Backorder.objects.filter(state=BackorderState.OPEN, owner__in=tenant_nodes(parks))
    sums = visible_to(owed, actor).aggregate(rows=Count("pk"), units=Sum("quantity"))
    return StockAlarms(visible_to(levels, actor).count(), sums["rows"], sums["units"] or 0)


def orders_to_send(actor: Actor, parks: Parks) -> Unshipped | None:
    """What is paid and still in the parks' warehouses; None where none of them packs orders."""
    packing = Warehouse.objects.filter(packs_orders=True, park__in=parks)
    if not visible_to(packing, actor).exists():
        return None
    return unshipped(held_lines(actor).filter(warehouse__in=packing), Backorder.objects.none())


def sessions_unended(actor: Actor, parks: Parks, at: datetime) -> list[int]:
    """Ids of sessions of the parks that wait for somebody to say when they ended, the longest first."""
    return silent_ids(visible_to(LiveSession.objects.filter(park__in=parks), actor), at)


def sessions_long(actor: Actor, parks: Parks, at: datetime) -> QuerySet[LiveSession]:
    """Sessions of the parks that are still heard after so long that somebody should look."""
    return long_on_air(visible_to(LiveSession.objects.filter(park__in=parks), actor), at)


def weak_pictures(actor: Actor, parks: Parks, at: datetime) -> int:
    """How many pictures of the parks' rooms have been weak for long enough to alarm."""
    shown = Publish.objects.on_air().filter(room__park__in=parks, weak_since__lte=at - ALARM_AFTER)
    return visible_to(shown, actor).count()


def losing_encoders(actor: Actor, parks: Parks, at: datetime) -> int:
    """Encoders of the parks' rooms that lose more frames than their park lets pass, as they said a moment ago."""
    told = EncoderSample.objects.fresh(at).judged().filter(is_losing=True, booking__room__park__in=parks)
    return visible_to(told, actor).values("booking", "source").distinct().count()


@dataclass(frozen=True)
class Counting:
    """How far the figures are behind: hours waiting to be counted, since when, and hours that cannot be counted."""

    waiting: int
    oldest: datetime | None
    failing: int


def counting(parks: Parks) -> Counting:
    """Look at the marks of the parks' tenants. Marks carry no figures, so whoever sees the parks sees them."""
    marks = BucketMark.objects.filter(family=SALES, node__in=tenant_nodes(parks))
    waiting = marks.values("node", "slot").distinct().count()
    oldest = marks.aggregate(oldest=Min("marked_at"))["oldest"]
    return Counting(waiting, oldest, BucketFailure.objects.filter(node__in=tenant_nodes(parks)).count())


def unresolved(parks: Parks) -> int:
    """How many references of the parks' tenants wait for an answer; what they are is the tenants' own business."""
    return Unresolved.objects.filter(node__in=tenant_nodes(parks), resolved_at__isnull=True).count()


def jobs_by_state(actor: Actor, since: datetime) -> dict[str, int]:
    """Visible jobs by state: open ones, and those that ended since."""
    jobs = visible_to(Job.objects.filter(Q(finished_at__isnull=True) | Q(finished_at__gte=since)), actor)
    return dict(jobs.values_list("state").annotate(number=Count("pk")).order_by())


def leases_ending(actor: Actor, parks: Parks, until: date, limit: int = 6) -> QuerySet[Lease]:
    """Active leases of the parks that end by a day, the nearest end first."""
    leases = Lease.objects.filter(park__in=parks, state=LeaseState.ACTIVE, to_day__lte=until)
    return visible_to(leases, actor).select_related("tenant").order_by("to_day")[:limit]


def tenant_nodes(parks: Parks) -> QuerySet[ScopeNode, int]:
    """Ids of the tenants that hang under the parks now."""
    return ScopeNode.objects.filter(kind=NodeKind.TENANT, parent__in=[park.pk for park in parks]).values_list(
        "pk", flat=True
    )
