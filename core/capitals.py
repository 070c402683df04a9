"""Amounts in capital numerals (人民币大写), as contracts, receipts and invoices in China write them."""

from __future__ import annotations

from decimal import Decimal

from core.money import CENT, to_cents

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ((10**8, "亿"), (10**4, "万"))
LARGEST = Decimal(10) ** 16


def in_capitals(amount: Decimal) -> str:
    """Decimal CNY -> 壹仟贰佰叁拾元零肆分, rounded to the cent. ValueError from ten thousand billion on.

    Rules of 支付结算办法, appendix 1: 整 after full yuan and jiao, one 零 for zeros in between, none at the end.
    """
    rounded = to_cents(amount)
    if abs(rounded) >= LARGEST:
        raise ValueError(f"{amount} is too large to be written out")
    cents = int(abs(rounded) / CENT)
    yuan, (jiao, fen) = cents // 100, divmod(cents % 100, 10)
    text = f"{_whole(yuan)}元" if yuan else ""
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif fen and yuan:
        text += DIGITS[0]
    text += f"{DIGITS[fen]}分" if fen else "整"
    if not cents:
        text = "零元整"
    return f"负{text}" if rounded < 0 else text


def _whole(number: int) -> str:
    """1 and more: what stands before 亿 is a number of its own, 壹万贰仟亿."""
    for size, name in GROUPS:
        above, below = divmod(number, size)
        if above:
            zero = DIGITS[0] if 0 < below < size // 10 else ""
            return _whole(above) + name + zero + (_whole(below) if below else "")
    return _group(number)


def _group(number: int) -> str:
    """1 to 9999: 壹仟零贰拾."""
    text, gap = "", False
    for place, digit in zip((3, 2, 1, 0), map(int, f"{number:04d}"), strict=True):
        if digit:
            text += (DIGITS[0] if gap and text else "") + DIGITS[digit] + PLACES[place]
            gap = False
        else:
            gap = bool(text)
    return text
