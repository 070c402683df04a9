"""From the state in which an export shows an order to facts that agree with every other export of it.

An export shows an order as it was on the day it was made, so a later one must agree with what is known or replace
it, and an older one must not. Hence versions: what is certain has a higher version than what may still change (an
order that is not paid, a traffic class or an end that the platform adds later), every export has a higher one than what
a message told, and what was given back so far, which only grows, has the higher version the more it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core import strict
from core.strict import MAX_QUANTITY, StrictError
from core.words import gettext as _
from supplychain.facts import EXTERNAL_ID_LENGTH, SaleFact
from supplychain.importing import currencies
from supplychain.importing.profiles.base import Options

NOTHING = Decimal(0)
# How certain a state is: told by a message, shown by an export, not to be changed any more.
GRADES = 3
# Versions of money that went back: without its amount 1 to 12, with it 8 for each cent and at least 16. In currencies
# without cents it is 8 for each whole one: large refunds would not fit.
PER_CENT = 8
RUNNING = ("处理中", "退款中", "退货中", "售后中", "待", "申请")


@dataclass(kw_only=True, slots=True)
class OrderState:
    """One row of an export: a line of an order, or the whole order where `line_no` is empty.

    `amount` is what the buyer pays for the goods, `freight` what comes on top; without `goods` the row tells of
    freight and returned money alone, and `total` is what its order was worth. `refunded` is what went back so far,
    None where the export does not say how much; then `fully_refunded` says that all of it did. `closed`: the order
    ended without a sale, or gave it back. `certain`: the platform will not change the channel any more; `told`: a
    message said so, and any export knows better. `more` holds for all facts of the row.
    """

    options: Options
    order_no: str
    line_no: str = ""
    goods: Mapping[str, Any] | None = None
    amount: Decimal = NOTHING
    freight: Decimal = NOTHING
    currency: str | None = None
    created_at: datetime
    paid_at: datetime | None = None
    ended_at: datetime | None = None
    closed: bool = False
    total: Decimal | None = None
    refunded: Decimal | None = None
    fully_refunded: bool = False
    certain: bool = True
    told: bool = False
    back_id: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> list[SaleFact]:
        """Created, paid and, where money went back, refunded or cancelled."""
        settled = self.paid_at is not None or self.closed
        told = [("created", 1 + GRADES * settled + self._grade, self.options.utc(self.created_at))]
        if self.paid_at is not None:
            told.append(("paid", 1 + self._grade, self.options.utc(self.paid_at)))
        parts = self._parts()
        sales = [
            SaleFact(kind=kind, version=version, occurred_at=at, **part)  # type: ignore[arg-type]
            for kind, version, at in told
            for part in parts
        ]
        return sales + self._given_back()

    def _parts(self) -> list[dict[str, Any]]:
        """The goods, and the freight where there is some: together what the buyer pays for the row."""
        order = {"order_no": self.order_no, "line_no": self.line_no, **self.more}
        found = []
        if self.goods is not None:
            found.append({**order, **self.goods, **self._priced(self.amount)})
        if self.freight:
            found.append({**order, "line_type": "freight", "qty": 1, **self._priced(self.freight)})
        return found

    def _given_back(self) -> list[SaleFact]:
        """Money that went back, as far as the row tells: one fact, whose amount is all of it so far.

        Without an amount a refund or a close takes back what was paid; without a time it counts when the order
        ended, or was paid where even that is missing.
        """
        cents = (
            currencies.smallest(self.refunded, self.currency or self.options.currency) if self.refunded else 0
        )
        if not cents and not self.fully_refunded and not self.closed:
            return []
        paid = self.paid_at is not None
        if (paid or cents) and self.ended_at is None:
            self.options.notes["refund_time_estimated"] += 1
        version = GRADES * (self.ended_at is not None) + self._grade
        if cents:
            kind, amount = "refunded", self.refunded or NOTHING
            if paid and self.goods is not None and amount > self.amount + self.freight:
                self.options.notes["refund_exceeds"] += 1
            version = min(PER_CENT * (cents + 1) + version, MAX_QUANTITY)
        else:
            kind = "refunded" if self.fully_refunded else "cancelled"
            owed = self.amount + self.freight if self.total is None else self.total
            amount = owed if paid else NOTHING
            version += 1 + 2 * GRADES * self.fully_refunded
        goods = dict(self.goods or {"qty": 0})
        if cents and amount < self.amount:
            goods["qty"] = 0  # a part of the price, not of the goods
        return [
            SaleFact(
                kind=kind,  # type: ignore[arg-type]
                external_id=strict.code(
                    self.back_id or f"{self.order_no}:{self.line_no}:back", EXTERNAL_ID_LENGTH
                ),
                version=version,
                occurred_at=self.options.utc(self.ended_at or self.paid_at or self.created_at),
                order_no=self.order_no,
                line_no=self.line_no,
                ref_order_no=self.order_no,
                ref_line=self.line_no,
                **self._priced(amount),
                **goods,
                **self.more,
            )
        ]

    @property
    def _grade(self) -> int:
        return 0 if self.told else 1 + self.certain

    def _priced(self, amount: Decimal) -> dict[str, Any]:
        return self.options.priced(amount, self.currency)


def somebody(text: str) -> str:
    """An id of a host that stands for nobody where it is 0."""
    return "" if text == "0" else text


def channel_of(text: str, words: Mapping[str, str], options: Options) -> str:
    """The channel of the first of the words that a text holds; what is unknown is “other”, and said."""
    for word, channel in words.items():
        if word in text:
            return channel
    if text:
        options.notes["unknown_channel"] += 1
    return "other"


@lru_cache(maxsize=1024)
def runs(after_sale: str) -> bool:
    """Whether an after-sale is still under way."""
    return not after_sale.startswith(("无", "没有", "暂无")) and holds(after_sale, RUNNING)


@lru_cache(maxsize=1024)
def holds(text: str, words: tuple[str, ...]) -> bool:
    """Whether a text holds one of the words."""
    return any(word in text for word in words)


def check_unpaid(status: str, unpaid: Iterable[str], paid_at: datetime | None) -> None:
    """An order that waits for payment has none. Raises StrictError."""
    if paid_at is not None and status in unpaid:
        raise StrictError(
            "state", _("An order that waits for payment has a time of payment."), field="status"
        )
