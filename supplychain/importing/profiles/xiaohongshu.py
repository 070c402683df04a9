"""Order export of a Xiaohongshu shop (小红书): one row per SKU of an order.

What the user owes for a row counts, in which the platform has its freight already: the total of the parcel that
stands beside it repeats on each row and is not read.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from supplychain.facts import SaleFact
from supplychain.importing import cells
from supplychain.importing.profiles.base import FactsOfRow, Options, Profile, Row
from supplychain.importing.profiles.states import OrderState, check_unpaid, holds, runs, somebody

UNPAID = frozenset({"待支付", "待付款", "未支付"})
CLOSED = frozenset({"已取消", "已关闭", "交易关闭"})
REFUNDED = ("退款成功", "已退款", "退款完成")
DONE = ("售后完成", "部分退款")


def build(options: Options) -> FactsOfRow:
    """Facts of one SKU of an order: created, paid and, where money went back, refunded or cancelled."""

    def facts(row: Row) -> list[SaleFact]:
        status, after_sale = row.text("status"), row.text("after_sale")
        created_at, paid_at = row.need("created_at", cells.when), row.read("paid_at", cells.when)
        check_unpaid(status, UNPAID, paid_at)
        closed = status in CLOSED
        partly = not closed and holds(after_sale, DONE)
        if partly:
            options.notes["refund_amount_unknown"] += 1
        elif not closed and runs(after_sale):
            options.notes["due_again"] += 1
        return OrderState(
            options=options,
            order_no=row.identifier("order_no"),
            line_no=row.identifier("line_no"),
            goods={
                "sku_code": row.code("sku_code") or row.code("barcode") or row.code("line_no"),
                "title": row.label("title") or row.label("sku_name"),
                "qty": row.need("quantity", cells.count),
            },
            amount=row.need("payable", cells.money),
            created_at=created_at,
            paid_at=paid_at,
            ended_at=row.read("finished_at", cells.when),
            closed=closed,
            fully_refunded=holds(after_sale, REFUNDED) and not partly,
            more={
                # The export does not say what showed the goods; a host that is named did.
                "channel": "other",
                "host_ref": somebody(row.identifier("host", needed=False)),
                "destination": row.label("province", 64),
            },
        ).facts()

    return facts


PROFILE = Profile(
    code="xiaohongshu-orders",
    name=gettext_lazy("Xiaohongshu shop orders"),
    source="xiaohongshu",
    columns={
        "order_no": ("订单号",),
        "line_no": ("规格ID", "小红书编码"),
        "title": ("商品名称",),
        "sku_name": ("SKU名称",),
        "sku_code": ("商家编码",),
        "barcode": ("条形码",),
        "quantity": ("SKU件数",),
        "payable": ("用户应付金额(元)",),
        "status": ("订单状态",),
        "after_sale": ("售后状态",),
        "created_at": ("订单创建时间",),
        "paid_at": ("支付时间",),
        "finished_at": ("订单完成时间",),
        "host": ("达人ID",),
        "province": ("省",),
    },
    required=("order_no", "line_no", "quantity", "payable", "status", "after_sale", "created_at", "paid_at"),
    build=build,
    known=(
        "订单标记",
        "小红书编码",
        "达人名称",
        "SKU规格",
        "是否为赠品",
        "商品总价(元)",
        "平台优惠(元)",
        "店铺优惠(元)",
        "支付渠道优惠(元)",
        "SKU商家改价(元)",
        "商家应收金额(元)（支付金额）",
        "包裹总运费(元)",
        "预售订单开始发货时间",
        "承诺发货时间",
        "国补模式",
    ),
    personal=(
        "市",
        "区",
        "发票/Invoice",
        "支付渠道订单号",
        "快递单号",
        "发货链接",
        "大头笔/Paint Marker",
        "集包地/Express Extend 1",
        "三段码/Express Extend 2",
        "用户备注",
        "包裹备注信息",
        "用户编号",
    ),
    examples=("xiaohongshu-orders.csv",),
)
