"""What firms of a demo park wish for beyond what is booked: a schedule that was made of their requests and published, a
request that waits for the next one, and firms on the waitlist for each other's hours.

Schedules and waits are of the last day on which the demo's own bookings are known: it books nothing there later. They
are made again where none stands.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from django.db.models import F, QuerySet

from analytics.demo.built import BuiltPark
from analytics.demo.load import BOOKED_AHEAD_DAYS
from core import jobs
from core.actors import Actor
from core.clock import DAY, HOUR, MINUTE, business_day, day_start, now
from livestreams.choices import BookingState, PlanState
from livestreams.models import Booking, SlotRequest, WaitlistEntry
from livestreams.services import (
    plan_publish,
    plan_start,
    slot_request_make,
    slot_request_rank,
    waitlist_join,
)

FIRMS = 4
LENGTH = 2 * HOUR
SECONDS = 5


def build_wishes(built: BuiltPark, until: datetime, *, actor: Actor) -> None:
    """Wishes as they stand at `until`; for days that are over nobody wishes any more."""
    today = business_day(until)
    if day_start(today + DAY) > now():
        _schedule(built, today + BOOKED_AHEAD_DAYS * DAY, actor)
        _waits(built, today, actor)


def _schedule(built: BuiltPark, day: date, actor: Actor) -> None:
    """Each of the first firms asks for some hours of the day; the first one also for hours that are taken, and for more
    after the schedule was published."""
    if not built.rooms or SlotRequest.objects.filter(park=built.park, latest__gt=now()).exists():
        return
    opens, closes = day_start(day) + 9 * HOUR, day_start(day) + 23 * HOUR
    ask = partial(slot_request_make, actor=actor, minutes=LENGTH // MINUTE)
    firms = built.tenants[:FIRMS]
    for number, firm in enumerate(firms):
        request = ask(
            tenant=firm, windows=[(opens, closes)], value=100 * (1 + number), purpose="新品专场（演示）"
        )
        slot_request_rank(actor=actor, request=request, priority=1 + number % 2)
    for booking in _from(built, day).filter(starts_at__gte=opens, ends_at__gte=F("starts_at") + LENGTH)[:1]:
        window = (booking.starts_at, booking.starts_at + LENGTH)
        ask(tenant=firms[0], windows=[window], room=booking.room, value=50, purpose="加播（演示）")
    plan = plan_start(actor=actor, park=built.park, first_day=day, last_day=day, seconds=SECONDS)
    jobs.run_due()
    plan.refresh_from_db()
    if plan.state == PlanState.PROPOSED:
        plan_publish(actor=actor, plan=plan)
    ask(tenant=firms[0], windows=[(opens + DAY, closes + DAY)], purpose="返场（演示）")


def _waits(built: BuiltPark, today: date, actor: Actor) -> None:
    """The first firm waits for hours of another one, and another one for hours of the first."""
    if WaitlistEntry.objects.filter(park=built.park, latest__gt=now()).exists():
        return
    first, ahead = built.tenants[0], _from(built, today + DAY)
    pairs = (
        (first, ahead.exclude(tenant=first).first()),
        (built.tenants[1 % len(built.tenants)], ahead.filter(tenant=first).first()),
    )
    for firm, booking in pairs:
        if booking is not None:
            waitlist_join(
                actor=actor,
                tenant=firm,
                room=booking.room,
                earliest=booking.starts_at,
                latest=booking.ends_at,
                minutes=(booking.ends_at - booking.starts_at) // MINUTE,
                purpose="候补（演示）",
            )


def _from(built: BuiltPark, day: date) -> QuerySet[Booking]:
    """Confirmed bookings of the park's shared rooms from a day on."""
    return (
        Booking.objects.filter(
            room__park=built.park,
            room__dedicated_to=None,
            state=BookingState.CONFIRMED,
            starts_at__gte=day_start(day),
        )
        .select_related("room")
        .order_by("starts_at", "room__code")
    )
