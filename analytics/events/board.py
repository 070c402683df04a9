"""The leaderboard of an event, by tenant and by venue, and how far its joint targets are reached."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from analytics.events.takings import Takings, together
from analytics.metrics import RATE, REGISTRY, Metric
from core import buckets
from core.actors import Actor
from parks.models import Event, EventVenue, Park
from tenants.choices import WallVisibility
from tenants.models import Tenant


@dataclass(frozen=True)
class Place:
    """A tenant's rank by paid GMV; the amount is None where the reader may not know it."""

    rank: int
    tenant: Tenant
    park: Park
    amount: Decimal | None


@dataclass(frozen=True)
class VenuePlace:
    """A venue by the paid GMV of those of its tenants whose amounts the reader may know."""

    park: Park
    is_main: bool
    tenants: int
    counted: int
    amount: Decimal


@dataclass(frozen=True)
class Progress:
    """A joint target and what of it is reached by the tenants whose amounts the reader may know."""

    metric: Metric
    target: Decimal | int
    value: Decimal | int

    @property
    def share(self) -> Decimal:
        """A share of one, which may be more than one."""
        return (Decimal(self.value) / Decimal(self.target)).quantize(RATE, ROUND_HALF_UP)

    @property
    def percent(self) -> int:
        """How far a bar is filled."""
        return max(0, min(100, int(self.share * 100)))


@dataclass(frozen=True)
class Board:
    """Figures of an event from its first day until now. Sums go over `counted` of its `tenants`; `dirty` hours of
    these are still to be counted again."""

    tenants: int
    counted: int
    dirty: int
    sums: dict[str, Any]
    places: list[Place]
    venues: list[VenuePlace]
    progress: list[Progress]


def board_of(event: Event, actor: Actor | None) -> Board:
    """The leaderboard as `actor` may read it, or (None) as everybody in the hall. Who hides takes no rank."""
    takings = Takings(event, actor)
    sums = takings.sums(takings.tenants)
    known = {tenant: columns for tenant, columns in sums.items() if tenant in takings.known}
    whole = together(known.values())
    return Board(
        tenants=len(takings.tenants),
        counted=len(takings.known),
        dirty=buckets.pending(takings.tenants),
        sums=whole,
        places=_places(takings, sums),
        venues=_venues(takings, known),
        progress=[
            Progress(REGISTRY[code], target, REGISTRY[code].compute(whole) or type(target)())  # type: ignore[arg-type]
            for code, target in event.targets.items()
        ],
    )


def _places(takings: Takings, sums: dict[int, Any]) -> list[Place]:
    ranked = sorted(
        (
            (-sums[entry.tenant_id]["gmv_paid"], entry.tenant_id, entry)
            for entry in takings.entries
            if entry.tenant.wall_visibility != WallVisibility.HIDDEN
            and entry.tenant_id in sums
            and sums[entry.tenant_id]["gmv_paid"] > 0
        ),
        key=lambda each: each[:2],
    )
    return [
        Place(rank, entry.tenant, entry.park, -amount if tenant in takings.known else None)
        for rank, (amount, tenant, entry) in enumerate(ranked, 1)
    ]


def _venues(takings: Takings, known: dict[int, Any]) -> list[VenuePlace]:
    amounts: dict[int, Decimal] = defaultdict(Decimal)
    tenants: dict[int, int] = defaultdict(int)
    counted: dict[int, int] = defaultdict(int)
    for entry in takings.entries:
        tenants[entry.park_id] += 1
        counted[entry.park_id] += entry.tenant_id in takings.known
        amounts[entry.park_id] += known[entry.tenant_id]["gmv_paid"] if entry.tenant_id in known else 0
    venues = EventVenue.objects.filter(event=takings.event).select_related("park")
    places = [
        VenuePlace(
            venue.park, venue.is_main, tenants[venue.park_id], counted[venue.park_id], amounts[venue.park_id]
        )
        for venue in venues
        if not venue.is_closed or tenants[venue.park_id]
    ]
    return sorted(places, key=lambda place: (-place.amount, not place.is_main, place.park.code))
