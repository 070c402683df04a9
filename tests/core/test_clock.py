"""Business days and hours: one function each, right in every year that Shanghai has known."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock

# Hypothesis wants bare bounds and adds the zone itself.
INSTANTS = st.datetimes(
    dt.datetime(1985, 1, 1),  # noqa: DTZ001
    dt.datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)


@given(INSTANTS)
def test_a_day_holds_exactly_its_instants(instant: dt.datetime) -> None:
    day = clock.business_day(instant)
    start, end = clock.day_bounds(day)
    assert start <= instant < end


@given(INSTANTS)
def test_an_hour_never_straddles_two_days(instant: dt.datetime) -> None:
    start = clock.hour_start(clock.hour_of(instant))
    assert start <= instant < start + clock.HOUR
    assert clock.business_day(start) == clock.business_day(start + clock.HOUR - dt.timedelta(microseconds=1))


def test_summer_time_made_days_of_23_and_25_hours() -> None:
    lengths = {
        day: (clock.day_bounds(day)[1] - clock.day_bounds(day)[0]) / clock.HOUR
        for day in (dt.date(1986, 5, 4), dt.date(1986, 9, 14), dt.date(2026, 1, 1))
    }
    assert lengths == {dt.date(1986, 5, 4): 23, dt.date(1986, 9, 14): 25, dt.date(2026, 1, 1): 24}


def test_naive_instants_are_refused() -> None:
    for function in (clock.business_day, clock.hour_of):
        with pytest.raises(ValueError, match="aware"):
            function(dt.datetime(2026, 1, 1))  # noqa: DTZ001


def test_months_follow_each_other() -> None:
    month = dt.date(2023, 12, 1)
    for _step in range(3):
        month = clock.next_month(month)
    assert month == dt.date(2024, 3, 1)
    assert clock.month_of(dt.date(2024, 2, 29)) == dt.date(2024, 2, 1)
