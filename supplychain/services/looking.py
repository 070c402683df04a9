"""The first look at a kept file: what its first rows hold, and which of them would not be taken, as a file too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from supplychain.importing import PAYOUT_PROFILES, preview
from supplychain.importing.files import PREVIEW_ROWS
from supplychain.services.loading import Outcome, check
from supplychain.services.rejects import rejects_file, rows_of_same_orders
from supplychain.services.toldelsewhere import ToldElsewhere
from tenants.models import Tenant

SHOWN_FACTS = 20


class Look:
    """What the first rows of a file would become for a seller. Raises FileError.

    What the ledger will not take is found as it is on import, by the same rule: a missing rate, a day to come.
    """

    def __init__(self, seller: Tenant, stream: BinaryIO, **reading: Any) -> None:
        seen = preview(stream, **reading)
        self._seen = seen
        self.profile = seen.profile
        self.outcome = Outcome(seen.profile, seen.report, seen.bad)
        if self.profile.code in PAYOUT_PROFILES:
            return
        bad = self.outcome.bad
        check(seller, seen.facts, bad, ToldElsewhere(seller, self.profile.source))
        if bad:
            self.outcome.left_out = rows_of_same_orders(stream, self.profile, bad, PREVIEW_ROWS) - bad.keys()
            seen.report.count_again(fact for _line_no, fact in self._good())

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values, with the first good facts (`sample`); `complete`: those were all rows."""
        shown = [fact for _line_no, fact in islice(self._good(), SHOWN_FACTS)]
        return {
            **self.outcome.as_dict(),
            "complete": self._seen.complete,
            "sample": msgspec.to_builtins(shown),
        }

    def _good(self) -> Iterator[tuple[int, Any]]:
        """What would be stored without the bad rows and those of their orders."""
        unwanted = self.outcome.unwanted
        return (row for row in self._seen.facts if row[0] not in unwanted)

    def rejects(self, stream: BinaryIO) -> Iterator[bytes]:
        """The rows that would not be taken and those of their orders, as `rejects_file` gives them after an import."""
        return rejects_file(stream, self.profile, self.outcome.bad, self.outcome.left_out)
