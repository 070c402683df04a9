"""Overlap mathematics against a slow model that looks at every quarter of an hour."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.clock import local
from livestreams.conflicts import Span, free, merged, nearest, opening_spans

START = datetime(2025, 6, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
STEPS = 4 * 24 * 2

spans = st.tuples(st.integers(0, STEPS - 1), st.integers(1, 40)).map(
    lambda pair: Span(START + pair[0] * STEP, START + (pair[0] + pair[1]) * STEP)
)


def steps_of(found: list[Span]) -> set[int]:
    return {
        step for span in found for step in range((span.start - START) // STEP, (span.end - START) // STEP)
    }


@given(st.lists(spans, max_size=12))
def test_merging_keeps_every_instant_and_leaves_gaps(busy: list[Span]) -> None:
    found = merged(busy)
    assert steps_of(found) == steps_of(busy)
    assert all(earlier.end < later.start for earlier, later in pairwise(found))


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=12))
def test_free_is_what_is_open_and_not_taken(within: list[Span], busy: list[Span]) -> None:
    assert steps_of(free(within, busy)) == steps_of(within) - steps_of(busy)


@given(spans, spans)
def test_neighbours_do_not_overlap(one: Span, other: Span) -> None:
    assert one.overlaps(other) == bool(steps_of([one]) & steps_of([other]))
    assert not one.overlaps(Span(one.end, one.end + STEP))


@given(st.lists(spans, max_size=8), spans)
def test_nearest_places_fit_and_none_lies_closer(windows: list[Span], wanted: Span) -> None:
    found = nearest(windows, wanted, 3)
    for place in found:
        assert place.length == wanted.length
        assert any(window.contains(place) for window in windows)
    starts = [START + step * STEP for step in range(-40, STEPS + 80)]
    possible = [
        abs(start - wanted.start)
        for start in starts
        if any(window.contains(Span(start, start + wanted.length)) for window in windows)
    ]
    assert (abs(found[0].start - wanted.start) if found else None) == (min(possible) if possible else None)


@given(st.times(), st.times(), st.integers(0, STEPS))
def test_opening_hours_are_wall_clock_times(opens_at: time, closes_at: time, step: int) -> None:
    within = Span(START, START + timedelta(days=2))
    instant = START + step * STEP
    clock = local(instant).time()
    if opens_at < closes_at:
        is_open = opens_at <= clock < closes_at
    else:
        is_open = opens_at == closes_at or clock >= opens_at or clock < closes_at
    found = opening_spans(opens_at, closes_at, within)
    assert any(span.start <= instant < span.end for span in found) == (is_open and instant < within.end)


def test_places_begin_and_end_on_whole_minutes() -> None:
    minute, second = timedelta(minutes=1), timedelta(seconds=1)
    window = Span(START + second, START + 10 * minute + second)
    assert nearest([window], Span(START, START + 9 * minute), 1) == [
        Span(START + minute, START + 10 * minute)
    ]
    assert nearest([window], Span(START, START + 10 * minute), 1) == []
