"""Judges what was stated of the sales of events, by the rule of the sessions and its witnesses.

The verdict is the same for every reader, so nothing goes into it that not everybody at the event may know: the ledger
speaks only where every firm that takes part shows its amounts.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Sum

from analytics.choices import EventReach
from analytics.events.takings import Takings
from analytics.models import EventClaim, EventVerdict, SessionFigures
from analytics.trust.evidence import Claim, Evidence, Sold
from analytics.trust.gathering import SUMS
from analytics.trust.verdict import fingerprint, judge
from analytics.trust.witnesses import as_row
from core.clock import DAY, day_bounds, day_start
from core.locking import lock_row
from livestreams.models import LiveSession

DAYS_AND_NIGHTS = timedelta(days=1)
"""Nobody knows when the rooms of an event were on air: they may all have been, without a break."""


def evidence_on(claim: EventClaim) -> Evidence:
    """What is known of the rooms whose sales were stated."""
    rooms, sold = claim.rooms, None
    if claim.reach == EventReach.ENTRANTS:
        rooms, sold = _took_part(claim)
    days = (claim.last_day - claim.first_day) // DAY + 1
    return Evidence(claim=Claim(sales=claim.sales), length=days * DAYS_AND_NIGHTS, rooms=rooms, sold=sold)


def _took_part(claim: EventClaim) -> tuple[int | None, Sold | None]:
    """The rooms in which those who take part were live, and what they sold there.

    A session without a room of the park leaves the rooms unknown, a firm that hides its amounts the sales.
    """
    takings = Takings(claim.event, None)
    sessions = LiveSession.objects.filter(
        tenant__in=takings.tenants,
        park__venues__event=claim.event,
        started_at__gte=day_start(claim.first_day),
        started_at__lt=day_bounds(claim.last_day)[1],
    ).order_by()
    rooms = set(sessions.values_list("room", flat=True).distinct())
    known = len(rooms) if rooms and None not in rooms else None
    if takings.known != takings.tenants:
        return known, None
    figures = SessionFigures.objects.filter(session__in=sessions, lines__gt=0)
    sums = figures.aggregate(**{name: Sum(name) for name in SUMS})
    return known, Sold(*(sums[name] for name in SUMS)) if sums["orders"] is not None else None


def judge_claim(claim: EventClaim) -> bool:
    """Add a version where the evidence is not that of the newest verdict; returns whether it was."""
    with transaction.atomic():
        # As it is kept: the same amount written otherwise would be other evidence.
        held = lock_row(EventClaim, claim.pk)
        evidence = evidence_on(held)
        inputs_hash = fingerprint(evidence)
        newest = held.verdicts.order_by("-version").first()
        if newest is not None and newest.inputs_hash == inputs_hash:
            return False
        found = judge(evidence)
        EventVerdict.objects.create(
            claim=held,
            version=newest.version + 1 if newest else 1,
            verdict=found.verdict.value,
            reasons=" ".join(found.reasons),
            witnesses=[as_row(finding) for finding in found.findings],
            inputs_hash=inputs_hash,
        )
    return True


def judge_all() -> int:
    """Judge every statement again, as figures came in since; returns how many verdicts are new. Safe to run twice."""
    return sum(judge_claim(claim) for claim in EventClaim.objects.order_by("pk"))
