"""Drops of report files whose sessions are known, for measuring how many find theirs.

A tenant with one or two accounts on a platform is on air once or twice a day, back to back or past midnight. What the
house knows of its sessions differs from what the platform says, as in life: rooms are checked in early and left late,
connections are lost, few sessions carry the live id, some were never entered. One file in ten is not there. They come
as tables and workbooks, in UTF-8 and GBK, under any name, some of them twice.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import openpyxl

from analytics.choices import ReadBy
from analytics.reports.matching import Known, Match, match
from core.clock import SHANGHAI
from supplychain.importing import SessionRow, iter_sessions

FILES = 60
MINUTE = timedelta(minutes=1)
FIRST_DAY = datetime(2026, 5, 4, tzinfo=UTC)


@dataclass(frozen=True)
class OnAir:
    """A session as the platform knows it."""

    id: int
    platform: str
    live_id: str
    account: str
    name: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Drop:
    """Files, the session that each is about, what the house knows, and which sessions it does not."""

    files: list[tuple[str, bytes]]
    about: list[int]
    known: list[Known]
    missing: frozenset[int]


@dataclass(frozen=True)
class Score:
    """How a drop went: files that found their session, that found another or opened one too many, and asked ones."""

    right: int
    wrong: int
    asked: int


def a_drop(seed: int, files: int = FILES) -> Drop:
    """A drop of so many files of one tenant."""
    rng = Random(seed)
    platform = rng.choice(("douyin", "douyin", "taobao", "tiktok"))
    accounts = rng.choice((1, 1, 1, 2))
    on_air = _on_air(rng, platform, accounts, round(files / 0.9))
    missing = frozenset(each.id for each in on_air if rng.random() < 0.03)
    known = [_as_known(rng, each) for each in on_air if each.id not in missing]
    reported = [each for each in on_air if rng.random() < 0.9]
    written = [(_file(rng, each), each.id) for each in reported]
    written += rng.sample(written, k=min(2, len(written)))
    rng.shuffle(written)
    return Drop([file for file, _id in written], [number for _file, number in written], known, missing)


def _on_air(rng: Random, platform: str, accounts: int, count: int) -> list[OnAir]:
    found: list[OnAir] = []
    for account in range(accounts):
        at = FIRST_DAY + timedelta(hours=rng.uniform(0, 6))
        for _number in range(count // accounts):
            length = timedelta(minutes=rng.choice((8, 60, 120, 180, 240, 360)) + rng.uniform(-5, 20))
            found.append(
                OnAir(
                    id=len(found) + 1,
                    platform=platform,
                    live_id=f"73{rng.randrange(10**15, 10**16)}{rng.randrange(1, 10)}"
                    if platform != "tiktok"
                    else "",
                    account=f"{88120000 + account}",
                    name=f"示例账号{account}",
                    started_at=(at + timedelta(seconds=rng.randrange(60))).replace(microsecond=0),
                    ended_at=(at + length).replace(microsecond=0),
                )
            )
            pause = rng.choice((timedelta(minutes=2), timedelta(minutes=30), timedelta(hours=9)))
            at += length + pause
    return found


def _as_known(rng: Random, session: OnAir) -> Known:
    """The session in the house's books: by an encoder, a check-in, or entered by hand."""
    early, late = rng.choice(((0.2, 0.2), (4.0, 3.0), (12.0, 6.0)))
    started = session.started_at - rng.uniform(-0.1, early) * MINUTE
    ended = session.ended_at + rng.uniform(-0.1, late) * MINUTE
    if rng.random() < 0.01:
        ended = started + (ended - started) * rng.uniform(0.1, 0.9)
    account = int(session.account)
    # Hosts mostly stay with one account; some are called as it is.
    host = account * 10 + rng.randrange(2)
    return Known(
        id=session.id,
        platform=session.platform,
        started_at=started,
        ended_at=max(ended, started),
        live_id=session.live_id if rng.random() < 0.3 else "",
        host=host if rng.random() < 0.9 else None,
        names=frozenset({session.name}) if host % 2 == 0 else frozenset(),
    )


