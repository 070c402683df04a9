"""Live sessions: opened by a tool, the portal or the park, ended once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core import audit, buckets
from core.actors import Actor, system_actor
from core.clock import DAY, MINUTE, local, now
from core.errors import InvalidInput
from core.locking import advisory_lock, lock_rows, retried
from core.models import ScopeNode
from core.policy import ADD
from core.prepared import Prepared, insert
from core.scoping import may, require
from livestreams.choices import BookingState, Delivery, SessionState
from livestreams.errors import BadTime, LiveIdTaken, RoomUnavailable, WrongState
from livestreams.models import Booking, Host, LiveRoom, LiveSession, Publish, SessionTenant
from livestreams.services.hostshifts import begin_as_planned, end_all
from livestreams.services.locks import (
    check_key_allows,
    check_not_future,
    lock_host,
    lock_room,
    lock_visible,
    moved,
    park_of,
    settings_of,
)
from livestreams.services.news import session_ended
from livestreams.services.steps import check_in_for_session, complete
from tenants.models import Tenant

# A booking in one of these states can go live.
LIVE_READY = (BookingState.CONFIRMED, BookingState.CHECKED_IN)
TOLD_WITHIN = 7 * DAY
# Who ends what was forgotten in a room: the booking that comes next.
NEXT = system_actor("next-booking")
AUDITED = ("state", "platform", "platform_live_id", "started_at", "ended_at")


@retried
def session_open(
    *,
    actor: Actor,
    tenant: Tenant,
    platform: str,
    platform_live_id: str = "",
    booking: Booking | None = None,
    room: LiveRoom | None = None,
    host: Host | None = None,
    started_at: datetime | None = None,
    title: str = "",
    delivery: str = Delivery.DIRECT,
    market: str = "CN",
    shown: Sequence[Tenant] = (),
) -> LiveSession:
    """Go live, from a booking or without one: room and host come from the booking unless they are given.

    The booking is checked in, the host's shift begins, and the seller is among the tenants whose goods may be
    shown; `shown` adds others of the park. The same live id again returns the tenant's own session: a
    reconnect is no new one. What an encoder has begun in the same room is named instead of opened. What was forgotten
    in the room of a booking ends. Raises LiveIdTaken, RoomUnavailable, WrongState, BadTime, InvalidInput,
    Conflict for a booking that was moved meanwhile.
    """
    require(actor, ADD, LiveSession, tenant.pk)
    started_at = started_at or now()
    check_not_future(started_at, "started_at")
    if started_at < now() - TOLD_WITHIN:
        raise BadTime(
            _("The start of a session must be told within %(days)d days.") % {"days": TOLD_WITHIN.days},
            code="told_late",
            field="started_at",
        )
    with transaction.atomic():
        if platform_live_id:
            advisory_lock(f"live-id:{platform}:{platform_live_id}")
            known = LiveSession.objects.filter(platform=platform, platform_live_id=platform_live_id).first()
            if known is not None:
                return _same_session(actor, known, tenant)
        begun = _begun_by_encoder(actor, tenant, room, booking)
        if begun is not None:
            return _name(actor, begun, platform, platform_live_id, host, title)
        park_id = park_of(tenant)
        room, booking = _room_and_booking(actor, tenant, park_id, started_at, room, booking)
        host = host or (booking.host if booking else None)
        session = LiveSession(
            tenant=tenant,
            park_id=park_id,
            room=room,
            booking=booking,
            host=host,
            title=title,
            platform=platform,
            platform_live_id=platform_live_id,
            delivery=delivery,
            market=market,
            started_at=started_at,
        )
        return _begin(actor, session, started_at, shown)


def session_open_on_stream(
    *, actor: Actor, booking: Booking, park_id: int, platform: str, started_at: datetime
) -> LiveSession:
    """The session of an encoder that is let into the room of its locked booking.

    Part of the transaction that decided so: neither the times of the booking nor who may have the room is looked at
    again. `park_id` is the tenant's: InvalidInput when it has moved away from that of the room. What was forgotten in
    the room ends; raises RoomUnavailable where it may not.
    """
    if booking.room.park_id != park_id and booking.loan_id is None:
        raise InvalidInput(_("The room is not in the tenant's park."), code="other_park", field="room")
    _clear_air(booking.room, booking, started_at)
    session = LiveSession(
        tenant_id=booking.tenant_id,
        park_id=park_id,
        room=booking.room,
        booking=booking,
        host=booking.host,
        platform=platform,
        delivery=Delivery.NODE,
        started_at=started_at,
    )
    return _begin(actor, session, started_at)


def _begin(actor: Actor, session: LiveSession, at: datetime, shown: Sequence[Tenant] = ()) -> LiveSession:
    """Store a session whose room and booking are locked, with all that begins with it."""
    booking = session.booking
    if session.host is not None:
        session.host = lock_host(session.host, session.park_id, booking.loan if booking else None)
    session.state = SessionState.LIVE
    insert(session)
    if booking is not None:
        check_in_for_session(actor, booking)
    _show(actor, session, shown)
    begin_as_planned(session, at)
    _record(actor, "session.open", session)
    return session


def _same_session(actor: Actor, known: LiveSession, tenant: Tenant) -> LiveSession:
    if known.tenant_id != tenant.pk:
        raise LiveIdTaken(_("Another session already has this live id."), field="platform_live_id")
    check_key_allows(actor, known.room)
    if known.state == SessionState.ENDED:
        raise LiveIdTaken(_("The session with this live id has ended."), field="platform_live_id")
    return known


def _begun_by_encoder(
    actor: Actor, tenant: Tenant, room: LiveRoom | None, booking: Booking | None
) -> LiveSession | None:
    """The tenant's open session of the booking or room that came by a stream and has no live id yet, locked."""
    if room is None and booking is None:
        return None
    begun = LiveSession.objects.open().filter(tenant=tenant, delivery=Delivery.NODE, platform_live_id="")
    given = {name: row for name, row in (("room", room), ("booking", booking)) if row is not None}
    rows = lock_rows(begun.filter(**given))
    if rows:
        check_key_allows(actor, rows[0].room)
    return rows[0] if rows else None


