"""Order export of a Kuaishou shop (快手小店): one row per order, which holds one kind of goods."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from supplychain.facts import SaleFact
from supplychain.importing import cells
from supplychain.importing.profiles.base import FactsOfRow, Options, Profile, Row
from supplychain.importing.profiles.states import (
    NOTHING,
    OrderState,
    channel_of,
    check_unpaid,
    holds,
    runs,
    somebody,
)

# What carried the order, by the word that its text holds.
CARRIERS = {
    "直播": "live",
    "短视频": "short_video",
    "商品卡": "product_card",
    "商城": "product_card",
    "货架": "product_card",
    "搜索": "product_card",
    "店铺": "shop",
    "其他": "other",
    "其它": "other",
}
UNPAID = frozenset({"待付款", "待支付", "未付款"})
CLOSED = frozenset({"交易关闭", "已关闭", "已取消", "订单失败", "已失效", "交易失败"})
REFUNDED = ("退款成功", "已退款")
PARTLY = "部分"


def build(options: Options) -> FactsOfRow:
    """Facts of one order: created, paid and, where money went back, refunded or cancelled."""

    def facts(row: Row) -> list[SaleFact]:
        order_no = row.identifier("order_no")
        paid = row.need("paid", cells.money)
        status, after_sale = row.text("status"), row.text("after_sale")
        paid_at = row.read("paid_at", cells.when)
        check_unpaid(status, UNPAID, paid_at)
        freight = min(row.read("freight", cells.money) or NOTHING, paid)
        refunded = holds(after_sale, REFUNDED)
        partly = refunded and PARTLY in after_sale
        if partly:
            options.notes["refund_amount_unknown"] += 1
        elif not refunded and runs(after_sale):
            options.notes["due_again"] += 1
        return OrderState(
            options=options,
            order_no=order_no,
            line_no=order_no,
            goods={
                "sku_code": row.code("sku_code") or row.code("product_id"),
                "title": row.label("title"),
                "qty": row.need("quantity", cells.count),
            },
            amount=paid - freight,
            freight=freight,
            created_at=row.need("created_at", cells.when),
            paid_at=paid_at,
            closed=status in CLOSED and not partly,
            fully_refunded=refunded and not partly,
            more={
                "channel": channel_of(row.text("carrier"), CARRIERS, options),
                "host_ref": somebody(row.identifier("host", needed=False)),
                "destination": row.label("province", 64),
            },
        ).facts()

    return facts


PROFILE = Profile(
    code="kuaishou-orders",
    name=gettext_lazy("Kuaishou shop orders"),
    source="kuaishou",
    columns={
        "order_no": ("订单号",),
        "title": ("商品名称",),
        "sku_code": ("SKU编码",),
        "product_id": ("商品ID",),
        "quantity": ("成交数量",),
        "paid": ("实付款",),
        "freight": ("快递费",),
        "status": ("订单状态",),
        "after_sale": ("售后状态",),
        "created_at": ("订单创建时间",),
        "paid_at": ("订单支付时间",),
        "carrier": ("订单载体",),
        "host": ("CPS达人ID",),
        "province": ("收货地址-省",),
    },
    required=("order_no", "quantity", "paid", "status", "after_sale", "created_at", "paid_at"),
    build=build,
    known=(
        "赠品订单号",
        "活动订单编号",
        "预售定金支付时间",
        "店铺优惠",
        "平台补贴",
        "主播补贴",
        "混资活动优惠",
        "账号类型",
        "活动订单",
        "CPS达人昵称",
        "预估推广佣金",
        "团长ID",
        "快赚客ID",
        "授权推广者ID",
        "集运类型",
        "直邮类型",
    ),
    personal=("订单备注", "物流信息", "快递单号"),
    examples=("kuaishou-orders.csv",),
)
