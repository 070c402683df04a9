"""What matching knows: sessions as they went, hosts as they can be had, and what is asked for.

Amounts are CNY as floats: they feed statistics, and nothing is settled by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from math import ceil

HOURS_A_DAY = 8
"""A day rate pays for so many hours: the longest session that is published of a host lasts eight."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A host's part of one ended session: `hours` before the camera, CNY `paid` and given back of that part.

    `slot` names the kind of day and the part of it, `seller` whose goods were shown. `followers` and `price` (CNY
    per order) are None where unknown. `is_settled`: its refunds have had time to come. `is_doubtful`: witnesses
    contradict what was stated of it.
    """

    key: str
    host: str
    category: str
    hours: float
    paid: float
    refunds: float = 0.0
    level: str = ""
    seller: str = ""
    platform: str = ""
    market: str = ""
    slot: str = ""
    followers: float | None = None
    price: float | None = None
    is_settled: bool = True
    is_doubtful: bool = False

    @property
    def counted(self) -> float:
        """CNY that count as sold: paid orders, of a doubtful session only those that were kept so far."""
        return max(self.paid - self.refunds, 0.0) if self.is_doubtful else self.paid


@dataclass(frozen=True, slots=True)
class Case:
    """A host before the camera for goods: what is to be estimated. Empty texts and None: nothing particular."""

    host: str
    category: str
    level: str = ""
    seller: str = ""
    platform: str = ""
    market: str = ""
    slot: str = ""
    followers: float | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host as it can be had: `free` are the lengths in hours of its free spans within the window asked for.

    `day_rate` is CNY per day of at most `HOURS_A_DAY`. Empty languages, markets and categories are not recorded.
    """

    host: str
    level: str = ""
    categories: Sequence[str] = ()
    languages: Sequence[str] = ()
    markets: Sequence[str] = ()
    followers: int | None = None
    day_rate: float = 0.0
    free: Sequence[float] = ()
    is_certified: bool = True

    def cost(self, hours: float) -> float:
        """CNY by the day rate; commissions are agreed from case to case and not recorded of a host."""
        return ceil(hours / HOURS_A_DAY) * self.day_rate

    def has_time(self, hours: float) -> bool:
        """Whether one free span is long enough; for more than a day's work, whether all of them are."""
        if hours <= HOURS_A_DAY:
            return max(self.free, default=0.0) >= hours
        return sum(min(span, HOURS_A_DAY) for span in self.free) >= hours


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request: goods of a category for `hours` before the camera; budget in CNY for the host, None for none."""

    category: str
    hours: float
    seller: str = ""
    platform: str = ""
    market: str = ""
    language: str = ""
    price: float | None = None
    budget: float | None = None

    def case(self, candidate: Candidate) -> Case:
        followers = None if candidate.followers is None else float(candidate.followers)
        return Case(
            candidate.host,
            self.category,
            candidate.level,
            self.seller,
            self.platform,
            self.market,
            followers=followers,
            price=self.price,
        )


@dataclass(slots=True)
class Record:
    """What a host did: sessions, hours, CNY paid and given back; of settled sessions apart; how many are doubtful."""

    sessions: int = 0
    hours: float = 0.0
    paid: float = 0.0
    refunds: float = 0.0
    settled: int = 0
    settled_paid: float = 0.0
    settled_refunds: float = 0.0
    doubtful: int = 0

    def add(self, seen: Observation) -> None:
        self.sessions += 1
        self.hours += seen.hours
        self.paid += seen.paid
        self.refunds += seen.refunds
        self.doubtful += seen.is_doubtful
        if seen.is_settled:
            self.settled += 1
            self.settled_paid += seen.paid
            self.settled_refunds += min(seen.refunds, seen.paid)

    def without(self, part: Record) -> Record:
        """What is left when a part is taken out."""
        return Record(
            **{item.name: getattr(self, item.name) - getattr(part, item.name) for item in fields(self)}
        )


NO_RECORD = Record()


@dataclass(frozen=True, slots=True)
class Estimate:
    """CNY per hour after refunds: the middle, and an interval that holds the host's level four times in five.

    The middle is as likely too high as too low: nobody is ranked up for being unknown. `refund_rate` is from 0 to 1.
    """

    middle: float
    low: float
    high: float
    refund_rate: float
    here: Record = field(default_factory=Record)
    elsewhere: Record = field(default_factory=Record)
