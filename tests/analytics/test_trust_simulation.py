"""The promises on simulated parks, with fewer days than `python -m bench trust` takes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from analytics.choices import Verdict
from analytics.trust.evidence import Claim, Evidence
from analytics.trust.verdict import Judgement, judge
from bench._trust import EVERYWHERE, Inflation, auc, blown_up, honest_parks, inflated

SEED = 7


@pytest.fixture(scope="module")
def parks() -> list[Evidence]:
    return honest_parks(6, SEED)


@pytest.fixture(scope="module")
def clean(parks: list[Evidence]) -> list[Judgement]:
    return [judge(evidence) for evidence in parks]


def strains(judgements: list[Judgement]) -> list[float]:
    return [one.strain for one in judgements if one.verdict != Verdict.CANNOT_TELL]


def test_few_clean_sessions_are_doubted_and_most_can_be_told(clean: list[Judgement]) -> None:
    assert len(clean) > 600
    assert sum(one.verdict == Verdict.DOUBTFUL for one in clean) <= len(clean) / 100
    assert sum(one.verdict == Verdict.VERIFIED for one in clean) >= 0.8 * len(clean)


@pytest.mark.parametrize(("factor", "least"), [(2.0, 0.95), (1.3, 0.8)])
def test_inflated_sessions_rank_above_clean_ones(
    parks: list[Evidence], clean: list[Judgement], factor: float, least: float
) -> None:
    false = [judge(evidence) for evidence in blown_up(parks, factor, SEED)]
    assert auc(strains(clean), strains(false)) >= least
    for kind in EVERYWHERE:
        alone = [judge(evidence) for evidence in blown_up(parks, factor, SEED, (kind,))]
        assert auc(strains(clean), strains(alone)) >= 0.8, kind


@pytest.mark.parametrize(("factor", "least"), [(2.0, 0.95), (1.3, 0.8)])
def test_sales_bought_and_never_sent_show_where_the_park_packs(
    parks: list[Evidence], factor: float, least: float
) -> None:
    packed = [evidence for evidence in parks if evidence.sent is not None]
    assert len(packed) > 50
    false = [judge(evidence) for evidence in blown_up(packed, factor, SEED, (Inflation.KEPT,))]
    assert auc(strains([judge(evidence) for evidence in packed]), strains(false)) >= least


def test_nothing_blown_up_ranks_like_clean(parks: list[Evidence], clean: list[Judgement]) -> None:
    same = [judge(inflated(one, kind, 1.0, Random(1))) for one in parks for kind in Inflation]
    assert auc(strains(clean), strains(same)) == pytest.approx(0.5, abs=0.01)


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    assert auc([1.0, 2.0], [3.0, 2.0]) == 3.5 / 4
    assert auc([1.0], [0.0]) == 0


def test_a_claim_without_sales_is_not_inflated_in_sales(parks: list[Evidence]) -> None:
    silent = replace(parks[0], claim=Claim(minutes=60))
    assert inflated(silent, Inflation.SALES, 2.0, Random(1)).claim == Claim(minutes=60)
