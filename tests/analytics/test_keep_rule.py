"""Refunds to come by the pure rule: the range holds as often as it says, and nothing comes back twice."""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from analytics.keep import Expected, curve_of, expected_of
from analytics.keep.curve import FEWEST_DAYS, Cohort
from analytics.keep.lastday import kept_after

AMOUNT = st.integers(0, 10**11)
COHORT = st.tuples(AMOUNT, st.fractions(0, 1), st.integers(0, 900)).map(
    lambda drawn: Cohort(drawn[0], int(drawn[0] * drawn[1]), drawn[2])
)


@given(st.lists(COHORT, max_size=40), AMOUNT, AMOUNT)
def test_an_answer_is_in_its_range_and_never_more_than_is_left(
    cohorts: list[Cohort], paid: int, refunded: int
) -> None:
    curve = curve_of(cohorts)
    days = [each for each in cohorts if each.paid]
    assert (curve is None) == (len(days) < FEWEST_DAYS or sum(each.orders for each in days) < 50)
    if curve is None:
        return
    assert 0 <= curve.low <= curve.middle <= curve.high <= 1
    assert (curve.days, curve.orders) == (len(days), sum(each.orders for each in days))
    found = expected_of(curve, paid, refunded)
    assert 0 <= found.low <= found.middle <= found.high <= max(0, paid - refunded)


def test_the_whole_past_gives_the_middle_and_its_days_the_range() -> None:
    cohorts = [Cohort(1_000_000, 10_000 * number, 10) for number in range(11)]
    curve = curve_of(cohorts)
    assert curve is not None
    assert (curve.low, curve.middle, curve.high) == (
        Fraction(2, 1000),
        Fraction(50, 1000),
        Fraction(98, 1000),
    )
    assert expected_of(curve, 2_000_000, 0) == Expected(4_000, 100_000, 196_000)
    assert expected_of(curve, 2_000_000, 1_950_000) == Expected(4_000, 50_000, 50_000)


def test_four_of_five_days_lie_in_the_range() -> None:
    draw, held, nights = random.Random(7), 0, 2_000

    def day() -> Cohort:
        orders = [draw.choice((39, 59, 99, 199)) * 10_000 for _number in range(draw.randint(60, 200))]
        rate = draw.betavariate(4, 16)
        return Cohort(sum(orders), sum(each for each in orders if draw.random() < rate), len(orders))

    for _night in range(nights):
        curve, then = curve_of([day() for _number in range(60)]), day()
        assert curve is not None
        found = expected_of(curve, then.paid, 0)
        held += found.low <= then.late <= found.high
    print(f"{held / nights:.1%} of {nights} nights lie in their range")
    assert 0.78 < held / nights < 0.82


def test_what_comes_back_takes_goods_and_shares_with_it() -> None:
    expected = Expected(100_000, 200_000, 300_000)
    assert kept_after(500_000, 1_000_000, 400_000, expected) == Expected(320_000, 380_000, 440_000)
    assert kept_after(500_000, 0, 0, expected) is None
    assert kept_after(500_000, 1_000_000, 0, None) is None
