"""Verdicts in words: each reason as a sentence, each witness with what it saw. Never a bare number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy

from analytics.choices import Origin, Reason, Witness
from analytics.models import EventVerdict, TrustVerdict


@dataclass(frozen=True)
class ReasonText:
    """A reason as an entry of a list, and as a sentence to those whom it concerns."""

    short: Any
    sentence: Any


REASONS: dict[str, ReasonText] = {
    Reason.AGREEMENT.value: ReasonText(
        Reason.AGREEMENT.label,
        gettext_lazy("Witnesses that do not draw on each other agree with what was stated."),
    ),
    Reason.FEW_WITNESSES.value: ReasonText(
        Reason.FEW_WITNESSES.label,
        gettext_lazy("There are fewer than two witnesses that do not draw on each other."),
    ),
    Reason.SALES_UNWITNESSED.value: ReasonText(
        Reason.SALES_UNWITNESSED.label,
        gettext_lazy("Nobody vouches for the sales stated: no order of this session has come in."),
    ),
    Reason.NOTHING_STATED.value: ReasonText(
        Reason.NOTHING_STATED.label, gettext_lazy("No figures were stated of this session.")
    ),
    Witness.ORDERS.value: ReasonText(
        Witness.ORDERS.label, gettext_lazy("More sales were stated than orders were paid.")
    ),
    Witness.AFTER_SALES.value: ReasonText(
        Witness.AFTER_SALES.label, gettext_lazy("More orders came back than is usual for this seller.")
    ),
    Witness.PARCELS.value: ReasonText(
        Witness.PARCELS.label, gettext_lazy("More orders were paid and kept than parcels left the warehouse.")
    ),
    Witness.WATCH.value: ReasonText(
        Witness.WATCH.label, gettext_lazy("More viewers or a longer stay were stated than the samples saw.")
    ),
    Witness.ENTRIES.value: ReasonText(
        Witness.ENTRIES.label, gettext_lazy("More viewers were stated than entries were counted.")
    ),
    Witness.COUNTERS.value: ReasonText(
        Witness.COUNTERS.label, gettext_lazy("Counters of the audience that can only grow ran backwards.")
    ),
    Witness.CHECK_IN.value: ReasonText(
        Witness.CHECK_IN.label, gettext_lazy("More time on air was stated than anybody was in the room.")
    ),
    Witness.ENCODER.value: ReasonText(
        Witness.ENCODER.label, gettext_lazy("More time on air was stated than the encoder sent a picture.")
    ),
    Witness.ROOM_SESSIONS.value: ReasonText(
        Witness.ROOM_SESSIONS.label,
        gettext_lazy("More sales were stated than such rooms bring in their best sessions."),
    ),
    Witness.ROOM_DAYS.value: ReasonText(
        Witness.ROOM_DAYS.label,
        gettext_lazy("More sales were stated than such rooms bring on their best days."),
    ),
}
HOUR = 3600


def _amount(value: Decimal) -> str:
    return f"¥{value:,.2f}".removesuffix(".00")


def _number(value: Decimal) -> str:
    return f"{value:,.1f}".removesuffix(".0")


SAYS = {
    Witness.ORDERS: ("%s", _amount),
    Witness.ROOM_SESSIONS: ("%s", _amount),
    Witness.ROOM_DAYS: ("%s", _amount),
    Witness.AFTER_SALES: (gettext_lazy("%s orders"), _number),
    Witness.PARCELS: (gettext_lazy("%s orders"), _number),
    Witness.WATCH: (gettext_lazy("%s hours watched"), lambda value: _number(value / HOUR)),
    Witness.ENTRIES: (gettext_lazy("%s people"), _number),
    Witness.COUNTERS: (gettext_lazy("%s steps back"), _number),
    Witness.CHECK_IN: (gettext_lazy("%s minutes"), _number),
    Witness.ENCODER: (gettext_lazy("%s minutes"), _number),
}


NUMBERS = gettext_lazy("%(stated)s stated, %(seen)s seen, up to %(most)s passes")
NUMBERS_OF = {
    Witness.AFTER_SALES: gettext_lazy("%(stated)s came back, %(seen)s are usual, up to %(most)s pass"),
    Witness.PARCELS: gettext_lazy("%(stated)s were to leave by now, %(seen)s did, up to %(most)s pass"),
}
"""What was stated, what the witness saw, and what it lets pass."""


@dataclass(frozen=True)
class WitnessLine:
    """One witness of a verdict, as people read it."""

    witness: Any
    origin: Any
    numbers: str
    contradicts: bool

    @property
    def sentence(self) -> str:
        """The whole line."""
        return f"{self.witness} ({self.origin}): {self.numbers}"


def lines_of(verdict: TrustVerdict | EventVerdict) -> list[WitnessLine]:
    """The witnesses of a verdict."""
    return [_line(row) for row in verdict.witnesses]


def _line(row: dict[str, Any]) -> WitnessLine:
    witness, origin = Witness(row["witness"]), Origin(row["origin"])
    phrase, shown = SAYS[witness]
    told = {name: str(phrase) % shown(Decimal(row[name])) for name in ("stated", "seen", "most")}
    numbers = str(NUMBERS_OF.get(witness, NUMBERS)) % told
    return WitnessLine(witness.label, origin.label, numbers, row["contradicts"])


def reasons_of(verdict: TrustVerdict | EventVerdict) -> list[Any]:
    """Why the verdict is what it is, in sentences."""
    return [REASONS[code].sentence for code in verdict.reasons.split()]
