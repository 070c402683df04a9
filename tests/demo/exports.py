"""What platforms export of a seller's evenings: files that name no session, and where each order was sold."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics.demo.built import BuiltPark
from core.clock import local
from livestreams.choices import SessionState
from livestreams.models import HostAccount, LiveSession
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import Sku
from tenants.choices import Platform
from tenants.models import Tenant

SESSIONS = 6
SECOND = timedelta(seconds=1)
STRANGER = "66770001"


@dataclass(frozen=True)
class Line:
    """An order of one line, and the session (id) it was sold in; 0: in none of the park's."""

    number: int
    at: datetime
    live: bool
    account: str
    session: int
    given_back: bool = False

    @property
    def order_no(self) -> str:
        return f"{7_000_000_000_000_000_000 + self.number}"


def evenings(built: BuiltPark, seller: Tenant, since: datetime) -> list[Line]:
    """Orders of some ended sessions: in their first and last second and between, and beside them at the same time."""
    sessions = LiveSession.objects.filter(
        tenant=seller, park=built.park, state=SessionState.ENDED, started_at__gte=since
    )
    found: list[Line] = []
    for session in sessions.select_related("host").order_by("started_at")[:SESSIONS]:
        found += _evening(session, seller.pk * 1_000 + len(found))
    return found


def _evening(session: LiveSession, first: int) -> Iterator[Line]:
    assert session.host is not None
    assert session.started_at is not None
    assert session.ended_at is not None
    account = _account(session)
    middle = session.started_at + (session.ended_at - session.started_at) // 2
    last = session.ended_at - SECOND
    yield Line(first, session.started_at, True, account, session.pk)
    yield Line(first + 1, middle, True, account, session.pk, given_back=True)
    yield Line(first + 2, last, True, account, session.pk)
    yield Line(first + 3, middle, True, STRANGER, 0)
    yield Line(first + 4, middle, False, "", 0)


def _account(session: LiveSession) -> str:
    known = HostAccount.objects.filter(host=session.host, platform=session.platform).first()
    if session.platform == Platform.DOUYIN and known is not None:
        return known.account
    assert session.host is not None
    return session.host.code


def export_of(built: BuiltPark, seller: Tenant, lines: list[Line]) -> bytes:
    """The orders as the park's platform exports them, or, of one whose exports are not read, as the plain table."""
    sku = Sku.objects.filter(tenant=seller).order_by("code").first()
    assert sku is not None
    if built.plan.platform == Platform.DOUYIN:
        return _written("douyin-orders.csv", [_douyin(line, sku.code) for line in lines])
    return _written("generic.csv", [row for line in lines for row in _plain(line, sku.code)])


def _written(sample: str, rows: list[dict[str, str]]) -> bytes:
    with (EXAMPLES / sample).open(encoding="utf-8-sig", newline="") as file:
        known = next(csv.DictReader(file))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(known))
    writer.writeheader()
    writer.writerows({**dict.fromkeys(known, ""), **row} for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _douyin(line: Line, sku: str) -> dict[str, str]:
    at = f"{local(line.at):%Y-%m-%d %H:%M:%S}"
    state: dict[str, Any] = {"订单状态": "已完成", "售后状态": "-"}
    if line.given_back:
        state = {"订单状态": "已关闭", "售后状态": "同意退款，退款成功", "订单完成时间": at}
    return {
        "主订单编号": f"{line.order_no}\t",
        "子订单编号": f"{line.order_no}\t",
        "选购商品": "（示例）",
        "商品数量": "1",
        # What is given back before it is packed takes no goods of ours.
        "商家编码": "" if line.given_back else sku,
        "商品ID": "3512000000000000999",
        "订单应付金额": "119.00",
        "运费": "0.00",
        "订单提交时间": at,
        "支付完成时间": at,
        "流量体裁": "直播" if line.live else "商品卡",
        "达人ID": line.account,
        **state,
    }


def _plain(line: Line, sku: str) -> Iterator[dict[str, str]]:
    row = {
        "订单号": line.order_no,
        "行号": "1",
        "类型": "已付款",
        "SKU编码": "" if line.given_back else sku,
        "商品名称": "（示例）",
        "数量": "1",
        "金额": "119.00",
        "时间": f"{local(line.at):%Y-%m-%d %H:%M:%S}",
        "渠道": "直播" if line.live else "商品卡",
        "主播ID": line.account,
    }
    yield row
    if line.given_back:
        yield {**row, "类型": "已退款", "原订单号": line.order_no}
