"""Verdicts on simulated parks: how well inflated sessions rank above clean ones, and how many clean ones are doubted.

Limit is telling every one right, peer what is usually done without witnesses: sales per hour against the other sessions
of the park. docs/trust.md explains the simulation; its figures are printed here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.choices import Verdict
from analytics.trust.evidence import Evidence
from analytics.trust.verdict import Judgement, judge
from bench import Row
from bench._trust import EVERYWHERE, Inflation, auc, blown_up, honest_parks

DAYS, SEED = 20, 1
# factor, least AUC over all ways of inflating
GOALS = ((2.0, 0.95), (1.3, 0.8))
MOST_FALSE_ALARMS = 1.0


def run() -> list[Row]:
    parks = honest_parks(DAYS, SEED)
    clean = [judge(evidence) for evidence in parks]
    packed = [evidence for evidence in parks if evidence.sent is not None]
    rows = [_false_alarms(parks, clean)]
    for factor, least in GOALS:
        rows.append(_ranking(parks, clean, factor, EVERYWHERE, least))
        rows += [_ranking(parks, clean, factor, (kind,), None) for kind in EVERYWHERE]
        rows.append(_ranking(packed, [judge(one) for one in packed], factor, (Inflation.KEPT,), None))
    return rows


def _false_alarms(parks: Sequence[Evidence], clean: Sequence[Judgement]) -> Row:
    hourly = np.log([_hourly(evidence) for evidence in parks])
    ours = 100 * np.mean([one.verdict == Verdict.DOUBTFUL for one in clean])
    told = 100 * np.mean([one.verdict != Verdict.CANNOT_TELL for one in clean])
    return Row(
        work=f"false alarms, {len(parks):,} clean sessions, {told:.0f} % told",
        limit=0.0,
        peer=float(100 * np.mean(hourly > hourly.mean() + 2 * hourly.std())),
        ours=float(ours),
        unit="%",
        goal=f"<= {MOST_FALSE_ALARMS:g} %",
        passed=bool(ours <= MOST_FALSE_ALARMS),
    )


def _ranking(
    parks: Sequence[Evidence],
    clean: Sequence[Judgement],
    factor: float,
    kinds: tuple[Inflation, ...],
    least: float | None,
) -> Row:
    """AUC over the sessions that can be told; a way of inflating alone has no goal of its own."""
    false = blown_up(parks, factor, SEED, kinds)
    judged = [judge(evidence) for evidence in false]
    ours = auc(_strains(clean), _strains(judged))
    found = 100 * np.mean(
        [one.verdict == Verdict.DOUBTFUL for one in judged if one.verdict != Verdict.CANNOT_TELL]
    )
    name = kinds[0].value if len(kinds) == 1 else "any way"
    return Row(
        work=f"AUC at x {factor:g}, {name}, {found:.0f} % doubted",
        limit=1.0,
        peer=auc([_hourly(evidence) for evidence in parks], [_hourly(evidence) for evidence in false]),
        ours=ours,
        unit="AUC",
        goal=f">= {least:g}" if least else "",
        passed=least is None or ours >= least,
    )


def _strains(judgements: Sequence[Judgement]) -> list[float]:
    return [one.strain for one in judgements if one.verdict != Verdict.CANNOT_TELL]


def _hourly(evidence: Evidence) -> float:
    """Sales stated per hour on air; a session that states none sold a cent."""
    hours = evidence.length.total_seconds() / 3600 if evidence.length else 1
    return max(float(evidence.claim.sales or 0), 0.01) / hours
