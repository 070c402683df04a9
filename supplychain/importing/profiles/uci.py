"""UCI Online Retail: the order lines of a British gift shop, as published by the UCI repository.

There is no line number and no refund reference. Invoices that begin with C give money back, those with A are
journal entries on bad debt, and negative quantities at no price are stock written off. Identical lines of one
invoice are so many lines.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy

from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts import SaleFact
from supplychain.facts.fact import Kind
from supplychain.importing import cells
from supplychain.importing.profiles.base import FactsOfRow, Occurrences, Options, Profile, Row


def build(options: Options) -> FactsOfRow:
    """Facts of one row: a sale, a refund or an adjustment."""
    occurrences = Occurrences()

    def facts(row: Row) -> list[SaleFact]:
        invoice = row.identifier("invoice")
        stock_code = row.code("stock_code")
        title = row.label("description")
        quantity = row.need("quantity", cells.count)
        price = row.need("price", cells.money)
        moment = row.need("date", _month_first)
        country = row.label("country", 64)
        kind = _kind(invoice, quantity, price)
        amount = quantity * price or Decimal(0)  # not the -0 of a write-off
        if kind == "refunded":
            quantity, amount = abs(quantity), abs(amount)
        # Everything that the fact holds, before it is read as this currency or that time zone.
        content = (stock_code, title, quantity, _price_key(price), moment, country)
        return [
            SaleFact(
                kind=kind,
                external_id=occurrences.external_id(invoice, content),
                order_no=invoice,
                sku_code=stock_code,
                title=title,
                qty=quantity,
                occurred_at=options.utc(moment),
                channel="shop",
                destination=country,
                **options.priced(amount),
            )
        ]

    return facts


def _kind(invoice: str, quantity: int, price: Decimal) -> Kind:
    first = invoice[0]
    if first == "A":
        return "adjusted"
    if first == "C":
        if quantity > 0 or price < 0:
            raise StrictError(
                "sign", _("A credit note has a negative quantity and a price."), field="quantity"
            )
        return "refunded"
    if quantity < 0 and price:
        raise StrictError(
            "sign", _("A negative quantity with a price needs a credit note (C)."), field="quantity"
        )
    return "adjusted" if quantity < 0 else "paid"


def _price_key(price: Decimal) -> int:
    return int(price * 10_000)


def _month_first(text: str) -> datetime:
    return cells.when(text, month_first=True)


PROFILE = Profile(
    code="uci-online-retail",
    name=gettext_lazy("UCI Online Retail order lines"),
    source="uci",
    columns={
        "invoice": ("InvoiceNo", "Invoice"),
        "stock_code": ("StockCode",),
        "description": ("Description",),
        "quantity": ("Quantity",),
        "date": ("InvoiceDate",),
        "price": ("UnitPrice", "Price"),
        "country": ("Country",),
    },
    required=("invoice", "stock_code", "quantity", "date", "price"),
    order="invoice",
    build=build,
    examples=("uci-online-retail.csv",),
)
