"""What the wall of one park shows.

Amounts appear by each tenant's choice: amount and rank, rank only, or hidden. Nothing here names a buyer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from analytics.events import campaign_of
from analytics.wall import air, sales
from analytics.wall.memory import Memory
from core import buckets, clock
from parks.models import Park
from tenants.choices import WallVisibility
from tenants.models import Tenant
from tenants.selectors import tenancies_on


def park_snapshot(park: Park, memory: Memory) -> dict[str, Any]:
    """Everything the wall of a park draws."""
    now = clock.now()
    day = clock.business_day(now)
    tenants = Tenant.objects.in_bulk(tenancies_on(park, day).values_list("tenant_id", flat=True))
    open_books = frozenset(
        pk for pk, tenant in tenants.items() if tenant.wall_visibility == WallVisibility.AMOUNT
    )
    sessions = air.live_sessions([park], memory)
    bookings = air.upcoming([park], now)
    rooms = air.rooms_of([park], sessions, bookings, now, memory)
    figures = sales.day_figures(open_books, day)
    pace = sales.pace(open_books, day, Decimal(figures["gmv_paid"]), now, memory)
    sampled = air.audience_as_of(sessions, now)
    return {
        "park": {
            "code": park.code,
            "name_zh": park.name_zh,
            "name_en": park.name_en,
        },
        "synthetic": park.is_synthetic,
        "at": now.isoformat(),
        "day": day.isoformat(),
        "as_of": {
            "sales": sales.counted_until(tenants, now).isoformat(),
            "audience": sampled.isoformat() if sampled else None,
            "rooms": now.isoformat(),
        },
        "figures": figures,
        "yesterday": memory.recall(
            ("day", open_books, day - clock.DAY),
            sales.PAST_SECONDS,
            lambda: sales.day_figures(open_books, day - clock.DAY),
        ),
        "then": pace.then,
        "pace": pace.lines,
        "summed": {"tenants": len(open_books), "of": len(tenants)},
        "audience": air.audience_of(sessions),
        "rooms": air.room_rows(rooms, tenants),
        "hosts": air.hosts_of([park], sessions, bookings, now),
        "sessions": [session.as_dict(now, tenants) for session in air.in_order(sessions, tenants)],
        "next": air.next_on_air(bookings, rooms, tenants),
        "ranking": sales.ranking(tenants, day),
        "trend": sales.by_hour(open_books, day, now, memory),
        "ticker": air.ticker([park], now, tenants),
        "campaign": campaign_of(park, day),
        "dirty": buckets.pending(tenants),
    }
