"""What the wall of a province, city or town shows: its parks, and sums over firms that show no single one.

It counts what the halls show, the tenants with open amounts, so that nobody's amount can be found by taking a hall
from it; and of these it tells no sum that would show a single firm (analytics.firmsums).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Sum

from analytics.choices import Withheld
from analytics.events import campaigns_in
from analytics.firmsums import Columns, FirmSums, shows_single_firm, total
from analytics.models import DaySales, HourSales
from analytics.wall import air, sales
from analytics.wall.memory import Memory
from analytics.wall.subjects import parks_in
from core import buckets, clock
from core.models import ScopeNode
from parks.models import Park
from tenants.choices import WallVisibility
from tenants.models import Tenancy

SALES = ("gmv_paid", "orders")
AUDIENCE = ("audience",)


@dataclass(frozen=True)
class Told:
    """Sums that may be told: by park, and over the parks that `whole` is counted from. Without a sum the reason why."""

    of_park: dict[int, Columns]
    reasons: dict[int, Withheld]
    whole: Columns | None
    reason: Withheld | None
    counted: int


def tell(sums: FirmSums, parks: Iterable[int], names: tuple[str, ...]) -> Told:
    """What of some sums may be told. Parks whose own are withheld are in the whole only if together they show no firm:
    otherwise the whole less the others would be theirs.
    """
    cells = {park: sums.over([park]) for park in parks}
    reasons = {park: reason for park, firms in cells.items() if (reason := shows_single_firm(firms, names))}
    shown = [park for park in cells if park not in reasons]
    kept = [park for park in reasons if cells[park]]
    counted = [*shown, *kept] if not shows_single_firm(sums.over(kept), names) else shown
    return Told(
        of_park={park: total(cells[park]) for park in shown},
        reasons=reasons,
        whole=total(sums.over(counted)) if counted else None,
        reason=None if counted else shows_single_firm(sums.over(kept), names),
        counted=len(counted),
    )


@dataclass(frozen=True)
class Seats:
    """The tenants with open amounts that sit in some parks on a day: the park and the firm of each."""

    park: dict[int, int]
    firm: dict[int, int]
    tenants: int

    @classmethod
    def on(cls, parks: Iterable[Park], day: date) -> Seats:
        rows = Tenancy.objects.on(day).filter(park__in=list(parks)).values_list(
            "tenant_id", "park_id", "tenant__company_id", "tenant__wall_visibility"
        )  # fmt: skip
        held = [row for row in rows if row[3] == WallVisibility.AMOUNT]
        return cls({row[0]: row[1] for row in held}, {row[0]: row[2] for row in held}, len(rows))

    @property
    def key(self) -> frozenset[tuple[int, int]]:
        return frozenset(self.park.items())


def place_snapshot(place: ScopeNode, memory: Memory) -> dict[str, Any]:
    """Everything the wall of a place draws."""
    now = clock.now()
    day = clock.business_day(now)
    parks = list(parks_in(place).select_related("town__city").order_by("code"))
    seats = Seats.on(parks, day)
    sessions = air.live_sessions(parks, memory)
    bookings = air.upcoming(parks, now)
    rooms = air.rooms_of(parks, sessions, bookings, now, memory)
    told = tell(_day_sums(seats, day), [park.pk for park in parks], SALES)
    before = memory.recall(
        ("place-day", seats.key, day - clock.DAY),
        sales.PAST_SECONDS,
        lambda: tell(_day_sums(seats, day - clock.DAY), [park.pk for park in parks], SALES),
    )
    watched = tell(_audience(sessions), [park.pk for park in parks], AUDIENCE)
    sampled = air.audience_as_of(sessions, now)
    return {
        "place": {"code": place.code, "kind": place.kind, "name_zh": place.name_zh, "name_en": place.name_en},
        "synthetic": any(park.is_synthetic for park in parks),
        "at": now.isoformat(),
        "day": day.isoformat(),
        "as_of": {
            "sales": sales.counted_until(seats.park, now).isoformat(),
            "audience": sampled.isoformat() if sampled else None,
            "rooms": now.isoformat(),
        },
        "figures": _figures(told),
        "yesterday": _figures(before),
        "summed": {
            "tenants": len(seats.park),
            "of": seats.tenants,
            "parks": told.counted,
            "of_parks": len(parks),
        },
        "audience": _audience_told(watched, sessions),
        "rooms": rooms.count(),
        "hosts": air.hosts_of(parks, sessions, bookings, now),
        "parks": _park_rows(parks, told, watched, rooms, sessions),
        "towns": _towns(parks, rooms),
        "trend": _trend(seats, day, now, memory),
        "ticker": [
            {name: value for name, value in event.items() if not name.startswith("tenant")}
            for event in air.ticker(parks, now, ())
        ],
        "campaigns": campaigns_in(parks, day),
        "dirty": buckets.pending(seats.park),
    }


def _day_sums(seats: Seats, day: date) -> FirmSums:
    rows = DaySales.objects.filter(tenant__in=seats.park, day=day, lines__gt=0)
    sums = FirmSums()
    for tenant, paid, orders in rows.values_list("tenant_id", "gmv_paid", "orders"):
        sums.add(seats.park[tenant], seats.firm[tenant], {"gmv_paid": paid, "orders": orders})
    return sums


def _audience(sessions: Iterable[air.Session]) -> FirmSums:
    sums = FirmSums()
    for each in sessions:
        if each.audience is not None:
            sums.add(each.park_id, each.tenant.company_id, {"audience": each.audience})
    return sums


def _figures(told: Told) -> dict[str, Any]:
    """The sums of a day, or why they are withheld."""
    if told.whole is None:
        return {"withheld": told.reason}
    return {"gmv_paid": sales.money(told.whole.get("gmv_paid")), "orders": int(told.whole.get("orders", 0))}


def _audience_told(watched: Told, sessions: list[air.Session]) -> dict[str, Any]:
    if not sessions:
        return {"audience": 0}
    if watched.whole is None:
        return {"withheld": watched.reason}
    return {"audience": watched.whole.get("audience", 0)}


def _park_rows(
    parks: list[Park], told: Told, watched: Told, rooms: air.Rooms, sessions: list[air.Session]
) -> list[dict[str, Any]]:
    """The parks by what may be told of their sales; those of which nothing may be told take no rank and follow."""
    rows: list[dict[str, Any]] = []
    for park in parks:
        sold = told.of_park.get(park.pk)
        rows.append(
            {
                "code": park.code,
                "name_zh": park.name_zh,
                "name_en": park.name_en,
                "town_zh": park.town.name_zh,
                "town_en": park.town.name_en,
                "rooms": rooms.count(park),
                "hosts_live": len(air.live_hosts(one for one in sessions if one.park_id == park.pk)),
                "audience": watched.of_park.get(park.pk, {}).get("audience"),
                "gmv_paid": None if sold is None else sales.money(sold["gmv_paid"]),
                "orders": None if sold is None else int(sold["orders"]),
                "withheld": told.reasons.get(park.pk),
            }
        )
    rows.sort(key=lambda row: (row["gmv_paid"] is None, -Decimal(row["gmv_paid"] or 0), row["code"]))
    rank = 0
    for row in rows:
        rank += row["gmv_paid"] is not None
        row["rank"] = rank if row["gmv_paid"] is not None else None
    return rows


def _towns(parks: list[Park], rooms: air.Rooms) -> list[dict[str, Any]]:
    """The towns with parks: where they lie, and how many of their rooms are live."""
    of_town: dict[int, list[Park]] = defaultdict(list)
    for park in parks:
        of_town[park.town_id].append(park)
    towns = []
    for held in of_town.values():
        town, counts = held[0].town, [rooms.count(park) for park in held]
        towns.append(
            {
                "code": town.code,
                "name_zh": town.name_zh,
                "name_en": town.name_en,
                "latitude": town.latitude,
                "longitude": town.longitude,
                "parks": len(held),
                "rooms": sum(count["all"] for count in counts),
                "live": sum(count["live"] for count in counts),
            }
        )
    return sorted(towns, key=lambda town: str(town["code"]))


def _trend(seats: Seats, day: date, now: datetime, memory: Memory) -> dict[str, list[str | None]]:
    """Paid GMV by hour; None for hours to come, and for those whose sum would show a single firm."""

    def hours(which: date) -> list[str | None]:
        start, end = (clock.hour_of(instant) for instant in clock.day_bounds(which))
        firms: dict[int, dict[int, Columns]] = defaultdict(lambda: defaultdict(lambda: {"gmv_paid": 0}))
        rows = HourSales.objects.filter(tenant__in=seats.park, slot__gte=start, slot__lt=end)
        for slot, tenant, paid in rows.values_list("slot", "tenant_id").annotate(paid=Sum("gmv_paid")):
            if paid:
                firms[slot][seats.firm[tenant]]["gmv_paid"] += paid
        last = clock.hour_of(now)
        return [
            None
            if slot > last or shows_single_firm(firms[slot], ("gmv_paid",))
            else sales.money(total(firms[slot]).get("gmv_paid"))
            for slot in range(start, end)
        ]

    course = {
        "today": memory.recall(("place-hours", seats.key, day), sales.TODAY_SECONDS, lambda: hours(day))
    }
    for name, which in sales.other_days(day).items():
        course[name] = memory.recall(
            ("place-hours", seats.key, which), sales.PAST_SECONDS, partial(hours, which)
        )
    return course
