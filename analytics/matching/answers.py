"""What a stored assignment says to people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from analytics.matching.assignment import Left
from analytics.matching.words import LEFT, cny
from analytics.models import MatchRun
from core.clock import day_start


@dataclass(frozen=True)
class PairLine:
    """Goods with their host and start; CNY expected after refunds, with the interval of the host's level."""

    goods: str
    host: str
    starts_at: datetime
    sales: Decimal
    low: Decimal
    high: Decimal


def pairs_of(run: MatchRun) -> Iterator[PairLine]:
    """The pairs by start."""
    for pair in run.results.get("pairs", []):
        starts_at = day_start(run.first_day) + timedelta(minutes=pair["start"])
        amounts = (cny(pair[name]) for name in ("middle", "low", "high"))
        yield PairLine(pair["product"], pair["host"], starts_at, *amounts)


@dataclass(frozen=True)
class LeftLine:
    """Goods that got nobody, and why."""

    goods: str
    why: Left

    @property
    def reason(self) -> str:
        return str(LEFT[self.why])


def left_of(run: MatchRun) -> list[LeftLine]:
    """The goods that got nobody."""
    return [LeftLine(name, Left(why)) for name, why in run.results.get("left", [])]


def proof_of(run: MatchRun) -> str:
    """What is known of an assignment's worth, in a sentence."""
    gap = run.gap_percent
    if run.value is None:
        return ""
    if gap is None:
        return _("No proof: this is the greedy assignment, a better one may exist.")
    if gap == 0:
        return _("Proven: no assignment is worth more.")
    return _("At most %(gap)s %% more could be sold.") % {"gap": f"{gap:.2f}"}
