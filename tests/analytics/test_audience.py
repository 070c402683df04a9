"""What audience samples say together, however they come: irregular, out of order, with resets, in any form of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from analytics.audience import audience_of
from analytics.services import session_claim
from analytics.trust.audience import counted, steps, watched
from analytics.trust.gathering import gather
from analytics.trust.thresholds import LONGEST_GAP
from core.clock import HOUR, MINUTE
from livestreams.choices import SessionState
from livestreams.models import LiveSession
from livestreams.readings import Reading
from livestreams.services import samples_record
from tests.factories import SYSTEM, make_session, make_world

START = datetime(2026, 5, 18, 12, tzinfo=UTC)
STEPS = st.integers(1, int(LONGEST_GAP.total_seconds()))
VIEWERS = st.integers(0, 10**6)


@st.composite
def tracks(draw: st.DrawFn, least: int = 2) -> list[Reading]:
    """Readings at irregular times, none further apart than is bridged."""
    steps = draw(st.lists(st.tuples(STEPS, VIEWERS), min_size=least, max_size=40))
    at, found = START, []
    for step, viewers in steps:
        at += timedelta(seconds=step)
        found.append(Reading(at, viewers))
    return found


def area(track: list[Reading]) -> Decimal:
    seen = watched(track)
    assert seen is not None
    return seen.acu * (seen.covered // timedelta(seconds=1))


@given(tracks())
def test_the_mean_lies_between_the_least_and_the_most(track: list[Reading]) -> None:
    seen = watched(track)
    assert seen is not None
    viewers = [one.concurrent or 0 for one in track]
    assert min(viewers) <= round(seen.acu, 6) <= max(viewers)
    assert seen.covered == track[-1].at - track[0].at


@given(tracks(), st.data())
def test_a_reading_on_the_line_between_two_changes_nothing(track: list[Reading], data: Any) -> None:
    """However often is sampled where nothing else happens: each second weighs the same."""
    place = data.draw(st.integers(0, len(track) - 2))
    before, after = track[place], replace(track[place + 1], concurrent=track[place].concurrent)
    flat = [*track[: place + 1], after, *track[place + 2 :]]
    seconds = int((after.at - before.at).total_seconds())
    middle = Reading(before.at + timedelta(seconds=data.draw(st.integers(0, seconds))), before.concurrent)
    more = [*flat[: place + 1], middle, *flat[place + 1 :]]
    assert round(area(more), 3) == round(area(flat), 3)


@given(tracks(3), st.data())
def test_watch_time_of_two_parts_is_that_of_the_whole(track: list[Reading], data: Any) -> None:
    cut = data.draw(st.integers(1, len(track) - 2))
    assert round(area(track[: cut + 1]) + area(track[cut:]), 3) == round(area(track), 3)


def test_a_minute_weighs_a_minute_and_not_a_reading() -> None:
    hour = [Reading(START + timedelta(minutes=number), 100) for number in range(61)]
    burst = [Reading(hour[-1].at + timedelta(seconds=number), 10_000) for number in range(1, 61)]
    seen = watched([*hour, *burst])
    assert seen is not None
    assert 200 < seen.acu < 350  # the mean of the readings would be 5,000


def test_parts_of_seconds_weigh_as_well() -> None:
    seen = watched([Reading(START + timedelta(seconds=1.5 * number), 300) for number in range(41)])
    assert seen is not None
    assert (seen.acu, seen.covered) == (300, timedelta(minutes=1))


@given(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=6), min_size=1, max_size=4))
def test_a_counter_that_begins_again_goes_on_from_what_it_had(growths: list[list[int]]) -> None:
    """Each part grows by itself from near nothing; together they count what each of them got to.

    It grows in two steps: one that is back in a single step was never away.
    """
    values: list[int] = []
    for growth in growths:
        value = 0
        for more in growth:
            value += more
            values.append(value)
        values += [value + 500, value + 1000]
    at = [START + timedelta(minutes=number) for number in range(len(values))]
    track = [Reading(moment, entered=value) for moment, value in zip(at, values, strict=True)]
    assert counted(track, "entered") == sum(sum(growth) + 1000 for growth in growths)


@pytest.mark.parametrize(
    ("values", "reached", "back"),
    [
        # Readings that crossed on their way, while the counter is small and when it is large.
        ([50, 49, 51], 51, 1),
        ([2, 1, 3], 3, 1),
        ([9, 0, 10], 10, 1),
        ([180_000, 179_995, 180_010], 180_010, 0),
        # A tool that could not tell for a while and said nothing came.
        ([1_000, 0, 0, 1_005], 1_005, 1),
        # The platform took back what it had counted.
        ([1_000, 780, 790, 900], 1_000, 1),
        # Restarts: near nothing, or busy enough to have counted some until the next reading.
        ([3_000, 40, 300], 3_300, 0),
        ([3_000, 500, 1_400, 3_100], 6_100, 0),
        ([3_000, 1_500], 4_500, 0),
        ([0, 0, 7, 7], 7, 0),
    ],
)
def test_what_a_counter_that_falls_counted(values: list[int], reached: int, back: int) -> None:
    at = [START + timedelta(minutes=number) for number in range(len(values))]
    track = [Reading(moment, entered=value) for moment, value in zip(at, values, strict=True)]
    assert counted(track, "entered") == reached
    assert sum(steps(track)) == back


@pytest.mark.django_db
@pytest.mark.both_databases
class TestInTheHouse:
    @pytest.fixture(autouse=True)
    def _clock(self) -> Iterator[None]:
        with time_machine.travel(START + 3 * HOUR, tick=False):
            yield

    @pytest.mark.parametrize("seed", range(4))
    def test_the_order_and_the_parts_in_which_readings_come_change_nothing(self, seed: int) -> None:
        rng = Random(seed)
        firm = make_world("alpha").tenants[0]
        readings = [
            Reading(START + timedelta(seconds=rng.randrange(7200)), concurrent=rng.randrange(900), entered=n)
            for n in range(60)
        ]
        readings = list({one.at: one for one in readings}.values())
        sessions = [make_session(firm.tenant, starts_at=START) for _number in range(2)]
        samples_record(actor=SYSTEM, session=sessions[0], source="a", readings=sorted(readings, key=_at))
        shuffled = rng.sample(readings, len(readings))
        for part in (shuffled[:7], shuffled[5:30], shuffled[20:]):
            samples_record(actor=SYSTEM, session=sessions[1], source="a", readings=part)
        assert _seen(sessions[0]) == _seen(sessions[1])

    def test_what_a_tool_reads_before_the_start_and_after_the_end_is_of_no_session(self) -> None:
        """Page, API and verdict see the same readings, the first and the last instant on air among them."""
        firm = make_world("alpha").tenants[0]
        session = make_session(firm.tenant, starts_at=START)
        on_air = [
            Reading(START + number * 10 * MINUTE, concurrent=100, entered=10 * number) for number in range(13)
        ]
        read_on = [
            Reading(START - MINUTE, concurrent=9_000, entered=9_000),
            Reading(START + 2 * HOUR + MINUTE, concurrent=0, entered=9_000),
            Reading(START + 2 * HOUR + 30 * MINUTE, concurrent=0, entered=9_000, likes=3),
        ]
        samples_record(actor=SYSTEM, session=session, source="a", readings=[*on_air, *read_on])
        seen = audience_of(SYSTEM, session)
        assert (seen.acu, seen.peak, seen.entered, seen.likes) == (100, 100, 120, None)
        assert (seen.covered, seen.as_of) == (2 * HOUR, session.ended_at)
        assert list(seen.tracks.values()) == [_seen(session)[0]] == [tuple(on_air)]

    def test_a_session_on_air_has_no_end_yet_and_one_to_come_no_audience(self) -> None:
        firm = make_world("alpha").tenants[0]
        live = make_session(firm.tenant, starts_at=START, state=SessionState.LIVE)
        readings = [Reading(START + hours * HOUR, likes=hours) for hours in range(4)]
        samples_record(actor=SYSTEM, session=live, source="a", readings=readings)
        assert audience_of(SYSTEM, live).tracks == {"a": tuple(readings)}
        LiveSession.objects.filter(pk=live.pk).update(started_at=None)
        assert audience_of(SYSTEM, live).tracks == {}


def _at(sample: Reading) -> datetime:
    return sample.at


def _seen(session: Any) -> Any:
    """The track of a session as it is gathered; something must be stated of it before anything is read."""
    session_claim(actor=SYSTEM, session=session, viewers=1)
    (found,) = gather([session])
    (track,) = found.evidence.tracks
    return track, watched(track)
