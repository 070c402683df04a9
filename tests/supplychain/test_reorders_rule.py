"""The pure rules of re-orders: what is thought of a demand, how many are worth making, when, and who gets the room."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import DAY
from supplychain.reorders import (
    Choice,
    Prior,
    Seen,
    Situation,
    Step,
    choose,
    estimate,
    free,
    learn,
    plan,
    share,
    spread_of,
)

MONDAY = date(2025, 3, 3)
SEEN = [Seen(0, 20), Seen(1, 18), Seen(2, 15)]
SITUATION = Situation(
    batch=100,
    days=SEEN,
    today=3,
    last_day=45,
    stock=47,
    lead_days=4,
    price=120,
    cost=50,
    leftover=20,
    most=1000,
    next_day=7,
)


def test_what_is_thought_sums_to_one_and_follows_the_sales() -> None:
    assert np.isclose(estimate(Prior(), 100, SEEN).sum(), 1)
    slow, quick = (
        spread_of(Prior(), 100, [Seen(0, sold), Seen(1, sold), Seen(2, sold)], 3, 45) for sold in (2, 20)
    )
    assert slow.high < quick.mean
    assert quick.low < quick.mean < quick.high


def test_a_day_on_which_it_ran_out_says_at_least() -> None:
    ended = [*SEEN[:2], Seen(2, 15, sold_out=True)]
    assert spread_of(Prior(), 100, ended, 3, 45).mean > spread_of(Prior(), 100, SEEN, 3, 45).mean
    many = [*SEEN[:2], Seen(2, 60, sold_out=True)]
    assert spread_of(Prior(), 100, many, 3, 45).mean > spread_of(Prior(), 100, SEEN[:2], 3, 45).mean


def test_half_a_day_counts_as_half() -> None:
    half = [*SEEN[:2], Seen(2, 15, exposure=0.5)]
    assert spread_of(Prior(), 100, half, 3, 45).mean > spread_of(Prior(), 100, SEEN, 3, 45).mean


def test_doubt_shrinks_with_the_days() -> None:
    def width(days: int) -> float:
        found = spread_of(Prior(), 100, [Seen(day, 10) for day in range(days)], 10, 45)
        return (found.high - found.low) / found.mean

    assert width(10) < width(1)


def test_launches_teach_what_launches_are_like() -> None:
    draw = np.random.default_rng(3)
    told = [
        (100, [Seen(day, int(draw.poisson(100 * 0.4 * 0.5 ** (day / 5)))) for day in range(20)])
        for _launch in range(60)
    ]
    prior = learn(told)
    assert abs(prior.level - np.log(0.4)) < 0.3
    assert abs(prior.half_life - np.log(5)) < 0.3
    assert prior.level_sd < Prior().level_sd
    assert learn([]) == Prior()


def test_the_number_follows_price_stock_and_what_is_coming() -> None:
    number = choose(Prior(), SITUATION).quantity
    assert number > 0
    for less in (
        {"cost": 110},
        {"stock": 200},
        {"coming": [(5, 100)]},
        {"returned": 0.4},
        {"most": number // 2},
        {"lead_days": 20},
    ):
        assert choose(Prior(), replace(SITUATION, **less)).quantity < number, less  # type: ignore[arg-type]
    for none in ({"lead_days": 42}, {"most": 0}, {"price": 50}):
        assert choose(Prior(), replace(SITUATION, **none)) == Choice(0, 0.0)  # type: ignore[arg-type]


def test_what_can_wait_is_not_ordered_in_doubt() -> None:
    early = replace(SITUATION, days=SEEN[:1], today=1, next_day=3)
    assert choose(Prior(), early).quantity < choose(Prior(), replace(early, next_day=None)).quantity


def test_a_choice_is_the_best_of_its_curve() -> None:
    choice = choose(Prior(), SITUATION)
    assert choice.curve[0] == (0, 0.0)
    assert (choice.quantity, choice.gain) == max(choice.curve, key=lambda point: point[1])


STEPS = st.lists(
    st.builds(Step, key=st.integers(), pieces_per_day=st.integers(1, 60), lead_days=st.integers(0, 5)),
    min_size=1,
    max_size=5,
    unique_by=lambda step: step.key,
)


@given(STEPS, st.integers(1, 400), st.data())
@settings(max_examples=200, deadline=None)
def test_a_plan_keeps_to_the_room_and_the_order_of_the_work(
    steps: list[Step], quantity: int, data: st.DataObject
) -> None:
    days = st.integers(0, 15).map(lambda number: MONDAY + number * DAY)
    taken = {
        (step.key, day): data.draw(st.integers(0, 60))
        for step in steps
        for day in data.draw(st.lists(days, max_size=5))
    }
    work = plan(steps, taken, quantity, MONDAY)
    if work is None:
        assert any(400 * step.pieces_per_day < quantity + 2000 for step in steps)
        return
    ended = MONDAY - DAY
    for step in steps:
        own = [one for one in work if one.step == step.key]
        assert sum(one.pieces for one in own) == quantity
        assert len({one.day for one in own}) == len(own)
        for one in own:
            assert 0 < one.pieces <= step.pieces_per_day - taken.get((step.key, one.day), 0)
        assert min(one.day for one in own) > ended + step.lead_days * DAY
        ended = max(one.day for one in own)


def test_the_narrowest_step_says_what_is_free() -> None:
    steps = [Step(1, 100, 0), Step(2, 40, 0)]
    assert free(steps, {}, MONDAY, 7) == 280
    assert free(steps, {(1, MONDAY): 100, (2, MONDAY): 60}, MONDAY, 2) == 40
    assert free([], {}, MONDAY, 7) == 0


CURVES = st.lists(
    st.lists(st.integers(1, 9), min_size=1, max_size=4).map(lambda slopes: sorted(slopes, reverse=True)),
    min_size=1,
    max_size=3,
)


def curved(slopes: list[int]) -> Choice:
    """A choice of one piece for each slope, each worth as much as it says."""
    gains = [0.0, *itertools.accumulate(map(float, slopes))]
    return Choice(len(slopes), gains[-1], tuple(enumerate(gains)))


@given(CURVES, st.integers(0, 12))
def test_room_goes_where_it_earns_most(slopes: list[list[int]], room: int) -> None:
    choices = [curved(each) for each in slopes]
    given_room = share(choices, room)
    assert sum(choice.quantity for choice in given_room) == min(room, sum(map(len, slopes)))
    best = max(
        sum(choice.curve[number][1] for choice, number in zip(choices, numbers, strict=True))
        for numbers in itertools.product(*(range(len(each) + 1) for each in slopes))
        if sum(numbers) <= room
    )
    assert sum(choice.gain for choice in given_room) == best


def test_a_bump_in_a_curve_is_passed_over() -> None:
    bumpy = Choice(20, 30.0, ((0, 0.0), (10, 5.0), (20, 30.0)))
    flat = Choice(20, 20.0, ((0, 0.0), (20, 20.0)))
    assert [choice.quantity for choice in share([bumpy, flat], 20)] == [20, 0]
