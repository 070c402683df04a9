"""Order exports of Douyin shops: what happened to each sub-order, whatever the day of the export."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from supplychain.facts import SaleFact, content_hash
from supplychain.importing import FileReport, iter_facts, note_texts, profile, recognise
from supplychain.importing.profiles.douyin import ORDERS as PROFILE

ROW = {
    "主订单编号": '="6935112345678901231"',
    "子订单编号": "'6935112345678901232",
    "选购商品": "印花连衣裙",
    "商家编码": "LYQ-01-M",
    "商品数量": "2",
    "订单应付金额": "¥1,059.00",
    "运费": "6.00",
    "订单状态": "已发货",
    "售后状态": "-",
    "订单提交时间": "2025-06-01 23:59:58",
    "支付完成时间": "2025-06-02 00:00:12",
    "订单完成时间": "",
    "流量体裁": "直播",
    "达人ID": "88120031\t",
    "省": "广东省",
    "收件人": "王小明",
    "收件人手机号": "13800000000",
    "详细地址": "幸福路1号",
    "买家留言": "快点",
}


def read(*changes: dict[str, str], encoding: str = "utf-8-sig") -> tuple[list[SaleFact], FileReport]:
    """All facts of an export with these rows, and its report."""
    out = io.StringIO()
    table = csv.DictWriter(out, ROW)
    table.writeheader()
    table.writerows({**ROW, **change} for change in changes)
    file = iter_facts(io.BytesIO(out.getvalue().encode(encoding)), profile("douyin-orders"))
    return [fact for result in file for fact in result.facts], file.report


def brief(facts: list[SaleFact]) -> list[tuple[str, str, str]]:
    """Kind, line type and amount of each fact."""
    return [(fact.kind, fact.line_type, str(fact.amount)) for fact in facts]


@pytest.mark.parametrize("name", PROFILE.examples)
def test_both_layouts(name: str) -> None:
    (path,) = [path for path in PROFILE.example_paths if path.name == name]
    body = path.read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    with path.open("rb") as stream:
        file = iter_facts(stream)
        facts = [fact for result in file for fact in result.facts]
    report = file.report
    assert file.profile.code == "douyin-orders"
    assert (report.rows, report.bad_rows, report.due_again) == (7, 0, 1)
    assert report.counts == {"created": 8, "paid": 6, "refunded": 1, "cancelled": 1}
    assert report.sums == {
        "created": {"CNY": Decimal("947.50")},
        "paid": {"CNY": Decimal("769.00")},
        "refunded": {"CNY": Decimal("129.00")},
        "cancelled": {"CNY": Decimal(0)},
    }
    assert {"收件人", "收件人手机号", "街道", "详细地址", "买家留言"} < set(report.dropped)
    assert "商品规格" in report.ignored or "承诺发货时间" in report.ignored
    assert {fact.channel for fact in facts} == {"live", "product_card", "short_video", "other"}


def test_a_paid_row() -> None:
    facts, _report = read({})
    assert brief(facts) == [
        ("created", "goods", "1053.00"),
        ("created", "freight", "6.00"),
        ("paid", "goods", "1053.00"),
        ("paid", "freight", "6.00"),
    ]
    paid = facts[2]
    assert (paid.order_no, paid.line_no) == ("6935112345678901231", "6935112345678901232")
    assert (paid.sku_code, paid.qty, paid.channel, paid.host_ref) == ("LYQ-01-M", 2, "live", "88120031")
    assert paid.occurred_at.isoformat() == "2025-06-01T16:00:12+00:00"
    assert paid.destination == "广东省"
    assert len({fact.external_id for fact in facts}) == 4


def test_nothing_personal_gets_through() -> None:
    facts, report = read({}, {"售后状态": "退款成功"})
    assert facts
    for secret in ("王小明", "13800000000", "幸福路", "快点"):
        assert secret not in repr(facts)
        assert secret not in repr(report)
    assert report.dropped == ["收件人", "收件人手机号", "详细地址", "买家留言"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"订单状态": "待支付", "支付完成时间": ""}, []),
        ({"订单状态": "已关闭", "支付完成时间": ""}, [("cancelled", "0")]),
        ({"订单状态": "已关闭"}, [("paid", "1059.00"), ("cancelled", "1059.00")]),
        ({"订单状态": "已关闭", "售后状态": "退款成功"}, [("paid", "1059.00"), ("refunded", "1059.00")]),
        (
            {"订单状态": "已完成", "售后状态": "同意退款，退款成功"},
            [("paid", "1059.00"), ("refunded", "1059.00")],
        ),
        ({"订单状态": "已完成", "售后状态": "已全额退款"}, [("paid", "1059.00"), ("refunded", "1059.00")]),
        ({"订单状态": "已完成", "售后状态": "售后关闭"}, [("paid", "1059.00")]),
        ({"订单状态": "已完成", "售后状态": "换货成功"}, [("paid", "1059.00")]),
        ({"订单状态": "已完成", "售后状态": "部分退款成功"}, [("paid", "1059.00")]),
        ({"订单状态": "已发货", "售后状态": "售后处理中"}, [("paid", "1059.00")]),
    ],
)
def test_states(change: dict[str, str], expected: list[tuple[str, str]]) -> None:
    facts, _report = read({**change, "运费": "0.00"})
    assert facts[0].kind == "created"
    assert [(fact.kind, str(fact.amount)) for fact in facts[1:]] == expected


def test_what_the_reader_of_the_report_should_know() -> None:
    _facts, report = read(
        {"流量体裁": "数据将于第二天更新"},
        {"售后状态": "售后处理中"},
        {"售后状态": "部分退款成功"},
        {"售后状态": "退款成功"},
        {"流量体裁": "元宇宙"},
        {"运费": "2000.00"},
    )
    assert report.bad_rows == 0
    assert report.due_again == 2
    assert report.notes == {
        "due_again": 2,
        "refund_amount_unknown": 1,
        "refund_time_estimated": 1,
        "unknown_channel": 1,
        "freight_elsewhere": 1,
    }
    assert len(note_texts(report.notes)) == 5


def test_freight_never_changes_what_the_buyer_paid() -> None:
    for freight in ("", "-", "0.00", "6.00", "1059.00", "9999.00"):
        facts, _report = read({"运费": freight})
        assert sum(fact.amount or 0 for fact in facts if fact.kind == "paid") == Decimal("1059.00")


def test_no_host_is_no_host() -> None:
    for host in ("", "-", "0"):
        assert {fact.host_ref for fact in read({"达人ID": host})[0]} == {""}


def test_later_exports_complete_or_repeat_and_never_contradict() -> None:
    """All states that an order can show: one id and version always has one content, and certainty wins."""
    unpaid = {
        "订单状态": "待支付",
        "支付完成时间": "",
        "订单应付金额": "2000.00",
    }  # the shop may lower it until payment
    paid = {"订单状态": "已发货"}
    lapsed = {"订单状态": "已关闭", "支付完成时间": ""}
    closed = {"订单状态": "已关闭"}
    refunded = {"订单状态": "已关闭", "售后状态": "退款成功"}
    classes: list[dict[str, str]] = [{"流量体裁": "数据将于第二天更新"}, {"流量体裁": "直播"}]
    ends: list[dict[str, str]] = [{"订单完成时间": ""}, {"订单完成时间": "2025-06-09 10:00:00"}]
    for story in ([unpaid, paid, closed, refunded], [unpaid, lapsed]):
        seen: dict[tuple[str, int], bytes] = {}
        last: dict[str, Any] = {}
        for state, traffic, end in product(story, classes, ends):
            for fact in read({**state, **traffic, **end})[0]:
                assert seen.setdefault(fact.key, content_hash(fact)) == content_hash(fact)
                if fact.version >= last.get(fact.external_id, fact).version:
                    last[fact.external_id] = fact
        assert {fact.channel for fact in last.values()} == {"live"}
        assert all(fact.amount != Decimal(1994) for fact in last.values())


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"子订单编号": "6.93511E+18"}, "子订单编号", "id_ruined"),
        ({"主订单编号": "6935112345678900000"}, "主订单编号", "id_ruined"),
        ({"订单应付金额": "１０.５"}, "订单应付金额", "amount"),
        ({"订单应付金额": "-5"}, "amount", "negative"),
        ({"商品数量": "两件"}, "商品数量", "integer"),
        ({"订单提交时间": "-"}, "订单提交时间", "required"),
        ({"订单状态": "待支付"}, "订单状态", "state"),
        ({"支付完成时间": "1990-04-15 02:30:00"}, "", "gap"),
    ],
)
def test_rows_refused(change: dict[str, str], field: str, code: str) -> None:
    facts, report = read({}, change)
    assert len(facts) == 4
    assert [(problem.row, problem.field, problem.code) for problem in report.problems] == [(3, field, code)]


def test_gbk_needs_no_hint() -> None:
    assert read({}, encoding="gb18030")[0] == read({})[0]


def test_headers_are_known_by_name_not_by_place() -> None:
    headers = [f" {header}（元）" if "金额" in header else header for header in reversed(ROW)]
    found = recognise(headers)
    assert found is not None
    assert found.code == "douyin-orders"
    assert recognise(list(ROW)[:4]) is None
