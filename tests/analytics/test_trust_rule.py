"""The rule behind the verdicts: witnesses, independence, and the published cases. Pure, without a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.choices import Origin, Reason, Verdict, Witness
from analytics.models import TrustVerdict
from analytics.trust import thresholds
from analytics.trust.audience import counted, steps, watched
from analytics.trust.evidence import AirTime, Claim, Evidence, Sent, Sold
from analytics.trust.verdict import Judgement, decide, fingerprint, judge
from analytics.trust.witnesses import WITNESSES, Finding, as_row
from analytics.trust.words import lines_of
from livestreams.readings import Reading

START = datetime(2026, 5, 18, 12, tzinfo=UTC)
HOURS, MINUTES = timedelta(hours=1), timedelta(minutes=1)


def track(*viewers: int, every: int = 10, **counters: list[int]) -> tuple[Reading, ...]:
    """Readings some minutes apart."""
    return tuple(
        Reading(
            START + number * every * MINUTES, count, **{name: row[number] for name, row in counters.items()}
        )
        for number, count in enumerate(viewers)
    )


def sold(paid: int, orders: int = 100, refund_orders: int = 8, refunds: int = 0) -> Sold:
    return Sold(Decimal(paid), Decimal(refunds), orders, refund_orders)


def session(**changes: Any) -> Evidence:
    """Two hours that four witnesses saw: 100 people all the time, 50,000 CNY paid, a check-in for the hours."""
    whole: dict[str, Any] = {
        "claim": Claim(sales=Decimal(52_000), viewers=9_000, stay_seconds=80, minutes=120),
        "length": 2 * HOURS,
        "air": (AirTime(Witness.CHECK_IN, Origin.DOOR, 2 * HOURS),),
        "sold": sold(50_000),
        "elsewhere": sold(900_000, 2_000, 170),
        "tracks": (track(*[100] * 13, entered=[1_000 * number for number in range(13)]),),
    }
    return Evidence(**{**whole, **changes})


def stating(**claim: Any) -> Evidence:
    return session(claim=replace(session().claim, **claim))


def against(found: Judgement) -> set[str]:
    return {finding.witness for finding in found.findings if finding.contradicts}


def test_an_honest_session_is_verified_by_all_who_saw_it() -> None:
    found = judge(session())
    assert found.verdict == Verdict.VERIFIED
    assert found.reasons == (Reason.AGREEMENT,)
    assert [one.witness for one in found.findings] == ["after_sales", "check_in", "orders", "watch"]


@pytest.mark.parametrize(
    ("evidence", "witnesses"),
    [
        (stating(sales=Decimal(100_000)), {"orders"}),
        (stating(sales=Decimal(65_001)), {"orders"}),
        (stating(viewers=18_000), {"watch", "entries"}),
        (stating(stay_seconds=160), {"watch"}),
        (stating(minutes=240), {"check_in"}),
        (session(sold=sold(50_000, 100, 40)), {"after_sales"}),
        (session(sent=Sent(due=95, left=77)), {"parcels"}),
        (session(sent=Sent(due=50, left=0)), {"parcels"}),
        (session(length=4 * HOURS, claim=Claim(sales=Decimal(50_000))), {"check_in"}),
        (stating(sales=Decimal(300_000)), {"orders", "room_sessions"}),
        (stating(sales=Decimal(2_000_000)), {"orders", "room_sessions", "room_days"}),
    ],
)
def test_each_witness_contradicts_what_it_saw_otherwise(evidence: Evidence, witnesses: set[str]) -> None:
    found = judge(evidence)
    assert found.verdict == Verdict.DOUBTFUL
    assert against(found) == set(found.reasons) == witnesses


def test_nobody_is_said_to_have_stated_what_came_back() -> None:
    finding = Finding(Witness.AFTER_SALES, Origin.LEDGER, Decimal(2), Decimal("2.4"), Decimal("8.3"))
    with override("en"):
        (line,) = lines_of(TrustVerdict(witnesses=[as_row(finding)]))
        assert line.numbers == "2 orders came back, 2.4 orders are usual, up to 8.3 orders pass"


@pytest.mark.parametrize(
    "evidence",
    [
        stating(sales=Decimal(65_000)),
        stating(minutes=144),
        stating(viewers=9_500, stay_seconds=90),
        session(sold=sold(50_000, 100, 17)),
        session(sent=Sent(due=95, left=78)),
    ],
)
def test_what_lies_within_the_tolerances_passes(evidence: Evidence) -> None:
    assert judge(evidence).verdict == Verdict.VERIFIED


def test_sales_that_nobody_vouches_for_are_not_verified_by_the_audience() -> None:
    found = judge(session(sold=None))
    assert (found.verdict, found.reasons) == (Verdict.CANNOT_TELL, (Reason.SALES_UNWITNESSED,))
    assert judge(session(sold=None, claim=replace(session().claim, sales=None))).verdict == Verdict.VERIFIED


def test_nothing_stated_cannot_be_told() -> None:
    found = judge(session(claim=Claim()))
    assert (found.verdict, found.reasons) == (Verdict.CANNOT_TELL, (Reason.NOTHING_STATED,))


def test_orders_and_after_sales_are_one_witness() -> None:
    evidence = session(air=(), tracks=(), claim=Claim(sales=Decimal(200_000)))
    found = judge(evidence)
    assert {one.origin for one in found.findings} == {Origin.LEDGER}
    assert len(found.findings) == 2
    assert found.verdict == Verdict.CANNOT_TELL
    assert found.reasons == (Reason.FEW_WITNESSES, Witness.ORDERS)


# --- the published cases


def published(shared_dir: Path) -> dict[str, Any]:
    rows = yaml.safe_load((shared_dir / "facts/parks.yaml").read_text("utf-8"))
    return {row["key"]: row for row in rows}


def festival(facts: dict[str, Any], rooms: int | None) -> Evidence:
    figures = facts["shaxi-328-festival"]["figures"]
    return Evidence(
        claim=Claim(sales=Decimal(figures["sales_cny"][1])),
        length=timedelta(days=figures["days"][1]),
        rooms=rooms,
    )


def test_the_festival_of_the_whole_town_cannot_be_told(shared_dir: Path) -> None:
    found = judge(festival(published(shared_dir), rooms=None))
    assert (found.verdict, found.reasons) == (Verdict.CANNOT_TELL, (Reason.FEW_WITNESSES,))


def test_the_same_claim_for_the_17_rooms_alone_is_doubtful(shared_dir: Path) -> None:
    facts = published(shared_dir)
    rooms = facts["shaxi"]["figures"]["live_rooms"][1]
    found = judge(festival(facts, rooms))
    assert found.verdict == Verdict.DOUBTFUL
    assert found.reasons == (Witness.ROOM_DAYS, Witness.ROOM_SESSIONS)
    most = {one.witness: one.most for one in found.findings}
    # 17 rooms x 28 sessions of 6 hours without a break x 250,000; 17 rooms x 7 days x 1,500,000.
    assert most == {"room_sessions": Decimal(119_000_000), "room_days": Decimal(178_500_000)}


def test_what_17_rooms_can_sell_is_not_doubted_for_its_size(shared_dir: Path) -> None:
    facts = published(shared_dir)
    possible = replace(festival(facts, rooms=17), claim=Claim(sales=Decimal(20_000_000)))
    assert judge(possible).verdict == Verdict.CANNOT_TELL


def test_the_yardsticks_are_the_published_figures(shared_dir: Path) -> None:
    facts = published(shared_dir)
    case, festival_day = facts["shaxi"]["host_case"], facts["jia520"]["figures"]
    sessions, days = thresholds.YARDSTICKS
    assert sessions.cny == max(case["sales_per_session_cny"])
    assert sessions.stretch == min(case["hours_per_session"]) * HOURS
    assert festival_day["sales_whole_day_cny"] == ["<", int(days.cny)]
    assert days.stretch == timedelta(days=1)


def test_a_bound_that_kept_sales_have_passed_is_no_witness() -> None:
    evidence = session(
        sold=sold(400_000, 100, 8), claim=Claim(sales=Decimal(420_000), viewers=9_000, stay_seconds=80)
    )
    assert judge(evidence).verdict == Verdict.VERIFIED


# --- readings


def test_audience_is_weighted_by_time_and_gaps_are_not_zero() -> None:
    uneven = (Reading(START, 100), Reading(START + 10 * MINUTES, 100), Reading(START + 70 * MINUTES, 900))
    found = watched(uneven)
    assert found is not None
    assert (found.acu, found.covered) == (100, 10 * MINUTES)
    assert found.seconds(20 * MINUTES) == 100 * 20 * 60
    assert found.seconds(21 * MINUTES) is None
    assert watched(track(100)) is None


def test_a_restarted_tool_begins_its_counters_again() -> None:
    restarted = track(1, 1, 1, 1, entered=[500, 900, 40, 300])
    assert counted(restarted, "entered") == 900 + 300
    assert list(steps(restarted)) == [False, False, False]


def test_counters_that_run_backwards_contradict() -> None:
    back = [100, 300, 200, 400, 300, 500, 400, 600, 500, 700, 600, 800, 700]
    found = judge(session(tracks=(track(*[100] * 13, likes=back),)))
    assert found.reasons == (Witness.COUNTERS,)
    once = [100, 300, 200, *range(400, 1_400, 100)]
    assert judge(session(tracks=(track(*[100] * 13, likes=once),))).verdict == Verdict.VERIFIED


def test_readings_of_half_a_session_say_nothing_of_entries() -> None:
    half = session(tracks=(track(*[100] * 7, entered=[100 * number for number in range(7)]),))
    assert {one.witness for one in judge(half).findings} == {"after_sales", "check_in", "orders", "watch"}


# --- properties

amounts = st.decimals(0, 10_000_000, places=2)
counts = st.integers(0, 1_000_000)
optional: Callable[[st.SearchStrategy[Any]], st.SearchStrategy[Any]] = lambda some: st.none() | some  # noqa: E731
solds = st.builds(Sold, amounts, amounts, st.integers(0, 500), st.integers(0, 500))


def after_gaps(rows: list[tuple[int, int, int]]) -> tuple[Reading, ...]:
    """Readings, each so many minutes after the one before it."""
    at, found = START, []
    for gap, viewers, entered in rows:
        at += gap * MINUTES
        found.append(Reading(at, viewers, entered))
    return tuple(found)


readings = st.lists(st.tuples(st.integers(1, 35), counts, counts), max_size=8).map(after_gaps)
spans = st.integers(1, 300).map(lambda minutes: minutes * MINUTES)
claims = st.builds(
    Claim, optional(amounts), optional(counts), optional(st.integers(0, 300)), optional(st.integers(0, 300))
)
evidences = st.builds(
    Evidence,
    claim=claims,
    length=optional(spans),
    rooms=optional(st.integers(1, 30)),
    sent=optional(st.builds(Sent, st.integers(0, 500), st.integers(0, 500))),
    air=st.lists(st.builds(AirTime, st.just(Witness.CHECK_IN), st.just(Origin.DOOR), spans), max_size=2).map(
        tuple
    ),
    sold=optional(solds),
    elsewhere=optional(solds),
    tracks=st.lists(readings, max_size=2).map(tuple),
)
findings = st.lists(
    st.builds(
        Finding,
        st.sampled_from(list(Witness)),
        st.sampled_from(list(Origin)),
        amounts,
        amounts,
        amounts,
        st.booleans(),
    ),
    max_size=8,
)


def grown(value: Any, factor: int) -> Any:
    return None if value is None else value * factor


@settings(max_examples=400)
@given(evidences, st.tuples(*[st.integers(1, 50)] * 4))
def test_stating_more_never_turns_a_doubtful_session_verified(
    evidence: Evidence, factors: tuple[int, int, int, int]
) -> None:
    claim = evidence.claim
    more = Claim(
        grown(claim.sales, factors[0]),
        grown(claim.viewers, factors[1]),
        grown(claim.stay_seconds, factors[2]),
        grown(claim.minutes, factors[3]),
    )
    before, after = judge(evidence), judge(replace(evidence, claim=more))
    if before.verdict == Verdict.DOUBTFUL:
        assert after.verdict == Verdict.DOUBTFUL
        assert set(before.reasons) <= set(after.reasons)
    assert before.strain <= after.strain


@given(claims, findings)
def test_fewer_than_two_independent_witnesses_is_always_cannot_tell(
    claim: Claim, found: list[Finding]
) -> None:
    verdict = decide(claim, found).verdict
    if len({one.origin for one in found if one.is_heard}) < 2:
        assert verdict == Verdict.CANNOT_TELL
    if verdict != Verdict.CANNOT_TELL:
        assert len({one.origin for one in found if one.is_heard}) >= 2


@given(claims, findings, st.randoms(use_true_random=False))
def test_the_order_of_the_witnesses_does_not_matter(
    claim: Claim, found: list[Finding], random: Random
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    one, other = decide(claim, found), decide(claim, shuffled)
    assert (one.verdict, one.reasons) == (other.verdict, other.reasons)
    assert sorted(map(repr, one.findings)) == sorted(map(repr, other.findings))


@given(evidences)
def test_a_limit_that_is_not_passed_vouches_for_nothing(evidence: Evidence) -> None:
    limits = [one for witness in WITNESSES for one in witness(evidence) if not one.supports]
    if judge(evidence).verdict == Verdict.VERIFIED:
        assert not any(one.contradicts for one in limits)
        assert len({one.origin for one in judge(evidence).findings if one.supports}) >= 2


@given(evidences, evidences)
def test_the_same_evidence_has_the_same_fingerprint_and_other_evidence_another(
    one: Evidence, other: Evidence
) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (repr(one) == repr(other))


def test_other_thresholds_are_other_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(session())
    monkeypatch.setattr(thresholds, "ORDERS_TOLERANCE", Decimal("1.4"))
    assert fingerprint(session()) != before
