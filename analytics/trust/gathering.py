"""Gathers the evidence on sessions from the facts, for many sessions at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef

from analytics.choices import Origin, Witness
from analytics.models import DaySales, SessionClaim, SessionFigures
from analytics.packing import lines_of, reservations_of
from analytics.shares.facts import Fact, facts_in
from analytics.tracks import tracks_of
from analytics.trust.evidence import NOTHING_SOLD, AirTime, Claim, Evidence, Sent, Sold
from analytics.trust.thresholds import CHECK_IN_APART, PARCEL_DAYS, USUAL_DAYS
from core.clock import DAY, HOUR, business_day, now
from core.portions import in_turn
from livestreams.conflicts import Span, merged
from livestreams.models import AudienceSample, LiveSession, Publish
from supplychain.choices import ReservationState
from supplychain.models import Reservation
from tenants.models import Tenant

SUMS = ("gmv_paid", "refunds", "orders", "refund_orders")
# Their facts are read at once.
SESSIONS_AT_ONCE = 20


@dataclass(frozen=True)
class Gathered:
    """The evidence on one session, and the statement that it is about."""

    session: LiveSession
    claim: SessionClaim | None
    evidence: Evidence


def gather(sessions: Sequence[LiveSession]) -> list[Gathered]:
    """The evidence on ended sessions, whose bookings are loaded with them. Where nothing was stated nothing is read."""
    claims = _claims(sessions)
    asked = [session for session in sessions if session.pk in claims]
    sold, usual, on_air, parcels = _sold(asked), _usual(asked), _on_air(asked), _parcels(asked)
    tracks = dict(tracks_of(AudienceSample.objects.filter(session__in=asked)))
    found = []
    for session in sessions:
        claim = claims.get(session.pk)
        evidence = Evidence(claim=Claim())
        if claim is not None:
            evidence = Evidence(
                claim=Claim(claim.sales, claim.viewers, claim.stay_seconds, claim.minutes),
                length=_length(session),
                air=(*_check_in(session), *on_air.get(session.pk, ())),
                sold=sold.get(session.pk),
                elsewhere=usual.get(session.pk),
                sent=parcels.get(session.pk),
                tracks=tuple(tracks.get(session.pk, {}).values()),
            )
        found.append(Gathered(session, claim, evidence))
    return found


def _claims(sessions: Sequence[LiveSession]) -> dict[int, SessionClaim]:
    rows = SessionClaim.objects.standing().filter(session__in=sessions).order_by("version")
    return {row.session_id: row for row in rows}


def _length(session: LiveSession) -> timedelta | None:
    if session.started_at is None or session.ended_at is None:
        return None
    return session.ended_at - session.started_at


def _check_in(session: LiveSession) -> Iterable[AirTime]:
    """From a check-in of its own to the end of the slot."""
    booking = session.booking
    if booking is None or booking.checked_in_at is None:
        return
    there = booking.ends_at - booking.checked_in_at
    if session.created_at - booking.checked_in_at >= CHECK_IN_APART and there > timedelta(0):
        yield AirTime(Witness.CHECK_IN, Origin.DOOR, there)


def _on_air(sessions: Sequence[LiveSession]) -> dict[int, tuple[AirTime, ...]]:
    """How long the encoders of each session sent a picture; what overlaps counts once."""
    spans: dict[int, list[Span]] = defaultdict(list)
    rows = Publish.objects.filter(session__in=sessions, is_test=False).order_by("pk")
    for key, start, end, seen in rows.values_list("session", "started_at", "ended_at", "last_seen_at"):
        if start < (until := end or seen):
            spans[key].append(Span(start, until))
    return {
        key: (
            AirTime(Witness.ENCODER, Origin.NODE, sum((one.length for one in merged(found)), timedelta(0))),
        )
        for key, found in spans.items()
    }


def _sold(sessions: Sequence[LiveSession]) -> dict[int, Sold]:
    rows = SessionFigures.objects.filter(session__in=sessions, lines__gt=0)
    return {key: Sold(*sums) for key, *sums in rows.values_list("session", *SUMS)}


def _usual(sessions: Sequence[LiveSession]) -> dict[int, Sold]:
    """What the seller of each session sold in the days before the one on which it began."""
    began = {
        session.pk: business_day(session.started_at) for session in sessions if session.started_at is not None
    }
    if not began:
        return {}
    by_tenant: Mapping[int, list[tuple[date, Sold]]] = defaultdict(list)
    days = DaySales.objects.filter(
        tenant__in={session.tenant_id for session in sessions},
        day__gte=min(began.values()) - USUAL_DAYS * DAY,
        day__lt=max(began.values()),
    )
    for tenant, day, *sums in days.values_list("tenant", "day", *SUMS):
        by_tenant[tenant].append((day, Sold(*sums)))
    return {
        session.pk: sum(
            (
                each
                for day, each in by_tenant[session.tenant_id]
                if began[session.pk] - USUAL_DAYS * DAY <= day < began[session.pk]
            ),
            NOTHING_SOLD,
        )
        for session in sessions
        if session.pk in began
    }


def _parcels(sessions: Sequence[LiveSession]) -> dict[int, Sent]:
    """What became of the orders of each session that ought to have left a warehouse by now.

    What was given back before it left was released, and is nobody's to send, nor is what lies where nobody packs any
    more; what came in late has its days from then.
    """
    at = now()
    by = at - PARCEL_DAYS * DAY
    over = [session for session in sessions if session.ended_at is not None and session.ended_at <= by]
    tenants = Tenant.objects.filter(pk__in={session.tenant_id for session in over})
    packed = set(
        tenants.filter(Exists(Reservation.objects.filter(seller=OuterRef("pk")))).values_list("pk", flat=True)
    )
    asked = [session for session in over if session.tenant_id in packed]
    found: dict[int, Sent] = {}
    for some in in_turn(asked, SESSIONS_AT_ONCE):
        found |= _parcels_of(some, at)
    return found


def _parcels_of(sessions: Sequence[LiveSession], at: datetime) -> dict[int, Sent]:
    by_seller: dict[int, dict[int, list[Fact]]] = defaultdict(lambda: defaultdict(list))
    for fact, place in facts_in(sessions):
        by_seller[fact.seller_id][place].append(fact)
    orders: dict[int, dict[tuple[int, str, str], bool]] = defaultdict(dict)
    for seller, facts in by_seller.items():
        lines = lines_of(seller, facts)
        for row in reservations_of(seller, lines):
            if _ought_to_have_left(row, at):
                order, mine = (seller, row.source, row.order_no), orders[lines[row.line]]
                mine[order] = mine.get(order, True) and row.state == ReservationState.DISPATCHED
    return {place: Sent(len(mine), sum(mine.values())) for place, mine in orders.items()}


def _ought_to_have_left(row: Reservation, at: datetime) -> bool:
    if row.state == ReservationState.RELEASED:
        return False
    if row.state != ReservationState.DISPATCHED and not row.warehouse.packs_orders:
        return False
    time_to_leave = max(PARCEL_DAYS * DAY, row.warehouse.ship_within_hours * HOUR)
    return max(row.paid_at, row.created_at) + time_to_leave <= at
