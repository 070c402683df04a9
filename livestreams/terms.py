"""What a booking costs in the end, by the park's terms. Pure: no database, no present time.

A booking can be given back for nothing until its free hours begin; later a share of its price is due, and so is a
share for a room that nobody came to. Whoever moves away late owes no less in the end than giving the place back would
have cost. What the park itself calls off, or could not offer, is free, and so is a hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.money import to_cents
from livestreams.choices import BookingState

NOTHING = Decimal(0)


def free_until(starts_at: datetime, free_hours: int) -> datetime:
    """Until when a booking that starts then may be given back for nothing, by the park's free hours."""
    return starts_at - timedelta(hours=free_hours)


@dataclass(frozen=True)
class Terms:
    """A park's terms once the free hours before the start are over: shares of the price in percent."""

    late_cancel_percent: Decimal
    no_show_percent: Decimal

    def due(
        self,
        state: str,
        price: Decimal,
        *,
        was_held: bool = False,
        by_park: bool = False,
        late: bool = False,
        given_up: Decimal = NOTHING,
    ) -> Decimal:
        """CNY, to the cent, due for a booking that comes to rest in a state; nothing while it has not.

        `late` says that it was given back after its free hours had begun; `given_up` is the greatest sum that was
        given up by moving it away late.
        """
        if state == BookingState.COMPLETED:
            return max(price, given_up)
        if by_park:
            return NOTHING
        if state == BookingState.NO_SHOW:
            return max(_share(price, self.no_show_percent), given_up)
        if state == BookingState.CANCELLED and not was_held:
            return max(_share(price, self.late_cancel_percent) if late else NOTHING, given_up)
        return NOTHING


def _share(price: Decimal, percent: Decimal) -> Decimal:
    return to_cents(price * percent / 100)
