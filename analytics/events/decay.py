"""What stays of an event: daily sales after its main phase beside the base before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from analytics.events.takings import Takings
from analytics.metrics import RATE
from core import clock
from core.actors import Actor
from core.money import PLACES
from parks.models import Event

BASE_DAYS = AFTER_DAYS = 28
ZERO = Decimal(0)


@dataclass(frozen=True)
class AfterDay:
    """Paid GMV of a day after the main phase; `share` of the base, None without a base."""

    day: date
    amount: Decimal
    share: Decimal | None


@dataclass(frozen=True)
class Decay:
    """The base is paid GMV per day in the 28 days before the event; `main` the same of its main phase so far."""

    base: Decimal
    main: Decimal | None
    days: list[AfterDay]

    @property
    def lift(self) -> Decimal | None:
        """How many times the base a day of the main phase sold."""
        return _share(self.main, self.base) if self.main is not None else None


def decay_of(event: Event, actor: Actor | None) -> Decay:
    """The decay curve over the tenants whose amounts the actor may know; the day that is not over is left out."""
    takings = Takings(event, actor)
    yesterday = clock.today() - clock.DAY
    since = event.first_day - BASE_DAYS * clock.DAY
    until = min(event.main_until + AFTER_DAYS * clock.DAY, yesterday)
    paid = takings.by_day(takings.known, since, until)
    before = [amount for day, amount in paid.items() if day < event.first_day]
    base = (sum(before, ZERO) / BASE_DAYS).quantize(PLACES, ROUND_HALF_UP)
    after = _days(max(event.main_until + clock.DAY, since), until)
    main = _days(event.main_from, min(event.main_until, yesterday))
    return Decay(
        base=base,
        main=(sum((paid.get(day, ZERO) for day in main), ZERO) / len(main)).quantize(PLACES, ROUND_HALF_UP)
        if main
        else None,
        days=[AfterDay(day, paid.get(day, ZERO), _share(paid.get(day, ZERO), base)) for day in after],
    )


def _days(first: date, last: date) -> list[date]:
    return [first + offset * clock.DAY for offset in range((last - first).days + 1)]


def _share(amount: Decimal, base: Decimal) -> Decimal | None:
    return (amount / base).quantize(RATE, ROUND_HALF_UP) if base else None
