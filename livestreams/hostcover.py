"""How far a park keeps its guarantee to a brand: an own host of the park for it on every one of 365 days.

A day is covered when an own host of the park, by an engagement that holds on it, is before the camera for the brand on
any part of it: on a shift that was worked, or in a booking that was checked in; on days to come, in a booking that is
confirmed, as its host or on its planned shifts. A booking's host counts only where nothing nearer is known: behind,
where no shift before the camera was worked in it, and ahead, where none is planned. Only days on which the brand sits
in the park count. The 365 days behind end yesterday, those ahead begin today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from core.actors import Actor
from core.clock import DAY, business_day, day_start, now, today
from core.days import in_force_on, open_on
from core.scoping import visible_to
from livestreams.choices import BookingState, EngagementKind, ShiftRole
from livestreams.models import Booking, Engagement, HostShift, PlannedShift
from parks.models import Park
from tenants.choices import TenantKind
from tenants.models import Tenancy, Tenant

GUARANTEED = 365
KEPT = (BookingState.CHECKED_IN, BookingState.COMPLETED)
CERTAIN = (BookingState.CONFIRMED, *KEPT)
INSTANT = timedelta(microseconds=1)

Stay = tuple[int, int, int, datetime, datetime]
"""Tenant, park and host, and from when to when."""


@dataclass(frozen=True)
class Days:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Cover:
    """Of the days that count, how many are covered, and which are not: in runs, the earliest first."""

    counted: int
    covered: int
    missing: tuple[Days, ...]

    @property
    def percent(self) -> Decimal | None:
        """None where no day counts."""
        return (100 * Decimal(self.covered) / self.counted).quantize(Decimal("0.1")) if self.counted else None


@dataclass(frozen=True)
class BrandCover:
    """What a park did for a brand, and what is planned."""

    tenant: Tenant
    behind: Cover
    ahead: Cover


def brand_covers(*, actor: Actor, park: Park | None = None, tenant: Tenant | None = None) -> list[BrandCover]:
    """The cover of each visible brand that sits in a park now; of one park or one tenant, if they are given.

    Whose host it is that covers a day is not said: a brand does not see the hosts of others.
    """
    tenants = visible_to(Tenant.objects.filter(open_on(today()), kind=TenantKind.BRAND), actor)
    if park is not None:
        tenants = tenants.filter(node__parent=park.pk)
    if tenant is not None:
        tenants = tenants.filter(pk=tenant.pk)
    brands = {brand.pk: brand for brand in tenants.select_related("node").order_by("code")}
    parks = {pk: int(brand.node.parent_id or 0) for pk, brand in brands.items()}
    behind = Days(today() - GUARANTEED * DAY, today() - DAY)
    ahead = Days(today(), today() + (GUARANTEED - 1) * DAY)
    whole = Days(behind.first, ahead.last)
    seats, covered = _seats(parks, whole), _covered(parks, whole)
    return [
        BrandCover(
            brand,
            _cover(_within(behind, seats[pk]), covered[pk]),
            _cover(_within(ahead, seats[pk]), covered[pk]),
        )
        for pk, brand in brands.items()
    ]


def _seats(parks: dict[int, int], whole: Days) -> dict[int, list[Days]]:
    """On which days each brand sits in the park where it is now."""
    found: dict[int, list[Days]] = defaultdict(list)
    rows = Tenancy.objects.filter(in_force_on(whole.first, whole.last), tenant__in=parks)
    for tenant_id, park_id, first, end in rows.values_list("tenant", "park", "from_day", "to_day"):
        if park_id == parks[tenant_id]:
            found[tenant_id].append(Days(first, whole.last if end is None else end - DAY))
    return found


def _covered(parks: dict[int, int], whole: Days) -> dict[int, set[date]]:
    """The days on which an own host of its park stood before the camera for a brand, or is to."""
    own: dict[tuple[int, int], list[Days]] = defaultdict(list)
    engaged = Engagement.objects.filter(
        in_force_on(whole.first, whole.last), kind=EngagementKind.PARK, park__in=set(parks.values())
    )
    for park_id, host_id, first, end in engaged.values_list("park", "host", "from_day", "to_day"):
        own[park_id, host_id].append(Days(first, whole.last if end is None else end - DAY))
    found: dict[int, set[date]] = defaultdict(set)
    for tenant_id, park_id, host_id, starts_at, ends_at in _stays(
        parks, {host for _park, host in own}, whole
    ):
        if parks[tenant_id] != park_id or ends_at <= starts_at:
            continue
        stay = Days(business_day(starts_at), business_day(ends_at - INSTANT))
        found[tenant_id].update(_within(stay, own[park_id, host_id]))
    return found


def _stays(parks: dict[int, int], hosts: set[int], whole: Days) -> Iterator[Stay]:
    start, end, at = day_start(whole.first), day_start(whole.last + DAY), now()
    within = {"starts_at__lt": end, "ends_at__gt": start, "host__in": hosts}
    worked = HostShift.objects.annotate(until=Coalesce("ends_at", at)).filter(
        session__tenant__in=parks,
        role=ShiftRole.HOST,
        host__in=hosts,
        starts_at__lt=end,
        until__gt=start,
    )
    yield from worked.values_list("session__tenant", "session__park", "host", "starts_at", "until")
    shown = HostShift.objects.filter(session__booking=OuterRef("pk"), role=ShiftRole.HOST)
    named = PlannedShift.objects.filter(booking=OuterRef("pk"), role=ShiftRole.HOST, released=False)
    over = Q(~Exists(shown), state__in=KEPT, ends_at__lte=at)
    ahead = Q(~Exists(named), state__in=CERTAIN, ends_at__gt=at)
    booked = Booking.objects.filter(over | ahead, tenant__in=parks, **within)
    yield from booked.values_list("tenant", "room__park", "host", "starts_at", "ends_at")
    planned = PlannedShift.objects.filter(
        role=ShiftRole.HOST, released=False, booking__tenant__in=parks, booking__state__in=CERTAIN, **within
    ).filter(booking__ends_at__gt=at)
    yield from planned.annotate(park=F("booking__room__park")).values_list(
        "booking__tenant", "park", "host", "starts_at", "ends_at"
    )


def _within(days: Days, held: Iterable[Days]) -> list[date]:
    """The days that lie in any of the others, in order."""
    found: set[date] = set()
    for each in held:
        first, last = max(days.first, each.first), min(days.last, each.last)
        found.update(first + number * DAY for number in range(max((last - first).days + 1, 0)))
    return sorted(found)


def _cover(counted: list[date], covered: set[date]) -> Cover:
    missing: list[Days] = []
    for day in counted:
        if day in covered:
            continue
        if missing and missing[-1].last == day - DAY:
            missing[-1] = Days(missing[-1].first, day)
        else:
            missing.append(Days(day, day))
    return Cover(len(counted), sum(day in covered for day in counted), tuple(missing))
