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
FEWEST_BASE_DAYS = 7
ZERO = Decimal(0)


@dataclass(frozen=True)
class AfterDay:
    """Paid GMV of a day after the main phase; `share` of the base, None without a base."""

    day: date
    amount: Decimal
    share: Decimal | None


@dataclass(frozen=True)
class Decay:
    """The base is paid GMV per day in the 28 days before the event, or since the first day that was counted; None with
    fewer than 7 of them. `main` is the same of its main phase so far."""

    base: Decimal | None
    main: Decimal | None
    days: list[AfterDay]

    @property
    def lift(self) -> Decimal | None:
        """How many times the base a day of the main phase sold."""
        return _share(self.main, self.base)


def decay_of(event: Event, actor: Actor | None) -> Decay:
    """The decay curve over the tenants whose amounts the actor may know on all its days; today is left out."""
    takings = Takings(event, actor)
    yesterday = clock.today() - clock.DAY
    since = event.first_day - BASE_DAYS * clock.DAY
    until = min(event.main_until + AFTER_DAYS * clock.DAY, yesterday)
    paid = takings.by_day(takings.known_on(since, until), since, until)
    before = _days(min(paid, default=event.first_day), event.first_day - clock.DAY)
    base = _mean(paid, before) if len(before) >= FEWEST_BASE_DAYS else None
    after = _days(event.main_until + clock.DAY, until)
    main = _days(event.main_from, min(event.main_until, yesterday))
    return Decay(
        base=base,
        main=_mean(paid, main) if main else None,
        days=[AfterDay(day, paid.get(day, ZERO), _share(paid.get(day, ZERO), base)) for day in after],
    )


def _days(first: date, last: date) -> list[date]:
    return [first + offset * clock.DAY for offset in range((last - first).days + 1)]


def _mean(paid: dict[date, Decimal], days: list[date]) -> Decimal:
    return (sum((paid.get(day, ZERO) for day in days), ZERO) / len(days)).quantize(PLACES, ROUND_HALF_UP)


def _share(amount: Decimal | None, base: Decimal | None) -> Decimal | None:
    return (amount / base).quantize(RATE, ROUND_HALF_UP) if amount is not None and base else None