def _file(rng: Random, session: OnAir) -> tuple[str, bytes]:
    row = {"douyin": _douyin, "taobao": _taobao, "tiktok": _tiktok}[session.platform](rng, session)
    stem = rng.choice((f"直播数据_{session.id}", "直播数据(1)", "新建文件", f"live {rng.randrange(100)}"))
    form = rng.choice(("xlsx", "gb18030", "utf-8-sig"))
    if form == "xlsx":
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.append(list(row))
        sheet.append(list(row.values()))
        body = io.BytesIO()
        book.save(body)
        return f"{stem}.xlsx", body.getvalue()
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    return f"{stem}.csv", text.getvalue().encode(form)


def _figures(rng: Random) -> dict[str, str]:
    return {"直播间观看人数": str(rng.randrange(100, 90_000)), "成交金额": f"{rng.uniform(0, 90_000):,.2f}"}


def _douyin(rng: Random, session: OnAir) -> dict[str, str]:
    times = "~".join(f"{_local(at):%Y-%m-%d %H-%M-%S}" for at in (session.started_at, session.ended_at))
    with_id = {"直播间ID": session.live_id + "\t"} if rng.random() < 0.8 else {}
    who = {"达人ID": session.account, "达人昵称": session.name}
    later = {"成交订单数": "数据将于第二天更新"} if rng.random() < 0.1 else {}
    return {**with_id, **who, "直播时间": times, **_figures(rng), "千川消耗": "-", **later, "观看次数": "1"}


def _taobao(rng: Random, session: OnAir) -> dict[str, str]:
    start = {"直播标题": f"{session.name}专场", "开播时间": f"{_local(session.started_at):%Y-%m-%d %H:%M:%S}"}
    if rng.random() < 0.6:
        return {
            **start,
            "场次id": session.live_id + "\t",
            "账号名称": session.name,
            **_figures(rng),
            "新增粉丝数": "1",
        }
    minutes = (session.ended_at - session.started_at) / MINUTE
    return {
        **start,
        "账号名称": session.name,
        "开播时长(分钟)": f"{minutes:.1f}",
        "直播间浏览人数": "1200",
        "互动率": "3.1%",
        "新增粉丝量": "7",
    }


def _tiktok(rng: Random, session: OnAir) -> dict[str, str]:
    seconds = int((session.ended_at - session.started_at).total_seconds())
    return {
        "Creator ID": session.account,
        "Creator": session.name,
        "Launched Time": f"{_local(session.started_at):%Y-%m-%d %H:%M:%S}",
        "Duration": f"{seconds // 3600}h {seconds % 3600 // 60}m {seconds % 60}s",
        "LIVE gross merchandise value (RM)": f"{rng.uniform(0, 9000):.2f}",
        "LIVE SKU orders": "12",
        "Viewers": "340",
    }


def _local(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI)


def read(drop: Drop) -> list[SessionRow]:
    """The rows of the files, one each."""
    return [result.facts[0] for _name, body in drop.files for result in iter_sessions(io.BytesIO(body))]


def score(drop: Drop, matches: Sequence[Match]) -> Score:
    right = wrong = asked = 0
    for found, about in zip(matches, drop.about, strict=True):
        if found.asked:
            asked += 1
        elif found.how == ReadBy.OPENED:
            right, wrong = right + (about in drop.missing), wrong + (about not in drop.missing)
        else:
            right, wrong = right + (found.session == about), wrong + (found.session != about)
    return Score(right, wrong, asked)


def measured(seeds: Sequence[int], files: int = FILES) -> list[Score]:
    """How the drops of some seeds went, without anything known from before."""
    found = []
    for seed in seeds:
        drop = a_drop(seed, files)
        found.append(score(drop, match(read(drop), drop.known, {})))
    return found


def nearest(seed: int, files: int = FILES) -> Score:
    """How a drop goes when each file is given to the session that began nearest."""
    drop = a_drop(seed, files)
    matches = [
        Match(
            ReadBy.TIME,
            min(drop.known, key=lambda one: abs(one.started_at - row.occurred_at)).id,
        )
        for row in read(drop)
    ]
    return score(drop, matches)
