"""The cash-flow calendar by the pure rule: nothing is lost between days and what has no day, and all of it adds up."""

from __future__ import annotations

import datetime as dt
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.cash import Entry
from analytics.cash.calendar import LEAST_ORDERS, calendar_of, expected, flow_of, usual_delay

FIRST, END = dt.date(2025, 2, 1), dt.date(2025, 3, 1)
DAYS = st.dates(FIRST, END - dt.timedelta(1))
ENTRY = st.builds(
    Entry,
    st.sampled_from(("payout", "statement")),
    st.integers(-(10**15), 10**15),
    st.none() | DAYS,
    st.just(""),
    is_expected=st.booleans(),
)


@given(st.lists(ENTRY, max_size=40), st.randoms())
def test_days_and_what_has_no_day_are_all_and_a_recount_is_equal(entries: list[Entry], draw: object) -> None:
    calendar = calendar_of(entries, FIRST, END)
    assert [each.day for each in calendar.days] == [FIRST + dt.timedelta(number) for number in range(28)]
    placed = [(each.day, entry) for each in calendar.days for entry in each.entries]
    assert all(entry.day == day for day, entry in placed)
    told = [*(entry for _day, entry in placed), *calendar.undated]
    assert sorted(map(repr, told)) == sorted(map(repr, entries))
    running = 0
    for each in calendar.days:
        of_day = [entry for entry in entries if entry.day == each.day]
        assert each.flow.came_in == sum(e.amount for e in of_day if e.amount > 0 and not e.is_expected)
        assert each.flow.went_out == -sum(e.amount for e in of_day if e.amount < 0 and not e.is_expected)
        assert each.flow.expected_in == sum(e.amount for e in of_day if e.amount > 0 and e.is_expected)
        assert each.flow.expected_out == -sum(e.amount for e in of_day if e.amount < 0 and e.is_expected)
        running += sum(entry.amount for entry in of_day)
        assert each.running == running
    assert calendar.flow.net == running
    assert running + sum(entry.amount for entry in calendar.undated) == sum(entry.amount for entry in entries)
    mixed = list(entries)
    draw.shuffle(mixed)  # type: ignore[attr-defined]
    again = calendar_of(mixed, FIRST, END)
    assert [(each.flow, each.running) for each in again.days] == [
        (each.flow, each.running) for each in calendar.days
    ]
    assert flow_of(again.undated) == flow_of(calendar.undated)


@pytest.mark.parametrize("day", [FIRST - dt.timedelta(1), END])
def test_another_month_s_day_is_no_day_of_the_calendar(day: dt.date) -> None:
    with pytest.raises(ValueError, match="no day of the calendar"):
        calendar_of([Entry("payout", 1, day, "")], FIRST, END)


@given(st.lists(st.integers(0, 60), max_size=80))
def test_too_few_orders_have_no_usual_delay(days: list[int]) -> None:
    found = usual_delay(days)
    if len(days) < LEAST_ORDERS:
        assert found is None
    else:
        assert found in days
        assert median(days) <= found
        assert sum(each <= found for each in days) * 2 >= len(days)
        assert sum(each >= found for each in days) * 2 >= len(days)


@given(ENTRY, DAYS)
def test_a_day_that_is_past_is_lost_and_told(entry: Entry, today: dt.date) -> None:
    found = expected(entry, today)
    assert found.is_expected
    assert (found.day or found.was_due, found.amount) == (entry.day, entry.amount)
    if entry.day is not None:
        assert (found.day is None) == (entry.day < today) == (found.was_due is not None)
