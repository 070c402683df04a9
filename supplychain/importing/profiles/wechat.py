"""Order export of a WeChat shop (微信小店): one row per kind of goods, with the totals of its order repeated.

The lines count, not the totals: what was paid for the goods of the row, and its share of the freight.
"""

from __future__ import annotations

from hashlib import blake2b

from django.utils.translation import gettext_lazy

from core import strict
from supplychain.facts import CODE_LENGTH, SaleFact
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

# How the goods were promoted, by the word that the text holds.
PROMOTED = {
    "直播": "live",
    "短视频": "short_video",
    "橱窗": "product_card",
    "商品卡": "product_card",
    "分享": "product_card",
    "达人": "outside_host",
    "机构": "outside_host",
    "合作": "outside_host",
    "自营": "shop",
    "关联": "shop",
    "授权": "shop",
    "店铺": "shop",
    "其他": "other",
}
UNPAID = frozenset({"待付款", "待支付"})
CLOSED = ("取消", "关闭")


def build(options: Options) -> FactsOfRow:
    """Facts of one kind of goods in an order: created, paid and, where money went back, refunded or cancelled."""

    def facts(row: Row) -> list[SaleFact]:
        status = row.text("status")
        created_at, paid_at = row.need("created_at", cells.when), row.read("paid_at", cells.when)
        check_unpaid(status, UNPAID, paid_at)
        if runs(row.text("after_sale")):
            options.notes["due_again"] += 1
        return OrderState(
            options=options,
            order_no=row.identifier("order_no"),
            line_no=_line_no(row),
            goods={
                "sku_code": row.code("sku_code") or row.code("product_code") or row.code("product_id"),
                "title": row.label("title"),
                "qty": row.need("quantity", cells.count),
            },
            amount=row.need("paid", cells.money),
            freight=row.read("freight", cells.money) or NOTHING,
            created_at=created_at,
            paid_at=paid_at,
            ended_at=row.read("finished_at", cells.when),
            closed=holds(status, CLOSED),
            refunded=row.read("refunded", cells.money),
            more={
                "channel": channel_of(row.text("promoted"), PROMOTED, options),
                "host_ref": somebody(row.identifier("host", needed=False)),
                "destination": row.label("province", 64),
            },
        ).facts()

    return facts


def _line_no(row: Row) -> str:
    """The export has no id for a line; a product stands once in an order with the same properties."""
    product, properties = row.identifier("product_id"), row.text("properties")
    if properties:
        product += f"-{blake2b(properties.encode(), digest_size=4).hexdigest()}"
    return strict.code(product, CODE_LENGTH)


PROFILE = Profile(
    code="wechat-orders",
    name=gettext_lazy("WeChat shop orders"),
    source="wechat",
    columns={
        "order_no": ("订单号",),
        "title": ("商品名称",),
        "product_id": ("商品编码(平台)",),
        "product_code": ("商品编码(自定义)",),
        "sku_code": ("SKU编码(自定义)",),
        "properties": ("商品属性",),
        "quantity": ("商品数量",),
        "paid": ("商品实际价格(总共)",),
        "freight": ("商品平均运费",),
        "refunded": ("商品已退款金额",),
        "status": ("订单状态",),
        "after_sale": ("商品售后",),
        "created_at": ("订单下单时间",),
        "paid_at": ("支付时间",),
        "finished_at": ("订单完成结算时间",),
        "promoted": ("带货方式",),
        "host": ("带货ID",),
        "province": ("省",),
    },
    required=("order_no", "product_id", "quantity", "paid", "status", "created_at", "paid_at", "refunded"),
    build=build,
    known=(
        "订单实际支付金额",
        "订单实际收款金额",
        "订单运费",
        "跨店优惠",
        "商品改价",
        "技术服务费",
        "运费险预计投保费用",
        "带货账号类型",
        "带货账号昵称",
        "带货费用",
        "带货佣金率",
        "礼物单号",
        "商品价格(单件)",
        "商品实际价格(单件)",
        "商品平台券优惠",
    ),
    personal=("市", "区", "买家备注", "商家备注", "交易单号", "快递单号", "定制信息", "定制预览图"),
    examples=("wechat-orders.csv",),
)
