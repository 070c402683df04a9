"""Tables whose headers are the field names of a sales fact, in English or Chinese; also the rows of a mapping.

Rows need no id: with a line number the id is `order:line:kind`, without one it is counted from the content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy

from core import strict
from core.strict import MAX_QUANTITY, StrictError
from core.words import gettext as _
from supplychain.facts import CUSTOMS_MODES, EXTERNAL_ID_LENGTH, SaleFact
from supplychain.facts.values import parse_rate
from supplychain.importing import cells, currencies
from supplychain.importing.errors import FileError
from supplychain.importing.profiles.base import Occurrences, Options, Profile, Row

# A state says what became of the money: from payment to the door it is paid, also while an after-sale runs. What is
# closed or void ended without a sale, or gave it back: a cancellation takes back what was paid, and nothing otherwise.
# Words that leave open how much went back (部分退款) are not among them.
KIND_WORDS: Mapping[str, str | None] = {
    **dict.fromkeys(("created", "下单", "已下单", "unpaid"), "created"),
    **dict.fromkeys(("待支付", "待付款", "未支付", "未付款", "等待买家付款", "等待付款"), "created"),
    **dict.fromkeys(("paid", "支付", "付款", "已支付", "已付款", "买家已付款", "成交", "已成交"), "paid"),
    **dict.fromkeys(("待发货", "等待发货", "等待卖家发货", "配货中", "备货中"), "paid"),
    **dict.fromkeys(("部分发货", "已发货", "发货", "待收货", "卖家已发货", "等待买家确认收货"), "paid"),
    **dict.fromkeys(("已收货", "已签收", "签收", "确认收货", "shipped", "delivered"), "paid"),
    **dict.fromkeys(("完成", "已完成", "交易成功", "交易完成", "订单完成", "completed"), "paid"),
    **dict.fromkeys(("退款中", "售后中", "退货中", "申请退款", "退款处理中"), "paid"),
    **dict.fromkeys(("refunded", "退款", "已退款", "退款成功", "退款完成", "全额退款"), "refunded"),
    **dict.fromkeys(("退货", "已退货", "退货退款", "已退货退款"), "refunded"),
    **dict.fromkeys(("cancelled", "取消", "已取消", "作废", "已作废"), "cancelled"),
    **dict.fromkeys(("关闭", "已关闭", "交易关闭", "订单关闭", "closed"), "cancelled"),
    **dict.fromkeys(("adjusted", "调整", "调账"), "adjusted"),
}


def plain_word(word: str) -> str:
    """A word of a state as it is looked up: SHIPPED says what shipped says."""
    return word.casefold()


CHANNEL_WORDS = {
    **dict.fromkeys(("live", "直播"), "live"),
    **dict.fromkeys(("product_card", "商品卡"), "product_card"),
    **dict.fromkeys(("short_video", "短视频"), "short_video"),
    **dict.fromkeys(("outside_host", "达人", "外部主播"), "outside_host"),
    **dict.fromkeys(("shop", "店铺", "网店"), "shop"),
    **dict.fromkeys(("offline", "线下", "门店"), "offline"),
    **dict.fromkeys(("other", "其他"), "other"),
}
LINE_WORDS = {"goods": "goods", "商品": "goods", "freight": "freight", "运费": "freight"}
CUSTOMS_WORDS = {mode: mode for mode in CUSTOMS_MODES}
# What tells apart rows without an id, in the order in which it is hashed: ids that were given before depend on it.
PLAIN = {
    "kind": "",
    "line_type": "goods",
    "ref_order_no": "",
    "ref_line": "",
    "sku_code": "",
    "title": "",
    "qty": 0,
    "channel": "other",
    "session_ref": "",
    "host_ref": "",
    "owner": "",
    "destination": "",
    "customs_mode": "domestic",
}
AMOUNT_FIELDS = ("amount", "unit_price", "amount_foreign")

COLUMNS: dict[str, tuple[str, ...]] = {
    "order_no": ("order_no", "订单号", "订单编号"),
    "occurred_at": ("occurred_at", "时间", "发生时间", "支付时间"),
    "qty": ("qty", "数量", "件数"),
    "amount": ("amount", "金额", "实付金额"),
    "unit_price": ("unit_price", "单价"),
    "kind": ("kind", "类型", "状态"),
    "external_id": ("external_id", "外部编号", "流水号"),
    "version": ("version", "版本"),
    "line_no": ("line_no", "行号", "子订单号", "子订单编号"),
    "line_type": ("line_type", "行类型"),
    "ref_order_no": ("ref_order_no", "原订单号"),
    "ref_line": ("ref_line", "原行号", "原子订单号"),
    "sku_code": ("sku_code", "SKU编码", "商家编码", "货号"),
    "title": ("title", "商品名称", "商品"),
    "currency": ("currency", "币种"),
    "amount_foreign": ("amount_foreign", "外币金额"),
    "rate": ("rate", "汇率"),
    "rate_day": ("rate_day", "汇率日期"),
    "refunded_amount": ("refunded_amount", "已退款金额"),
    "refunded_at": ("refunded_at", "退款时间"),
    "channel": ("channel", "渠道"),
    "session_ref": ("session_ref", "场次", "场次ID"),
    "host_ref": ("host_ref", "主播ID", "达人ID"),
    "owner": ("owner", "货主"),
    "destination": ("destination", "目的地", "省份"),
    "customs_mode": ("customs_mode", "监管方式"),
}


@dataclass(frozen=True)
class Rules:
    """How rows are read: the kind of each word (None: no fact), and whether refunds are deducted already.

    Where rows are orders the word is the state of one; else it says what its row is.
    """

    kinds: Mapping[str, str | None] = field(default_factory=lambda: KIND_WORDS)
    default_kind: str = "paid"
    net_of_refunds: bool = False
    rows_are_orders: bool = False


class GenericBuilder:
    """Facts of one row: what its kind says, and the refund that a state export shows beside the sale."""

    def __init__(self, rules: Rules, options: Options) -> None:
        if not options.columns & set(AMOUNT_FIELDS):
            message = _("No column holds an amount: one of %(fields)s is needed.")
            raise FileError(
                "missing_headers", message % {"fields": ", ".join(AMOUNT_FIELDS)}, missing=["amount"]
            )
        self.rules = rules
        self.options = options
        self.occurrences = Occurrences()
        # What a file has no column for is not asked of each of its rows: there the fact's own defaults stand.
        self.details = [(name, read) for name, read in self._details().items() if name in options.columns]

    def __call__(self, row: Row) -> list[SaleFact]:
        kind = self._kind(row)
        if kind is None:
            self.options.notes["skipped"] += 1
            return []
        quantity = row.need("qty", cells.count)
        amount = _amount(row, quantity)
        given_back = row.read("refunded_amount", cells.money) or Decimal(0)
        if self.rules.rows_are_orders and given_back and kind in ("refunded", "cancelled"):
            kind = "paid"  # what went back of the order is told beside it, and counts once
        if self.rules.net_of_refunds:
            amount += given_back
        if kind != "adjusted" and (amount < 0 or quantity < 0):
            quantity, amount = abs(quantity), abs(amount)
            if kind == "paid":
                kind = "refunded"
                self.options.notes["negative_as_refund"] += 1
        fact = self._fact(row, kind, quantity, amount)
        shows_both = given_back and kind not in ("refunded", "cancelled")
        return [fact, self._refund(row, fact, given_back)] if shows_both else [fact]

    def _kind(self, row: Row) -> str | None:
        word = row.text("kind")
        kind = plain_word(word)
        if not word and "kind" not in self.options.columns:
            return self.rules.default_kind
        if kind not in self.rules.kinds:
            message = _("“%(value)s” is no kind of sales fact that this file knows.")
            raise StrictError("choice", message % {"value": strict.shown(word)}, field="kind")
        return self.rules.kinds[kind]

    def _fact(self, row: Row, kind: str, quantity: int, amount: Decimal) -> SaleFact:
        moment = row.need("occurred_at", cells.when)
        content: dict[str, Any] = {"kind": kind, "qty": quantity}
        for name, read in self.details:
            content[name] = read(row)
        currency = row.read("currency", strict.currency)
        order_no = row.identifier("order_no")
        line_no = row.identifier("line_no", needed=False)
        external_id = row.identifier("external_id", needed=False, max_len=EXTERNAL_ID_LENGTH)
        if not external_id and not line_no:
            counted = (*{**PLAIN, **content}.values(), int(amount * 10_000), currency, moment)
            external_id = self.occurrences.external_id(order_no, counted)
        return SaleFact(
            external_id=external_id,
            version=row.read("version", cells.count) or 1,
            order_no=order_no,
            line_no=line_no,
            occurred_at=self.options.utc(moment),
            rate=row.read("rate", parse_rate),
            rate_day=row.read("rate_day", _day),
            **content,
            **self.options.priced(amount, currency),
        )

    def _details(self) -> dict[str, Callable[[Row], str]]:
        """How the cells are read that a file may have or not."""
        return {
            "line_type": lambda row: _word(row, "line_type", LINE_WORDS) or "goods",
            "ref_order_no": lambda row: row.identifier("ref_order_no", needed=False),
            "ref_line": lambda row: row.identifier("ref_line", needed=False),
            "sku_code": lambda row: row.code("sku_code"),
            "title": lambda row: row.label("title"),
            "channel": self._channel,
            "session_ref": lambda row: row.identifier("session_ref", needed=False),
            "host_ref": lambda row: row.identifier("host_ref", needed=False),
            "owner": lambda row: row.code("owner"),
            "destination": lambda row: row.label("destination", 64),
            "customs_mode": lambda row: _word(row, "customs_mode", CUSTOMS_WORDS) or "domestic",
        }

    def _refund(self, row: Row, sale: SaleFact, amount: Decimal) -> SaleFact:
        """What has been given back so far. The sum only grows, so in cents it is its own version number."""
        moment = row.read("refunded_at", cells.when)
        if moment is None:
            self.options.notes["refund_time_estimated"] += 1
        whole = amount >= (sale.amount if sale.amount is not None else sale.amount_foreign or 0)
        return SaleFact(
            kind="refunded",
            external_id=strict.code(f"{sale.external_id}:back", EXTERNAL_ID_LENGTH),
            version=max(1, min(currencies.smallest(amount, sale.currency), MAX_QUANTITY)),
            order_no=sale.order_no,
            line_no=sale.line_no,
            line_type=sale.line_type,
            ref_order_no=sale.order_no,
            ref_line=sale.line_no,
            sku_code=sale.sku_code,
            title=sale.title,
            qty=sale.qty if whole else 0,
            occurred_at=self.options.utc(moment) if moment else sale.occurred_at,
            channel=sale.channel,
            session_ref=sale.session_ref,
            host_ref=sale.host_ref,
            owner=sale.owner,
            destination=sale.destination,
            customs_mode=sale.customs_mode,
            rate=sale.rate,
            rate_day=sale.rate_day,
            **self.options.priced(amount, sale.currency),
        )

    def _channel(self, row: Row) -> str:
        word = row.text("channel")
        if word and word not in CHANNEL_WORDS:
            self.options.notes["unknown_channel"] += 1
        return CHANNEL_WORDS.get(word, "other")


def _amount(row: Row, quantity: int) -> Decimal:
    for name in ("amount_foreign", "amount"):
        found = row.read(name, cells.money)
        if found is not None:
            return found
    return row.need("unit_price", cells.money) * quantity


def _word(row: Row, name: str, words: Mapping[str, str]) -> str | None:
    word = row.text(name)
    if word and word not in words:
        message = _("“%(value)s” is none of: %(choices)s.")
        params = {"value": strict.shown(word), "choices": ", ".join(words)}
        raise StrictError("choice", message % params, field=name)
    return words.get(word)


def _day(text: str) -> date:
    return cells.when(text).date()


PROFILE = Profile(
    code="generic",
    name=gettext_lazy("Table with the field names of Livepark"),
    source="file",
    columns=COLUMNS,
    required=("order_no", "occurred_at", "qty"),
    build=lambda options: GenericBuilder(Rules(), options),
    examples=("generic.csv",),
)
