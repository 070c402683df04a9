"""What stands against a booking of a room for a span, in one query: asked under the lock of the room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

from django.db.models import (
    BigIntegerField,
    Exists,
    ExpressionWrapper,
    F,
    Field,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from core.clock import now
from core.models import ScopeNode
from core.prepared import Prepared
from livestreams.conflicts import Span
from livestreams.models import Booking, ExchangeRequest, Host, LiveRoom, Maintenance, SlotQuota
from livestreams.querysets import LiveRoomQuerySet
from parks.models import ParkSettings
from tenants.models import Tenant

SAMPLES: dict[str, Any] = {
    "room": -1,
    "tenant": -2,
    "booking": -3,
    "since": datetime(1, 1, 2, tzinfo=UTC),
    "until": datetime(1, 1, 3, tzinfo=UTC),
    "at": datetime(1, 1, 4, tzinfo=UTC),
}


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


def still(booking: Booking, blocked: Span, free_hours: int) -> dict[str, Any]:
    """What `unchanged` is asked with: that nothing stands against a booking, whose room is as the booking knows it."""
    room = booking.room
    return {
        "room": room.pk,
        "tenant": booking.tenant_id,
        "booking": 0,
        "since": blocked.start,
        "until": blocked.end,
        "at": now(),
        "free_hours": free_hours,
        "rate": LiveRoom._meta.get_field("hourly_rate").get_prep_value(room.hourly_rate),
        **{field.attname: field.get_prep_value(getattr(room, field.attname)) for field in _room_fields()},
    }


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


# What of a room decides about its bookings, besides its price and whose it is.
ROOM = ("park_id", "setup_minutes", "opens_at", "closes_at", "opened_on")


@cache
def _room_fields() -> list[Field[Any, Any]]:
    return [field for field in LiveRoom._meta.concrete_fields if field.attname in ROOM]


@cache
def unchanged() -> Prepared:
    """Finds a room that is as somebody saw it and free for a tenant without a day of leaving or a quota."""
    samples = {
        **SAMPLES,
        "free_hours": 31_001,
        "rate": -4,
        "park_id": -5,
        "setup_minutes": 31_002,
        "opens_at": time(1, 2, 3),
        "closes_at": time(3, 2, 1),
        "opened_on": date(1, 1, 9),
    }
    return Prepared(_unchanged, samples)


def _unchanged(*, free_hours: int, rate: int, tenant: int, **values: Any) -> QuerySet[Any, dict[str, Any]]:
    facts = {name: values.pop(name) for name in SAMPLES if name != "tenant"}
    free = {"taken": False, "lapsed": False, "under_repair": False, "limited": False}
    rooms = _rooms(tenant=tenant, **facts).annotate(
        units=ExpressionWrapper(F("hourly_rate"), output_field=BigIntegerField()), last_day=F("closed_on")
    )
    same = rooms.for_tenant(tenant).filter(last_day=None, units=rate, **values)
    here = same.filter(tenant_park=F("park"), tenant_closed_on=None, free_hours=free_hours, **free)
    return here.values("pk").order_by("pk")


def _room(**asked: Any) -> QuerySet[Any, dict[str, Any]]:
    rooms = _rooms(**asked)
    return rooms.values(*rooms.query.annotations).order_by("pk")


def _rooms(
    *, room: int, tenant: int, booking: int, since: datetime, until: datetime, at: datetime
) -> LiveRoomQuerySet:
    # By its number, not as the outer row's: PostgreSQL would plan to read what takes every room, and keep the plan.
    others = Booking.objects.taking_room(since, until).filter(room=room).exclude(pk=booking)
    quotas = SlotQuota.objects.filter(Q(tenant__isnull=True) | Q(tenant=tenant), park=OuterRef("park"))
    repairs = Maintenance.objects.filter(room=room, starts_at__lt=until, ends_at__gt=since)
    facts = {
        "tenant_park": Subquery(ScopeNode.objects.filter(pk=tenant).values("parent")[:1]),
        "tenant_closed_on": Subquery(Tenant.objects.filter(pk=tenant).values("closed_on")[:1]),
        "under_repair": Exists(repairs),
        "limited": Exists(quotas),
        "taken": Exists(others.without_expired_holds(at)),
        "lapsed": Exists(others.expired_holds(at)),
        "free_hours": Coalesce(
            F("park__settings__cancel_free_hours"), Value(ParkSettings().cancel_free_hours)
        ),
    }
    return LiveRoom.objects.filter(pk=room).annotate(**facts)
