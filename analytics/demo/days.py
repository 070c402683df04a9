"""What happens in a demo park on one day. Pure: no database, no clock; the same arguments give the same day.

A day is planned as a whole (sessions, audience, orders, refunds to come), so that the loader can store what lies
before now and the simulator can send the rest when its time comes.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from itertools import count
from typing import Any
from zlib import crc32

import msgspec

from analytics.demo.plans import ParkPlan
from core.clock import day_start
from supplychain.facts import SaleFact

SOURCE = "demo"
REFUND_DAYS = 5
REFUNDED, CANCELLED = 0.07, 0.015
SKUS_PER_SELLER = 8
NAMELESS = 7
OUTSIDE_HOSTS = 3
HOUR_WEIGHTS = (3, 2, 1, 1, 1, 1, 2, 4, 6, 8, 10, 10, 9, 9, 10, 10, 9, 9, 10, 14, 18, 18, 13, 7)
# Customs mode and destination of what a cross-border firm sells, by its SKU.
ABROAD = (
    *(("9610", "US"), ("9610", "GB"), ("9810", "US"), ("9610", "MY")),
    *(("9710", "DE"), ("9610", "US"), ("1210", "JP"), ("9810", "GB")),
)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class PlannedSession:
    """A session of a day: who, where, when, and its samples of (instant, concurrent viewers)."""

    live_id: str
    seller: int
    host: int
    room: int
    starts_at: datetime
    ends_at: datetime
    samples: tuple[tuple[datetime, int], ...]


class PlannedFact(msgspec.Struct, frozen=True, gc=False):
    """A sales fact of a seller. There are hundreds of thousands at once, and none is part of a circle."""

    seller: int
    fact: SaleFact


@dataclass(frozen=True)
class PlannedDay:
    """The sessions of a day, and its facts in the order of time, which are drawn when somebody asks for them."""

    sessions: tuple[PlannedSession, ...]
    draw_facts: Callable[[], Iterator[PlannedFact]]

    @cached_property
    def facts(self) -> tuple[PlannedFact, ...]:
        return tuple(sorted(self.draw_facts(), key=lambda item: (_when(item), item.fact.external_id)))


def sku_code(plan: ParkPlan, seller: int, number: int) -> str:
    return f"{plan.code.upper()}-{seller + 1:03d}-{number + 1:02d}"


def sku_price(plan: ParkPlan, seller: int, number: int) -> Decimal:
    """The price of a demo SKU, ending in .00 or .90 as shops write them."""
    return _price(plan.code, plan.price, seller, number)


@cache
def _price(code: str, between: tuple[int, int], seller: int, number: int) -> Decimal:
    draw = random.Random(f"{code}:{seller}:{number}")
    return Decimal(draw.randint(*between)) - (Decimal("0.10") if draw.random() < 0.5 else 0)


def tenant_code(plan: ParkPlan, index: int) -> str:
    return f"{plan.code}-{index + 1:03d}"


def sells_abroad(plan: ParkPlan, seller: int) -> bool:
    """Every other cross-border tenant sells across the border, the star of a park at home."""
    return seller < plan.cross_border and seller % 2 == 1


def abroad(number: int) -> dict[str, Any]:
    """How a SKU goes abroad, and where to: always the same for the same one."""
    mode, destination = ABROAD[number % len(ABROAD)]
    return {"customs_mode": mode, "destination": destination}


def outside_host(seller: str, order_no: str = "") -> str:
    """The invented account of an outside host: the one with whom the seller deals, or whoever sold an order."""
    number = crc32(order_no.encode()) % OUTSIDE_HOSTS if order_no else 0
    return f"daren-{seller}" + (f"-{number + 1}" if number else "")


def plan_day(plan: ParkPlan, day: date, *, seed: int, first_day: date, last_day: date) -> PlannedDay:
    """One day of a park. `first_day` and `last_day` bound the history: a growing seller grows between them."""
    draw = random.Random(f"{seed}:{plan.code}:{day}")
    sessions = tuple(_sessions(plan, day, draw))

    def facts() -> Iterator[PlannedFact]:
        for session in sessions:
            yield from _session_facts(plan, session, draw)
        yield from _shop_facts(plan, day, draw)
        yield from _star_facts(plan, day, draw, first_day, last_day)

    return PlannedDay(sessions, facts)


def _when(item: PlannedFact) -> datetime:
    return item.fact.occurred_at


def _sessions(plan: ParkPlan, day: date, draw: random.Random) -> Iterator[PlannedSession]:
    start_of_day = day_start(day)
    hosts = list(range(plan.hosts))
    draw.shuffle(hosts)
    for room in range(plan.rooms):
        if draw.random() > plan.sessions_per_room or not hosts:
            continue
        host = hosts.pop()
        length = draw.randrange(plan.hours[0] * 60, plan.hours[1] * 60, 5)
        first_minute = draw.choices(range(24), HOUR_WEIGHTS)[0] * 60 + draw.randrange(0, 60, 5)
        # Not before the set-up of a room that was live until midnight is done.
        starts_at = start_of_day + max(min(first_minute, 24 * 60 - length), 20) * MINUTE
        ends_at = starts_at + length * MINUTE
        level = draw.lognormvariate(5.5, 0.7)
        samples = tuple(
            (
                starts_at + minute * MINUTE,
                int(level * (0.4 + 0.6 * min(1.0, minute / 40)) * draw.uniform(0.8, 1.2)),
            )
            for minute in range(0, length, 10)
        )
        yield PlannedSession(
            live_id=f"{plan.code}-{day:%Y%m%d}-{room + 1:03d}",
            seller=room % plan.sellers,
            host=host,
            room=room,
            starts_at=starts_at,
            ends_at=ends_at,
            samples=samples,
        )


def _session_facts(plan: ParkPlan, session: PlannedSession, draw: random.Random) -> Iterator[PlannedFact]:
    seconds = int((session.ends_at - session.starts_at).total_seconds())
    numbers: Iterable[int] = range(int(plan.orders_per_hour * seconds / 3600 * draw.uniform(0.6, 1.4)))
    left = Decimal("Infinity")
    if plan.first_room_sales is not None and session.room == 0:
        numbers, left = count(), Decimal(draw.randint(*plan.first_room_sales))
    for number in numbers:
        at = session.starts_at + timedelta(seconds=draw.randrange(seconds))
        for item in _order(
            plan,
            session.seller,
            f"{session.live_id}-{number:04d}",
            at,
            "live",
            draw,
            # One of the first room's loses the name of its session on the way: somebody is asked.
            session_ref="" if (session.room, number) == (0, NAMELESS) else session.live_id,
        ):
            left -= (item.fact.amount or 0) if item.fact.kind == "paid" else 0
            yield item
        if left <= 0:
            return


def _shop_facts(plan: ParkPlan, day: date, draw: random.Random) -> Iterator[PlannedFact]:
    """Sales without a park session: product card, short video, outside hosts."""
    for seller in range(plan.sellers):
        for number in range(draw.randint(1, 5)):
            at = _some_time(day, draw)
            channel = draw.choice(("product_card", "product_card", "short_video", "outside_host"))
            order_no = f"{plan.code}-{day:%Y%m%d}-s{seller:03d}-{number}"
            by = outside_host(tenant_code(plan, seller), order_no) if channel == "outside_host" else ""
            yield from _order(plan, seller, order_no, at, channel, draw, host_ref=by)


def _star_facts(
    plan: ParkPlan, day: date, draw: random.Random, first_day: date, last_day: date
) -> Iterator[PlannedFact]:
    """The seller that outgrows its unit: more orders from day to day, with one best day."""
    star = plan.star
    if star is None:
        return
    days = max((last_day - first_day).days, 1)
    grown = min(max((day - first_day).days / days, 0.0), 1.0)
    orders = int(
        (star.orders_at_first + (star.orders_at_last - star.orders_at_first) * grown)
        * draw.uniform(0.95, 1.05)
    )
    if day == last_day - timedelta(days=3):
        orders = star.orders_on_best_day
    for number in range(orders):
        yield from _order(
            plan, 0, f"{plan.code}-{day:%Y%m%d}-x{number:05d}", _some_time(day, draw), "shop", draw
        )


def _some_time(day: date, draw: random.Random) -> datetime:
    hour = draw.choices(range(24), HOUR_WEIGHTS)[0]
    return day_start(day) + timedelta(hours=hour, seconds=draw.randrange(3600))


def _order(
    plan: ParkPlan,
    seller: int,
    order_no: str,
    at: datetime,
    channel: str,
    draw: random.Random,
    *,
    session_ref: str = "",
    host_ref: str = "",
) -> Iterator[PlannedFact]:
    """An order of one line, told when it is paid; perhaps refunded within days or cancelled within the hour."""
    number = draw.randrange(SKUS_PER_SELLER)
    qty = draw.choices((1, 2, 3), (8, 2, 1))[0]
    owner = ""
    goods = seller
    if plan.mixed_owners and draw.random() < 0.4:
        goods = (seller + 1 + draw.randrange(3)) % plan.sellers
        owner = tenant_code(plan, goods) if goods != seller else ""
    amount = sku_price(plan, goods, number) * qty
    common: dict[str, Any] = {
        "order_no": order_no,
        "line_no": "1",
        "sku_code": sku_code(plan, goods, number),
        "qty": qty,
        "amount": amount,
        "channel": channel,
        "session_ref": session_ref,
        "host_ref": host_ref,
        "owner": owner,
        **(abroad(number) if sells_abroad(plan, seller) else {}),
    }

    def fact(kind: Any, when: datetime, **more: Any) -> PlannedFact:
        values = {**common, **more}
        return PlannedFact(
            seller, SaleFact(kind=kind, occurred_at=when, external_id=f"{order_no}:{kind}", **values)
        )

    fate = draw.random()
    yield fact("paid", at)
    if fate < REFUNDED:
        when = at + timedelta(minutes=draw.randrange(30, REFUND_DAYS * 24 * 60))
        part = amount if qty == 1 or draw.random() < 0.7 else sku_price(plan, goods, number)
        back: dict[str, Any] = {
            "order_no": f"R-{order_no}",
            "ref_order_no": order_no,
            "ref_line": "1",
            "amount": part,
        }
        yield fact("refunded", when, **back, qty=qty if part == amount else 1)
    elif fate < REFUNDED + CANCELLED:
        yield fact("cancelled", at + draw.randrange(2, 60) * MINUTE)


def due(days: dict[date, PlannedDay], after: datetime, until: datetime) -> Iterator[PlannedFact]:
    """The facts of some days that happen in (after, until]: refunds of earlier days included."""
    for day, planned in days.items():
        if day_start(day) <= until:
            facts = planned.facts
            yield from facts[bisect_right(facts, after, key=_when) : bisect_right(facts, until, key=_when)]
