"""Douyin shop (抖店): the settlement, one row per settled sub-order, and the movements of funds, which also hold what
goes back after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy

from core import strict
from core.strict import StrictError
from core.words import gettext as _
from supplychain.importing import cells
from supplychain.importing.payouts.line import (
    ACCOUNT_LENGTH,
    KEY_LENGTH,
    NOTE_LENGTH,
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

PLATFORM = "douyin"
SUBSIDIES = ("subsidy", "host_subsidy", "pay_subsidy", "credit_subsidy")
FEES = ("service_fee", "commission", "channel_share", "recruiting_fee", "promotion_fee", "other_share")
MORE_SUBSIDIES = ("freight_subsidy", "other_subsidy", "trade_in", "state_subsidy", "bank_subsidy")
MORE_FEES = ("provider_commission",)
OWN_MOVES = ("提现", "充值", "转账")
IN, OUT = "入账", "出账"

Build = Callable[[Row], list[PayoutLine]]


def build_settlement(options: Options) -> Build:
    """The lines of one settled sub-order."""
    only_cny(options)

    def lines(row: Row) -> list[PayoutLine]:
        settled = row.need("settled", cells.money)
        check_totals(row, settled)
        order_no, line_no = row.identifier("order_no"), row.identifier("line_no")
        at = options.utc(row.need("settled_at", cells.when))
        sums = Sums(
            settled=settled,
            paid=row.need("paid", cells.money),
            freight=row.read("freight", cells.money) or NOTHING,
            subsidy=added(row, SUBSIDIES),
            refund=row.read("refund", cells.money) or NOTHING,
            costs=added(row, FEES),
        )
        kind = row.label("kind", NOTE_LENGTH)
        key = strict.code(f"{line_no}:{at:{TO_THE_MINUTE}}:{kind}", KEY_LENGTH)
        common = {
            **_common(row, options),
            "occurred_at": at,
            "order_no": order_no,
            "line_no": line_no,
            "about": line_no,
        }
        return lines_of(key, sums, common)

    return lines


def build_funds(options: Options) -> Build:
    """The lines of one movement; the seller's own, such as a withdrawal to the bank, is none."""
    only_cny(options)

    def lines(row: Row) -> list[PayoutLine]:
        direction, scene = row.need("direction", str), row.text("scene")
        if direction not in (IN, OUT):
            message = _("A movement goes in (%(in)s) or out (%(out)s); this one says “%(value)s”.")
            params = {"in": IN, "out": OUT, "value": strict.shown(direction)}
            raise StrictError("direction", message % params, field="direction")
        if any(word in scene for word in OWN_MOVES):
            options.notes["skipped"] += 1
            return []
        settled = abs(row.need("settled", cells.money)) * (1 if direction == IN else -1)
        line_no = row.identifier("line_no", needed=False)
        sums = Sums(
            settled=settled,
            paid=added(row, ("paid", "freight")),
            freight=row.read("freight", cells.money) or NOTHING,
            subsidy=added(row, (*SUBSIDIES, *MORE_SUBSIDIES)),
            refund=row.read("refund", cells.money) or NOTHING,
            costs=added(row, (*FEES, *MORE_FEES)),
        )
        # A compensation goes in as well, but pays nothing out of what was paid.
        payout = bool(line_no) and direction == IN and any((sums.paid, sums.subsidy))
        common = {
            **_common(row, options),
            "occurred_at": options.utc(row.need("settled_at", cells.when)),
            "order_no": row.identifier("order_no", needed=False),
            "line_no": line_no,
            "about": line_no if payout else "",
            "finer": payout,
        }
        return lines_of(f"funds:{row.identifier('flow_no')}", sums, common)

    return lines


def _common(row: Row, options: Options) -> dict[str, Any]:
    ordered_at = row.read("ordered_at", cells.when)
    return {
        "platform": PLATFORM,
        "account": row.label("account", ACCOUNT_LENGTH),
        "ordered_at": options.utc(ordered_at) if ordered_at is not None else None,
    }


SETTLEMENT = Profile(
    code="douyin-settlement",
    name=gettext_lazy("Douyin settlement"),
    source=PLATFORM,
    columns={
        "settled_at": ("结算时间",),
        "order_no": ("订单号",),
        "line_no": ("子订单号",),
        "settled": ("结算金额",),
        "account": ("结算账户",),
        "kind": ("结算单类型",),
        "ordered_at": ("下单时间",),
        "freight": ("运费",),
        "refund": ("结算前退款金额",),
        "subsidy": ("平台补贴",),
        "host_subsidy": ("达人补贴",),
        "pay_subsidy": ("抖音支付补贴",),
        "credit_subsidy": ("抖音月付营销补贴",),
        "paid": ("用户实付",),
        "income": ("收入合计",),
        "service_fee": ("平台服务费",),
        "commission": ("佣金",),
        "channel_share": ("渠道分成",),
        "recruiting_fee": ("招商服务费",),
        "promotion_fee": ("站外推广费",),
        "other_share": ("其他分成",),
        "expenses": ("支出合计",),
    },
    required=("settled_at", "order_no", "line_no", "settled", "kind", "paid", "service_fee"),
    build=build_settlement,
    known=(
        "有结算前退款",
        "商品ID",
        "商品数量",
        "业务类型",
        "订单类型",
        "订单总价",
        "商品总价",
        "店铺劵",
        "其他分成说明",
        "是否免佣",
        "免佣金额",
    ),
    examples=("douyin-settlement.csv",),
)

FUNDS = Profile(
    code="douyin-funds",
    name=gettext_lazy("Douyin fund movements"),
    source=PLATFORM,
    columns={
        "settled_at": ("动账时间",),
        "flow_no": ("动账流水号",),
        "direction": ("动账方向",),
        "settled": ("动账金额",),
        "account": ("动账账户",),
        "scene": ("动账场景",),
        "line_no": ("子订单号",),
        "order_no": ("订单号",),
        "ordered_at": ("下单时间",),
        "paid": ("订单实付应结",),
        "freight": ("运费实付",),
        "freight_subsidy": ("实际平台补贴_运费",),
        "subsidy": ("实际平台补贴",),
        "other_subsidy": ("其他平台补贴",),
        "trade_in": ("以旧换新抵扣",),
        "state_subsidy": ("政府补贴平台垫资",),
        "host_subsidy": ("实际达人补贴",),
        "pay_subsidy": ("实际抖音支付补贴",),
        "credit_subsidy": ("实际抖音月付营销补贴",),
        "bank_subsidy": ("银行补贴",),
        "refund": ("订单退款",),
        "service_fee": ("平台服务费",),
        "commission": ("佣金",),
        "provider_commission": ("服务商佣金",),
        "channel_share": ("渠道分成",),
        "recruiting_fee": ("招商服务费",),
        "promotion_fee": ("站外推广费",),
        "other_share": ("其他分成",),
    },
    required=("settled_at", "flow_no", "direction", "settled", "scene", "order_no", "line_no", "paid"),
    build=build_funds,
    known=(
        "计费类型",
        "售后编号",
        "商品ID",
        "商品名称",
        "达人ID",
        "达人名称",
        "订单类型",
        "是否免佣",
        "免佣金额",
    ),
    examples=("douyin-funds.csv",),
)
