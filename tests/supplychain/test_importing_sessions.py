"""Live-session exports of Douyin, Taobao and TikTok: what each says of a session, in every form they come in."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
from django.utils import translation

from core.strict import StrictError
from supplychain.importing import (
    SESSION_PROFILES,
    FileError,
    SessionFile,
    SessionRow,
    cells,
    iter_sessions,
    session_profile,
)
from supplychain.importing.files import iter_facts

DOUYIN = {
    "直播间ID": "7391112345678901231\t",
    "达人ID": "88120031",
    "达人昵称": "小美",
    "直播时间": "2025-09-08 22-00-00~2025-09-09 01-30-46",
    "直播间观看人数": "1.2万",
    "最高在线人数": "1,268",
    "人均观看时长": "3分12秒",
    "成交订单数": "492",
    "直播间成交金额": "¥58,310.50",
    "退款人数": "-",
}


def table(*rows: dict[str, str], encoding: str = "utf-8-sig") -> io.BytesIO:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(out.getvalue().encode(encoding))


def read(stream: io.BytesIO, **options: str) -> tuple[list[SessionRow], SessionFile]:
    file = iter_sessions(stream, **options)
    return [row for result in file for row in result.facts], file


# Added up by hand from the samples: sales in CNY and in the currency of the file, viewers, orders.
SUMS = {
    "douyin-live.csv": ("58310.50", "0", 37_310, 492),
    "taobao-live.csv": ("37328.50", "0", 12_430, 241),
    "tiktok-live.csv": ("0", "4310.20", 5_906, 88),
}


@pytest.mark.parametrize("code", SESSION_PROFILES)
def test_samples_are_recognised_and_whole(code: str) -> None:
    profile = session_profile(code)
    for path in profile.example_paths:
        with path.open("rb") as stream:
            file = iter_sessions(stream)
            rows = [row for result in file for row in result.facts]
        assert file.profile is profile
        assert len(rows) == 2
        assert file.report.problems == []
        assert file.report.dropped == []
        assert all(row.viewers and row.key for row in rows)
        sums = (
            sum((row.amount or 0 for row in rows), Decimal(0)),
            sum((row.amount_foreign or 0 for row in rows), Decimal(0)),
            sum(row.viewers or 0 for row in rows),
            sum(row.orders or 0 for row in rows),
        )
        sales, foreign, *people = SUMS[path.name]
        assert sums == (Decimal(sales), Decimal(foreign), *people)
        assert [row.provisional for row in rows] == [False, path.name == "douyin-live.csv"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_douyin_session(encoding: str) -> None:
    (row,), _file = read(table(DOUYIN, encoding=encoding))
    assert row == SessionRow(
        platform="douyin",
        occurred_at=datetime(2025, 9, 8, 14, 0, tzinfo=UTC),
        ended_at=datetime(2025, 9, 8, 17, 30, 46, tzinfo=UTC),
        live_id="7391112345678901231",
        account="88120031",
        account_name="小美",
        amount=Decimal("58310.50"),
        viewers=12_000,
        peak=1268,
        stay_seconds=192,
        orders=492,
    )
    assert (row.key, row.minutes) == ("7391112345678901231", 211)


def test_what_the_platform_counts_later_is_not_stated_yet() -> None:
    later = "数据将于第二天更新"
    (row,), file = read(table({**DOUYIN, "直播间成交金额": later, "成交订单数": later}))
    assert (row.amount, row.orders, row.provisional) == (None, None, True)
    assert row.viewers == 12_000
    assert file.report.notes["figures_later"] == 1


def test_the_workbook_of_one_session_is_read_where_its_figures_stand() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "基本信息"
    book.active.append(["直播时间", "渠道名称"])
    book.active.append([DOUYIN["直播时间"], "自然"])
    figures = book.create_sheet("直播间总体数据")
    figures.append(list(DOUYIN))
    figures.append(list(DOUYIN.values()))
    stream = io.BytesIO()
    book.save(stream)
    (row,), file = read(stream)
    assert (row.live_id, row.orders) == ("7391112345678901231", 492)
    assert file.report.form == "xlsx 直播间总体数据"


def test_taobao_of_the_shop_and_of_the_agency() -> None:
    with session_profile("taobao-live").example_paths[0].open("rb") as stream:
        first = next(iter(iter_sessions(stream))).facts[0]
    assert (first.live_id, first.ended_at, first.minutes) == ("412300112233", None, None)
    assert (first.amount, first.orders, first.viewers) == (Decimal("31208.00"), 201, 9120)
    agency = {
        "开播时间": "2025-06-01 20:00:03",
        "场次标题": "灯饰晚场",
        "开播时长(分钟)": "150.5",
        "直播间浏览人数": "9120",
        "人均停留时长(秒)": "75",
        "种草成交金额(元)": "99999",
    }
    (row,), _file = read(table(agency))
    assert row.ended_at == datetime(2025, 6, 1, 14, 30, 33, tzinfo=UTC)
    assert (row.stay_seconds, row.amount) == (75, None)


@pytest.mark.parametrize(("sign", "code"), [("RM", "MYR"), ("Rp", "IDR"), ("$", "USD"), ("GBP", "GBP")])
def test_tiktok_names_its_currency_and_has_no_live_id(sign: str, code: str) -> None:
    row = {
        "Creator ID": "7494049642642441621",
        "Creator": "example",
        "Launched Time": "2025-06-02 20:01",
        "Duration": "3h 0m 5s",
        f"LIVE gross merchandise value ({sign})": "4,310.20",
        "LIVE SKU orders": "88",
        "Viewers": "5102",
        "Average viewing duration (LIVE streams)": "1m 12s",
    }
    (found,), _file = read(table(row), timezone="Asia/Singapore")
    assert (found.currency, found.amount, found.amount_foreign) == (code, None, Decimal("4310.20"))
    assert found.key == "7494049642642441621@2025-06-02T12:01:00Z"
    assert (found.minutes, found.stay_seconds) == (180, 72)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"直播间ID": "7.39111E+18"}, "直播间ID", "id_ruined"),
        ({"直播间观看人数": "-3"}, "直播间观看人数", "negative"),
        ({"直播间成交金额": "many"}, "直播间成交金额", "amount"),
        ({"直播时间": "2025-09-08 22-00-00"}, "直播时间", "time"),
        ({"直播时间": "2025-09-08 22-00-00~2025-09-08 21-00-00"}, "直播时间", "order"),
        ({"直播时间": "-"}, "started_at", "required"),
        ({"人均观看时长": "long"}, "人均观看时长", "duration"),
    ],
)
def test_a_bad_row_is_named_with_its_reason(change: dict[str, str], field: str, code: str) -> None:
    file = iter_sessions(table(DOUYIN, {**DOUYIN, **change}))
    good, bad = list(file)
    assert (len(good.facts), len(bad.facts)) == (1, 0)
    (problem,) = bad.problems
    assert (problem.row, problem.field, problem.code) == (3, field, code)
    assert problem.message


def test_orders_are_no_sessions_and_sessions_no_orders() -> None:
    with pytest.raises(FileError) as refused:
        iter_facts(table(DOUYIN))
    assert refused.value.code in ("other_file", "unknown_headers", "missing_headers")
    for path in (path for profile in SESSION_PROFILES.values() for path in profile.example_paths):
        with path.open("rb") as stream, pytest.raises(FileError) as refused:
            iter_facts(stream)
        assert refused.value.code == "other_file", f"{path.name}: below its title stand headers of no order"
    order = {"主订单编号": "1", "子订单编号": "2", "订单应付金额": "3", "订单提交时间": "2025-01-01 00:00:00"}
    with pytest.raises(FileError):
        iter_sessions(table(order))


def test_a_file_must_say_when_a_session_began() -> None:
    timeless = {name: value for name, value in DOUYIN.items() if name != "直播时间"}
    with translation.override("en"), pytest.raises(FileError, match="began") as refused:
        iter_sessions(table(timeless))
    assert refused.value.code == "missing_headers"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1小时20分5秒", 4805),
        ("3分钟20秒", 200),
        ("45秒", 45),
        ("2h", 7200),
        ("1h 52min 3s", 6723),
        ("01:20:05", 4805),
        ("75", 75),
        ("48.4s", 48),
    ],
)
def test_lengths(text: str, seconds: int) -> None:
    assert cells.duration(text) == seconds
    with pytest.raises(StrictError):
        cells.duration(f"{text}x")
