"""Who waits for a room: what becomes free is held for the first it fits, and for the next when it is not confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, doorbell
from core.actors import Actor
from core.clock import DAY, next_minute, now
from core.errors import DomainError
from core.locking import lock_rows, retried
from core.policy import ADD
from core.scoping import require
from livestreams.availability import windows_of
from livestreams.choices import WaitState
from livestreams.conflicts import Span, nearest
from livestreams.errors import BadTime, WrongState
from livestreams.models import Booking, Host, LiveRoom, WaitlistEntry
from livestreams.quotas import WEEK, allows, leaves
from livestreams.services.bookings import booking_cancel, booking_create
from livestreams.services.locks import check_key_allows, lock_visible, park_of
from livestreams.services.news import booking_offered
from livestreams.services.placing import FURTHEST, check_length, check_room, over_quota
from livestreams.services.steps import SYSTEM, WAITLIST
from tenants.models import Tenant

AUDITED = ("room_id", "earliest", "latest", "minutes", "booking_id", "withdrawn_at")


@retried
def waitlist_join(
    *,
    actor: Actor,
    tenant: Tenant,
    earliest: datetime,
    latest: datetime,
    minutes: int,
    room: LiveRoom | None = None,
    scene: str = "",
    host: Host | None = None,
    purpose: str = "",
) -> WaitlistEntry:
    """Wait for `minutes` within [earliest, latest) in a room, or in any room (of a scene) of the park.

    BadTime for a window that is over or too short, InvalidInput or RoomUnavailable for a room of others, OverQuota for
    more than the firm may ever have.
    """
    require(actor, ADD, Booking, tenant.pk)
    check_key_allows(actor, room)
    length, start = timedelta(minutes=minutes), next_minute(max(earliest, now()))
    if not timedelta(0) < length <= latest - next_minute(earliest):
        raise BadTime(_("The time does not fit into the window."), code="order", field="minutes")
    check_length(length, "minutes")
    if latest - length < start:
        raise BadTime(_("This time is over: book one that lies ahead."), code="past", field="latest")
    if latest > now() + FURTHEST:
        raise BadTime(
            _("Bookings are taken %(days)d days ahead at most.") % {"days": FURTHEST.days}, field="latest"
        )
    with transaction.atomic():
        if room is not None:
            check_room(room, tenant)
        park_id = park_of(tenant)
        wanted = Span(start, start + length)
        # All weeks are alike to the limits: a place beyond the first one suits no better.
        first_week = Span(start, min(latest, start + length + WEEK + DAY))
        if not nearest([first_week], wanted, 1, allows(park_id, tenant)):
            raise over_quota(park_id, tenant, "minutes")
        entry = WaitlistEntry.objects.create(
            park_id=park_id,
            tenant=tenant,
            room=room,
            scene=scene,
            host=host,
            earliest=earliest,
            latest=latest,
            minutes=minutes,
            purpose=purpose,
        )
        _record(actor, "waitlist.join", entry)
        doorbell.ring(WAITLIST)
    return entry


@retried
def waitlist_withdraw(*, actor: Actor, entry: WaitlistEntry) -> WaitlistEntry:
    """Stop waiting; an offer that waits for an answer is given back with it."""
    with transaction.atomic():
        held = lock_visible(WaitlistEntry, actor, entry.pk)
        if held.state not in (WaitState.WAITING, WaitState.OFFERED):
            raise WrongState(_("This entry of the waitlist is closed."), code="closed")
        if held.booking is not None:
            held.booking = booking_cancel(actor=actor, booking=held.booking)
        held.withdrawn_at = now()
        held.save(update_fields=["withdrawn_at", "updated_at"])
        _record(actor, "waitlist.withdraw", held)
    return held


def offer_waitlist() -> int:
    """Hold what is free for those who wait for it, the first come first; returns how many were offered something."""
    waiting = WaitlistEntry.objects.waiting(now()).order_by("created_at", "pk").values_list("pk", flat=True)
    return sum(_offer(pk) for pk in list(waiting))


@retried
def _offer(pk: int) -> bool:
    """Hold the first place that fits an entry, unless it was answered or withdrawn meanwhile."""
    with transaction.atomic():
        held = lock_rows(WaitlistEntry.objects.waiting(now()).filter(pk=pk))
        return bool(held) and any(_hold(held[0], room, span) for room, span in _places(held[0]))


def _places(entry: WaitlistEntry) -> list[tuple[LiveRoom, Span]]:
    """Where the entry fits: the earliest place of each room that the firm's quota leaves, the earliest first."""
    earliest = next_minute(max(entry.earliest, now()))
    if entry.latest <= earliest:
        return []
    within = Span(earliest, entry.latest)
    rooms = LiveRoom.objects.filter(park=entry.park_id).for_tenant(entry.tenant_id)
    if entry.room_id is not None:
        rooms = rooms.filter(pk=entry.room_id)
    if entry.scene:
        rooms = rooms.filter(scene=entry.scene)
    wanted = Span(within.start, within.start + timedelta(minutes=entry.minutes))
    windows = windows_of(rooms, within, host=entry.host)
    is_left = leaves(entry.park_id, entry.tenant, within)
    places = [(room, place) for room in rooms for place in nearest(windows[room.pk], wanted, 1, is_left)]
    return sorted(places, key=lambda found: (found[1].start, found[0].code))


def _hold(entry: WaitlistEntry, room: LiveRoom, span: Span) -> bool:
    try:
        booking = booking_create(
            actor=SYSTEM,
            room=room,
            tenant=entry.tenant,
            starts_at=span.start,
            ends_at=span.end,
            host=entry.host,
            purpose=entry.purpose,
            hold=True,
        )
    except DomainError:  # somebody was faster, or the tenant has left: the next place, or the next time
        return False
    entry.booking = booking
    entry.save(update_fields=["booking", "updated_at"])
    _record(SYSTEM, "waitlist.offer", entry)
    booking_offered(entry)
    return True


def _record(actor: Actor, verb: str, entry: WaitlistEntry) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=entry,
        node_id=entry.tenant_id,
        after=audit.snapshot(entry, AUDITED),
    )
