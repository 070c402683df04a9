"""The terms of an agreement as whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from core.clock import DAY, month_of, next_month
from supplychain.choices import SettledBase, SlotFeeBack, SlotFeePer

POINTS = 10_000
"""Rates are in hundredths of a percent."""


@dataclass(frozen=True)
class Terms:
    """Amounts in units of 1/10,000 CNY, rates in hundredths of a percent.

    `tiers` are (from which base of a month on, rate), the first from 0: each slice of the base has its own rate, as
    with income tax. `deduction_rate` is taken off the base before it is shared, `deduction` off the month's amount.
    When what was paid in a month nets less than `guaranteed_sales`, its slot fees come back, once refunds that are
    later than `clawback_days` after the payment count no more.
    """

    base: str = SettledBase.VERIFIED_NET
    tiers: tuple[tuple[int, int], ...] = ((0, 0),)
    guarantee: int = 0
    slot_fee: int = 0
    slot_fee_per: str = SlotFeePer.SESSION
    deduction_rate: int = 0
    deduction: int = 0
    guaranteed_sales: int = 0
    slot_fee_back: str = SlotFeeBack.PRO_RATA
    clawback_days: int | None = None

    def base_of(self, paid: int, refunds: int, earned: int = 0) -> int:
        if self.base == SettledBase.COMMISSION:
            return earned
        return paid if self.base == SettledBase.GROSS_PAID else paid - refunds

    def judged_in(self, month: date) -> date:
        """The month in which the guaranteed sales of a month are judged: its own, if refunds count however late."""
        return month_of(next_month(month) - DAY + (self.clawback_days or 0) * DAY)

    def back_of(self, fees: int, net: int) -> Fraction:
        """What comes back of the slot fees of a month whose sales net so much: at most all of it."""
        if net >= self.guaranteed_sales:
            return Fraction(0)
        if self.slot_fee_back == SlotFeeBack.WHOLE:
            return Fraction(fees)
        return fees * (1 - Fraction(max(net, 0), self.guaranteed_sales))

    def slices_of(self, base: int) -> list[tuple[Fraction, int]]:
        """What is shared of a month's base, cut by rates: (units, rate).

        A month with more refunds than sales gives back at the first rate.
        """
        shared = Fraction(base * (POINTS - self.deduction_rate), POINTS)
        if shared <= 0:
            return [(shared, self.tiers[0][1])]
        ends = [start for start, _rate in self.tiers[1:]] + [None]
        return [
            ((shared if end is None else min(shared, Fraction(end))) - start, rate)
            for (start, rate), end in zip(self.tiers, ends, strict=True)
            if shared > start
        ]

    def share_of(self, base: int) -> Fraction:
        """The exact share of a month's base."""
        return sum((units * rate / POINTS for units, rate in self.slices_of(base)), Fraction(0))

    def rate_of(self, base: int) -> Fraction:
        """What the share is of the base: one rate for all sales of the month, so that its order does not matter."""
        if base == 0:
            return Fraction(self.tiers[0][1] * (POINTS - self.deduction_rate), POINTS * POINTS)
        return self.share_of(base) / base
