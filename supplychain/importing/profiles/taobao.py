"""Orders of Taobao and Tmall: the list with a row per order (ExportOrderList, or the newer one of 千牛), and the
details with a row per line (ExportOrderDetailList).

What the buyer actually paid is not read: it shrinks when money goes back. The list counts the goods' total less what
the platform pays of it, the details what is owed for each line. Where the details of an order are known its total
from the list gives way to them, whichever came first; the freight stands in the list alone.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from supplychain.facts import SaleFact
from supplychain.importing import cells
from supplychain.importing.profiles.base import FactsOfRow, Known, Options, Profile, Row, Standing
from supplychain.importing.profiles.states import NOTHING, OrderState, check_unpaid, holds, runs

UNPAID = frozenset({"等待买家付款"})
CLOSED = ("交易关闭",)
REFUNDED = ("退款成功", "退款完成")


def standing(fact: Known) -> Standing | None:
    """The goods of an order as its lines, or as one total."""
    return Standing((fact.order_no,), finer=bool(fact.line_no)) if fact.line_type == "goods" else None


def build_orders(options: Options) -> FactsOfRow:
    """Facts of one order as a whole: its goods, its freight, and what went back."""

    def facts(row: Row) -> list[SaleFact]:
        status = row.text("status")
        created_at, paid_at = row.need("created_at", cells.when), row.read("paid_at", cells.when)
        check_unpaid(status, UNPAID, paid_at)
        coupons = (row.read("tmall_coupon", cells.money) or NOTHING) + (
            row.read("points", cells.money) or NOTHING
        )
        quantity = row.read("quantity", cells.count)
        return OrderState(
            options=options,
            order_no=row.identifier("order_no"),
            goods={"title": row.label("title"), "qty": 1 if quantity is None else quantity},
            amount=row.need("goods", cells.money) - coupons,
            freight=row.read("freight", cells.money) or NOTHING,
            created_at=created_at,
            paid_at=paid_at,
            closed=holds(status, CLOSED),
            refunded=row.read("refunded", cells.money),
            more={"channel": "shop"},
        ).facts()

    return facts


def build_lines(options: Options) -> FactsOfRow:
    """Facts of one line of an order."""

    def facts(row: Row) -> list[SaleFact]:
        status, refund = row.text("status"), row.text("refund_status")
        created_at, paid_at = row.need("created_at", cells.when), row.read("paid_at", cells.when)
        check_unpaid(status, UNPAID, paid_at)
        done = holds(refund, REFUNDED)
        if not done and runs(refund):
            options.notes["due_again"] += 1
        return OrderState(
            options=options,
            order_no=row.identifier("order_no"),
            line_no=row.identifier("line_no"),
            goods={
                "sku_code": row.code("sku_code") or row.code("item_no"),
                "title": row.label("title"),
                "qty": row.need("quantity", cells.count),
            },
            amount=row.need("payable", cells.money),
            created_at=created_at,
            paid_at=paid_at,
            closed=holds(status, CLOSED),
            refunded=row.read("refunded", cells.money) if done else None,
            fully_refunded=done,
            more={"channel": "shop"},
        ).facts()

    return facts


ORDERS = Profile(
    code="taobao-orders",
    name=gettext_lazy("Taobao and Tmall orders"),
    source="taobao",
    columns={
        "order_no": ("订单编号",),
        "title": ("宝贝标题", "商品标题"),
        "quantity": ("宝贝总数量",),
        "goods": ("买家应付货款",),
        "freight": ("买家应付邮费",),
        "tmall_coupon": ("天猫卡券抵扣",),
        "points": ("集分宝抵扣",),
        "refunded": ("退款金额",),
        "status": ("订单状态",),
        "created_at": ("订单创建时间",),
        "paid_at": ("订单付款时间",),
    },
    required=("order_no", "goods", "freight", "created_at", "paid_at"),
    build=build_orders,
    standing=standing,
    known=(
        "总金额",
        "买家支付积分",
        "返点积分",
        "买家实际支付金额",
        "买家实付金额",
        "宝贝种类",
        "订单关闭原因",
        "卖家服务费",
        "是否手机订单",
        "分阶段订单信息",
        "是否主动赔付",
        "主动赔付金额",
        "C2B小额收款",
        "确认收货打款金额",
        "总金额(旧版)",
    ),
    personal=("订单备注", "异常信息", "发票抬头", "支付详情", "含应开票给个人红包", "物流单号"),
    examples=("taobao-orders.csv", "taobao-orders-2.csv"),
)

LINES = Profile(
    code="taobao-lines",
    name=gettext_lazy("Taobao and Tmall order lines"),
    source="taobao",
    columns={
        "order_no": ("主订单编号",),
        "line_no": ("子订单编号",),
        "title": ("标题",),
        "sku_code": ("商家编码",),
        "item_no": ("外部系统编号",),
        "quantity": ("购买数量",),
        "payable": ("买家应付货款",),
        "status": ("订单状态",),
        "refund_status": ("退款状态",),
        "refunded": ("退款金额",),
        "created_at": ("订单创建时间",),
        "paid_at": ("订单付款时间",),
    },
    required=(
        "order_no",
        "line_no",
        "quantity",
        "payable",
        "status",
        "refund_status",
        "created_at",
        "paid_at",
    ),
    build=build_lines,
    standing=standing,
    known=("价格", "商品属性", "套餐信息", "支付单号", "买家实际支付金额"),
    personal=("备注",),
    examples=("taobao-lines.csv",),
)
