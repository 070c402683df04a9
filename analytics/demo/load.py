"""Loads planned days up to an instant: sessions, bookings, audience and sales, the sales through the ledger's service.

What was loaded is remembered in the audit ("demo.load"), so that a later start catches up from there. Sales carry
the same keys however they come in (here or by the simulator), so nothing counts twice.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from analytics.demo.built import BuiltPark, uid
from analytics.demo.claims import stated_claim
from analytics.demo.days import REFUND_DAYS, SOURCE, PlannedDay, PlannedSession, due, plan_day
from analytics.demo.missed import missed_bookings
from analytics.demo.studio import studio_days
from analytics.demo.taken import Taken
from analytics.models import SessionClaim
from core import audit, buckets, clock
from core.actors import Actor
from core.locking import lock_rows
from core.models import AuditEntry
from core.money import to_cents
from core.portions import in_turn
from livestreams.choices import BookingState, Delivery, SessionState, ShiftRole
from livestreams.conflicts import Span
from livestreams.models import AudienceSample, Booking, HostShift, LiveSession, SessionTenant
from livestreams.services import booking_charge, settings_of, terms_of
from livestreams.terms import free_until
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.models import Charge

HISTORY_DAYS = 30
BOOKED_AHEAD_DAYS = 2
CHECKED_IN_BEFORE = timedelta(minutes=10)
BATCH = 5_000


@dataclass(frozen=True)
class History:
    """How far a demo park has been told: its first and last day as planned, and the instant it is loaded up to."""

    first_day: date
    last_day: date
    until: datetime


def history_of(built: BuiltPark) -> History | None:
    """What the audit remembers of a park's loads."""
    entry = AuditEntry.objects.filter(verb="demo.load", node_id=built.park.pk).order_by("-id").first()
    if entry is None or entry.after is None:
        return None
    return History(
        date.fromisoformat(entry.after["first_day"]),
        date.fromisoformat(entry.after["last_day"]),
        datetime.fromisoformat(entry.after["until"]),
    )


