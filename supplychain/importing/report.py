"""What a file held, as the person who brings it wants to know it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import ngettext_lazy

from core.errors import RowError
from supplychain.importing.profiles.base import Content

MAX_PROBLEMS = 1000
NOTES = {
    "due_again": ngettext_lazy(
        "%(count)d row will be completed by the platform; import this order again tomorrow.",
        "%(count)d rows will be completed by the platform; import these orders again tomorrow.",
        "count",
    ),
    "figures_later": ngettext_lazy(
        "%(count)d session will be completed by the platform; import it again tomorrow.",
        "%(count)d sessions will be completed by the platform; import them again tomorrow.",
        "count",
    ),
    "unknown_channel": ngettext_lazy(
        "%(count)d row names an unknown channel and is counted as “other”.",
        "%(count)d rows name an unknown channel and are counted as “other”.",
        "count",
    ),
    "freight_elsewhere": ngettext_lazy(
        "%(count)d row shows a freight that its amount does not hold; it is left out.",
        "%(count)d rows show a freight that their amount does not hold; it is left out.",
        "count",
    ),
    "refund_amount_unknown": ngettext_lazy(
        "%(count)d partial refund has no amount here; import the after-sale export.",
        "%(count)d partial refunds have no amount here; import the after-sale export.",
        "count",
    ),
    "refund_time_estimated": ngettext_lazy(
        "%(count)d refund has no time here and counts on the day of the order.",
        "%(count)d refunds have no time here and count on the day of the order.",
        "count",
    ),
    "refund_exceeds": ngettext_lazy(
        "%(count)d order line has more refunded than paid; it is kept as it is, and marked.",
        "%(count)d order lines have more refunded than paid; they are kept as they are, and marked.",
        "count",
    ),
    "negative_as_refund": ngettext_lazy(
        "%(count)d row with a negative amount is taken as a refund.",
        "%(count)d rows with negative amounts are taken as refunds.",
        "count",
    ),
    "skipped": ngettext_lazy(
        "%(count)d row has a state that is no sales fact.",
        "%(count)d rows have a state that is no sales fact.",
        "count",
    ),
    "footer": ngettext_lazy(
        "%(count)d row of totals or remarks was left out.",
        "%(count)d rows of totals or remarks were left out.",
        "count",
    ),
}

Sums = dict[str, dict[str, Decimal]]


def no_sums() -> Sums:
    """Sums by kind and currency, to be added to."""
    return defaultdict(lambda: defaultdict(Decimal))


@dataclass
class FileReport:
    """Counts of what was read so far, and sums by kind and currency: what is in two currencies has no sum.

    `problems` holds the first 1,000, numbered by line of the file. `dropped` are the columns with personal
    data, which were not read; `ignored` the others that no field needs. `customs_mode` is that of all lines, where
    somebody says it for the file. `notes` counts by code what a person
    should know (in words: `note_texts`); `due_again` counts the rows that the platform completes later.
    """

    profile: str
    form: str
    header_line: int
    currency: str
    dropped: list[str]
    ignored: list[str]
    customs_mode: str = ""
    rows: int = 0
    bad_rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    sums: Sums = field(default_factory=no_sums)
    first_at: datetime | None = None
    last_at: datetime | None = None
    problem_count: int = 0
    problems: list[RowError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def facts(self) -> int:
        """How many facts the good rows hold."""
        return self.counts.total()

    @property
    def due_again(self) -> int:
        """Rows that the platform completes later: import the same orders again."""
        return self.notes["due_again"]

    def add(self, facts: Sequence[Content]) -> None:
        """Count a good row."""
        self.rows += 1
        if not self.currency and facts:
            self.currency = facts[0].currency
        self._tally(facts)

    def count_again(self, facts: Iterable[Content]) -> None:
        """Count these facts alone: of what can be read, the ledger does not take all."""
        self.counts, self.sums, self.first_at, self.last_at = Counter(), no_sums(), None, None
        self._tally(facts)

    def _tally(self, facts: Iterable[Content]) -> None:
        for fact in facts:
            self.counts[fact.kind] += 1
            amount = fact.amount if fact.amount is not None else fact.amount_foreign
            self.sums[fact.kind][fact.currency] += amount or 0
            if self.first_at is None or fact.occurred_at < self.first_at:
                self.first_at = fact.occurred_at
            if self.last_at is None or fact.occurred_at > self.last_at:
                self.last_at = fact.occurred_at

    def refuse(self, problems: list[RowError]) -> None:
        """Count a bad row."""
        self.rows += 1
        self.bad_rows += 1
        self.problem_count += len(problems)
        self.problems += problems[: MAX_PROBLEMS - len(self.problems)]

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values: amounts as strings, times in ISO 8601."""
        return {
            "profile": self.profile,
            "form": self.form,
            "header_line": self.header_line,
            "currency": self.currency,
            "customs_mode": self.customs_mode,
            "rows": self.rows,
            "bad_rows": self.bad_rows,
            "facts": self.facts,
            "counts": dict(self.counts),
            "sums": {
                kind: {currency: str(total) for currency, total in sums.items()}
                for kind, sums in self.sums.items()
            },
            "first_at": self.first_at.isoformat() if self.first_at else None,
            "last_at": self.last_at.isoformat() if self.last_at else None,
            "dropped": self.dropped,
            "ignored": self.ignored,
            "due_again": self.due_again,
            "notes": dict(self.notes),
            "problem_count": self.problem_count,
            "problems": [problem.as_dict() for problem in self.problems],
        }


def note_texts(notes: Mapping[str, int] | Sequence[str]) -> list[str]:
    """The notes of a stored report in the language of who reads it, each with its count.

    Reports of before codes were kept hold words, which are given as they are.
    """
    if not isinstance(notes, Mapping):
        return list(notes)
    return [NOTES[code] % {"count": count} for code, count in notes.items() if count]
