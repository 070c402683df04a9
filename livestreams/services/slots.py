"""What tenants ask of the schedule: made, ranked by the park, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import business_day, now, today
from core.errors import InvalidInput, Refused
from core.locking import retried
from core.policy import ADD, CHANGE
from core.scoping import may, require
from livestreams.choices import CrewKind
from livestreams.errors import BadTime, WrongState
from livestreams.models import Host, LiveRoom, SlotRequest
from livestreams.planning import SLOT, CrewWish, last_week
from livestreams.quotas import WEEK
from livestreams.services.locks import check_key_allows, lock_visible, park_of
from livestreams.services.placing import FURTHEST, LONGEST, check_room
from tenants.models import Tenant

AUDITED = (
    "minutes",
    "windows",
    "repeat_until",
    "room_id",
    "host_id",
    "value",
    "priority",
    "crews",
    "withdrawn_at",
)
MOST_WINDOWS = 60
MOST_PEOPLE = 100


@retried
def slot_request_make(
    *,
    actor: Actor,
    tenant: Tenant,
    minutes: int,
    windows: Sequence[tuple[datetime, datetime]],
    repeat_until: date | None = None,
    room: LiveRoom | None = None,
    scene: str = "",
    host: Host | None = None,
    category: str = "",
    preferred_host: Host | None = None,
    value: int = 100,
    made_up: bool = False,
    crews: Sequence[CrewWish] = (),
    purpose: str = "",
) -> SlotRequest:
    """Ask the schedule for `minutes` within one of the windows, every week until a day if that is given.

    BadTime for windows that are over, too short or too far; InvalidInput or RoomUnavailable for what cannot be.
    """
    require(actor, ADD, SlotRequest, tenant.pk)
    check_key_allows(actor, room)
    _check_windows(minutes, windows, repeat_until)
    if host is not None and category:
        message = _("Ask for a host or for a category, not for both.")
        raise InvalidInput(message, code="both", field="category")
    if preferred_host is not None and (host is not None or not category):
        message = _("A host is preferred among those for a category: name it, and no other host.")
        raise InvalidInput(message, code="preferred", field="preferred_host")
    if not 1 <= value <= 1000:
        raise InvalidInput(_("The worth is from 1 to 1000."), code="range", field="value")
    _check_crews(minutes, crews)
    with transaction.atomic():
        park_id = park_of(tenant)
        if room is not None:
            check_room(room, tenant)
        for field, person in (("host", host), ("preferred_host", preferred_host)):
            if person is not None and (park_of(person.tenant) != park_id or person.is_closed_by(today())):
                raise InvalidInput(_("The host does not work in this park."), code="host", field=field)
        request = SlotRequest(
            park_id=park_id,
            tenant=tenant,
            minutes=minutes,
            windows=[[start.isoformat(), end.isoformat()] for start, end in sorted(windows)],
            earliest=min(start for start, _end in windows),
            latest=max(end for _start, end in windows),
            repeat_until=repeat_until,
            room=room,
            scene=scene,
            host=host,
            category=category,
            preferred_host=preferred_host,
            value=value,
            made_up=made_up,
            crews=[asdict(wish) for wish in crews],
            purpose=purpose,
        )
        if preferred_host is not None and not request.preference_counts:
            known = ", ".join(preferred_host.categories) or "–"
            message = _("This host is none for that category, but for: %(categories)s.")
            raise InvalidInput(message % {"categories": known}, code="preferred", field="preferred_host")
        request.save()
        _record(actor, "slot_request.make", request)
    return request


@retried
def slot_request_rank(*, actor: Actor, request: SlotRequest, priority: int) -> SlotRequest:
    """Say how often the worth of a request counts. Refused to all but the park."""
    if not 1 <= priority <= 10:
        raise InvalidInput(_("The priority is from 1 to 10."), code="range", field="priority")
    with transaction.atomic():
        held = lock_visible(SlotRequest, actor, request.pk)
        if not may(actor, CHANGE, SlotRequest, held.park_id):
            raise Refused(_("Priorities are the park's to give."))
        before = audit.snapshot(held, AUDITED)
        held.priority = priority
        held.save()
        _record(actor, "slot_request.rank", held, before)
    return held


@retried
def slot_request_withdraw(*, actor: Actor, request: SlotRequest) -> SlotRequest:
    """Ask no longer. What was booked for it stays until it is cancelled."""
    with transaction.atomic():
        held = lock_visible(SlotRequest, actor, request.pk)
        if held.withdrawn_at is not None:
            raise WrongState(_("This request is withdrawn already."), code="withdrawn")
        before = audit.snapshot(held, AUDITED)
        held.withdrawn_at = now()
        held.save()
        _record(actor, "slot_request.withdraw", held, before)
    return held


def _check_crews(minutes: int, crews: Sequence[CrewWish]) -> None:
    if len({wish.crew for wish in crews}) < len(crews):
        raise InvalidInput(_("Ask for a crew once."), code="repeated", field="crews")
    for wish in crews:
        if wish.crew not in CrewKind.values:
            raise InvalidInput(_("There is no such crew."), code="crew", field="crews")
        if not 1 <= wish.people <= MOST_PEOPLE:
            message = _("A crew has from 1 to %(most)d people in a session.") % {"most": MOST_PEOPLE}
            raise InvalidInput(message, code="range", field="crews")
        if wish.minutes is not None and not 0 < wish.minutes <= minutes:
            message = _("A crew is there for a part of the session, or for all of it.")
            raise InvalidInput(message, code="range", field="crews")


def _check_windows(
    minutes: int, windows: Sequence[tuple[datetime, datetime]], repeat_until: date | None
) -> None:
    length = timedelta(minutes=minutes)
    if not 0 < len(windows) <= MOST_WINDOWS:
        message = _("A request has from 1 to %(most)d windows.") % {"most": MOST_WINDOWS}
        raise BadTime(message, code="count", field="windows")
    if not timedelta(0) < length <= LONGEST or length % SLOT:
        raise BadTime(
            _("A session in the schedule lasts whole half hours, seven days at most."), field="minutes"
        )
    if any(end - start < length or end - start > LONGEST for start, end in windows):
        raise BadTime(_("The time does not fit into the window."), code="order", field="windows")
    last = max(end for _start, end in windows)
    earliest = min(start for start, _end in windows)
    if last + last_week(earliest, repeat_until) * WEEK - length < now():
        if repeat_until is not None:
            message = _("The last week of this request is over: let it repeat until a later day.")
            raise BadTime(message, code="past", field="repeat_until")
        raise BadTime(_("This time is over: ask for one that lies ahead."), code="past", field="windows")
    if last > now() + FURTHEST or (
        repeat_until is not None and repeat_until > business_day(now() + FURTHEST)
    ):
        raise BadTime(
            _("Bookings are taken %(days)d days ahead at most.") % {"days": FURTHEST.days}, field="windows"
        )
    if earliest < now() - FURTHEST:
        raise BadTime(_("This time is over: ask for one that lies ahead."), code="past", field="windows")


def _record(actor: Actor, verb: str, request: SlotRequest, before: dict[str, object] | None = None) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=request,
        node_id=request.tenant_id,
        before=before,
        after=audit.snapshot(request, AUDITED),
    )