def _name(
    actor: Actor, session: LiveSession, platform: str, live_id: str, host: Host | None, title: str
) -> LiveSession:
    """Add to a session what its encoder could not know."""
    values: dict[str, Any] = {"platform": platform, "platform_live_id": live_id}
    values |= {"title": title} if title else {}
    if host is not None and session.host is None and session.started_at is not None:
        loan = session.booking.loan if session.booking else None
        values["host"] = session.host = lock_host(host, session.park_id, loan)
        begin_as_planned(session, session.started_at)
    _turn(actor, "session.name", session, **values)
    return session


def _room_and_booking(
    actor: Actor,
    tenant: Tenant,
    park_id: int,
    started_at: datetime,
    room: LiveRoom | None,
    booking: Booking | None,
) -> tuple[LiveRoom | None, Booking | None]:
    """Lock what the session takes place in; the tenant's own booking of the room and hour is found by itself."""
    room_id = booking.room_id if booking is not None else room.pk if room is not None else None
    if room is not None and room_id != room.pk:
        raise InvalidInput(_("The booking is for another room."), code="other_room", field="room")
    if room_id is None:
        check_key_allows(actor, None)
        return None, None
    room = lock_room(actor, room_id)
    if room.park_id != park_id and not _is_guest(tenant, room, started_at, booking):
        raise InvalidInput(_("The room is not in the tenant's park."), code="other_park", field="room")
    taken = Booking.objects.taking_room_at(started_at).filter(room=room)
    unsaid = booking is None
    booking = booking or taken.filter(tenant=tenant, state__in=LIVE_READY).first()
    if booking is not None:
        booking = lock_visible(Booking, actor, booking.pk)
        if booking.room_id != room.pk:
            raise moved()
        booking.room = room
    _clear_air(room, booking, started_at)
    if unsaid:
        if room.dedicated_to_id not in (None, tenant.pk):
            raise RoomUnavailable(_("The room is reserved for one tenant."), code="dedicated", field="room")
        if taken.exclude(tenant=tenant).exists():
            raise RoomUnavailable(_("The room is booked by somebody else now."), code="booked", field="room")
    if booking is not None:
        _check_booking(booking, tenant)
        _check_slot(booking, started_at)
    return room, booking


