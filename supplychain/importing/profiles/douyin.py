"""Order export of a Douyin shop (抖店), one row per sub-order, in both layouts that are about.

An export shows the state of an order on the day it was made, so a later export of the same order must agree
with what is already known or replace it. Hence versions: what is certain has a higher version than what may
still change (an order that is not paid, a traffic class that the platform adds the next day).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.strict import StrictError
from supplychain.facts import SaleFact
from supplychain.importing import cells
from supplychain.importing.profiles.base import FactsOfRow, Options, Profile, Row

CHANNEL_OF_CLASS = {"直播": "live", "短视频": "short_video", "商品卡": "product_card", "其他": "other"}
CLASS_COMES_LATER = "数据将于第二天更新"
UNPAID = frozenset({"待支付", "待付款", "待确认"})
CLOSED = frozenset({"已关闭", "已取消"})
REFUNDED = ("退款成功", "已退款", "已全额退款")
PARTLY = "部分"
RUNNING = ("处理中", "退款中", "退货中", "售后中", "待", "申请")


def build(options: Options) -> FactsOfRow:
    """Facts of one sub-order: created, paid and, where money went back, refunded or cancelled."""

    def facts(row: Row) -> list[SaleFact]:
        order = _Order(row, options)
        found = order.lines("created", order.created_at, version=1 + 2 * order.settled + order.class_known)
        if order.paid_at is not None:
            found += order.lines("paid", order.paid_at, version=1 + order.class_known)
        return found + order.given_back()

    return facts


class _Order:
    """One row of the export, read once."""

    def __init__(self, row: Row, options: Options) -> None:
        self.options = options
        self.row = row
        self.payable = row.need("payable", cells.money)
        self.status = row.text("status")
        self.after_sale = row.text("after_sale")
        self.created_at = row.need("created_at", cells.when)
        self.paid_at = row.read("paid_at", cells.when)
        self.finished_at = row.read("finished_at", cells.when)
        self.freight = self._freight()
        traffic = row.text("traffic")
        host = row.identifier("host", needed=False)
        self.class_known = bool(traffic) and traffic != CLASS_COMES_LATER
        self.settled = self.paid_at is not None or self.status in CLOSED
        self.shared: dict[str, Any] = {
            "order_no": row.identifier("order_no"),
            "line_no": row.identifier("line_no"),
            "channel": CHANNEL_OF_CLASS.get(traffic, "other"),
            "host_ref": "" if host == "0" else host,
            "destination": row.label("province", 64),
        }
        self.goods: dict[str, Any] = {
            "sku_code": row.code("sku_code") or row.code("item_no") or row.code("product_id"),
            "title": row.label("title"),
            "qty": row.need("quantity", cells.count),
        }
        if self.status in UNPAID and self.paid_at is not None:
            raise StrictError(
                "state", _("An order that waits for payment has a time of payment."), field="status"
            )
        if traffic == CLASS_COMES_LATER or any(word in self.after_sale for word in RUNNING):
            options.notes["due_again"] += 1
        elif traffic and traffic not in CHANNEL_OF_CLASS:
            options.notes["unknown_channel"] += 1

    def _freight(self) -> Decimal:
        """The part of the payable amount that is freight.

        Some exports repeat the freight of the whole order on rows whose payable amount does not hold it; what
        the buyer pays for a row is its payable amount, never more.
        """
        freight = self.row.read("freight", cells.money) or Decimal(0)
        if freight > self.payable:
            self.options.notes["freight_elsewhere"] += 1
            return Decimal(0)
        return freight

    def lines(self, kind: str, at: datetime, *, version: int) -> list[SaleFact]:
        """The goods, and the freight where there is some: together what the buyer pays for the row."""
        common = {"kind": kind, "version": version, "occurred_at": self.options.utc(at), **self.shared}
        found = [SaleFact(**self.options.priced(self.payable - self.freight), **self.goods, **common)]
        if self.freight:
            found.append(SaleFact(line_type="freight", qty=1, **self.options.priced(self.freight), **common))
        return found

    def given_back(self) -> list[SaleFact]:
        """Money that went back, as far as an order export tells.

        It knows neither the amount nor the time of a refund: a full one is the payable amount at the time the
        order was finished, or paid where even that is missing; a partial one needs the after-sale export.
        """
        refunded = any(word in self.after_sale for word in REFUNDED)
        if refunded and PARTLY in self.after_sale:
            self.options.notes["refund_amount_unknown"] += 1
            return []
        if not refunded and self.status not in CLOSED:
            return []
        if self.paid_at is not None and self.finished_at is None:
            self.options.notes["refund_time_estimated"] += 1
        paid_back = self.payable if self.paid_at is not None else Decimal(0)
        return [
            SaleFact(
                kind="refunded" if refunded else "cancelled",
                external_id=f"{self.shared['line_no']}:back",
                version=1 + 4 * refunded + 2 * (self.finished_at is not None) + self.class_known,
                occurred_at=self.options.utc(self.finished_at or self.paid_at or self.created_at),
                ref_order_no=self.shared["order_no"],
                ref_line=self.shared["line_no"],
                **self.options.priced(paid_back),
                **self.goods,
                **self.shared,
            )
        ]


PROFILE = Profile(
    code="douyin-orders",
    name=gettext_lazy("Douyin shop orders"),
    source="douyin",
    columns={
        "order_no": ("主订单编号",),
        "line_no": ("子订单编号",),
        "title": ("选购商品",),
        "sku_code": ("商家编码",),
        "item_no": ("货号",),
        "product_id": ("商品ID",),
        "quantity": ("商品数量",),
        "payable": ("订单应付金额",),
        "freight": ("运费",),
        "status": ("订单状态",),
        "after_sale": ("售后状态",),
        "created_at": ("订单提交时间",),
        "paid_at": ("支付完成时间",),
        "finished_at": ("订单完成时间",),
        "traffic": ("流量体裁",),
        "host": ("达人ID",),
        "province": ("省",),
    },
    required=("order_no", "line_no", "quantity", "payable", "status", "after_sale", "created_at", "paid_at"),
    build=build,
    known=(
        "商品规格",
        "商品单价",
        "商品金额",
        "优惠总金额",
        "平台优惠",
        "商家优惠",
        "达人优惠",
        "商家改价",
        "支付优惠",
        "支付方式",
        "APP渠道",
        "流量来源",
        "流量渠道",
        "承诺发货时间",
        "取消原因",
        "达人昵称",
        "发货时间",
    ),
    personal=("市", "区", "街道", "商家备注", "快递信息"),
    samples=("douyin-orders.csv", "douyin-orders-2.csv"),
)
