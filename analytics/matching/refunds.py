"""The share of sales that comes back, by host and category, each level drawn towards the one above it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from analytics.matching.facts import NO_RECORD, Observation, Record

ASSUMED_RATE = 0.2
"""Chosen: before any settled session is known."""
WORTH_SESSIONS = 5.0
"""Chosen: the level above counts as much as so many sessions of mean size."""


@dataclass
class Refunds:
    """Records of settled sessions: all, by category, by host, by host within a category."""

    whole: Record = field(default_factory=Record)
    categories: dict[str, Record] = field(default_factory=lambda: defaultdict(Record))
    hosts: dict[str, Record] = field(default_factory=lambda: defaultdict(Record))
    fits: dict[tuple[str, str], Record] = field(default_factory=lambda: defaultdict(Record))

    @classmethod
    def of(cls, observations: Iterable[Observation]) -> Refunds:
        found = cls()
        for seen in observations:
            for record in (
                found.whole,
                found.categories[seen.category],
                found.hosts[seen.host],
                found.fits[seen.host, seen.category],
            ):
                record.add(seen)
        return found

    def usual(self, category: str) -> float:
        """The rate (0 to 1) that is usual in a category."""
        whole = self._drawn(ASSUMED_RATE, self.whole)
        return self._drawn(whole, self.categories.get(category, NO_RECORD))

    def rate(self, host: str, category: str) -> float:
        """The rate (0 to 1) of a host in a category: usual, then the host everywhere, then the host here."""
        everywhere = self._drawn(self.usual(category), self.hosts.get(host, NO_RECORD))
        return self._drawn(everywhere, self.fits.get((host, category), NO_RECORD))

    def _drawn(self, above: float, record: Record) -> float:
        """The rate of a record as if it had had some sessions more, of mean size and the rate of the level above."""
        size = self.whole.settled_paid / self.whole.settled if self.whole.settled else 0.0
        more = WORTH_SESSIONS * size
        if record.settled_paid + more <= 0:
            return above
        return (record.settled_refunds + above * more) / (record.settled_paid + more)