def planned_days(
    built: BuiltPark, history: History, first: date, last: date, seed: int
) -> dict[date, PlannedDay]:
    """The planned days from `first` to `last`, both included."""
    return {
        day: plan_day(built.plan, day, seed=seed, first_day=history.first_day, last_day=history.last_day)
        for day in (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    }


@transaction.atomic
def load_until(built: BuiltPark, until: datetime, *, actor: Actor, seed: int) -> int:
    """Load everything that happened before `until` and was not loaded yet; returns the number of new sales facts.

    Whole or not at all: what was loaded is remembered last.
    """
    today = clock.business_day(until)
    known = history_of(built)
    history = known or History(
        today - timedelta(days=HISTORY_DAYS), today, clock.day_start(today - timedelta(days=HISTORY_DAYS))
    )
    after = max(history.until, until - timedelta(days=HISTORY_DAYS + 1))
    if until <= after:
        return 0
    first = max(clock.business_day(after) - timedelta(days=REFUND_DAYS), history.first_day)
    days = planned_days(built, history, first, today + timedelta(days=BOOKED_AHEAD_DAYS), seed)
    sessions = [session for planned in days.values() for session in planned.sessions]
    _bookings(built, sessions, until)
    _sessions(built, sessions, after, until)
    studio_days(built, sessions, after, until)
    missed_bookings(built, sessions, after, until)
    stored = _sales(built, days, after, until, actor)
    _claims(built, days, after, until, seed)
    audit.record(
        actor=actor,
        verb="demo.load",
        obj=built.park,
        node_id=built.park.pk,
        after={"first_day": history.first_day, "last_day": history.last_day, "until": until, "facts": stored},
    )
    return stored


def _bookings(built: BuiltPark, sessions: list[PlannedSession], until: datetime) -> None:
    """A booking for each planned session; those that have begun are checked in, those that are over completed.

    Where somebody has booked the room or the host by hand, the session has none: it takes place outside of the rooms.
    """
    setup = timedelta(minutes=built.rooms[0].setup_minutes) if built.rooms else timedelta(0)
    known = set(Booking.objects.filter(room__park=built.park).values_list("uid", flat=True))
    # One that was told without a booking stays without: its room was somebody else's then.
    told = set(LiveSession.objects.filter(park=built.park).values_list("platform_live_id", flat=True))
    fresh = [
        session
        for session in sessions
        if uid("booking", session.live_id) not in known and session.live_id not in told
    ]
    taken = Taken(built, [session.starts_at for session in fresh])
    fresh = [
        session
        for session in fresh
        if taken.leaves(
            Span(session.starts_at - setup, session.ends_at),
            built.rooms[session.room],
            built.hosts[session.host],
        )
    ]
    free_hours = settings_of(built.park.pk).cancel_free_hours
    Booking.objects.bulk_create(
        Booking(
            uid=uid("booking", session.live_id),
            room=built.rooms[session.room],
            tenant=built.tenants[session.seller],
            host=built.hosts[session.host],
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            blocked_from=session.starts_at - setup,
            blocked_until=session.ends_at,
            price=_price(built, session),
            free_until=free_until(session.starts_at, free_hours),
        )
        for session in fresh
    )
    begun = Booking.objects.filter(
        room__park=built.park,
        starts_at__lte=until,
        state__in=(BookingState.CONFIRMED, BookingState.CHECKED_IN),
    )
    checked_in_at = Coalesce("checked_in_at", F("starts_at") - CHECKED_IN_BEFORE)
    begun.update(state=BookingState.CHECKED_IN, checked_in_at=checked_in_at, updated_at=clock.now())
    _complete(built, begun.filter(ends_at__lte=until))


def _complete(built: BuiltPark, bookings: QuerySet[Booking]) -> None:
    """Many bookings that are over at once: what is due for each by the park's terms, and the charge for it."""
    over = lock_rows(bookings.select_related("room__park", "tenant"))
    terms = terms_of(built.park.pk)
    for booking in over:
        booking.state = BookingState.COMPLETED
        booking.due = terms.due(booking.state, booking.price, given_up=booking.given_up)
    Booking.objects.bulk_update(over, ["state", "due"], batch_size=500)
    # Once each, as the step does: what a worker charged before is there.
    Charge.objects.bulk_create(
        (Charge(**booking_charge(booking, booking.state, booking.due)) for booking in over if booking.due),
        ignore_conflicts=True,
    )


def _price(built: BuiltPark, session: PlannedSession) -> Decimal:
    minutes = int((session.ends_at - session.starts_at).total_seconds()) // 60
    return to_cents(built.rooms[session.room].hourly_rate * minutes / 60)


def _sessions(built: BuiltPark, sessions: list[PlannedSession], after: datetime, until: datetime) -> None:
    """Sessions that began by now, with shifts, shown tenants and samples; those that are over are ended."""
    _end_those_that_are_over(built, sessions, until)  # first, for a room has one running session
    begun = [session for session in sessions if session.starts_at <= until]
    keys = dict(
        LiveSession.objects.filter(
            park=built.park, platform_live_id__in=[session.live_id for session in begun]
        ).values_list("platform_live_id", "pk")
    )
    fresh = [session for session in begun if session.live_id not in keys]
    bookings = {
        booking.uid: booking.pk
        for booking in Booking.objects.filter(uid__in=[uid("booking", session.live_id) for session in fresh])
    }
    rows = LiveSession.objects.bulk_create(
        LiveSession(
            uid=uid("session", session.live_id),
            tenant=built.tenants[session.seller],
            park=built.park,
            room=built.rooms[session.room] if uid("booking", session.live_id) in bookings else None,
            booking_id=bookings.get(uid("booking", session.live_id)),
            host=built.hosts[session.host],
            title=f"{built.tenants[session.seller].industry}专场",
            platform=built.plan.platform,
            platform_live_id=session.live_id,
            delivery=Delivery.NODE,
            state=SessionState.ENDED if session.ends_at <= until else SessionState.LIVE,
            started_at=session.starts_at,
            ended_at=session.ends_at if session.ends_at <= until else None,
        )
        for session in fresh
    )
    SessionTenant.objects.bulk_create(
        SessionTenant(session=row, tenant=built.tenants[seller])
        for row, session in zip(rows, fresh, strict=True)
        for seller in _shown(built, session)
    )
    HostShift.objects.bulk_create(
        HostShift(
            session=row,
            host=built.hosts[session.host],
            role=ShiftRole.HOST,
            starts_at=session.starts_at,
            ends_at=row.ended_at,
        )
        for row, session in zip(rows, fresh, strict=True)
    )
    keys.update((row.platform_live_id, row.pk) for row in rows)
    AudienceSample.objects.bulk_create(
        AudienceSample(session_id=keys[session.live_id], source=SOURCE, at=at, concurrent=viewers)
        for session in begun
        for at, viewers in session.samples
        if after < at <= until
    )


def _shown(built: BuiltPark, session: PlannedSession) -> list[int]:
    """Whose goods a session shows: its seller's, and with mixed owners those of the three next to it."""
    sellers = built.plan.sellers
    extra = 3 if built.plan.mixed_owners else 0
    return list(dict.fromkeys((session.seller + step) % sellers for step in range(extra + 1)))


def _end_those_that_are_over(built: BuiltPark, sessions: list[PlannedSession], until: datetime) -> None:
    ends = {session.live_id: session.ends_at for session in sessions if session.ends_at <= until}
    open_rows = LiveSession.objects.filter(
        Q(booking__isnull=False) | Q(platform_live_id__in=ends), park=built.park, state=SessionState.LIVE
    )
    for row in open_rows:
        end = ends.get(row.platform_live_id) or (row.started_at or until) + timedelta(hours=8)
        if end > until:
            continue
        row.state, row.ended_at = SessionState.ENDED, end
        row.save(update_fields=["state", "ended_at", "updated_at"])
        row.shifts.filter(ends_at__isnull=True).update(ends_at=end)


def _claims(
    built: BuiltPark, days: dict[date, PlannedDay], after: datetime, until: datetime, seed: int
) -> None:
    """What was stated of the sessions that ended: most often a report's figures, of some hosts their agency's."""
    ended = {
        session.live_id: session
        for planned in days.values()
        for session in planned.sessions
        if after < session.ends_at <= until
    }
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for planned in days.values():
        for item in planned.facts:
            if item.fact.kind == "paid" and item.fact.session_ref in ended:
                paid[item.fact.session_ref] += Decimal(item.fact.amount or 0)
    rows = dict(
        LiveSession.objects.filter(park=built.park, platform_live_id__in=ended).values_list(
            "platform_live_id", "pk"
        )
    )
    SessionClaim.objects.bulk_create(
        SessionClaim(session_id=rows[live_id], version=1, source=source, **asdict(claim))
        for live_id, session in ended.items()
        if (stated := stated_claim(session, paid[live_id], seed)) is not None
        for source, claim in [stated]
    )
    buckets.mark(
        buckets.TRUST,
        [(built.tenants[session.seller].pk, rows[live_id]) for live_id, session in ended.items()],
    )


def _sales(
    built: BuiltPark, days: dict[date, PlannedDay], after: datetime, until: datetime, actor: Actor
) -> int:
    by_seller: dict[int, list[SaleFact]] = defaultdict(list)
    for item in due(days, after, until):
        by_seller[item.seller].append(item.fact)
    stored = 0
    for seller, facts in sorted(by_seller.items()):
        for some in in_turn(facts, BATCH):
            batch = list(enumerate(some))
            stored += sales_record(
                actor=actor, seller=built.tenants[seller], source=SOURCE, facts=batch
            ).counts["stored"]
    return stored
