"""Douyin shop (抖店): the order export, one row per sub-order, in both layouts that are about, and the after-sales
export, which alone tells how much of a line went back and when.
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy

from core import strict
from supplychain.facts import EXTERNAL_ID_LENGTH, SaleFact
from supplychain.importing import cells
from supplychain.importing.profiles.base import FactsOfRow, Known, Options, Profile, Row, Standing
from supplychain.importing.profiles.states import NOTHING, OrderState, check_unpaid, holds, runs, somebody

CHANNEL_OF_CLASS = {"直播": "live", "短视频": "short_video", "商品卡": "product_card", "其他": "other"}
CLASS_COMES_LATER = "数据将于第二天更新"
UNPAID = frozenset({"待支付", "待付款", "待确认"})
CLOSED = frozenset({"已关闭", "已取消"})
REFUNDED = ("退款成功", "已退款", "已全额退款")
PARTLY = "部分"
AFTER_SALE = "aftersale:"
BACK = ":back"


def back_id(line_no: str) -> str:
    """The id of what went back of a sub-order."""
    return f"{line_no}{BACK}"


def standing(fact: Known) -> Standing | None:
    """An after-sale says of its line what the order export only concludes from its state."""
    if fact.external_id.startswith(AFTER_SALE):
        return Standing((fact.order_no, fact.ref_line), finer=True)
    if fact.external_id.endswith(BACK):
        return Standing((fact.order_no, fact.line_no), finer=False)
    return None


def build_orders(options: Options) -> FactsOfRow:
    """Facts of one sub-order: created, paid and, where money went back, refunded or cancelled."""

    def facts(row: Row) -> list[SaleFact]:
        payable = row.need("payable", cells.money)
        status, after_sale, traffic = row.text("status"), row.text("after_sale"), row.text("traffic")
        created_at, paid_at = row.need("created_at", cells.when), row.read("paid_at", cells.when)
        check_unpaid(status, UNPAID, paid_at)
        freight = _freight(row, payable, options)
        refunded = holds(after_sale, REFUNDED)
        partly = refunded and PARTLY in after_sale
        if partly:
            options.notes["refund_amount_unknown"] += 1
        if traffic == CLASS_COMES_LATER or runs(after_sale):
            options.notes["due_again"] += 1
        elif traffic and traffic not in CHANNEL_OF_CLASS:
            options.notes["unknown_channel"] += 1
        line_no = row.identifier("line_no")
        return OrderState(
            options=options,
            order_no=row.identifier("order_no"),
            line_no=line_no,
            goods={
                "sku_code": row.code("sku_code") or row.code("item_no") or row.code("product_id"),
                "title": row.label("title"),
                "qty": row.need("quantity", cells.count),
            },
            amount=payable - freight,
            freight=freight,
            created_at=created_at,
            paid_at=paid_at,
            ended_at=row.read("finished_at", cells.when),
            closed=status in CLOSED and not partly,
            fully_refunded=refunded and not partly,
            certain=bool(traffic) and traffic != CLASS_COMES_LATER,
            back_id=back_id(line_no),
            more={
                "channel": CHANNEL_OF_CLASS.get(traffic, "other"),
                "host_ref": somebody(row.identifier("host", needed=False)),
                "destination": row.label("province", 64),
            },
        ).facts()

    return facts


def _freight(row: Row, payable: Decimal, options: Options) -> Decimal:
    """The part of the payable amount that is freight.

    Some exports repeat the freight of the whole order on rows whose payable amount does not hold it; what the
    buyer pays for a row is its payable amount, never more.
    """
    freight = row.read("freight", cells.money) or NOTHING
    if freight > payable:
        options.notes["freight_elsewhere"] += 1
        return NOTHING
    return freight


def build_after_sales(options: Options) -> FactsOfRow:
    """The refund of one after-sale, counted when it succeeded; one that runs or came to nothing is no fact."""

    def facts(row: Row) -> list[SaleFact]:
        number, order_no, line_no = (
            row.identifier(name) for name in ("after_sale_no", "order_no", "line_no")
        )
        status = row.need("status", str)
        amount = (row.read("goods_back", cells.money) or NOTHING) + (
            row.read("freight_back", cells.money) or NOTHING
        )
        if not holds(status, REFUNDED) or not amount:
            options.notes["due_again" if runs(status) else "skipped"] += 1
            return []
        done_at = row.read("refunded_at", cells.when) or row.read("arrived_at", cells.when)
        if done_at is None:
            options.notes["refund_time_estimated"] += 1
        at = done_at or row.read("finished_at", cells.when) or row.need("applied_at", cells.when)
        return [
            SaleFact(
                kind="refunded",
                external_id=strict.code(f"{AFTER_SALE}{number}", EXTERNAL_ID_LENGTH),
                version=1 + (done_at is not None),
                occurred_at=options.utc(at),
                order_no=order_no,
                ref_order_no=order_no,
                ref_line=line_no,
                sku_code=row.code("sku_code") or row.code("product_id"),
                title=row.label("title"),
                qty=0,
                **options.priced(amount),
            )
        ]

    return facts


ORDERS = Profile(
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
    build=build_orders,
    standing=standing,
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
    examples=("douyin-orders.csv", "douyin-orders-2.csv"),
)

AFTER_SALES = Profile(
    code="douyin-after-sales",
    name=gettext_lazy("Douyin after-sales"),
    source="douyin",
    columns={
        "after_sale_no": ("售后单号",),
        "order_no": ("订单号",),
        "line_no": ("商品单号",),
        "title": ("商品名称",),
        "sku_code": ("商家编码",),
        "product_id": ("商品ID",),
        "goods_back": ("退商品金额（元）",),
        "freight_back": ("退运费金额（元）",),
        "status": ("售后状态",),
        "applied_at": ("售后申请时间",),
        "refunded_at": ("商家退款时间",),
        "arrived_at": ("用户到账时间",),
        "finished_at": ("售后完结时间",),
    },
    required=("after_sale_no", "order_no", "line_no", "goods_back", "status", "applied_at"),
    build=build_after_sales,
    standing=standing,
    known=(
        "应付金额（元）",
        "商品运费（元）",
        "支付优惠（元）",
        "商品税费（元）",
        "商品发货状态",
        "售后类型",
        "退支付优惠（元）",
        "退税费金额（元）",
        "退款方式",
        "售后原因",
        "售后关闭时间",
        "仲裁状态",
        "是否极速退款",
    ),
    personal=("用户售后说明", "售后备注", "订单备注", "协商记录"),
    examples=("douyin-after-sales.csv",),
)
