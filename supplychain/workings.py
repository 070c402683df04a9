"""How the shares of a statement's months were computed, from its lines and those that earlier statements have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from core.actors import Actor
from core.money import CENT, from_units, to_units
from core.scoping import visible_to
from supplychain.choices import STATEMENT_OPEN, DueKind
from supplychain.models import Statement, StatementLine
from supplychain.settlement.apportion import whole


@dataclass(frozen=True)
class Working:
    """A month's share, in CNY: its base less what is taken off, by slices with their rates (%).

    `share` is due of the month by now, of which `stated` was in earlier statements: the lines say the difference.
    """

    month: date
    base: Decimal
    deduction_rate: Decimal
    slices: tuple[tuple[Decimal, Decimal], ...]
    share: Decimal
    stated: Decimal

    @property
    def due(self) -> Decimal:
        return self.share - self.stated

    @property
    def by_slices(self) -> list[dict[str, Decimal]]:
        return [{"amount": amount, "rate": rate} for amount, rate in self.slices]

    def __str__(self) -> str:
        told = f"{self.month:%Y-%m}: {_told(self.base)}"
        if self.deduction_rate:
            told += f" × (100 - {_rate(self.deduction_rate)}) %"
        parts = " + ".join(f"{_told(amount)} × {_rate(rate)} %" for amount, rate in self.slices)
        told += f" → {parts} = {self.share:,.2f}"
        if self.stated:
            told += "; " + _("less %(stated)s of earlier statements: %(due)s") % {
                "stated": f"{self.stated:,.2f}",
                "due": f"{self.due:,.2f}",
            }
        return told


def workings_of(statement: Statement, actor: Actor) -> list[Working]:
    """A working for each month of which the statement has shares, where the rate alone does not tell them.

    That is where rates go by slices, something is taken off the base first, or a month is corrected.
    """
    agreement = statement.agreement
    lines = visible_to(StatementLine.objects.filter(kind=DueKind.SHARE), actor)
    now = _sums(lines.filter(statement=statement))
    earlier = lines.filter(
        statement__agreement=agreement, statement__month__lt=statement.month, month__in=now
    )
    before = _sums(earlier.exclude(statement__state__in=STATEMENT_OPEN)) if now else {}
    plain = len(agreement.tiers) == 1 and not agreement.deduction_rate
    found = []
    for month, (base, share) in sorted(now.items()):
        stated_base, stated = before.get(month, (Decimal(0), Decimal(0)))
        if plain and not stated:
            continue
        slices = agreement.terms.slices_of(to_units(base + stated_base))
        found.append(
            Working(
                month,
                base + stated_base,
                agreement.deduction_rate,
                tuple((_money(amount), Decimal(rate) / 100) for amount, rate in slices),
                share + stated,
                stated,
            )
        )
    return found


def _sums(lines: Any) -> dict[date, tuple[Decimal, Decimal]]:
    """By month the base and the amount of the lines that count."""
    rows = lines.filter(version=F("statement__version")).order_by().values_list("month")
    return {month: (base, amount) for month, base, amount in rows.annotate(Sum("base"), Sum("amount"))}


def _money(units: Fraction) -> Decimal:
    return from_units(whole(units)) or Decimal(0)


def _told(amount: Decimal) -> str:
    """With two decimals, more only where there are more."""
    cents = amount.quantize(CENT)
    return f"{cents if cents == amount else amount.normalize():,f}"


def _rate(rate: Decimal) -> str:
    return f"{rate.normalize():f}"
