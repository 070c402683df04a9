"""Simulated parks for the verdicts: some days of every demo park, with what was stated and what witnesses saw."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

import numpy as np

from analytics.demo.claims import Told, sold, told
from analytics.demo.days import PlannedSession, plan_day
from analytics.demo.plans import PLANS, ParkPlan
from analytics.trust.evidence import NOTHING_SOLD, Evidence, Sold
from supplychain.facts import SaleFact

LAST_DAY = dt.date(2026, 5, 10)


class Inflation(StrEnum):
    """What somebody blows up: the sales stated, the audience stated, everything, or sales that somebody buys.

    What was bought is given back (brushing), or kept and never sent, which shows where the park packs alone.
    """

    SALES = "sales"
    AUDIENCE = "audience"
    BRUSHING = "brushing"
    EVERYTHING = "everything"
    KEPT = "kept"


EVERYWHERE = (Inflation.SALES, Inflation.AUDIENCE, Inflation.BRUSHING, Inflation.EVERYTHING)
"""What shows without a warehouse."""


def honest_parks(days: int, seed: int) -> list[Evidence]:
    """Every session of every demo park on some days, honestly told."""
    return [one.evidence for plan in PLANS for one in _park(plan, days, seed)]


def _park(plan: ParkPlan, days: int, seed: int) -> list[Told]:
    first = LAST_DAY - dt.timedelta(days=days - 1)
    # The seller that outgrows its unit sells without sessions; its orders would only take time.
    plan = replace(plan, star=None)
    sessions: list[PlannedSession] = []
    facts = defaultdict[str, list[SaleFact]](list)
    by_seller = defaultdict[int, list[SaleFact]](list)
    for number in range(days):
        day = plan_day(plan, first + dt.timedelta(days=number), seed=seed, first_day=first, last_day=LAST_DAY)
        sessions += day.sessions
        for item in day.facts:
            by_seller[item.seller].append(item.fact)
            if item.fact.session_ref:
                facts[item.fact.session_ref].append(item.fact)
    totals = defaultdict(lambda: NOTHING_SOLD, {seller: sold(known) for seller, known in by_seller.items()})
    return [
        told(
            session,
            facts[session.live_id],
            totals[session.seller] - sold(facts[session.live_id]),
            random.Random(f"{seed}:{session.live_id}:told"),
            packed=plan.shared_warehouse,
        )
        for session in sessions
    ]


def blown_up(
    parks: Sequence[Evidence], factor: float, seed: int, kinds: Sequence[Inflation] = EVERYWHERE
) -> list[Evidence]:
    """The same sessions, each inflated in one way."""
    draw = random.Random(f"{seed}:{factor}")
    return [inflated(evidence, draw.choice(kinds), factor, draw) for evidence in parks]


def inflated(evidence: Evidence, kind: Inflation, factor: float, draw: random.Random) -> Evidence:
    """The same session with something blown up by a factor."""
    claim, by = evidence.claim, Decimal(str(factor))
    more: dict[str, object] = {}
    if kind is not Inflation.AUDIENCE:
        more["sales"] = claim.sales * by if claim.sales is not None else None
    if kind in (Inflation.AUDIENCE, Inflation.EVERYTHING):
        more["viewers"] = round(claim.viewers * factor) if claim.viewers is not None else None
    if kind is Inflation.EVERYTHING and claim.minutes is not None:
        more["minutes"] = round(claim.minutes * factor)
    found = replace(evidence, claim=replace(claim, **more))  # type: ignore[arg-type]
    if kind in (Inflation.BRUSHING, Inflation.KEPT) and evidence.sold is not None:
        bought = _bought(evidence.sold, factor, 0.9 if kind is Inflation.BRUSHING else 0, draw)
        found = replace(found, sold=bought)
        if kind is Inflation.KEPT and evidence.sent is not None:
            due = evidence.sent.due + bought.orders - evidence.sold.orders
            found = replace(found, sent=replace(evidence.sent, due=due))
    return found


def _bought(honest: Sold, factor: float, given_back: float, draw: random.Random) -> Sold:
    """Sales that somebody bought for show, of which such a share comes back."""
    bought = round(honest.orders * (factor - 1))
    amount = honest.paid * Decimal(str(factor - 1))
    back = sum(draw.random() < given_back for _order in range(bought))
    share = Decimal(back) / bought if bought else Decimal(0)
    return Sold(
        honest.paid + amount,
        honest.refunds + amount * share,
        honest.orders + bought,
        honest.refund_orders + back,
    )


def auc(clean: Sequence[float], false: Sequence[float]) -> float:
    """How often a false session ranks above a clean one; half when they tie (Mann and Whitney)."""
    ranked = np.sort(clean)
    below, up_to = np.searchsorted(ranked, false, "left"), np.searchsorted(ranked, false, "right")
    return float((below + up_to).sum() / 2 / (len(false) * len(clean)))
