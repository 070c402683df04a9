"""A result as lines that add up to the cent: whole units of 1/10,000 CNY, no database and no clock.

What nobody recorded is None and makes the sum unknown: it is never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from analytics.choices import ResultPart
from analytics.metrics import Value
from analytics.result.metrics import RESULT_REGISTRY
from core.money import from_units
from supplychain.settlement import apportion
from supplychain.settlement.apportion import UNITS_PER_CENT, to_cents

# What a result cannot be told without. Parcels are counted where they are known.
NEEDED = (
    ResultPart.NET,
    ResultPart.GOODS,
    ResultPart.PLATFORM,
    ResultPart.COMMISSION,
    ResultPart.SLOT_FEE,
    ResultPart.ROOM,
    ResultPart.AD_SPEND,
)


@dataclass(frozen=True)
class Source:
    """An amount and the record it rests on; None: that record says nothing of it.

    `provisional`: it may still change by rule, as a share of a month that is not stated yet.
    """

    kind: str
    label: str
    units: int | None
    note: str = ""
    uid: str = ""
    provisional: bool = False

    @property
    def amount(self) -> Decimal | None:
        return from_units(self.units)


@dataclass(frozen=True)
class Line:
    """A line in whole cents; its sources add up to it."""

    part: ResultPart
    sources: tuple[Source, ...]

    @property
    def units(self) -> int | None:
        """None as soon as anything of it is not known."""
        return None if not self.sources or any(each.units is None for each in self.sources) else self.known

    @property
    def known(self) -> int:
        return sum(each.units or 0 for each in self.sources)

    @property
    def amount(self) -> Decimal | None:
        return from_units(self.units)

    @property
    def known_amount(self) -> Decimal | None:
        """What is known of it, where something is."""
        return from_units(self.known) if any(each.units is not None for each in self.sources) else None

    @property
    def provisional(self) -> bool:
        return any(each.provisional for each in self.sources)

    @property
    def missing(self) -> list[Source]:
        return [each for each in self.sources if each.units is None]


def line_of(part: ResultPart, sources: Iterable[Source]) -> Line:
    """A line whose sum is rounded to the cent once, and whose sources are cut so that they add up to it."""
    found = list(sources)
    known = [place for place, each in enumerate(found) if each.units is not None]
    exact = [Fraction(found[place].units or 0, UNITS_PER_CENT) for place in known]
    total = to_cents(sum(exact, Fraction(0)) * UNITS_PER_CENT) // UNITS_PER_CENT
    for place, cents in zip(known, apportion(total, exact), strict=True):
        found[place] = replace(found[place], units=cents * UNITS_PER_CENT)
    return Line(part, tuple(found))


@dataclass(frozen=True)
class Account:
    """The result of a session, or of an outside host: net sales and, as amounts above zero, what was spent for them."""

    lines: Mapping[str, Line]

    @property
    def net(self) -> int:
        return self.lines[ResultPart.NET].known

    @property
    def paid(self) -> int:
        """What buyers paid, before refunds: the first source of net sales."""
        return self.lines[ResultPart.NET].sources[0].units or 0

    @property
    def costs(self) -> list[Line]:
        return [line for part, line in self.lines.items() if part != ResultPart.NET]

    @property
    def missing(self) -> list[Line]:
        """The lines that a result needs and that are not known, or not wholly."""
        return [self.lines[part] for part in NEEDED if part in self.lines and self.lines[part].units is None]

    @property
    def left(self) -> int:
        """Net sales less every cost that is known."""
        return self.net - sum(line.known for line in self.costs)

    @property
    def units(self) -> int | None:
        """The result; None while a line that it needs is not known."""
        return None if self.missing else self.left

    @property
    def left_amount(self) -> Decimal | None:
        return from_units(self.left)

    @property
    def amount(self) -> Decimal | None:
        return from_units(self.units)

    @property
    def provisional(self) -> bool:
        return any(line.provisional for line in self.lines.values())

    @cached_property
    def metrics(self) -> dict[str, Value]:
        """The registered metrics of a result by code."""
        sums: dict[str, Value] = {part: line.amount for part, line in self.lines.items()}
        sums |= {
            "gmv_paid": from_units(self.paid),
            "net_sales": from_units(self.net),
            "session_result": self.amount,
        }
        known = {name: value for name, value in sums.items() if value is not None}
        return {
            code: metric.compute(known) if all(name in known for name in metric.needs) else None
            for code, metric in RESULT_REGISTRY.items()
        }
