"""Order export of TikTok Shop: one row per SKU of an order, with a row below the header that explains the columns.

Amounts are in the currency of the market, which most exports name nowhere: it is never guessed. The freight and what
went back stand on every row of an order and are of the order as a whole. Taxes and what the payment service pays are
not read. Times have the day first; those with AM or PM have the month first.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy

from core import strict
from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts import SaleFact
from supplychain.importing import cells, currencies
from supplychain.importing.profiles.base import FactsOfRow, Options, Profile, Row
from supplychain.importing.profiles.states import NOTHING, OrderState, holds

CANCELLED = ("cancel", "已取消")
_TIME = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) +([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: *([AaPp])[Mm])?"
)


def build(options: Options) -> FactsOfRow:
    """Facts of one SKU of an order and, with its first row, of the order's freight and of what went back."""
    last = ""

    def facts(row: Row) -> list[SaleFact]:
        nonlocal last
        order_no = row.identifier("order_no")
        created_at, paid_at = row.need("created_at", moment), row.read("paid_at", moment)
        amount, currency = row.need("amount", currencies.amount)
        closed = holds(row.text("status").casefold(), CANCELLED)
        destination = row.label("country", 64) or row.label("province", 64)
        line = OrderState(
            options=options,
            order_no=order_no,
            line_no=row.identifier("line_no"),
            goods={
                "sku_code": row.code("sku_code") or row.code("line_no"),
                "title": row.label("title"),
                "qty": row.need("quantity", cells.count),
            },
            amount=amount,
            currency=currency,
            created_at=created_at,
            paid_at=paid_at,
            more={"destination": destination},
        )
        whole = OrderState(
            options=options,
            order_no=order_no,
            freight=_money(row, "freight"),
            currency=currency,
            created_at=created_at,
            paid_at=paid_at,
            ended_at=row.read("cancelled_at", moment),
            closed=closed,
            total=_money(row, "total"),
            refunded=_money(row, "refunded"),
            more={"destination": destination},
        )
        found = line.facts()
        if order_no != last:
            last = order_no
            found += whole.facts()
        return found

    return facts


def _money(row: Row, name: str) -> Decimal:
    found = row.read(name, currencies.amount)
    return found[0] if found else NOTHING


def moment(text: str) -> datetime:
    """A time as the shop writes it: 31/12/2025 20:00:00, or 12/31/2025 8:00:00 PM, or the year first."""
    found = _TIME.fullmatch(text)
    if found is None:
        return cells.when(text)
    first, second, year, hour, minute, seconds, half = found.groups()
    month, day = (first, second) if half else (second, first)
    try:
        hours = int(hour) % 12 + 12 * (half in "Pp") if half else int(hour)
        return datetime(int(year), int(month), int(day), hours, int(minute), int(seconds or 0))  # noqa: DTZ001  # wall clock
    except ValueError:
        message = _("“%(value)s” is not a time such as 31/12/2025 20:00:00 or 12/31/2025 8:00:00 PM.")
        raise StrictError("time", message % {"value": strict.shown(text)}) from None


PROFILE = Profile(
    code="tiktok-orders",
    name=gettext_lazy("TikTok Shop orders"),
    source="tiktok",
    columns={
        "order_no": ("Order ID",),
        "line_no": ("SKU ID",),
        "title": ("Product Name",),
        "sku_code": ("Seller SKU",),
        "quantity": ("Quantity",),
        "amount": ("SKU Subtotal After Discount",),
        "freight": ("Shipping Fee After Discount",),
        "total": ("Order Amount",),
        "refunded": ("Order Refund Amount",),
        "status": ("Order Status",),
        "created_at": ("Created Time",),
        "paid_at": ("Paid Time",),
        "cancelled_at": ("Cancelled Time",),
        "country": ("Country",),
        "province": ("Province",),
    },
    required=("order_no", "line_no", "quantity", "amount", "refunded", "status", "created_at", "paid_at"),
    build=build,
    known=(
        "Order Substatus",
        "Cancelation/Return Type",
        "Normal or Pre-order",
        "Variation",
        "Sku Quantity of return",
        "SKU Unit Original Price",
        "SKU Subtotal Before Discount",
        "SKU Platform Discount",
        "SKU Seller Discount",
        "Original Shipping Fee",
        "RTS Time",
        "Fulfillment Type",
        "Package ID",
    ),
    personal=(
        "Additional address information",
        "Tracking ID",
        "Zipcode",
        "Post Code",
        "City",
        "District",
        "Districts",
        "Commune",
        "Villages",
        "Regency and City",
        "Seller Note",
    ),
    examples=("tiktok-orders.csv",),
    own_currency=True,
)
