"""Money: exact on the way in, out and through sums; parts add up to the whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from core.money import MoneyField, allocate, from_units, to_cents, to_units
from tests.factories import make_park, make_room

AMOUNTS = st.decimals(min_value=Decimal(-99999999999), max_value=Decimal(99999999999), places=4)


@given(AMOUNTS)
def test_units_and_back(amount: Decimal) -> None:
    assert from_units(to_units(amount)) == amount


@pytest.mark.parametrize("amount", ["0.00001", "NaN", "Infinity", "1e20"])
def test_what_cannot_be_kept_exactly_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match=r"finite|decimal places|too large"):
        to_units(Decimal(amount))


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_parts_add_up_to_the_whole(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    exact = [Decimal(total) * weight / sum(weights) if sum(weights) else None for weight in weights]
    assert all(fair is None or abs(part - fair) < 1 for part, fair in zip(parts, exact, strict=True))


def test_cents_round_half_away_from_zero() -> None:
    assert [to_cents(Decimal(text)) for text in ("0.005", "-0.005", "0.0149")] == [
        Decimal("0.01"),
        Decimal("-0.01"),
        Decimal("0.01"),
    ]


@pytest.mark.both_databases
@pytest.mark.django_db
def test_sums_are_exact_where_floats_would_not_be() -> None:
    park = make_park("sums")
    large = Decimal("10000000000000.0000")
    room = make_room(park, "large")
    room.hourly_rate = large
    room.save()
    for number in range(10):
        small = make_room(park, f"small-{number}")
        small.hourly_rate = Decimal("0.0001")
        small.save()
    total = park.live_rooms.aggregate(total=Sum("hourly_rate"))["total"]
    assert total == large + Decimal("0.0010")
    assert isinstance(total, Decimal)
    assert park.live_rooms.filter(hourly_rate=Decimal("0.0001")).count() == 10


def test_floats_never_become_money() -> None:
    with pytest.raises(ValidationError):
        MoneyField().to_python(0.1)
