"""What is stated of the sales of an event."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.choices import EventReach
from analytics.models import EventClaim
from analytics.trust.festivals import judge_all, judge_claim
from core import audit
from core.actors import Actor
from core.clock import today
from core.errors import InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD
from core.scoping import get_visible, require
from parks.models import Event

MOST_SALES = Decimal(10**13)
MOST_ROOMS = 100_000
STATED = ("said_by", "reach", "rooms", "first_day", "last_day", "sales")


@retried
def event_claim(
    *,
    actor: Actor,
    event: Event,
    said_by: str,
    sales: Decimal,
    reach: str = EventReach.TOWN,
    rooms: int | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
) -> EventClaim:
    """Keep what somebody stated of an event's sales in CNY and judge it; the same said twice is kept once.

    Without days those of the event. Raises InvalidInput for rooms without a number and a number without rooms, days
    that have not begun, and figures out of all reason.
    """
    require(actor, ADD, EventClaim, event.park_id)
    first_day, last_day = first_day or event.first_day, last_day or event.last_day
    if not said_by.strip():
        raise InvalidInput(_("Write who said it."), code="required", field="said_by")
    if not 0 <= sales <= MOST_SALES:
        message = _("This must lie between 0 and %(most)s.") % {"most": f"{MOST_SALES:,}"}
        raise InvalidInput(message, code="range", field="sales")
    if reach == EventReach.ROOMS and (rooms is None or not 1 <= rooms <= MOST_ROOMS):
        raise InvalidInput(
            _("Say in how many live rooms this was sold."), code="rooms_required", field="rooms"
        )
    if reach != EventReach.ROOMS and rooms is not None:
        raise InvalidInput(
            _("Give a number of rooms only for sales of so many rooms."), code="rooms", field="rooms"
        )
    if last_day < first_day:
        raise InvalidInput(_("The last day lies before the first."), code="order", field="last_day")
    if first_day > today():
        raise InvalidInput(_("This day has not begun."), code="future", field="first_day")
    stated: dict[str, Any] = dict(
        zip(STATED, (said_by.strip(), reach, rooms, first_day, last_day, sales), strict=True)
    )
    with transaction.atomic():
        held = get_visible(Event, actor, pk=event.pk)
        lock_row(Event, held.pk)
        known = EventClaim.objects.filter(event=held, **stated).first()
        if known is not None:
            return known
        claim = EventClaim.objects.create(event=held, made_by_id=actor.user_id, **stated)
        judge_claim(claim)
        audit.record(
            actor=actor,
            verb="event.claim",
            obj=held,
            node_id=held.park_id,
            after=audit.snapshot(claim, STATED),
        )
    return claim


def event_claims_judge() -> int:
    """Judge what was stated of events by the figures of now; returns how many verdicts are new."""
    return judge_all()
