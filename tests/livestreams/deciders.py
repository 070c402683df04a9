"""What is decided about a room's bookings elsewhere, by its services, and what a firm that books it is told then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from core.clock import DAY, HOUR, now, today
from core.errors import DomainError
from livestreams import services
from livestreams.models import LiveRoom, Maintenance
from tenants.models import Tenant
from tenants.services import tenancy_move, tenant_leave
from tests.factories import SYSTEM, make_park, make_room, make_tenant

BOOKED = "booked"
Decide = Callable[[LiveRoom, Tenant, datetime], object]


def change(**values: Any) -> Decide:
    return lambda room, _firm, _at: services.room_update(actor=SYSTEM, room=room, **values)


def another_firms_own(room: LiveRoom, _firm: Tenant, _at: datetime) -> None:
    services.room_update(actor=SYSTEM, room=room, dedicated_to=make_tenant(room.park, "decided-b"))


def a_repair(room: LiveRoom, _firm: Tenant, at: datetime) -> None:
    services.maintenance_create(actor=SYSTEM, room=room, starts_at=at, ends_at=at + HOUR)


def a_repair_that_takes_longer(room: LiveRoom, _firm: Tenant, at: datetime) -> None:
    window = Maintenance.objects.get(room=room)
    services.maintenance_end(actor=SYSTEM, window=window, ends_at=at + HOUR)


def a_fault(room: LiveRoom, _firm: Tenant, at: datetime) -> None:
    fault = services.fault_report(actor=SYSTEM, room=room, kind="equipment", text="no light", blocks=True)
    services.fault_take_up(actor=SYSTEM, fault=fault, blocks=True, until=at + HOUR)


def an_exit(_room: LiveRoom, firm: Tenant, _at: datetime) -> None:
    tenant_leave(actor=SYSTEM, tenant=firm, day=today())


def a_move(_room: LiveRoom, firm: Tenant, _at: datetime) -> None:
    tenancy_move(actor=SYSTEM, tenant=firm, park=make_park("decided-park"), from_day=today())


# With each the code of the refusal that follows. What is only dearer, or needs more set-up, is booked as it is then.
DECIDERS: dict[str, tuple[Decide, str]] = {
    "a longer set-up": (change(setup_minutes=45), BOOKED),
    "another rate": (change(hourly_rate=Decimal("77.5")), BOOKED),
    "a later opening": (change(opens_at=time(13)), "closed"),
    "an earlier closing": (change(closes_at=time(6)), "closed"),
    "a later first day": (change(opened_on=today() + 30 * DAY), "closed"),
    "a last day": (change(closed_on=today() + DAY), "closed"),
    "a firm that has it for itself": (another_firms_own, "dedicated"),
    "a repair": (a_repair, "maintenance"),
    "a repair that takes longer": (a_repair_that_takes_longer, "maintenance"),
    "a fault": (a_fault, "maintenance"),
    "an exit": (an_exit, "tenant"),
    "a move": (a_move, "other_park"),
}


def place() -> tuple[LiveRoom, Tenant]:
    """A room under repair for this hour, and a firm that nothing keeps in its park."""
    park = make_park("decided")
    room = make_room(park, "decided-room")
    services.maintenance_create(
        actor=SYSTEM, room=room, starts_at=now(), ends_at=now() + timedelta(hours=1), reason="leak"
    )
    return LiveRoom.objects.get(pk=room.pk), make_tenant(park, "decided-a")


def outcome(room: LiveRoom, firm: Tenant, starts_at: datetime) -> str:
    """What comes of a booking for an hour: by the room as it is then, whatever the caller has seen of it."""
    try:
        booking = services.booking_create(
            actor=SYSTEM, room=room, tenant=firm, starts_at=starts_at, ends_at=starts_at + HOUR
        )
    except DomainError as refusal:
        return refusal.code
    room.refresh_from_db()
    assert booking.price == room.hourly_rate
    assert booking.blocked_from == starts_at - timedelta(minutes=room.setup_minutes)
    return BOOKED
