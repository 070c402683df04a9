"""PayoutLine: what a platform says that became of the money of an order, and how a row becomes several of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts import EXTERNAL_ID_LENGTH
from supplychain.facts.fact import BASE_CURRENCY
from supplychain.importing import cells
from supplychain.importing.errors import FileError
from supplychain.importing.profiles.base import Options, Row

NOTHING = Decimal(0)
ACCOUNT_LENGTH = 100
# With the kind behind it, it fits into the id of a line.
KEY_LENGTH = EXTERNAL_ID_LENGTH - 16
NOTE_LENGTH = 32
# In the id of a row its time stands to the minute: a spreadsheet that saves the file anew drops the seconds.
TO_THE_MINUTE = "%Y%m%dT%H%M"


class PayoutLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One amount of a row, signed as the seller has it: what comes is above zero, what goes is below.

    The other kinds of a row add up to `settled`, which reached the account. `about` names the payout where two exports
    speak of it; the `finer` one counts.
    """

    platform: str
    kind: str
    external_id: str
    occurred_at: datetime
    order_no: str = ""
    line_no: str = ""
    account: str = ""
    ordered_at: datetime | None = None
    about: str = ""
    finer: bool = False
    amount: Decimal | None = None
    currency: str = BASE_CURRENCY
    amount_foreign: Decimal | None = None


@dataclass(frozen=True)
class Sums:
    """What a row states, as it states it. Exports differ in the signs of costs: the row's own sums tell them."""

    settled: Decimal
    paid: Decimal
    freight: Decimal
    subsidy: Decimal
    refund: Decimal
    costs: Decimal

    def parts(self) -> dict[str, Decimal]:
        """The signed parts by kind; they add up to what was settled. What no column explains is `other`."""
        back = abs(self.refund)
        signs = (-1, 1) if self.costs > 0 else (1, -1)
        for paid in (self.paid, self.paid + back):  # what buyers paid is stated before refunds, or after them
            for sign in signs:
                if paid + self.subsidy - back + sign * self.costs == self.settled:
                    return self._parted(paid, sign * self.costs)
        return self._parted(self.paid, -abs(self.costs))

    def _parted(self, paid: Decimal, costs: Decimal) -> dict[str, Decimal]:
        back = abs(self.refund)
        return {
            "goods": paid - self.freight,
            "freight": self.freight,
            "subsidy": self.subsidy,
            "refund": -back,
            "commission": costs,
            "other": self.settled - (paid + self.subsidy - back + costs),
        }


def lines_of(key: str, sums: Sums, common: Mapping[str, object]) -> list[PayoutLine]:
    """The lines of a row: what was settled, and each part that is not zero. `key` tells the row from all others."""
    parts = {kind: amount for kind, amount in sums.parts().items() if amount}
    return [
        PayoutLine(kind=kind, external_id=f"{key}:{kind}", amount=amount, **common)  # type: ignore[arg-type]
        for kind, amount in {"settled": sums.settled, **parts}.items()
    ]


def added(row: Row, fields: tuple[str, ...]) -> Decimal:
    """The sum of some cells; an empty one is nothing."""
    return sum((row.read(name, cells.money) or NOTHING for name in fields), NOTHING)


def check_totals(row: Row, settled: Decimal) -> None:
    """Hold a row to its own totals, as far as it has them. Raises StrictError: a cell of it is damaged."""
    income, expenses = row.read("income", cells.money), row.read("expenses", cells.money)
    if income is not None and expenses is not None and settled not in (income + expenses, income - expenses):
        message = _("The settled amount is neither income less expenses nor income and expenses together.")
        raise StrictError("sum", message, field="settled")


def only_cny(options: Options) -> None:
    """Raises FileError where somebody says that the amounts are in another currency."""
    if options.currency != BASE_CURRENCY:
        raise FileError("currency", _("Settlements of this platform are in CNY."))
