"""What a simulated session's people state of it, honestly and otherwise, and what its witnesses happened to see.

Pure: a session of a planned day and its facts in, evidence out. Honest figures differ from what is measured for the
reasons they differ in life: a report counts coupons and the tail after the end, files are missing, a tool starts late
or not at all, nobody checked in.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from analytics.choices import ClaimSource, Origin, Witness
from analytics.demo.days import PlannedSession
from analytics.trust.evidence import AirTime, Claim, Evidence, Sent, Sold
from livestreams.readings import Reading
from supplychain.facts import SaleFact

MINUTE = timedelta(minutes=1)

# Shares of sessions, and spreads of what honest people state. Chosen.
NO_FILE, HALF_A_FILE, SOME_LINES_MISSING = 0.08, 0.003, 0.25
NO_TOOL, LATE_TOOL, COUNTING_TOOL, RESTARTED_TOOL = 0.12, 0.15, 0.5, 0.05
NOBODY_AT_THE_DOOR, HOURS_STATED = 0.2, 0.6
COUPONS, TAIL = 0.08, 0.05
VIEWERS_SPREAD, HOURS_SPREAD, SAMPLE_SPREAD = 0.06, 0.02, 0.1
PARCEL_LATE = 0.03
EXAGGERATED, REPORTED = 0.08, 0.85
STAY_SECONDS, STAY_SPREAD = 75, 0.35


@dataclass(frozen=True)
class Told:
    """A simulated session: its evidence, and of which planned session and seller it is."""

    session: PlannedSession
    evidence: Evidence


def sold(facts: Iterable[SaleFact]) -> Sold:
    """What the ledger would count of some facts of one session."""
    paid = [fact for fact in facts if fact.kind == "paid"]
    back = [fact for fact in facts if fact.kind in ("refunded", "cancelled")]
    return Sold(_sum(paid), _sum(back), len(paid), len({fact.ref_order_no or fact.order_no for fact in back}))


def _sum(facts: Iterable[SaleFact]) -> Decimal:
    return sum((Decimal(fact.amount or 0) for fact in facts), Decimal(0))


def honest_claim(session: PlannedSession, paid: Decimal, draw: random.Random) -> Claim:
    """What the platform's report of a session would say."""
    sales = paid * Decimal((1 + draw.uniform(0, COUPONS)) * (1 + draw.uniform(0, TAIL)))
    stay = max(1, round(draw.lognormvariate(math.log(STAY_SECONDS), STAY_SPREAD)))
    length = session.ends_at - session.starts_at
    return Claim(
        sales=sales.quantize(Decimal(1)),
        viewers=round(watched_seconds(session) / stay * draw.lognormvariate(0, VIEWERS_SPREAD)),
        stay_seconds=stay,
        minutes=round(length / MINUTE * draw.lognormvariate(0, HOURS_SPREAD))
        if draw.random() < HOURS_STATED
        else None,
    )


def stated_claim(session: PlannedSession, paid: Decimal, seed: int) -> tuple[ClaimSource, Claim] | None:
    """What is stated of a session of the demo, and by whom: an agency now and then doubles the sales."""
    draw = random.Random(f"{seed}:{session.live_id}:stated")
    claim = honest_claim(session, paid, draw)
    if draw.random() < EXAGGERATED:
        return ClaimSource.AGENCY, replace(claim, sales=(claim.sales or Decimal(0)) * 2)
    return (ClaimSource.REPORT, claim) if draw.random() < REPORTED else None


def watched_seconds(session: PlannedSession) -> float:
    """Seconds watched by all: the planned audience over time, the last value up to the end."""
    points = [*session.samples, (session.ends_at, session.samples[-1][1])]
    return sum(
        (left + right) / 2 * (until - at).total_seconds() for (at, left), (until, right) in pairwise(points)
    )


def told(
    session: PlannedSession, facts: Sequence[SaleFact], elsewhere: Sold, draw: random.Random, *, packed: bool
) -> Told:
    """An honest session as its witnesses saw it, each as far as it was there; `packed` by a warehouse of the park."""
    length = session.ends_at - session.starts_at
    claim = honest_claim(session, _sum(fact for fact in facts if fact.kind == "paid"), draw)
    evidence = Evidence(
        claim=claim,
        length=length,
        air=_door(length, draw),
        sold=_ledger(facts, draw),
        elsewhere=elsewhere,
        tracks=_tool(session, claim.viewers or 0, draw),
        sent=_sent(facts, draw) if packed else None,
    )
    return Told(session, evidence)


def _ledger(facts: Sequence[SaleFact], draw: random.Random) -> Sold | None:
    """What was imported: most often all, now and then not every line, rarely half a file, sometimes none."""
    fate = draw.random()
    if fate < NO_FILE or not facts:
        return None
    missing = 0.0
    if fate < NO_FILE + HALF_A_FILE:
        missing = draw.uniform(0.3, 0.6)
    elif fate < NO_FILE + HALF_A_FILE + SOME_LINES_MISSING:
        missing = draw.uniform(0, 0.06)
    lost = {fact.order_no for fact in facts if fact.kind == "paid" and draw.random() < missing}
    return sold([fact for fact in facts if fact.order_no not in lost and fact.ref_order_no not in lost])


def _sent(facts: Sequence[SaleFact], draw: random.Random) -> Sent:
    """The parcels of what was not given back, a few of them late."""
    back = {fact.ref_order_no or fact.order_no for fact in facts if fact.kind in ("refunded", "cancelled")}
    kept = {fact.order_no for fact in facts if fact.kind == "paid"} - back
    return Sent(len(kept), sum(draw.random() >= PARCEL_LATE for _order in kept))


def _door(length: timedelta, draw: random.Random) -> tuple[AirTime, ...]:
    """From the check-in to the end of the slot, which a session may miss by some minutes."""
    if draw.random() < NOBODY_AT_THE_DOOR:
        return ()
    there = length + draw.uniform(2, 15) * MINUTE + draw.gauss(0, 8) * MINUTE
    return (AirTime(Witness.CHECK_IN, Origin.DOOR, max(there, MINUTE)),)


def _tool(session: PlannedSession, viewers: int, draw: random.Random) -> tuple[tuple[Reading, ...], ...]:
    """The readings of a tool that may start late, take fewer samples, count entries, and be restarted."""
    if draw.random() < NO_TOOL:
        return ()
    late = draw.uniform(0, 0.6) if draw.random() < LATE_TOOL else 0.0
    counts, restarts = draw.random() < COUNTING_TOOL, draw.random() < RESTARTED_TOOL
    entries, restarted_at = viewers * draw.uniform(1.15, 1.6), draw.random() if restarts else 0.0
    length = session.ends_at - session.starts_at
    readings = []
    for at, people in session.samples[:: draw.choice((1, 1, 2, 3))]:
        passed = (at - session.starts_at) / length
        if passed < late:
            continue
        entered = round(entries * (passed - (restarted_at if passed > restarted_at else 0)))
        seen = max(0, round(people * (1 + draw.uniform(-SAMPLE_SPREAD, SAMPLE_SPREAD))))
        readings.append(Reading(at, seen, entered if counts else None))
    return (tuple(readings),) if readings else ()
