"""Days beside what platforms settled, and money that is on its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Max

from analytics.beside.bridge import Bridge, Piece, bridge_of
from analytics.beside.gathering import (
    OurOrder,
    Payouts,
    first_day,
    foreign_piece,
    our_orders,
    paid_on,
    payouts_of,
    payouts_ordered_on,
    pieces_of,
    platforms_of,
    unsettled,
    with_platform,
)
from core.actors import Actor
from core.clock import DAY, business_day, now, today
from core.errors import NotFound
from core.scoping import may
from supplychain.models import PayoutEntry
from tenants.models import Tenant

ASKED = 60
# Days since the payment: up to these, and beyond the last.
AGES = (7, 15, 30)


@dataclass(frozen=True)
class DayBeside:
    """The orders first paid on a day through a platform. `settles`: a settlement of the platform was imported."""

    day: date
    platform: str
    settles: bool
    bridge: Bridge


@dataclass
class Transit:
    """What buyers paid through a platform and was neither given back nor settled, in units, by age of the payment.

    `settled_until` is the latest settlement that was imported; None: none ever, nothing is known and nothing counted.
    """

    platform: str
    settled_until: datetime | None
    ages: list[int] = field(default_factory=lambda: [0] * (len(AGES) + 1))
    orders: int = 0

    @property
    def total(self) -> int:
        return sum(self.ages)


def may_see_payouts(actor: Actor, tenant_id: int) -> bool:
    """Whether somebody reads a firm's orders and what platforms settled of them."""
    return may(actor, "view", PayoutEntry, tenant_id)


def days_beside(actor: Actor, tenant: Tenant, first: date, last: date) -> list[DayBeside]:
    """Some days by platform, the latest first, from the ledger and the settlements as they are now.

    Raises NotFound for those who do not read what platforms settled of the firm.
    """
    if not may_see_payouts(actor, tenant.pk):
        raise NotFound
    numbers = set(paid_on(tenant.pk, first, last).values_list("order_no", flat=True))
    orders = [order for order in our_orders(tenant.pk, numbers) if first <= first_day(order) <= last]
    payouts = payouts_of(tenant.pk, numbers)
    foreign = _foreign(tenant.pk, payouts_ordered_on(tenant.pk, first, last), numbers)
    pieces = _by_day(orders, payouts)
    for order_no, settled in foreign.items():
        payout = next(iter(settled.values()))
        if payout.ordered_at is not None:
            day = business_day(payout.ordered_at)
            pieces[day, payout.platform].append(foreign_piece(order_no, settled))
    settling = settled_until(tenant.pk)
    return [
        DayBeside(day, platform, platform in settling, bridge_of(found))
        for (day, platform), found in sorted(
            pieces.items(), key=lambda each: (-each[0][0].toordinal(), each[0][1])
        )
    ]


def _by_day(orders: Sequence[OurOrder], payouts: Payouts) -> dict[tuple[date, str], list[Piece]]:
    platforms = platforms_of(orders, payouts)
    pieces: dict[tuple[date, str], list[Piece]] = defaultdict(list)
    for order in orders:
        key = first_day(order), platforms[order.source, order.order_no]
        pieces[key] += pieces_of(order, payouts.get(order.order_no, {}))
    return pieces


def _foreign(tenant_id: int, ordered: Payouts, known: set[str]) -> Payouts:
    """Those of the orders that our ledger does not know on any day."""
    asked = set(ordered) - known
    ours = {order.order_no for order in our_orders(tenant_id, asked)}
    return {order_no: lines for order_no, lines in ordered.items() if order_no in asked - ours}


def settled_until(tenant_id: int) -> dict[str, datetime]:
    """The latest settlement of each platform that was imported."""
    rows = PayoutEntry.objects.filter(tenant=tenant_id).standing().order_by().values("platform")
    return dict(rows.annotate(at=Max("occurred_at")).values_list("platform", "at"))


@dataclass(frozen=True)
class Waiting:
    """An order and what of it was neither given back nor settled, in units."""

    platform: str
    paid_at: datetime
    left: int


def waiting_platforms(tenant_id: int) -> set[str]:
    """The platforms that have a line of the last 60 days still to settle."""
    last = today()
    waiting = with_platform(unsettled(paid_on(tenant_id, last - ASKED * DAY, last)))
    return set(waiting.order_by().values_list("platform", flat=True).distinct())  # type: ignore[misc]


def waiting_orders(tenant_id: int, platforms: Collection[str]) -> list[Waiting]:
    """The orders first paid in the last 60 days of which one of some platforms has a line still to settle.

    Ask for platforms that settle: of one that settled nothing all orders wait, which says nothing and is dear to read.
    """
    last = today()
    first = last - ASKED * DAY
    waiting = with_platform(unsettled(paid_on(tenant_id, first, last)))
    waiting = waiting.filter(platform__in=platforms)  # type: ignore[misc]
    numbers = set(waiting.values_list("order_no", flat=True))
    orders = [order for order in our_orders(tenant_id, numbers) if first <= first_day(order) <= last]
    payouts = payouts_of(tenant_id, numbers)
    of_order = platforms_of(orders, payouts)
    return [
        Waiting(
            of_order[order.source, order.order_no],
            order.paid_at,
            sum(
                piece.ours.net
                for piece in pieces_of(order, payouts.get(order.order_no, {}))
                if piece.theirs is None and piece.ours is not None and piece.ours.net > 0
            ),
        )
        for order in orders
    ]


def money_in_transit(actor: Actor, tenant: Tenant) -> list[Transit]:
    """What is on its way by platform, of the orders first paid in the last 60 days. NotFound as for the days."""
    if not may_see_payouts(actor, tenant.pk):
        raise NotFound
    settling = settled_until(tenant.pk)
    platforms = settling.keys() | waiting_platforms(tenant.pk)
    found = {platform: Transit(platform, settling.get(platform)) for platform in platforms}
    for order in waiting_orders(tenant.pk, settling):
        transit = found.setdefault(order.platform, Transit(order.platform, settling.get(order.platform)))
        if order.left:
            age = (now() - order.paid_at).days
            transit.ages[sum(age > most for most in AGES)] += order.left
            transit.orders += 1
    return [found[platform] for platform in sorted(found)]
