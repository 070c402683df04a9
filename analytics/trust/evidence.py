"""What is known of a session, or of many rooms together: what was stated, what others saw. No database, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from analytics.choices import Origin, Witness
from analytics.trust.thresholds import AIR_TOLERANCE
from livestreams.readings import Reading

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Claim:
    """What was stated: sales in CNY, people who watched, how long one of them stayed, time on air. None: not stated."""

    sales: Decimal | None = None
    viewers: int | None = None
    stay_seconds: int | None = None
    minutes: int | None = None

    @property
    def watched(self) -> int | None:
        """Seconds watched by all together: viewers x stay."""
        return None if self.viewers is None or self.stay_seconds is None else self.viewers * self.stay_seconds

    @property
    def is_empty(self) -> bool:
        return (self.sales, self.viewers, self.minutes) == (None, None, None)


@dataclass(frozen=True)
class Sold:
    """What the ledger holds: paid and given back in CNY, orders paid, and those of them with something given back."""

    paid: Decimal
    refunds: Decimal
    orders: int
    refund_orders: int

    def __add__(self, other: Sold) -> Sold:
        return Sold(
            self.paid + other.paid,
            self.refunds + other.refunds,
            self.orders + other.orders,
            self.refund_orders + other.refund_orders,
        )

    def __sub__(self, part: Sold) -> Sold:
        return self + Sold(-part.paid, -part.refunds, -part.orders, -part.refund_orders)


@dataclass(frozen=True)
class Sent:
    """Orders whose goods lie in the park's warehouses and ought to have left by now, and how many of them did."""

    due: int
    left: int


NOTHING_SOLD = Sold(Decimal(0), Decimal(0), 0, 0)


@dataclass(frozen=True)
class AirTime:
    """How long somebody else saw the session on air or its people in the room."""

    witness: Witness
    origin: Origin
    length: timedelta

    @property
    def most(self) -> timedelta:
        return timedelta(seconds=int(Decimal(self.length // SECOND) * AIR_TOLERANCE))


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything the witnesses may look at.

    `length` is the time on air by the park's own record, `rooms` how many took part, `elsewhere` what the seller sold
    apart from this, `sent` what became of its parcels, `tracks` the readings of each source in the order of time.
    """

    claim: Claim
    length: timedelta | None = None
    rooms: int | None = 1
    air: tuple[AirTime, ...] = ()
    sold: Sold | None = None
    elsewhere: Sold | None = None
    sent: Sent | None = None
    tracks: tuple[tuple[Reading, ...], ...] = ()

    @property
    def on_air(self) -> timedelta | None:
        """Time on air by the park's record, cut down to what those who saw it would let pass."""
        if self.length is None:
            return None
        return min([self.length, *(each.most for each in self.air)])
