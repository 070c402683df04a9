"""Kuaishou shop (快手小店): the settlement, one row per order that was settled."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy

from core import strict
from supplychain.importing import cells
from supplychain.importing.payouts.line import (
    ACCOUNT_LENGTH,
    KEY_LENGTH,
    NOTHING,
    TO_THE_MINUTE,
    PayoutLine,
    Sums,
    added,
    check_totals,
    lines_of,
    only_cny,
)
from supplychain.importing.profiles.base import Options, Profile, Row

PLATFORM = "kuaishou"
SUBSIDIES = ("state_subsidy", "pay_subsidy", "subsidy", "host_subsidy")
FEES = (
    "service_fee",
    "presale_fee",
    "host_commission",
    "leader_commission",
    "promoter_commission",
    "provider_commission",
    "other_fee",
)
# Kept back of a marketing subsidy when its order is refunded.
TAKEN_BACK = ("pay_subsidy_back",)


def build_settlement(options: Options) -> Callable[[Row], list[PayoutLine]]:
    """The lines of one settled order."""
    only_cny(options)

    def lines(row: Row) -> list[PayoutLine]:
        settled = row.need("settled", cells.money)
        check_totals(row, settled)
        order_no = row.identifier("order_no")
        at = options.utc(row.need("settled_at", cells.when))
        ordered_at = row.read("ordered_at", cells.when)
        sums = Sums(
            settled=settled,
            paid=row.need("paid", cells.money),
            freight=NOTHING,
            subsidy=added(row, SUBSIDIES) - abs(added(row, TAKEN_BACK)),
            refund=row.read("refund", cells.money) or NOTHING,
            costs=added(row, FEES),
        )
        common = {
            "platform": PLATFORM,
            "account": row.label("account", ACCOUNT_LENGTH),
            "ordered_at": options.utc(ordered_at) if ordered_at is not None else None,
            "occurred_at": at,
            "order_no": order_no,
        }
        goods = row.identifier("product_id", needed=False)
        key = strict.code(f"{order_no}:{goods}:{at:{TO_THE_MINUTE}}", KEY_LENGTH)
        return lines_of(key, sums, common)

    return lines


SETTLEMENT = Profile(
    code="kuaishou-settlement",
    name=gettext_lazy("Kuaishou settlement"),
    source=PLATFORM,
    columns={
        "order_no": ("订单号",),
        "product_id": ("商品ID",),
        "ordered_at": ("订单创建时间",),
        "paid": ("订单实付(元)",),
        "state_subsidy": ("政府补贴",),
        "pay_subsidy": ("支付营销补贴",),
        "subsidy": ("平台补贴",),
        "host_subsidy": ("达人补贴",),
        "income": ("合计收入(元)",),
        "refund": ("订单退款(元)",),
        "pay_subsidy_back": ("支付营销回退（元）",),
        "service_fee": ("技术服务费(元)",),
        "presale_fee": ("预售增收技术服务费（元）",),
        "host_commission": ("达人佣金(元)",),
        "leader_commission": ("团长佣金(元)",),
        "promoter_commission": ("快赚客佣金(元)",),
        "provider_commission": ("服务商佣金(元)",),
        "other_fee": ("其他收费",),
        "expenses": ("合计支出(元)",),
        "settled": ("实际结算金额(元)",),
        "settled_at": ("实际结算时间",),
        "account": ("账户名称",),
    },
    required=("order_no", "paid", "service_fee", "settled", "settled_at"),
    build=build_settlement,
    known=(
        "商家ID",
        "商品名称",
        "商品数量",
        "商家补贴(元)",
        "达人补贴明细",
        "达人ID",
        "MCN机构ID",
        "团长id",
        "佣金模式",
        "快赚客ID",
        "服务商ID",
        "分账基数",
        "其他收费明细",
        "结算规则",
        "资金渠道",
        "结算商户号",
        "消费金信息",
    ),
    examples=("kuaishou-settlement.csv",),
)