def _clear_air(room: LiveRoom, booking: Booking | None, at: datetime) -> None:
    """End what was forgotten in the locked room of a booking that begins. RoomUnavailable while anything is on air."""
    if _on_air().first(room=room.pk) is None:
        return
    live = LiveSession.objects.filter(room=room, state=SessionState.LIVE)
    if booking is not None:
        _make_way(live.exclude(booking=booking), booking, at)
    if booking is None or live.exists():
        raise RoomUnavailable(_("The room is on air."), code="on_air", field="room")


@cache
def _on_air() -> Prepared:
    """The session that is live in a `room`: asked before each that begins there, and hardly ever found."""

    def build(room: int) -> QuerySet[LiveSession, Any]:
        return LiveSession.objects.filter(room=room, state=SessionState.LIVE).order_by().values("pk")

    return Prepared(build, {"room": -1})


def _make_way(live: QuerySet[LiveSession], booking: Booking, at: datetime) -> None:
    """End what of these somebody forgot to end, each when its time was over: without a booking, as this one begins.

    Whose encoder is on air is not forgotten: its node cuts it off. Nor is who came without a booking after this one had
    begun: nobody used the room then.
    """
    over = Coalesce("booking__ends_at", Value(booking.starts_at))
    forgotten = live.exclude(publishes__in=Publish.objects.running()).annotate(over=over)
    forgotten = forgotten.filter(over__lte=at, started_at__lt=F("over"))
    lock_rows(Booking.objects.filter(sessions__in=forgotten.values("pk")))
    for session in lock_rows(forgotten):
        session_end(actor=NEXT, session=session, ended_at=session.over)  # type: ignore[attr-defined]


def _is_guest(tenant: Tenant, room: LiveRoom, at: datetime, booking: Booking | None) -> bool:
    """Whether another park has lent its room to the tenant: for this booking, or now."""
    lent = Booking.objects.filter(room=room, tenant=tenant, loan__isnull=False)
    return (lent.filter(pk=booking.pk) if booking is not None else lent.taking_room_at(at)).exists()


def _check_booking(booking: Booking, tenant: Tenant) -> None:
    if booking.tenant_id != tenant.pk:
        raise InvalidInput(_("The booking is another tenant's."), code="other_tenant", field="booking")
    if LiveSession.objects.open().filter(booking=booking).exists():
        raise WrongState(_("The booking already has its session."), code="booking_used", field="booking")


def _check_slot(booking: Booking, at: datetime) -> None:
    """BadTime for a session that is not of its booking's time, RoomUnavailable while others have theirs in the room."""
    park = settings_of(booking.room.park_id)
    early = max(park.checkin_early_minutes, park.stream_early_minutes) * MINUTE
    opens, closes = min(booking.blocked_from, booking.starts_at - early), booking.ends_at
    if not opens <= at < closes + park.stream_late_minutes * MINUTE:
        raise BadTime(
            _("A session of a booking begins within its time, %(from)s to %(until)s.")
            % {"from": f"{local(opens):%m-%d %H:%M}", "until": f"{local(closes):%m-%d %H:%M}"},
            code="slot",
            field="booking",
        )
    others = Booking.objects.blocking().filter(room=booking.room_id, starts_at__lte=at, ends_at__gt=at)
    if others.exclude(tenant=booking.tenant_id).exclude(state=BookingState.COMPLETED).exists():
        raise RoomUnavailable(_("The room is booked by somebody else now."), code="booked", field="room")


