"""How the values of an indicator read: a series with decimals of one length, shares in per cent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from analytics.models import Indicator

PER_CENT = 100
# Nobody reads a hundredth of a point further.
MOST_OF_A_SHARE = 2


@dataclass(frozen=True, slots=True)
class Look:
    """Decimals of the values as they are shown, and whether they are shares of one, which are shown in per cent."""

    places: int
    is_share: bool

    @classmethod
    def of(cls, indicator: Indicator, values: Iterable[Decimal | None]) -> Look:
        """As many decimals as the longest of the values has, of a share no more than two, of money at least two: a
        column shows them all alike."""
        least = 2 if indicator.unit_en == "CNY" else 0
        shown = [_scaled(value, indicator.is_share).normalize() for value in values if value is not None]
        places = max([least, *(-int(value.as_tuple().exponent) for value in shown)])
        return cls(min(places, MOST_OF_A_SHARE) if indicator.is_share else places, indicator.is_share)

    def number(self, value: Decimal) -> Decimal:
        """A stored value in the unit in which it is shown."""
        return _scaled(value, self.is_share)

    def text(self, value: Decimal) -> str:
        """A stored value with thousands separators."""
        return f"{self.number(value):,.{self.places}f}{'%' if self.is_share else ''}"

    def change(self, difference: Decimal) -> str:
        """A difference of stored values with its sign; of shares in points."""
        text = f"{self.number(difference):+,.{self.places}f}".replace("-", "−")
        return _("%(points)s points") % {"points": text} if self.is_share else text


def _scaled(value: Decimal, is_share: bool) -> Decimal:
    return value * PER_CENT if is_share else value
