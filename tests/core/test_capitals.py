"""Amounts in capital numerals: by the examples of the rule, and read back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capitals import DIGITS, in_capitals

VALUES = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("100000001", "壹亿零壹元整"),
        ("100100000", "壹亿零壹拾万元整"),
        ("200000000000", "贰仟亿元整"),
        ("1234500000000", "壹万贰仟叁佰肆拾伍亿元整"),
        ("1000100000000", "壹万零壹亿元整"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.30", "叁角整"),
        ("-12", "负壹拾贰元整"),
        ("1.005", "壹元零壹分"),
    ],
)
def test_examples(amount: str, text: str) -> None:
    assert in_capitals(Decimal(amount)) == text


def whole_of(text: str) -> int:
    """A whole number in capital numerals."""
    for char, value in (("亿", 10**8), ("万", 10**4)):
        above, found, below = text.partition(char)
        if found:
            return whole_of(above) * value + whole_of(below)
    total = digit = 0
    for char in text:
        if char in DIGITS:
            digit = DIGITS.index(char)
        else:
            total, digit = total + digit * VALUES[char], 0
    return total + digit


def read_back(text: str) -> Decimal:
    """The amount that a text says."""
    yuan, _sign, rest = text.rpartition("元")
    cents = sum(
        DIGITS.index(rest[place - 1]) * value
        for char, value in (("角", 10), ("分", 1))
        if (place := rest.find(char)) > 0
    )
    return whole_of(yuan) + Decimal(cents) / 100


@given(st.decimals(0, Decimal("9999999999999999.99"), places=2))
def test_every_amount_reads_back(amount: Decimal) -> None:
    text = in_capitals(amount)
    assert read_back(text) == amount
    assert "零零" not in text
    assert not text.endswith("零")


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        in_capitals(Decimal(10) ** 16)
