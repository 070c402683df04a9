"""What is on the air and what comes next: sessions, rooms, hosts, and the ticker, which names no person.

A guest of another park chose what its own hall shows of it, and not what this one does: it is not named here. `own` are
the tenants of the hall.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery

from analytics.models import SessionFigures
from analytics.silence import silent_ids
from analytics.wall.memory import Memory
from analytics.wall.sales import money
from core import clock
from livestreams.choices import SessionState, ShiftRole
from livestreams.models import (
    AudienceSample,
    Booking,
    Host,
    HostShift,
    LiveRoom,
    LiveSession,
    Maintenance,
    PlannedShift,
)
from parks.models import Park
from tenants.choices import WallVisibility
from tenants.models import Tenant

TICKER = 12
NEXT = 12
SILENT_SECONDS = 30
# What a wall says of a guest of another park, who was not asked.
NOBODY = {"title": "", "host": "", "host_en": ""}


@dataclass(frozen=True)
class Session:
    """A session that is live now, with what is known of its audience and sales."""

    uid: str
    park_id: int
    room_id: int | None
    tenant: Tenant
    title: str
    hosts: frozenset[int]
    host: str
    host_en: str
    platform: str
    started_at: datetime
    audience: int | None
    audience_at: datetime | None
    paid: Decimal

    @property
    def by(self) -> dict[str, str]:
        return {"host": self.host, "host_en": self.host_en}

    def as_dict(self, now: datetime, own: Container[int]) -> dict[str, Any]:
        shows = self.tenant.pk in own and self.tenant.wall_visibility == WallVisibility.AMOUNT
        return {
            "uid": self.uid,
            **({"title": self.title, **self.by} if self.tenant.pk in own else NOBODY),
            "platform": self.platform,
            "minutes": int((now - self.started_at).total_seconds() // 60),
            "audience": self.audience,
            "gmv_paid": money(self.paid) if shows else None,
        }


def live_sessions(parks: Collection[Park], memory: Memory) -> list[Session]:
    """The live sessions of some parks, but for those of which nothing was heard for too long."""
    return _live(Q(park__in=parks), memory)


def _guests(parks: Collection[Park], memory: Memory) -> list[Session]:
    """The live sessions of other parks in rooms that these ones lent."""
    return _live(Q(room__park__in=parks) & ~Q(park__in=parks), memory)


def _silent() -> set[int]:
    """Of which live sessions, wherever they are, nothing was heard for too long: one answer for all walls."""
    return set(silent_ids(LiveSession.objects.all(), clock.now()))


def _live(which: Q, memory: Memory) -> list[Session]:
    # A reading may count something else alone, such as likes.
    latest = AudienceSample.objects.filter(session=OuterRef("pk"), concurrent__isnull=False)
    latest = latest.order_by("-at", "-version")
    rows = (
        LiveSession.objects.filter(which, state=SessionState.LIVE)
        .select_related("tenant", "host")
        .annotate(
            audience=Subquery(latest.values("concurrent")[:1]),
            audience_at=Subquery(latest.values("at")[:1]),
            paid=Subquery(SessionFigures.objects.filter(session=OuterRef("pk")).values("gmv_paid")[:1]),
        )
    )
    # Hours make a session silent: it need not be asked each second.
    quiet = memory.recall("silent", SILENT_SECONDS, _silent)
    # Whoever was relieved has gone home; the session keeps the host that it was opened with.
    at_work: defaultdict[int, list[Host]] = defaultdict(list)
    shifts = HostShift.objects.filter(session__in=rows, role=ShiftRole.HOST, ends_at=None)
    for shift in shifts.select_related("host").order_by("-starts_at", "-pk"):
        at_work[shift.session_id].append(shift.host)
    for row in rows:
        if row.host is not None:
            at_work[row.pk] = at_work[row.pk] or [row.host]
    return [
        Session(
            uid=str(row.uid),
            park_id=row.park_id,
            room_id=row.room_id,
            tenant=row.tenant,
            title=row.title,
            hosts=frozenset(host.pk for host in at_work[row.pk]),
            host=at_work[row.pk][0].name_zh if at_work[row.pk] else "",
            host_en=at_work[row.pk][0].name_en if at_work[row.pk] else "",
            platform=row.get_platform_display(),
            started_at=row.started_at or row.created_at,
            audience=row.audience,
            audience_at=row.audience_at,
            paid=row.paid or Decimal(0),
        )
        for row in rows
        if row.pk not in quiet
    ]


def _name(tenant: Tenant, own: Container[int]) -> tuple[str, str]:
    """What a tenant is called here, in Chinese and English."""
    return (tenant.name_zh, tenant.name_en) if tenant.pk in own else ("", "")


def in_order(sessions: Iterable[Session], own: Container[int]) -> list[Session]:
    """The best first; those of tenants that take no rank follow, in an order that says nothing of their sales."""

    def place(session: Session) -> tuple[bool, Decimal, str]:
        if session.tenant.pk not in own or session.tenant.wall_visibility == WallVisibility.HIDDEN:
            return (True, Decimal(0), session.uid)
        return (False, -session.paid, session.uid)

    return sorted(sessions, key=place)


def audience_as_of(sessions: Collection[Session], now: datetime) -> datetime | None:
    """How old the audience is: the oldest of the latest samples; now where nobody is on air, None before any sample."""
    if not sessions:
        return now
    return min((session.audience_at for session in sessions if session.audience_at), default=None)


def audience_of(sessions: Collection[Session]) -> int | None:
    """How many watch: nobody without a session on air, None while no sample of any session has come."""
    read = [session.audience for session in sessions if session.audience is not None]
    return sum(read) if read or not sessions else None


def upcoming(parks: Collection[Park], now: datetime) -> list[Booking]:
    """The bookings of a day from now, those that run now as well, the next first; `coming` are those who will host."""
    on_air = LiveSession.objects.filter(booking=OuterRef("pk"), state=SessionState.LIVE)
    held = Booking.objects.ahead(now).filter(room__park__in=parks, starts_at__lt=now + clock.DAY)
    planned = PlannedShift.objects.filter(role=ShiftRole.HOST, released=False).select_related("host")
    found = list(
        held.annotate(is_live=Exists(on_air))
        .select_related("tenant", "host", "room")
        .prefetch_related(Prefetch("shifts", planned.order_by("starts_at", "pk"), to_attr="hosting"))
        .order_by("starts_at", "room__code")
    )
    for booking in found:
        # Its own host stays away where others are planned, and whose shift is over has gone home. While it is live,
        # whoever has begun is at work or was relieved.
        own = [] if booking.host is None or booking.hosting or booking.is_live else [booking.host]
        ahead = (shift for shift in booking.hosting if shift.ends_at > now)
        booking.coming = own + [shift.host for shift in ahead if shift.starts_at > now or not booking.is_live]
    return found


@dataclass(frozen=True)
class Rooms:
    """The open rooms of parks. Each is live, else in repair, else next, else off."""

    states: dict[LiveRoom, str]
    sessions: dict[int, Session]
    bookings: dict[int, Booking]

    def count(self, park: Park | None = None) -> dict[str, int]:
        """How many rooms are in which state, of one park or of all."""
        states = [state for room, state in self.states.items() if park is None or room.park_id == park.pk]
        return {
            "all": len(states),
            **{name: states.count(name) for name in ("live", "next", "repair", "off")},
        }


def rooms_of(
    parks: Collection[Park],
    sessions: Iterable[Session],
    bookings: Iterable[Booking],
    now: datetime,
    memory: Memory,
) -> Rooms:
    """What each open room does, by its session, be it a guest's of another park, and its next booking."""
    of_room = {
        session.room_id: session for session in [*_guests(parks, memory), *sessions] if session.room_id
    }
    first: dict[int, Booking] = {}
    for booking in bookings:
        first.setdefault(booking.room_id, booking)
    broken = set(
        Maintenance.objects.filter(room__park__in=parks, starts_at__lte=now, ends_at__gt=now).values_list(
            "room_id", flat=True
        )
    )

    def state(room: LiveRoom) -> str:
        if room.pk in of_room:
            return "live"
        if room.pk in broken:
            return "repair"
        return "next" if room.pk in first else "off"

    rooms = LiveRoom.objects.open_on(clock.business_day(now)).filter(park__in=parks).order_by("park", "code")
    return Rooms({room: state(room) for room in rooms}, of_room, first)


