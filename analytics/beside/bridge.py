"""From our figure to the platform's, part by part. Whole numbers only, so that the parts add up. No database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from analytics.choices import BesidePart
from core.money import from_units

MOST_ORDERS = 20


class Side(NamedTuple):
    """What one side says, in units of 1/10,000 CNY."""

    paid: int = 0
    refunds: int = 0

    @property
    def net(self) -> int:
        return self.paid - self.refunds

    def plus(self, other: Side) -> Side:
        return Side(self.paid + other.paid, self.refunds + other.refunds)

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """Paid, refunds and net in CNY."""
        return tuple(from_units(units) or Decimal(0) for units in (self.paid, self.refunds, self.net))


NOTHING = Side()


@dataclass(frozen=True)
class Piece:
    """An order, or a line of one, as both sides have it; None: the side does not know it.

    `late` is what of our refunds came after the platform last spoke of it; `freight` is the freight and `coupons` the
    subsidies of the platform in it.
    """

    order_no: str
    ours: Side | None
    theirs: Side | None
    late: int = 0
    freight: int = 0
    coupons: int = 0


@dataclass
class Bridge:
    """Ours plus all parts is theirs. `orders` names some of those that a part comes from."""

    ours: Side = NOTHING
    theirs: Side = NOTHING
    parts: dict[BesidePart, Side] = field(default_factory=dict)
    orders: dict[BesidePart, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def difference(self) -> Side:
        return Side(self.theirs.paid - self.ours.paid, self.theirs.refunds - self.ours.refunds)

    @property
    def explained(self) -> bool:
        """Whether nothing is left without a name."""
        return BesidePart.UNEXPLAINED not in self.parts

    def add(self, part: BesidePart, side: Side, order_no: str = "") -> None:
        """Give a part of the difference its name."""
        if not any(side):
            return
        self.parts[part] = self.parts.get(part, Side()).plus(side)
        named = self.orders[part]
        if order_no and order_no not in named and len(named) < MOST_ORDERS:
            named.append(order_no)


def bridge_of(pieces: Iterable[Piece]) -> Bridge:
    """The bridge over some orders."""
    bridge = Bridge()
    for piece in pieces:
        ours, theirs = piece.ours or Side(), piece.theirs or Side()
        bridge.ours, bridge.theirs = bridge.ours.plus(ours), bridge.theirs.plus(theirs)
        if piece.theirs is None:
            part = BesidePart.GIVEN_BACK if ours.net <= 0 else BesidePart.NOT_SETTLED
            bridge.add(part, Side(-ours.paid, -ours.refunds), piece.order_no)
        elif piece.ours is None:
            bridge.add(BesidePart.NOT_IMPORTED, theirs, piece.order_no)
        else:
            _explain_paid(bridge, piece, theirs.paid - ours.paid)
            _explain_refunds(bridge, piece, theirs.refunds - ours.refunds)
    return bridge


def _explain_paid(bridge: Bridge, piece: Piece, missing: int) -> None:
    for part, amount in named_of(missing, piece.freight, piece.coupons):
        bridge.add(part, Side(paid=amount), piece.order_no)


def _explain_refunds(bridge: Bridge, piece: Piece, missing: int) -> None:
    if missing > 0:
        bridge.add(BesidePart.REFUNDS_MISSING, Side(refunds=missing), piece.order_no)
        return
    late = min(piece.late, -missing)
    bridge.add(BesidePart.LATE_REFUNDS, Side(refunds=-late), piece.order_no)
    bridge.add(BesidePart.UNEXPLAINED, Side(refunds=missing + late), piece.order_no)


def named_of(missing: int, freight: int, coupons: int) -> Sequence[tuple[BesidePart, int]]:
    """A difference as freight, coupons or both, where it is exactly that; a near miss is no explanation."""
    if not missing:
        return ()
    for signs in ((0, 1), (1, 0), (1, 1), (1, -1)):
        with_freight, with_coupons = signs[0] * freight, signs[1] * coupons
        for sign in (1, -1):
            if missing == sign * (with_freight + with_coupons):
                return (
                    (BesidePart.FREIGHT, sign * with_freight),
                    (BesidePart.COUPONS, sign * with_coupons),
                )
    return ((BesidePart.UNEXPLAINED, missing),)


@dataclass(frozen=True)
class SessionSides:
    """A session as our ledger and the platform's report have it, in units. The report states payments only.

    `outside` are our payments while it was not on air, `elsewhere` those of its account while it was that are placed
    otherwise.
    """

    ours: Side
    stated: int
    outside: int = 0
    elsewhere: int = 0
    freight: int = 0
    coupons: int = 0


def session_bridge(sides: SessionSides) -> Bridge:
    """The bridge from our payments of a session to those of the report; refunds are on our side only."""
    bridge = Bridge(ours=Side(sides.ours.paid), theirs=Side(sides.stated))
    bridge.add(BesidePart.TAIL, Side(-sides.outside))
    bridge.add(BesidePart.OTHER_SESSION, Side(sides.elsewhere))
    left = sides.stated - sides.ours.paid + sides.outside - sides.elsewhere
    for part, amount in named_of(left, sides.freight, sides.coupons):
        bridge.add(part, Side(amount))
    return bridge
