"""Channels of two periods beside each other: no database and no clock.

Two kinds of percent are kept apart: a share changes by percentage points, an amount grows by percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_lazy as _

from analytics.metrics import RATE, Adds, Metric, Sums, Unit, Value
from core.money import allocate
from supplychain.choices import Channel

RULES = Decimal("0.5")
"""A channel that brings more than this brings more than all others together."""
HUNDREDTHS = Decimal("0.01")
WHOLE = 10_000  # hundredths of a percent


def hhi(amounts: Sums) -> Value:
    """The sum of the squared shares: 1 when a single channel sells everything; None without sales."""
    total = sum(Decimal(each) for each in amounts.values())
    if not total:
        return None
    squares = sum(Decimal(each) ** 2 for each in amounts.values())
    return (squares / total**2).quantize(RATE, ROUND_HALF_UP)


CHANNEL_REGISTRY = {
    "channel_hhi": Metric(
        code="channel_hhi",
        label=_("concentration of channels (HHI)"),
        unit=Unit.RATIO,
        adds=Adds.RATIO,
        formula=_("sum of the squared shares of the channels in paid GMV: 1 is a single channel"),
        needs=tuple(Channel.values),
        compute=hhi,
    )
}


@dataclass(frozen=True)
class Row:
    """A channel: CNY now and before, shares in percent that add up to 100.00, what is None has nothing to compare."""

    name: str
    now: Decimal
    before: Decimal
    share: Decimal | None
    share_before: Decimal | None

    @property
    def points(self) -> Decimal | None:
        """How the share changed, in percentage points."""
        if self.share is None or self.share_before is None:
            return None
        return self.share - self.share_before

    @property
    def growth(self) -> Decimal | None:
        """How the amount grew, in percent; None where there was nothing."""
        return growth_of(self.now, self.before)


@dataclass(frozen=True)
class Mix:
    """The channels of a period beside an earlier one, the largest first; `ruler` brings more than all others."""

    rows: tuple[Row, ...]
    total: Row
    hhi: Value
    hhi_before: Value
    ruler: Row | None


def growth_of(now: Decimal, before: Decimal) -> Decimal | None:
    """Growth in percent with two decimals, half up; None from nothing or from less than nothing."""
    if before <= 0:
        return None
    return ((now - before) * 100 / before).quantize(HUNDREDTHS, ROUND_HALF_UP)


def mix_of(now: Mapping[str, Decimal], before: Mapping[str, Decimal]) -> Mix:
    """Compare what channels sold (at least 0 each) in two periods; channels without sales in both are left out."""
    names = sorted({name for amounts in (now, before) for name, amount in amounts.items() if amount})
    names.sort(key=lambda name: now.get(name, Decimal(0)), reverse=True)
    nows, befores = ([amounts.get(name, Decimal(0)) for name in names] for amounts in (now, before))
    rows = tuple(
        Row(*each) for each in zip(names, nows, befores, _shares(nows), _shares(befores), strict=True)
    )
    whole = [Decimal(100) if sum(amounts) else None for amounts in (nows, befores)]
    total = sum(nows, Decimal(0))
    return Mix(
        rows,
        Row("", total, sum(befores, Decimal(0)), *whole),
        hhi(dict(zip(names, nows, strict=True))),
        hhi(dict(zip(names, befores, strict=True))),
        next((row for row in rows if row.now > total * RULES), None),
    )


def _shares(amounts: list[Decimal]) -> list[Decimal | None]:
    """Shares in percent with two decimals, by the largest remainder."""
    if not sum(amounts):
        return [None] * len(amounts)
    units = [int(each * WHOLE) for each in amounts]
    return [Decimal(part) * HUNDREDTHS for part in allocate(WHOLE, units)]
