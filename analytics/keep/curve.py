"""How much of what was sold comes back later, by the firm's own days: no database and no clock.

A cohort is a day of payments that is old enough to have had its refunds. What it gave back after the age of the sales
in question, as a part of what was paid that day, is one answer to "how much is still to come".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from supplychain.settlement.apportion import to_cents

FEWEST_DAYS, FEWEST_ORDERS = 10, 50
# Four of five days lie between these.
LOW, HIGH = Fraction(1, 10), Fraction(9, 10)


@dataclass(frozen=True)
class Cohort:
    """What was paid on a day in how many orders, and what of it was given back after a certain age."""

    paid: int
    late: int
    orders: int


@dataclass(frozen=True)
class Curve:
    """The part of sales that is still given back after an age: of all days together, and of the days between which
    four of five lie. It rests on so many orders of so many days."""

    middle: Fraction
    low: Fraction
    high: Fraction
    orders: int
    days: int


@dataclass(frozen=True)
class Expected:
    """Refunds still to come, in whole cents (in units): at least, about, at most."""

    low: int
    middle: int
    high: int


def curve_of(cohorts: Iterable[Cohort]) -> Curve | None:
    """The curve by a firm's own days; None when they are too few to say anything."""
    days = [each for each in cohorts if each.paid > 0]
    orders = sum(each.orders for each in days)
    if len(days) < FEWEST_DAYS or orders < FEWEST_ORDERS:
        return None
    middle = Fraction(sum(each.late for each in days), sum(each.paid for each in days))
    parts = sorted(Fraction(each.late, each.paid) for each in days)
    return Curve(middle, min(_at(parts, LOW), middle), max(_at(parts, HIGH), middle), orders, len(days))


def _at(parts: list[Fraction], share: Fraction) -> Fraction:
    """The value below which the next day lies with this chance, between two of the sorted parts in proportion."""
    place = share * (len(parts) + 1) - 1
    below = floor(place)
    above = min(below + 1, len(parts) - 1)
    return parts[below] + (parts[above] - parts[below]) * (place - below)


def expected_of(curve: Curve, paid: int, refunded: int) -> Expected:
    """What of some sales is still to come back: never more than is left of them."""
    left = max(0, paid - refunded)
    low, middle, high = (min(to_cents(paid * part), left) for part in (curve.low, curve.middle, curve.high))
    return Expected(low, middle, high)
