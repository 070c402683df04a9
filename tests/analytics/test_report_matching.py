"""Which session a row of a report is about: drops whose sessions are known, and the cases that decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.choices import ReadBy
from analytics.reports.due import due_again
from analytics.reports.matching import Known, match
from bench._reports import measured
from core.clock import DAY, HOUR
from supplychain.importing import SessionRow

START = datetime(2026, 5, 18, 11, tzinfo=UTC)
MINUTE = HOUR / 60


def row(start: datetime = START, hours: float | None = 2, **values: Any) -> SessionRow:
    end = None if hours is None else start + hours * HOUR
    return SessionRow(**{"platform": "douyin", "account": "a1", **values}, occurred_at=start, ended_at=end)


def known(number: int, start: datetime = START, hours: float = 2, **values: Any) -> Known:
    return Known(number, **{"platform": "douyin", **values}, started_at=start, ended_at=start + hours * HOUR)


@pytest.mark.gate
def test_of_many_drops_nearly_all_files_find_their_session_and_none_another() -> None:
    scores = measured(range(40))
    right, wrong, asked = (sum(getattr(one, name) for one in scores) for name in ("right", "wrong", "asked"))
    assert right + asked > 2000
    assert wrong == 0
    assert right / (right + asked) >= 0.95


def test_the_live_id_decides_whatever_the_times_say() -> None:
    sessions = [known(1, live_id="77"), known(2, START + DAY, live_id="78")]
    (found,) = match([row(START + DAY, live_id="77")], sessions, {})
    assert (found.how, found.session) == (ReadBy.LIVE_ID, 1)


def test_a_row_read_before_is_the_same_session_again() -> None:
    (found,) = match([row()], [known(1), known(2)], {("douyin", "a1@2026-05-18T11:00:00Z"): 2})
    assert (found.how, found.session) == (ReadBy.KNOWN, 2)


def test_what_one_platform_calls_a_session_means_nothing_on_another() -> None:
    sessions = [known(1), known(2, platform="taobao")]
    (found,) = match([row(platform="taobao")], sessions, {("douyin", "a1@2026-05-18T11:00:00Z"): 1})
    assert (found.how, found.session) == (ReadBy.TIME, 2)


@pytest.mark.parametrize(("early", "late"), [(0, 0), (14, 10), (-3, -3)])
def test_time_decides_where_there_is_one_session_and_one_row(early: int, late: int) -> None:
    session = known(1, START - early * MINUTE, 2 + (early + late) / 60)
    (found,) = match([row()], [session, known(2, START + 3 * HOUR)], {})
    assert (found.how, found.session) == (ReadBy.TIME, 1)


def test_another_platform_or_another_live_id_is_no_candidate() -> None:
    sessions = [known(1, platform="taobao"), known(2, START + HOUR, live_id="99")]
    (found,) = match([row(live_id="77")], sessions, {})
    assert found.how == ReadBy.OPENED


@pytest.mark.parametrize("read", [{}, {("douyin", "99"): 1}])
@pytest.mark.parametrize("several", [(), ("douyin",)])
def test_where_only_the_live_ids_differ_one_of_them_may_be_wrong(
    read: dict[tuple[str, str], int], several: tuple[str, ...]
) -> None:
    session = known(1, START + 6 * MINUTE, live_id="99")
    (found,) = match([row(live_id="77")], [session], read, several=several)
    assert found.asked
    assert found.candidates == (1,)
    other = known(1, START, live_id="99", accounts=frozenset({"a2"}))
    (found,) = match([row(live_id="77")], [other], read, several=several)
    assert found.how == ReadBy.OPENED, "of two accounts both may be on air"


def test_two_sessions_at_once_are_asked_about() -> None:
    (found,) = match([row()], [known(1), known(2, START + 5 * MINUTE)], {})
    assert found.asked
    assert found.candidates == (1, 2)


def test_two_rows_for_one_session_are_asked_about() -> None:
    found = match([row(), row(START + 3 * MINUTE)], [known(1)], {})
    assert [one.candidates for one in found] == [(1,), (1,)]


def test_with_several_accounts_time_alone_does_not_decide() -> None:
    asked, other = match([row(), row(START + DAY, account="a2")], [known(1), known(2, START + DAY)], {})
    assert asked.asked
    assert other.asked
    (found,) = match([row()], [known(1)], {}, accounts={"douyin": ["a1", "a2"]})
    assert found.asked
    (found,) = match([row()], [known(1)], {}, several=["douyin"])
    assert found.asked
    (found,) = match([row()], [known(1)], {}, accounts={"taobao": ["a1", "a2"]}, several=["taobao"])
    assert found.session == 1


def test_with_several_accounts_the_one_that_the_host_was_on_air_with_decides() -> None:
    sessions = [
        known(1, host=5, accounts=frozenset({"a1"})),
        known(2, START + MINUTE, host=6, accounts=frozenset({"a2"})),
    ]
    found = match([row(account="a2"), row()], sessions, {})
    assert [one.session for one in found] == [2, 1]


def test_an_account_that_is_learned_from_an_id_helps_the_next_row() -> None:
    sessions = [known(1, host=5, live_id="77"), known(2, START + DAY, host=5)]
    rows = [row(live_id="77"), row(START + DAY), row(START + 9 * DAY, account="a2")]
    assert [one.session for one in match(rows, sessions, {})][:2] == [1, 2]


def test_a_session_of_another_account_is_never_taken_and_never_doubled() -> None:
    session = known(1, host=5, accounts=frozenset({"a2"}))
    (found,) = match([row()], [session], {}, accounts={"douyin": ["a1", "a2"]})
    assert found.candidates == (1,)


def test_the_title_decides_only_where_nothing_is_known_of_accounts() -> None:
    title = "年货节专场"
    other = known(1, host=5, title=title, accounts=frozenset({"a2"}))
    (found,) = match([row(title=title)], [other], {}, several=["douyin"])
    assert (found.session, found.candidates) == (None, (1,))
    (found,) = match([row(title=title)], [known(1, title=title)], {}, several=["douyin"])
    assert found.session == 1


def test_rows_of_one_second_without_account_and_id_are_not_one_session() -> None:
    rows = [row(account=""), row(account="", hours=4)]
    assert [(one.session, one.candidates) for one in match(rows, [known(1)], {})] == [(1, ()), (None, (1,))]
    assert [one.how for one in match(rows, [], {})] == [None, None]
    assert [one.how for one in match([rows[0], rows[0]], [], {})] == [ReadBy.OPENED] * 2


def test_the_same_file_twice_is_one_session() -> None:
    found = match([row(), row()], [known(1)], {})
    assert [one.session for one in found] == [1, 1]


def test_the_same_session_once_with_and_once_without_its_live_id_is_asked_about() -> None:
    found = match([row(live_id="77"), row()], [known(1, live_id="77")], {})
    assert [one.session for one in found] == [1, None]
    assert found[1].candidates == (1,)


def test_one_account_is_not_on_air_twice_at_once() -> None:
    found = match([row(), row(START + HOUR, live_id="78")], [known(1)], {})
    assert [one.session for one in found] == [1, None]
    assert found[1].candidates == (1,)


def test_nothing_is_opened_near_a_session_that_nobody_has_placed() -> None:
    lost = known(1, START - HOUR, 0.6)
    (found,) = match([row()], [lost], {})
    assert found.candidates == (1,)
    (found,) = match([row(START + 5 * HOUR)], [lost], {})
    assert found.how == ReadBy.OPENED
    (found,) = match([row(START + 5 * HOUR, hours=None)], [lost], {})
    assert found.asked


ENDED = datetime(2026, 5, 18, 17, tzinfo=UTC)  # 01:00 of the 19th in Shanghai


def test_a_report_is_due_again_on_the_next_day_and_after_7_15_and_30() -> None:
    at, days = ENDED, []
    while (due := due_again(ENDED, at, provisional=False)) is not None:
        days.append((due - datetime(2026, 5, 18, 16, tzinfo=UTC)) / DAY)
        at = due + timedelta(hours=3)
    assert days == [1, 7, 15, 30]


def test_what_is_not_counted_yet_is_due_on_the_next_day() -> None:
    read_at = ENDED + 9 * DAY
    assert due_again(ENDED, read_at, provisional=True) == datetime(2026, 5, 28, 16, tzinfo=UTC)
    assert due_again(ENDED, ENDED + 40 * DAY, provisional=True) is not None
    assert due_again(ENDED, ENDED + 40 * DAY, provisional=False) is None
