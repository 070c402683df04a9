"""Sharing out by itself: parts add up to the whole whatever the shifts, and each moment has its owners once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.shares.split import NOBODY, LineSums, Shift, regroup, share_out

EIGHT = datetime(2025, 6, 1, 12, tzinfo=UTC)  # eight in the evening in Shanghai
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
MING, HUA, YAN = 1, 2, 3


def sold(
    order: str, at: float | None, paid: int, refunds: int = 0, units: int = 1, line: str = "1"
) -> LineSums:
    when = None if at is None else EIGHT + at * HOUR
    return LineSums((order,), line, when, (paid, refunds, units, 0))


def shift(person: int, since: float, until: float | None) -> Shift:
    return Shift(person, EIGHT + since * HOUR, None if until is None else EIGHT + until * HOUR)


def test_the_second_of_a_hand_over_is_the_next_ones_also_after_midnight() -> None:
    night = [shift(MING, 3, 4.5), shift(HUA, 4.5, 7)]  # half past midnight
    for at, person in ((4.499, MING), (4.5, HUA), (6.99, HUA), (7, NOBODY), (2.99, NOBODY)):
        assert share_out([sold("A", at, 100)], night) == {person: (100, 0, 1, 0)}


def test_two_hosts_share_a_moment_and_a_refund_splits_like_its_payment() -> None:
    both = [shift(MING, 0, 2), shift(HUA, 0, 2)]
    assert share_out([sold("A", 1, 101, 101, 3)], both) == {MING: (51, 51, 2, 0), HUA: (50, 50, 1, 0)}
    assert share_out([sold("A", 1, 101, 1)], both) == {MING: (51, 1, 1, 0), HUA: (50, 0, 0, 0)}


def test_what_is_given_back_of_a_whole_order_is_shared_as_the_order_was() -> None:
    night = [shift(MING, 0, 1), shift(HUA, 1, 2)]
    lines = [sold("A", 0.5, 300), sold("A", 1.5, 100, line="2"), sold("A", None, 0, 40, 0, line="")]
    assert share_out(lines, night) == {MING: (300, 30, 1, 0), HUA: (100, 10, 1, 0)}
    assert share_out([sold("B", None, 0, 40, 0)], night) == {NOBODY: (0, 40, 0, 0)}


def test_shares_of_hosts_are_those_of_their_agency() -> None:
    shares = {MING: (5, 1, 1, 0), HUA: (7, 0, 1, 0), NOBODY: (1, 0, 1, 0)}
    assert regroup(shares, {MING: 9, HUA: 9}) == {9: (12, 1, 2, 0), NOBODY: (1, 0, 1, 0)}


instants = st.sampled_from([0, 0.5, 1, 1.5, 2, 3, None])
shifts = st.lists(
    st.builds(
        lambda person, since, length: shift(person, since, None if length is None else since + length),
        st.integers(1, 4),
        st.sampled_from([0, 0.5, 1, 2]),
        st.sampled_from([None, 0.5, 1, 2]),
    ),
    max_size=6,
)
lines = st.lists(
    st.builds(
        sold,
        st.sampled_from("AB"),
        instants,
        st.integers(0, 10**9),
        st.integers(0, 10**9),
        st.integers(0, 99),
        st.sampled_from(["1", "2", ""]),
    ),
    max_size=8,
)


@given(lines, shifts)
def test_shares_add_up_to_the_session(told: list[LineSums], people: list[Shift]) -> None:
    shares = share_out(told, people)
    for place in range(4):
        assert sum(row[place] for row in shares.values()) == sum(each.sums[place] for each in told)
    assert shares == share_out(told, people[::-1])
    assert set(shares) <= {each.person for each in people} | {NOBODY}


@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**5), max_size=5), shifts)
def test_what_was_given_back_in_full_leaves_nobody_anything(
    paid: int, parts: list[int], people: list[Shift]
) -> None:
    """However many refunds it took."""
    refunded = min(paid, sum(parts))
    for row in share_out([sold("A", 1, paid, refunded)], people).values():
        assert row[0] >= row[1]
    assert all(row[0] == row[1] for row in share_out([sold("A", 1, paid, paid)], people).values())
