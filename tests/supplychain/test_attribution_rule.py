"""The rule by itself: each clause by an example, and what must hold for any line and any sessions."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.attribution import (
    OWN,
    WINDOWS,
    Final,
    OnShift,
    OrderLine,
    Placed,
    Shown,
    Stage,
    Unclear,
    decide,
)
from supplychain.choices import ATTRIBUTION_KEPT, AttributionRule, Channel

EIGHT = datetime(2025, 6, 1, 12, tzinfo=UTC)  # eight in the evening in Shanghai
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NOTHING, HALF_A_DAY, WEEK = WINDOWS


def stage(key: int = 1, start: float = 0, end: float | None = 2, *accounts: str, **values: object) -> Stage:
    """A session from and until so many hours after eight."""
    return Stage(
        key=key,
        platform=str(values.pop("platform", "douyin")),
        start=EIGHT + start * HOUR,
        end=None if end is None else EIGHT + end * HOUR,
        accounts=frozenset(accounts),
        is_open=not accounts,
        **values,  # type: ignore[arg-type]
    )


def line(at: float = 1, account: str = "", **values: object) -> OrderLine:
    fields = {"channel": Channel.LIVE, "platform": "douyin", **values}
    return OrderLine(paid_at=EIGHT + at * HOUR, account=account, **fields)  # type: ignore[arg-type]


def test_a_named_session_goes_before_everything_else() -> None:
    other = stage(1, 0, 2, "ming")
    assert decide(line(account="ming", named=9), [other], {"ming"}, NOTHING) == Placed(9, "explicit")
    assert decide(line(named=9, channel="shop"), [], set(), NOTHING) == Placed(9, "explicit")


def test_account_and_time_place_a_line_and_the_last_second_is_the_next_sessions() -> None:
    both = [stage(1, 0, 2, "ming"), stage(2, 2, 4, "ming")]
    for at, key in ((0, 1), (1.99, 1), (2, 2), (3.99, 2)):
        assert decide(line(at, "ming"), both, {"ming"}, NOTHING) == Placed(key, "account")
    assert decide(line(4, "ming"), both, {"ming"}, NOTHING) == Final("outside")


def test_a_session_over_midnight_holds_both_days_and_one_still_on_air_has_no_end() -> None:
    night = stage(1, 3, 6, "ming")  # eleven in the evening to two in the morning
    assert decide(line(5.5, "ming"), [night], {"ming"}, NOTHING) == Placed(1, "account")
    running = stage(1, 0, None, "ming")
    assert decide(line(20, "ming"), [running], {"ming"}, NOTHING) == Placed(1, "account")


def test_of_two_sessions_with_the_account_the_one_with_its_host_on_shift_has_the_line() -> None:
    handed_over = OnShift("ming", EIGHT, EIGHT + HOUR)
    first = stage(1, 0, 3, "ming", "hua", shifts=[handed_over])
    second = stage(2, 0, 3, "ming", shifts=[OnShift("ming", EIGHT + HOUR, None)])
    assert decide(line(0.5, "ming"), [first, second], {"ming"}, NOTHING) == Placed(1, "account")
    assert decide(line(1, "ming"), [first, second], {"ming"}, NOTHING) == Placed(2, "account")
    nobody = [replace(first, shifts=()), replace(second, shifts=())]
    assert decide(line(1, "ming"), nobody, {"ming"}, NOTHING) == Unclear((1, 2))


def test_a_product_shown_in_one_session_places_the_line() -> None:
    shown = Shown(7, None, EIGHT + HOUR, EIGHT + 2 * HOUR)
    sessions = [stage(1, 0, 2, shown=[shown]), stage(2, 0, 2)]
    assert decide(line(1, product=7, sku=70), sessions, set(), NOTHING) == Placed(1, "product")
    assert decide(line(0.9, product=7), sessions, set(), NOTHING) == Unclear((1, 2))
    assert decide(line(1, product=8), sessions, set(), NOTHING) == Unclear((1, 2))
    of_sku = [stage(1, 0, 2, shown=[replace(shown, sku=71)]), stage(2, 0, 2)]
    assert decide(line(1, product=7, sku=70), of_sku, set(), NOTHING) == Unclear((1, 2))
    twice = [stage(1, 0, 2, shown=[shown]), stage(2, 0, 2, shown=[shown])]
    assert decide(line(1, product=7), twice, set(), NOTHING) == Unclear((1, 2))


def test_the_product_does_not_speak_against_the_account() -> None:
    shown = Shown(7, None, EIGHT, EIGHT + 2 * HOUR)
    hua = stage(1, 0, 2, "hua", shown=[shown])
    assert decide(line(1, "ming", product=7), [hua], {"ming", "hua"}, NOTHING) == Final("outside")
    assert decide(line(1, "stranger", product=7), [hua], {"hua"}, NOTHING) == Final("outside_host")


def test_the_tail_takes_the_latest_session_of_the_account_and_ends_with_the_window() -> None:
    sessions = [stage(1, 0, 2, "ming"), stage(2, 3, 4, "ming"), stage(3, 3, 5, "hua")]
    ours = {"ming", "hua"}
    assert decide(line(4, "ming"), sessions, ours, NOTHING) == Final("outside")
    assert decide(line(4, "ming"), sessions, ours, HALF_A_DAY) == Placed(2, "tail")
    assert decide(line(2.5, "ming"), sessions, ours, HALF_A_DAY) == Placed(1, "tail")
    assert decide(line(15.99, "ming"), sessions, ours, HALF_A_DAY) == Placed(2, "tail")
    assert decide(line(16, "ming"), sessions, ours, HALF_A_DAY) == Final("outside")
    assert decide(line(16, "ming"), sessions, ours, WEEK) == Placed(2, "tail")
    together = [stage(1, 0, 2, "ming"), stage(2, 1, 2, "ming")]
    assert decide(line(3, "ming"), together, ours, HALF_A_DAY) == Unclear((1, 2))


@pytest.mark.parametrize("channel", ["product_card", "short_video", "shop", "offline", "outside_host"])
def test_what_the_platform_says_was_sold_beside_sessions_is_final(channel: str) -> None:
    on_air = stage(1, 0, 2, shown=[Shown(7, None, EIGHT, None)])
    assert decide(line(1, channel=channel, product=7), [on_air], set(), WEEK) == Final(channel)


def test_an_account_that_is_none_of_ours_is_an_outside_host() -> None:
    ming = stage(1, 0, 2, "ming")
    assert decide(line(1, "stranger"), [ming], {"ming"}, WEEK) == Final("outside_host")
    assert decide(line(5, "stranger"), [ming], {"ming"}, WEEK) == Final("outside_host")
    # A session that nobody's account is on record for may be the stranger's.
    assert decide(line(1, "stranger"), [ming, stage(2, 0, 2)], {"ming"}, NOTHING) == Unclear((2,))
    said = line(1, "stranger", channel=Channel.OUTSIDE_HOST)
    assert decide(said, [stage(2, 0, 2)], set(), NOTHING) == Final("outside_host")


def test_a_live_sale_without_a_name_is_the_shops_own_where_a_platform_says_so() -> None:
    own, hosted = stage(1, 0, 2, OWN), stage(2, 0, 2, "ming")
    assert decide(line(1), [own, hosted], {"ming"}, NOTHING) == Placed(1, "account")
    assert decide(line(1, platform=""), [own, hosted], {"ming"}, NOTHING) == Unclear((1, 2))
    assert decide(line(1, channel=Channel.OTHER), [own], set(), NOTHING) == Unclear((1,))
    assert decide(line(1, platform="taobao"), [own], set(), NOTHING) == Final("outside")


# --- what holds for all

ACCOUNTS = ("ming", "hua", "yan")
hours = st.sampled_from([0, 0.5, 1, 2, 3, 5, 14, 14.5, 200])
accounts = st.sampled_from(ACCOUNTS)


@st.composite
def stages_(draw: st.DrawFn) -> list[Stage]:
    found = []
    for key in range(1, draw(st.integers(0, 5)) + 1):
        start = draw(hours)
        length = draw(st.sampled_from([None, 0.5, 1, 3, 12]))
        begins = EIGHT + start * HOUR
        ends = None if length is None else begins + length * HOUR
        found.append(
            Stage(
                key=key,
                platform=draw(st.sampled_from(["douyin", "taobao"])),
                start=begins,
                end=ends,
                accounts=frozenset(draw(st.lists(accounts, max_size=2))),
                is_open=draw(st.booleans()),
                shifts=[
                    OnShift(draw(accounts), begins + at * HOUR, ends)
                    for at in draw(st.lists(hours, max_size=2))
                ],
                shown=[
                    Shown(draw(st.integers(1, 2)), draw(st.sampled_from([None, 1, 2])), begins, ends)
                    for _number in range(draw(st.integers(0, 2)))
                ],
            )
        )
    return found


lines = st.builds(
    line,
    at=hours,
    account=st.sampled_from(["", "stranger", *ACCOUNTS]),
    channel=st.sampled_from(Channel.values),
    platform=st.sampled_from(["", "douyin", "taobao"]),
    product=st.sampled_from([None, 1, 2]),
    sku=st.sampled_from([None, 1, 2]),
    named=st.sampled_from([None, None, None, 3]),
)
windows = st.sampled_from(WINDOWS)


@given(lines, stages_(), windows)
def test_every_line_has_exactly_one_answer_from_the_sessions_that_were_asked(
    sold: OrderLine, stages: list[Stage], window: timedelta
) -> None:
    answer = decide(sold, stages, ACCOUNTS, window)
    keys = {stage.key for stage in stages}
    if isinstance(answer, Placed):
        assert answer.session in keys or answer.session == sold.named
        assert answer.clause in AttributionRule.values
    elif isinstance(answer, Unclear):
        assert answer.candidates
        assert set(answer.candidates) <= keys
        assert list(answer.candidates) == sorted(set(answer.candidates))
    else:
        assert isinstance(answer, Final)
        assert answer.kind in AttributionRule.values
        assert answer.kind not in ATTRIBUTION_KEPT


@given(lines, stages_(), windows, st.randoms(use_true_random=False))
def test_the_order_in_which_sessions_are_named_changes_nothing(
    sold: OrderLine, stages: list[Stage], window: timedelta, dice: random.Random
) -> None:
    shuffled = dice.sample(stages, len(stages))
    turned = [replace(each, shown=each.shown[::-1], shifts=each.shifts[::-1]) for each in shuffled]
    assert decide(sold, turned, set(ACCOUNTS), window) == decide(sold, stages, ACCOUNTS, window)


@given(lines, stages_())
def test_a_wider_window_moves_no_line_that_was_placed_without_it(
    sold: OrderLine, stages: list[Stage]
) -> None:
    answers = [decide(sold, stages, ACCOUNTS, window) for window in WINDOWS]
    for narrow, wide in pairwise(answers):
        if isinstance(narrow, Placed):
            assert wide == narrow


@given(st.lists(lines, min_size=5, max_size=20), stages_(), windows)
def test_a_session_takes_nothing_before_its_first_and_nothing_at_its_last_second(
    many: list[OrderLine], stages: list[Stage], window: timedelta
) -> None:
    by_key = {stage.key: stage for stage in stages}
    for sold in many:
        answer = decide(sold, stages, ACCOUNTS, window)
        if sold.named is not None or not isinstance(answer, Placed):
            continue
        mine = by_key[answer.session]
        assert mine.start <= sold.paid_at
        in_it = mine.end is None or sold.paid_at < mine.end
        assert in_it != (answer.clause == AttributionRule.TAIL)
        if answer.clause == AttributionRule.TAIL:
            assert mine.end is not None
            assert sold.paid_at < mine.end + window


@given(st.integers(-2, 2), st.sampled_from(ACCOUNTS))
def test_the_second_between_two_sessions_is_counted_once(seconds: int, account: str) -> None:
    both = [stage(1, 0, 2, account), stage(2, 2, 4, account)]
    sold = replace(line(2, account), paid_at=EIGHT + 2 * HOUR + seconds * SECOND)
    answers = [decide(sold, [each], ACCOUNTS, NOTHING) for each in both]
    placed = [answer for answer in answers if isinstance(answer, Placed)]
    assert placed == [decide(sold, both, ACCOUNTS, NOTHING)]