def room_rows(rooms: Rooms, own: Container[int]) -> list[dict[str, Any]]:
    """A tile for each room: who is live and how many watch, or who comes next and when.

    Of a guest of another park only that somebody is live.
    """
    rows = []
    for room, state in rooms.states.items():
        row: dict[str, Any] = {
            "code": room.code,
            "name_zh": room.name_zh,
            "name_en": room.name_en,
            "state": state,
        }
        session, booking = rooms.sessions.get(room.pk), rooms.bookings.get(room.pk)
        if state == "live" and session is not None:
            row["tenant"], row["tenant_en"] = _name(session.tenant, own)
            if session.tenant.pk in own:
                row |= {**session.by, "audience": session.audience}
        elif state == "next" and booking is not None:
            row["tenant"], row["tenant_en"] = _name(booking.tenant, own)
            row["starts_at"] = booking.starts_at.isoformat()
        rows.append(row)
    return rows


def next_on_air(bookings: Iterable[Booking], rooms: Rooms, own: Container[int]) -> list[dict[str, Any]]:
    """Who goes on the air next: bookings of rooms in which nobody is live, and later ones of the others."""
    waiting = [
        each
        for each in bookings
        if not (each.room_id in rooms.sessions and rooms.bookings[each.room_id].pk == each.pk)
    ]
    rows = []
    for each in waiting[:NEXT]:
        first = next(iter(each.coming), None) if each.tenant_id in own else None  # type: ignore[attr-defined]
        rows.append(
            {
                "starts_at": each.starts_at.isoformat(),
                "room_zh": each.room.name_zh,
                "room_en": each.room.name_en,
                "host_zh": first.name_zh if first else "",
                "host_en": first.name_en if first else "",
                **dict(zip(("tenant_zh", "tenant_en"), _name(each.tenant, own), strict=True)),
            }
        )
    return rows


