"""Cutting a rounded whole along exact parts of either sign."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

UNITS_PER_CENT = 100


def whole(value: Fraction) -> int:
    """The nearest integer, half away from zero."""
    return floor(value + Fraction(1, 2)) if value >= 0 else -floor(-value + Fraction(1, 2))


def to_cents(units: Fraction) -> int:
    """Units rounded to the cent as people do on paper, in units."""
    return whole(units / UNITS_PER_CENT) * UNITS_PER_CENT


def apportion(total: int, parts: Sequence[Fraction]) -> list[int]:
    """Whole numbers that add up to the total and lie less than 1 beside exact parts which add up to nearly that.

    By the largest remainder, so that refunds (parts below zero) are cut as well; among equal ones the earlier part
    goes first. `total` is the sum of the parts, rounded.
    """
    floors = [floor(part) for part in parts]
    missing = total - sum(floors)
    if not 0 <= missing <= len(parts):
        raise ValueError("the total is not the rounded sum of the parts")
    order = sorted(range(len(parts)), key=lambda place: (floors[place] - parts[place], place))
    raised = set(order[:missing])
    return [value + (place in raised) for place, value in enumerate(floors)]
