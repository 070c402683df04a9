"""What the wall of one park shows, in a handful of queries whatever the number of screens.

Amounts appear by each tenant's choice: amount and rank, rank only, or hidden. Sums are of those who show their
amounts, so that nobody's can be found by subtracting; who hides takes no rank. Nothing here names a buyer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum

from analytics.events import campaign_of
from analytics.models import DaySales, HourSales, SessionFigures
from core import buckets, clock
from core.money import to_cents
from livestreams.choices import BOOKING_BLOCKING, SessionState
from livestreams.models import AudienceSample, Booking, LiveRoom, LiveSession
from parks.models import Park
from tenants.choices import WallVisibility
from tenants.models import Tenant
from tenants.selectors import tenancies_on

RANKED = 10
TICKER = 12


def wall_snapshot(park: Park) -> dict[str, Any]:
    """Everything a wall draws, as plain JSON values; money as text with two places."""
    now = clock.now()
    day = clock.business_day(now)
    tenants = {
        tenant.pk: tenant
        for tenant in Tenant.objects.filter(pk__in=tenancies_on(park, day).values("tenant_id"))
    }
    open_books = {pk for pk, tenant in tenants.items() if tenant.wall_visibility == WallVisibility.AMOUNT}
    sessions = _live_sessions(park)
    dirty = buckets.pending(tenants)
    return {
        "park": {
            "code": park.code,
            "name_zh": park.name_zh,
            "name_en": park.name_en,
            "synthetic": park.is_synthetic,
        },
        "at": now.isoformat(),
        "day": day.isoformat(),
        "figures": _figures(open_books, day),
        "yesterday": _figures(open_books, day - clock.DAY),
        "summed": {"tenants": len(open_books), "of": len(tenants)},
        "audience": sum(session.audience or 0 for session in sessions.values()),
        "rooms": _rooms(park, sessions, tenants, now),
        "hosts_live": len({session.host for session in sessions.values() if session.host}),
        "sessions": [session.as_dict(tenants, now) for session in _in_order(sessions.values(), tenants)],
        "ranking": _ranking(tenants, day),
        "trend": _trend(open_books, day),
        "ticker": _ticker(park, day),
        "campaign": campaign_of(park, day),
        "dirty": dirty,
    }


def _money(amount: Decimal | None) -> str:
    return str(to_cents(amount or Decimal(0)))


def _figures(tenants: set[int], day: date) -> dict[str, Any]:
    sums = DaySales.objects.filter(tenant__in=tenants, day=day).aggregate(
        paid=Sum("gmv_paid"), refunds=Sum("refunds"), orders=Sum("orders"), units=Sum("units_paid")
    )
    paid, refunds = sums["paid"] or Decimal(0), sums["refunds"] or Decimal(0)
    return {
        "gmv_paid": _money(paid),
        "net_sales": _money(paid - refunds),
        "orders": int(sums["orders"] or 0),
        "units_paid": int(sums["units"] or 0),
    }


@dataclass(frozen=True)
class _Session:
    """A session that is live now, with what is known of its audience and sales."""

    uid: str
    tenant_id: int
    title: str
    host: str
    host_en: str
    platform: str
    started_at: datetime
    audience: int | None
    audience_at: datetime | None
    paid: Decimal

    def as_dict(self, tenants: dict[int, Tenant], now: datetime) -> dict[str, Any]:
        tenant = tenants.get(self.tenant_id)
        return {
            "uid": self.uid,
            "title": self.title,
            "host": self.host,
            "host_en": self.host_en,
            "platform": self.platform,
            "minutes": int((now - self.started_at).total_seconds() // 60),
            "audience": self.audience,
            "audience_age": int((now - self.audience_at).total_seconds()) if self.audience_at else None,
            "gmv_paid": _money(self.paid)
            if tenant and tenant.wall_visibility == WallVisibility.AMOUNT
            else None,
        }


def _live_sessions(park: Park) -> dict[int | None, _Session]:
    """Live sessions by room id; those without a room by their negative id."""
    latest = AudienceSample.objects.filter(session=OuterRef("pk")).order_by("-at", "-version")
    rows = (
        LiveSession.objects.filter(park=park, state=SessionState.LIVE)
        .select_related("host")
        .annotate(
            audience=Subquery(latest.values("concurrent")[:1]),
            audience_at=Subquery(latest.values("at")[:1]),
            paid=Subquery(SessionFigures.objects.filter(session=OuterRef("pk")).values("gmv_paid")[:1]),
        )
    )
    return {
        row.room_id or -row.pk: _Session(
            uid=str(row.uid),
            tenant_id=row.tenant_id,
            title=row.title,
            host=row.host.name_zh if row.host else "",
            host_en=row.host.name_en if row.host else "",
            platform=row.get_platform_display(),
            started_at=row.started_at or row.created_at,
            audience=row.audience,
            audience_at=row.audience_at,
            paid=row.paid or Decimal(0),
        )
        for row in rows
    }


def _in_order(sessions: Iterable[_Session], tenants: dict[int, Tenant]) -> list[_Session]:
    """The best first; those of tenants that take no rank follow, in an order that says nothing of their sales."""

    def place(session: _Session) -> tuple[bool, Decimal, str]:
        tenant = tenants.get(session.tenant_id)
        if tenant is None or tenant.wall_visibility == WallVisibility.HIDDEN:
            return (True, Decimal(0), session.uid)
        return (False, -session.paid, session.uid)

    return sorted(sessions, key=place)


def _rooms(
    park: Park, sessions: dict[int | None, _Session], tenants: dict[int, Tenant], now: datetime
) -> list[dict[str, Any]]:
    """Each open room: live, next (with the time), or off."""
    upcoming: dict[int, Booking] = {}
    bookings = Booking.objects.filter(
        room__park=park, state__in=BOOKING_BLOCKING, ends_at__gt=now, starts_at__lt=now + clock.DAY
    ).order_by("-starts_at")
    for each in bookings.select_related("tenant"):
        upcoming[each.room_id] = each
    rooms = []
    for room in LiveRoom.objects.filter(park=park, closed_on__isnull=True).order_by("code"):
        session, booking = sessions.get(room.pk), upcoming.get(room.pk)
        row: dict[str, Any] = {
            "code": room.code,
            "name_zh": room.name_zh,
            "name_en": room.name_en,
            "state": "off",
        }
        if session is not None:
            tenant = tenants.get(session.tenant_id)
            row |= {
                "state": "live",
                "tenant": tenant.name_zh if tenant else "",
                "tenant_en": tenant.name_en if tenant else "",
                "host": session.host,
                "host_en": session.host_en,
                "audience": session.audience,
            }
        elif booking is not None:
            # A guest of another park chose what its own hall shows of it, and not what this one does.
            is_guest = booking.tenant_id not in tenants
            row |= {
                "state": "next",
                "tenant": "" if is_guest else booking.tenant.name_zh,
                "tenant_en": "" if is_guest else booking.tenant.name_en,
                "starts_at": booking.starts_at.isoformat(),
            }
        rooms.append(row)
    return rooms


def _ranking(tenants: dict[int, Tenant], day: date) -> list[dict[str, Any]]:
    return [
        {
            "rank": rank,
            "name_zh": tenant.name_zh,
            "name_en": tenant.name_en,
            "gmv_paid": None if amount is None else _money(amount),
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


def _trend(tenants: set[int], day: date) -> dict[str, list[str | None]]:
    """Paid GMV by hour of the business day, today (None for hours to come) and yesterday."""
    now_slot = clock.hour_of(clock.now())
    result: dict[str, list[str | None]] = {}
    for name, which in (("today", day), ("yesterday", day - clock.DAY)):
        start, end = clock.day_bounds(which)
        slots = range(clock.hour_of(start), clock.hour_of(end))
        sums = dict(
            HourSales.objects.filter(tenant__in=tenants, slot__gte=slots.start, slot__lt=slots.stop)
            .values_list("slot")
            .annotate(paid=Sum("gmv_paid"))
        )
        result[name] = [_money(sums.get(slot, Decimal(0))) if slot <= now_slot else None for slot in slots]
    return result


def _ticker(park: Park, day: date) -> list[dict[str, Any]]:
    """The day's last beginnings and ends of sessions, newest first."""
    start, end = clock.day_bounds(day)
    rows = LiveSession.objects.filter(
        Q(started_at__gte=start, started_at__lt=end) | Q(ended_at__gte=start, ended_at__lt=end), park=park
    ).select_related("room", "host")
    events = []
    for row in rows.order_by("-updated_at")[:TICKER]:
        at = row.ended_at if row.state == SessionState.ENDED else row.started_at
        if at is not None:
            events.append(
                {
                    "at": at.isoformat(),
                    "what": "ended" if row.state == SessionState.ENDED else "started",
                    "room_zh": row.room.name_zh if row.room else "",
                    "room_en": row.room.name_en if row.room else "",
                    "host_zh": row.host.name_zh if row.host else "",
                    "host_en": row.host.name_en if row.host else "",
                    "title": row.title,
                }
            )
    return sorted(events, key=lambda event: str(event["at"]), reverse=True)