def _show(actor: Actor, session: LiveSession, others: Sequence[Tenant]) -> None:
    """Name the tenants whose goods the session may show."""
    tenants = {session.tenant_id, *(tenant.pk for tenant in others)}
    strangers = tenants - {session.tenant_id}
    if strangers:
        in_park = ScopeNode.objects.filter(pk__in=strangers, parent=session.park_id).count()
        if in_park != len(strangers) or not may(actor, ADD, SessionTenant, session.park_id):
            raise InvalidInput(
                _("Only the park may add other tenants, and only its own."), code="shown", field="shown"
            )
    for tenant_id in sorted(tenants):
        insert(SessionTenant(session=session, tenant_id=tenant_id))


@retried
def session_end(
    *,
    actor: Actor,
    session: LiveSession,
    ended_at: datetime | None = None,
    booking_goes_on: bool = False,
) -> LiveSession:
    """End a session: its shifts end with it, its booking is completed. The same end again changes nothing.

    A booking that goes on can go live again, as another session: the picture was gone for long, and nobody said that
    this was all. Raises BadTime for an end before the start or in the future, WrongState for another end than the
    known one.
    """
    with transaction.atomic():
        bookings = lock_rows(Booking.objects.filter(sessions=session)) if not booking_goes_on else []
        held = lock_visible(LiveSession, actor, session.pk)
        if held.state == SessionState.ENDED:
            if ended_at not in (None, held.ended_at):
                raise WrongState(_("The session has already ended, at another time."), code="already_ended")
            return held
        ended_at = ended_at or now()
        check_not_future(ended_at, "ended_at")
        if held.started_at is None or ended_at < held.started_at:
            raise BadTime(_("A session cannot end before it starts."), code="order", field="ended_at")
        end_all(held, ended_at)
        for booking in bookings:
            complete(actor, booking)
        _turn(actor, "session.end", held, state=SessionState.ENDED, ended_at=ended_at)
        buckets.mark(buckets.TRUST, [(held.tenant_id, held.pk)])
        session_ended(held)
    return held


@retried
def session_lose(*, actor: Actor, session: LiveSession) -> LiveSession:
    """A live session has lost its picture and waits for it; any other stays as it is."""
    with transaction.atomic():
        held = lock_visible(LiveSession, actor, session.pk)
        if held.state == SessionState.LIVE:
            _turn(actor, "session.lose", held, state=SessionState.LOST)
    return held


@retried
def session_resume(*, actor: Actor, session: LiveSession) -> LiveSession:
    """An open session has its picture through a media node, for the first time or again. WrongState once it ended."""
    with transaction.atomic():
        held = lock_visible(LiveSession, actor, session.pk)
        if held.state == SessionState.ENDED:
            raise WrongState(_("The session has ended."), code="ended")
        if (held.state, held.delivery) != (SessionState.LIVE, Delivery.NODE):
            _turn(
                actor,
                "session.resume",
                held,
                state=SessionState.LIVE,
                delivery=Delivery.NODE,
                started_at=held.started_at or now(),
            )
    return held


def _turn(actor: Actor, verb: str, session: LiveSession, **values: Any) -> None:
    before = audit.snapshot(session, AUDITED)
    for name, value in values.items():
        setattr(session, name, value)
    session.save(update_fields=[*values, "updated_at"])
    _record(actor, verb, session, before)


def _record(actor: Actor, verb: str, session: LiveSession, before: dict[str, object] | None = None) -> None:
    buckets.mark(buckets.SESSIONS, [(session.tenant_id, session.pk)])
    audit.record(
        actor=actor,
        verb=verb,
        obj=session,
        node_id=session.tenant_id,
        before=before,
        after=audit.snapshot(session, AUDITED),
    )
