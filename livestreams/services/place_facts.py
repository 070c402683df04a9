"""What stands against a booking of a room for a span, in one query: asked under the lock of the room or before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.models import (
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from core.clock import now
from core.locking import prepared_lock
from core.models import ScopeNode
from core.prepared import Prepared
from livestreams.conflicts import Span
from livestreams.models import Booking, ExchangeRequest, Host, LiveRoom, Maintenance, SlotQuota
from parks.models import ParkSettings
from tenants.models import Tenant

SAMPLES_OF_DECIDED: dict[str, Any] = {
    "room": -1,
    "tenant": -2,
    "since": datetime(1, 1, 2, tzinfo=UTC),
    "until": datetime(1, 1, 3, tzinfo=UTC),
}
SAMPLES = SAMPLES_OF_DECIDED | {"booking": -3, "at": datetime(1, 1, 4, tzinfo=UTC)}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a booking would be of, read like one. Who comes too late needs no more, and a row is slow to build."""

    room: LiveRoom
    tenant: Tenant
    host: Host | None
    starts_at: datetime
    ends_at: datetime
    loan: ExchangeRequest | None = None
    pk: int | None = None

    @property
    def room_id(self) -> int:
        return self.room.pk

    @property
    def tenant_id(self) -> int:
        return self.tenant.pk


def facts_of(booking: Booking | Wish, blocked: Span) -> dict[str, Any]:
    """The park of the tenant and the day on which it left, the free hours of the room's park, and whether the span is
    `under_repair` or `taken`.

    `limited` says that the park has a quota for the firm.
    Holds in the way that ran out do not take the room; `lapsed` says that there are some.
    """
    found = _query().first(
        room=booking.room_id,
        tenant=booking.tenant_id,
        booking=booking.pk or 0,
        since=blocked.start,
        until=blocked.end,
        at=now(),
    )
    if found is None:
        raise LiveRoom.DoesNotExist
    return found


@cache
def _query() -> Prepared:
    """The query: whoever books waits for it, and others for the lock that they hold."""
    return Prepared(_room, SAMPLES)


@cache
def as_seen() -> Prepared:
    """Locks a room if nothing was decided about its bookings since somebody saw it, and nothing stands against one.

    After a wait for the room PostgreSQL would answer from before it, but for the room's own row: by its revision.
    """
    return prepared_lock(_as_seen, {**SAMPLES_OF_DECIDED, "revision": 31_001, "free_hours": 31_002})


def _as_seen(*, revision: int, free_hours: int, room: int, **asked: Any) -> QuerySet[Any, Any]:
    seen = LiveRoom.objects.filter(pk=room, revision=revision).alias(**_decided(room=room, **asked))
    wanted: dict[str, Any] = {
        "tenant_park": F("park"),
        "tenant_closed_on": None,
        "under_repair": False,
        "limited": False,
        "free_hours": free_hours,
    }
    return seen.filter(**wanted).values("pk")


def _room(
    *, room: int, tenant: int, booking: int, since: datetime, until: datetime, at: datetime
) -> QuerySet[Any, dict[str, Any]]:
    # By its number, not as the outer row's: PostgreSQL would plan to read what takes every room, and keep the plan.
    others = Booking.objects.taking_room(since, until).filter(room=room).exclude(pk=booking)
    facts = _decided(room=room, tenant=tenant, since=since, until=until) | {
        "taken": Exists(others.without_expired_holds(at)),
        "lapsed": Exists(others.expired_holds(at)),
    }
    return LiveRoom.objects.filter(pk=room).annotate(**facts).values(*facts).order_by("pk")


def _decided(*, room: int, tenant: int, since: datetime, until: datetime) -> dict[str, Any]:
    """What is decided about bookings of a room, other than by them."""
    quotas = SlotQuota.objects.filter(Q(tenant__isnull=True) | Q(tenant=tenant), park=OuterRef("park"))
    settings = ParkSettings.objects.filter(park=OuterRef("park"))
    repairs = Maintenance.objects.filter(room=room, starts_at__lt=until, ends_at__gt=since)
    return {
        "tenant_park": Subquery(ScopeNode.objects.filter(pk=tenant).values("parent")[:1]),
        "tenant_closed_on": Subquery(Tenant.objects.filter(pk=tenant).order_by().values("closed_on")[:1]),
        "under_repair": Exists(repairs),
        "limited": Exists(quotas),
        "free_hours": Coalesce(
            Subquery(settings.values("cancel_free_hours")), Value(ParkSettings().cancel_free_hours)
        ),
    }
