"""Cells as people and spreadsheets write them: lenient in form, strict in value."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.strict import StrictError
from supplychain.importing import cells


def refusal(parse: Callable[[str], object], text: str) -> str:
    """The code with which a text is refused."""
    with pytest.raises(StrictError) as caught:
        parse(text)
    return caught.value.code


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ('="6917528391234567891"', "6917528391234567891"),
        ("'6917528391234567891", "6917528391234567891"),
        ("6917528391234567891\t", "6917528391234567891"),
        ('  =" a "  ', "a"),
        ("-", ""),
        ("—", ""),
        ("", ""),
        (" \t\u3000", ""),
        ("-5", "-5"),
        ("=1+1", "=1+1"),
    ],
)
def test_wrappings_come_off(raw: str, text: str) -> None:
    assert cells.clean(raw) == text


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.5", "12.5"),
        ("¥1,234.50", "1234.50"),
        ("-¥1,234.50", "-1234.50"),
        ("￥ -12", "-12"),
        ("￥12", "12"),
        ("12.00元", "12.00"),
        ("1.2万", "12000"),
        ("-8.80", "-8.80"),
        ("1,234,567", "1234567"),
        ("-0.00", "0"),
        ("007.50", "7.50"),
        ("15.299999999999999", "15.3"),  # 15.3 as a binary fraction
        ("2.5500000000000003", "2.55"),
    ],
)
def test_money(text: str, amount: str) -> None:
    found = cells.money(text)
    assert found == Decimal(amount)
    assert not found.is_signed() or found < 0


@pytest.mark.parametrize(
    "text",
    [
        "1e3",
        "1E+03",
        "１２",
        "1,23",
        "12,34.5",
        "1.234,56",
        "$5",
        "1 000",
        "+5",
        "abc",
        "¥",
        "万",
        "1.2.3",
        "NaN",
        "(5)",
    ],
)
def test_money_refused(text: str) -> None:
    assert refusal(cells.money, text) == "amount"


def test_money_has_its_limits() -> None:
    assert refusal(cells.money, "0.12345") == "digits"
    assert refusal(cells.money, "10000000000000") == "digits"
    assert refusal(cells.money, "999999999999万") == "digits"


def test_counts_and_percentages() -> None:
    assert [cells.count(text) for text in ("6", "-10", "6.0", "1,234", "1.2万")] == [6, -10, 6, 1234, 12000]
    assert refusal(cells.count, "1.5") == "integer"
    assert refusal(cells.count, "2147483648") == "range"
    assert refusal(cells.count, "99999999999999999999") == "digits"
    assert cells.percent("12.5%") == Decimal("0.125")
    assert cells.percent("3％") == Decimal("0.03")
    assert refusal(cells.percent, "12.5") == "percent"


@pytest.mark.parametrize(
    "text",
    [
        "2025-06-01 20:03:00",
        "2025-06-01T20:03:00",
        "2025-06-01 20:03:00.000",
        "2025/6/1 20:03",
        "2025年6月1日 20:03:00",
        "2025.06.01 20:03",
        "45809.835416666666",
    ],
)
def test_times(text: str) -> None:
    assert cells.when(text).isoformat() == "2025-06-01T20:03:00"


def test_other_times() -> None:
    assert cells.when("2025-06-01").isoformat() == "2025-06-01T00:00:00"
    assert cells.when("45809").isoformat() == "2025-06-01T00:00:00"
    assert cells.when("2025-06-01T20:03:00+08:00") == datetime(2025, 6, 1, 12, 3, tzinfo=UTC)
    assert cells.when("12/1/2010 8:26", month_first=True).isoformat() == "2010-12-01T08:26:00"
    for text in (
        "12/1/2010 8:26",
        "2025-02-30",
        "2025-06-01 25:00",
        "20250601",
        "99999",
        "８",
        "1e5",
        "yesterday",
    ):
        assert refusal(cells.when, text) == "time"


def test_ids_of_cells() -> None:
    """The rule itself is core.strict's."""
    assert cells.identifier("536365.0", 64) == "536365"
    assert refusal(lambda text: cells.identifier(text, 64), "6917528391234560000") == "id_ruined"
    assert cells.identifier("6917528391234560000", 64, trust=True) == "6917528391234560000"


def test_labels_never_cost_a_row() -> None:
    assert cells.label("一\n二\x00三\t", 200) == "一 二 三"
    assert cells.label("长" * 300, 200) == "长" * 200


@given(st.text() | st.text(alphabet="0123456789.,-/:万¥%E+年月日 T"))
@pytest.mark.parametrize(
    "parse",
    [
        cells.money,
        cells.count,
        cells.percent,
        cells.when,
        lambda text: cells.identifier(text, 64),
        lambda text: cells.label(text, 9),
    ],
)
def test_no_cell_fails_otherwise(parse: Callable[[str], object], text: str) -> None:
    with suppress(StrictError):
        parse(cells.clean(text))
