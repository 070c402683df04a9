"""Currencies as exports write them, in a header or before an amount, and their smallest pieces."""

from __future__ import annotations

from decimal import Decimal

from supplychain.importing import cells

SIGNS = {
    "RM": "MYR",
    "Rp": "IDR",
    "฿": "THB",
    "₫": "VND",
    "₱": "PHP",
    "S$": "SGD",
    "$": "USD",
    "£": "GBP",
    "€": "EUR",
} | {code: code for code in ("MYR", "IDR", "THB", "VND", "PHP", "SGD", "USD", "GBP", "EUR")}
WITHOUT_CENTS = frozenset({"IDR", "JPY", "KRW", "VND"})
_LONGEST_FIRST = sorted(SIGNS, key=len, reverse=True)


def amount(text: str) -> tuple[Decimal, str | None]:
    """An amount, and the currency that its cell names; None where it names none."""
    sign = next((sign for sign in _LONGEST_FIRST if text.startswith(sign) or text.endswith(sign)), "")
    bare = text.removeprefix(sign).removesuffix(sign).strip() if sign else text
    return cells.money(bare), SIGNS.get(sign)


def smallest(amount: Decimal, currency: str) -> int:
    """How many of the smallest pieces that are paid in a currency: cents, but whole dong."""
    return int(amount if currency in WITHOUT_CENTS else amount * 100)
