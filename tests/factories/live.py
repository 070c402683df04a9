"""Rooms, hosts, equipment and sessions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from core.actors import Actor
from core.clock import DAY, HOUR, day_start, today
from core.models import User
from livestreams.choices import (
    AbsenceKind,
    Delivery,
    EngagementKind,
    EquipmentKind,
    FaultKind,
    RoomCheckItem,
    SessionState,
    ShiftRole,
)
from livestreams.models import (
    Booking,
    Cleaning,
    CleaningDuty,
    Engagement,
    Equipment,
    EquipmentLoan,
    FollowerReading,
    Host,
    HostAbsence,
    HostAccount,
    HostShift,
    LiveRoom,
    LiveSession,
    MediaNode,
    RoomCheck,
    SessionTenant,
    Visit,
)
from livestreams.services import (
    fault_report,
    node_create,
)
from parks.models import Park, Unit
from tenants.choices import Platform
from tenants.models import Tenant
from tests.factories.places import OPENED, SYSTEM


def make_room(park: Park, code: str, canary: str = "", unit: Unit | None = None) -> LiveRoom:
    """A shared live room at 100 CNY an hour with 15 minutes of set-up, open around the clock."""
    return LiveRoom.objects.create(
        park=park,
        unit=unit,
        code=code,
        name_zh=f"{canary or code}直播间",
        name_en=f"{canary or code} Room",
        hourly_rate=Decimal(100),
        opened_on=OPENED,
    )


def make_media_node(park: Park, code: str, canary: str = "", **values: str) -> tuple[MediaNode, str]:
    """A media node of a park, nginx-rtmp unless another is given, with its secret."""
    return node_create(
        actor=SYSTEM,
        park=park,
        code=code,
        name_zh=f"{canary or code}推流节点",
        name_en=f"{canary or code} Node",
        **{"address": f"rtmp://{code}.example/live", **values},
    )


def make_host(tenant: Tenant, code: str, canary: str = "", user: User | None = None) -> Host:
    return Host.objects.create(
        tenant=tenant,
        user=user,
        code=code,
        name_zh=f"{canary or code}主播",
        name_en=f"{canary or code} Host",
        day_rate=Decimal(500),
    )


def make_record_of(host: Host, canary: str = "") -> None:
    """What is known of a host besides its name: its contract, an account with followers, an absence long ago."""
    Engagement.objects.create(host=host, kind=EngagementKind.EMPLOYEE, from_day=OPENED, monthly_sessions=20)
    account = HostAccount.objects.create(host=host, platform=Platform.DOUYIN, account=f"{canary}-{host.code}")
    FollowerReading.objects.create(account=account, day=OPENED, followers=1000, source=canary)
    HostAbsence.objects.create(
        host=host, kind=AbsenceKind.LEAVE, starts_at=day_start(OPENED), ends_at=day_start(OPENED + DAY)
    )


def make_item(
    park: Park, code: str, canary: str = "", *, kind: str = EquipmentKind.CAMERA, room: LiveRoom | None = None
) -> Equipment:
    """An item of equipment, in the store unless a room is given."""
    return Equipment.objects.create(
        park=park,
        code=code,
        kind=kind,
        room=room,
        name_zh=f"{canary or code}设备",
        name_en=f"{canary or code} Item",
    )


def make_studio_day_of(booking: Booking, owner: Actor, canary: str = "") -> None:
    """What a studio has to do with a booking: an item lent, a fault reported, a tick, a cleaning, visitors."""
    tenant, park = booking.tenant, booking.room.park
    # Items are the park's, and shown to all its firms.
    lent, broken = (
        make_item(park, f"{park.code}-{word}-{booking.pk}", park.name_zh) for word in ("lent", "broken")
    )
    EquipmentLoan.objects.create(
        item=lent,
        tenant=tenant,
        booking=booking,
        out_at=booking.starts_at,
        due_at=booking.ends_at,
        note=canary,
    )
    fault_report(
        actor=owner,
        kind=FaultKind.LIGHT,
        room=booking.room,
        item=broken,
        tenant=tenant,
        text=canary,
    )
    CleaningDuty.objects.create(booking=booking, at=booking.ends_at)
    Cleaning.objects.create(booking=booking, at=booking.ends_at)
    RoomCheck.objects.create(
        booking=booking, room=booking.room, point=RoomCheckItem.SCENE, at=booking.starts_at
    )
    Visit.objects.create(
        park=park, tenant=tenant, booking=booking, day=today(), name=canary or "Visitor", company=canary
    )


def make_session(
    tenant: Tenant,
    *,
    host: Host | None = None,
    room: LiveRoom | None = None,
    booking: Booking | None = None,
    starts_at: dt.datetime | None = None,
    hours: int = 2,
    canary: str = "",
    live_id: str = "",
    state: str = SessionState.ENDED,
) -> LiveSession:
    """A session of a tenant, ended unless another state is given, with its seller shown and its host on shift."""
    starts_at = starts_at or day_start(today() - DAY) + 12 * HOUR
    park_id = tenant.node.parent_id
    session = LiveSession.objects.create(
        tenant=tenant,
        park_id=park_id,
        room=room,
        booking=booking,
        host=host,
        title=f"{canary or tenant.code} session",
        platform=Platform.DOUYIN,
        platform_live_id=live_id,
        delivery=Delivery.DIRECT,
        state=state,
        started_at=starts_at,
        ended_at=starts_at + hours * HOUR if state == SessionState.ENDED else None,
    )
    SessionTenant.objects.create(session=session, tenant=tenant)
    if host is not None:
        HostShift.objects.create(
            session=session, host=host, role=ShiftRole.HOST, starts_at=starts_at, ends_at=session.ended_at
        )
    return session
