"""Whatever states of an order were exported, in any order and again: the ledger says what the last one says."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supplychain.facts import SaleFact, content_hash
from supplychain.models import SalesEvent
from supplychain.services import import_run, import_stage
from tests import factories
from tests.factories import TenantWorld
from tests.supplychain.exports import read, sample, sums, table
from tests.supplychain.ledger import SYSTEM

Row = dict[str, str]


def story(name: str, place: int, *steps: Row) -> list[Row]:
    """A row of a sample that goes through states, each with what it changes of the one before."""
    states = [sample(name)[place]]
    for step in steps:
        states.append({**states[-1], **step})
    return states[1:]


STORIES: dict[str, list[Row]] = {
    "Kuaishou, refunded": story(
        "kuaishou-orders.csv",
        0,
        {"订单状态": "待付款", "订单支付时间": "", "售后状态": "-"},
        {"订单状态": "已发货", "订单支付时间": "2025-06-01 20:00:20"},
        {"售后状态": "售后中"},
        {"订单状态": "交易关闭", "售后状态": "-"},
        {"售后状态": "退款成功"},
    ),
    "Kuaishou, never paid": story("kuaishou-orders.csv", 3, {"订单状态": "待付款"}, {"订单状态": "交易关闭"}),
    "Taobao list, closed": story(
        "taobao-orders.csv",
        0,
        {"订单状态": "等待买家付款", "订单付款时间": ""},
        {"订单状态": "买家已付款，等待卖家发货", "订单付款时间": "2025-06-01 10:01:00"},
        {"订单状态": "卖家已发货，等待买家确认"},
        {"订单状态": "交易关闭", "买家实际支付金额": "0.00"},
    ),
    "千牛, refunded twice": story(
        "taobao-orders-2.csv",
        0,
        {"订单付款时间": "-", "退款金额": "-"},
        {"订单付款时间": "2025-06-02 10:00:40", "退款金额": "0.00"},
        {"退款金额": "30.00", "买家实付金额": "98.00"},
        {"退款金额": "128.00", "买家实付金额": "0.00"},
        {"退款金额": "140.00"},
    ),
    "Taobao line, partly refunded": story(
        "taobao-lines.csv",
        2,
        {"订单状态": "等待买家付款", "订单付款时间": "", "退款状态": "没有申请退款", "退款金额": ""},
        {"订单状态": "卖家已发货，等待买家确认", "订单付款时间": "2025-06-01 11:00:30"},
        {"退款状态": "买家已经申请退款，等待卖家同意", "退款金额": "50.00"},
        {"退款状态": "退款成功"},
        {"订单状态": "交易关闭", "退款金额": "100.00"},
    ),
    "Xiaohongshu, refunded": story(
        "xiaohongshu-orders.csv",
        4,
        {"订单状态": "待支付", "售后状态": "无售后", "支付时间": "", "订单完成时间": ""},
        {"订单状态": "已发货", "支付时间": "2025-06-01 20:30:10"},
        {"订单状态": "已完成", "售后状态": "售后处理中"},
        {"订单完成时间": "2025-06-05 10:00:00"},
        {"售后状态": "退款成功"},
    ),
    "WeChat, refunded twice": story(
        "wechat-orders.csv",
        2,
        {"订单状态": "待付款", "支付时间": "", "商品已退款金额": "0"},
        {"订单状态": "待收货", "支付时间": "2025-06-01 20:10:08"},
        {"商品已退款金额": "20.00"},
        {"商品已退款金额": "58.00", "订单状态": "已取消"},
        {"订单完成结算时间": "2025-06-12 08:00:00"},
    ),
    "TikTok, refunded": story(
        "tiktok-orders.csv",
        1,
        {"Order Status": "Unpaid", "Paid Time": ""},
        {"Order Status": "Shipped", "Paid Time": "01/06/2025 20:03:40"},
        {"Order Status": "Canceled", "Cancelled Time": "02/06/2025 09:00:00"},
        {"Order Refund Amount": "RM 50.00"},
        {"Order Refund Amount": "RM 64.80"},
    ),
    "TikTok in Vietnam, refunded": story(
        "tiktok-orders.csv",
        1,
        {"SKU Subtotal After Discount": "₫9000000", "Order Amount": "₫9000000", "Order Refund Amount": "₫0"},
        {"Order Refund Amount": "₫3000000"},
        {"Order Refund Amount": "₫5000000"},
        {"Cancelled Time": "02/06/2025 09:00:00"},
        {"Order Refund Amount": "₫5000001"},
    ),
    "Douyin, refunded": story(
        "douyin-orders.csv",
        0,
        {"订单状态": "待支付", "支付完成时间": "", "订单完成时间": "", "流量体裁": "数据将于第二天更新"},
        {"订单状态": "已发货", "支付完成时间": "2025-06-01 20:03:25"},
        {"流量体裁": "直播"},
        {"订单状态": "已关闭"},
        {"售后状态": "退款成功"},
        {"订单完成时间": "2025-06-09 10:00:00"},
    ),
    "an after-sale of Douyin": story(
        "douyin-after-sales.csv",
        1,
        {"售后状态": "售后处理中", "商家退款时间": ""},
        {"售后状态": "同意退款，退款成功", "售后完结时间": "2025-06-06 13:00:00"},
        {"商家退款时间": "2025-06-06 12:00:00"},
    ),
}


def ledger(exports: Sequence[Sequence[Row]]) -> dict[str, tuple[Any, ...]]:
    """What counts after some files: of each fact the highest version. No version says two things."""
    known: dict[tuple[str, int], bytes] = {}
    current: dict[str, SaleFact] = {}
    for rows in exports:
        for fact in read(table(rows))[0]:
            assert known.setdefault(fact.key, content_hash(fact)) == content_hash(fact)
            if fact.version >= current.get(fact.external_id, fact).version:
                current[fact.external_id] = fact
    return {
        name: (fact.kind, fact.amount, fact.amount_foreign, fact.qty, fact.occurred_at, fact.channel)
        for name, fact in current.items()
    }


@pytest.mark.parametrize("name", STORIES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_exports_in_any_order_say_what_the_last_state_says(name: str, data: st.DataObject) -> None:
    states = STORIES[name]
    last = data.draw(st.integers(0, len(states) - 1))
    seen = [*data.draw(st.lists(st.integers(0, last), max_size=6)), last]
    order = data.draw(st.permutations(seen))
    assert ledger([[states[step]] for step in order]) == ledger([[states[last]]])


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_with_money_back(name: str) -> None:
    """The stories are worth something: what they end with is more than a sale."""
    kinds = {kind for kind, *_rest in ledger([[STORIES[name][-1]]]).values()}
    assert kinds & {"refunded", "cancelled"}


def test_a_refund_may_exceed_its_sale_and_is_kept() -> None:
    facts, report = read(table([STORIES["千牛, refunded twice"][-1]]))
    assert sums(facts) == {"created": "128.00", "paid": "128.00", "refunded": "140.00"}
    assert report.problems == []
    assert report.notes["refund_exceeds"] == 1


# Exports that speak of the same orders, in the ledger itself.

TOGETHER = {
    "taobao": ["taobao-orders.csv", "taobao-lines.csv"],
    "douyin": ["douyin-orders.csv", "douyin-after-sales.csv"],
}
# Both files of Taobao: lines where they are known, freight and the orders without lines from the list.
EXPECTED = {
    "taobao": {"created": 623, "paid": Decimal("484.5"), "refunded": 149, "cancelled": 0},
    "douyin": {"created": Decimal("947.5"), "paid": 769, "refunded": Decimal("249.5"), "cancelled": 0},
}


def bring(firm: TenantWorld, rows: Sequence[Row]) -> dict[str, Any]:
    batch = import_stage(actor=SYSTEM, tenant=firm.tenant, file_name="f.csv", chunks=[table(rows).encode()])
    report, _rejects = import_run(actor=SYSTEM, batch=batch, progress=lambda done, total, message: None)
    assert not report["refused"], report["problems"]
    return report


def counted(firm: TenantWorld, source: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for event in SalesEvent.objects.filter(seller=firm.tenant, source=source).current():
        if event.kind != "adjusted":
            found[event.kind] = found.get(event.kind, Decimal(0)) + event.amount
        else:
            assert event.amount == 0
    return found


@pytest.mark.django_db
@pytest.mark.both_databases
@pytest.mark.parametrize("turn", [(0, 1), (1, 0), (0, 1, 0, 1), (1, 0, 1, 0, 0)])
@pytest.mark.parametrize("source", TOGETHER)
def test_two_exports_of_the_same_orders_count_once(source: str, turn: tuple[int, ...]) -> None:
    firm = factories.make_world("alpha").tenants[0]
    files = [sample(name) for name in TOGETHER[source]]
    for place, which in enumerate(turn):
        report = bring(firm, files[which])
        if place > 1:
            assert report["stored"] == 0
    assert counted(firm, source) == EXPECTED[source]


@pytest.mark.django_db
@pytest.mark.both_databases
def test_a_refund_before_its_order_and_one_a_year_later() -> None:
    firm = factories.make_world("alpha").tenants[0]
    after_sales = sample("douyin-after-sales.csv")
    late = {**after_sales[1], "售后单号": "1440211234567890099", "商家退款时间": "2026-06-06 12:00:00"}
    late["退商品金额（元）"] = "79.50"
    bring(firm, [*after_sales, late])
    bring(firm, sample("douyin-orders.csv"))
    assert counted(firm, "douyin") == EXPECTED["douyin"] | {"refunded": Decimal(329)}
    refunds = SalesEvent.objects.filter(seller=firm.tenant, kind="refunded", ref_line="6935112345678901233")
    assert {str(event.business_day) for event in refunds} == {"2025-06-06", "2026-06-06"}


@pytest.mark.django_db
@pytest.mark.both_databases
def test_a_market_without_a_rate_of_the_day_is_refused_row_by_row() -> None:
    firm = factories.make_world("alpha").tenants[0]
    body = table(sample("tiktok-orders.csv")).encode()
    batch = import_stage(actor=SYSTEM, tenant=firm.tenant, file_name="t.csv", chunks=[body])
    report, _rejects = import_run(actor=SYSTEM, batch=batch, progress=lambda done, total, message: None)
    assert report["refused"]
    assert {problem["code"] for problem in report["problems"]} == {"no_rate"}
    assert "MYR" in report["problems"][0]["message"]