def live_hosts(sessions: Iterable[Session]) -> set[int]:
    """Everybody who hosts one of the sessions at this moment."""
    return {host for session in sessions for host in session.hosts}


def hosts_of(
    parks: Collection[Park], sessions: Iterable[Session], bookings: Iterable[Booking], now: datetime
) -> dict[str, int]:
    """How many hosts are live, how many others come next, and how many more work for the parks' firms."""
    live = live_hosts(sessions)
    coming = {host.pk for each in bookings for host in each.coming} - live  # type: ignore[attr-defined]
    working = Host.objects.working_on(clock.business_day(now)).filter(
        tenant__node__parent__in=[park.pk for park in parks]
    )
    known = set(working.order_by().values_list("pk", flat=True))
    return {"live": len(live), "next": len(coming), "off": len(known - live - coming)}


def ticker(parks: Collection[Park], now: datetime, own: Container[int]) -> list[dict[str, Any]]:
    """The last beginnings and ends of sessions, newest first: park, room and firm, and no person.

    Those of the 24 hours before now, for the busiest evening is still news after midnight.
    """
    rows = LiveSession.objects.filter(
        Q(started_at__range=(now - clock.DAY, now)) | Q(ended_at__range=(now - clock.DAY, now)),
        park__in=parks,
    ).select_related("room", "tenant", "park")
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
                    **dict(zip(("tenant_zh", "tenant_en"), _name(row.tenant, own), strict=True)),
                    "park_zh": row.park.name_zh,
                    "park_en": row.park.name_en,
                }
            )
    return sorted(events, key=lambda event: str(event["at"]), reverse=True)
