"""Ranks hosts for one request, with the facts behind each reason, and says why the others cannot be had."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from analytics.matching.facts import Candidate, Estimate, Wanted
from analytics.matching.fitting import Fitted

QUARTERS = 4
HIGHER, LOWER = 1.25, 0.8
"""A refund rate is called high or low from this multiple of what is usual in the category on."""


class Why(StrEnum):
    """What speaks for or against a host, or keeps it out."""

    HISTORY = "history"
    ELSEWHERE = "elsewhere"
    NEW = "new"
    DOUBTFUL = "doubtful"
    REFUNDS_HIGH = "refunds_high"
    REFUNDS_LOW = "refunds_low"
    REFUNDS_USUAL = "refunds_usual"
    FOLLOWERS = "followers"
    FREE = "free"
    LISTS = "lists"
    LISTS_NOT = "lists_not"
    SPEAKS = "speaks"
    LANGUAGES_UNKNOWN = "languages_unknown"
    KNOWS_MARKET = "knows_market"
    MARKETS_UNKNOWN = "markets_unknown"
    COST = "cost"
    NO_TIME = "no_time"
    OVER_BUDGET = "over_budget"
    NOT_CERTIFIED = "not_certified"
    NO_LANGUAGE = "no_language"
    NO_MARKET = "no_market"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with the numbers of its sentence (hours, sessions, CNY, shares from 0 to 1)."""

    why: Why
    numbers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A host for the request. CNY: `sales` after refunds for all hours, with their interval; `cost` by the day rate.

    `quarter` is 1 where at most a quarter of the park's hosts are expected to sell more of this, to 4.
    """

    host: str
    rank: int
    quarter: int
    estimate: Estimate
    sales: float
    low: float
    high: float
    cost: float
    reasons: tuple[Reason, ...]

    @property
    def after_cost(self) -> float:
        """CNY that are left of the sales when the host is paid."""
        return self.sales - self.cost


@dataclass(frozen=True, slots=True)
class Excluded:
    """A host that cannot be had for the request, and every reason why."""

    host: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    ranked: tuple[Ranked, ...]
    excluded: tuple[Excluded, ...]


def rank(
    fitted: Fitted, wanted: Wanted, candidates: Iterable[Candidate], *, shown: Container[str] | None = None
) -> Ranking:
    """Hosts by what they are expected to sell after refunds, the best first; ties by followers, then by name.

    With `shown` only these hosts are ranked; the others count for the quarters alone.

    The cost stands beside it and does not change the rank: it is paid in days, and a rank that moved with a rate would
    tell whoever sets the rate what the sales are.
    """
    known = list(candidates)
    estimates = {one.host: fitted.estimate(wanted.case(one)) for one in known}
    middles = sorted((estimate.middle for estimate in estimates.values()), reverse=True)
    kept, excluded = [], []
    for one in sorted(known, key=lambda one: one.host):
        if shown is not None and one.host not in shown:
            continue
        against = tuple(obstacles(wanted, one))
        if against:
            excluded.append(Excluded(one.host, against))
        else:
            kept.append(one)
    kept.sort(key=lambda one: (-estimates[one.host].middle, -(one.followers or 0), one.host))
    ranked = []
    for number, one in enumerate(kept, start=1):
        estimate = estimates[one.host]
        above = sum(middle > estimate.middle for middle in middles)
        ranked.append(
            Ranked(
                one.host,
                number,
                1 + min(QUARTERS * above // len(middles), QUARTERS - 1),
                estimate,
                estimate.middle * wanted.hours,
                estimate.low * wanted.hours,
                estimate.high * wanted.hours,
                one.cost(wanted.hours),
                tuple(_reasons(fitted, wanted, one, estimate)),
            )
        )
    return Ranking(tuple(ranked), tuple(excluded))


def obstacles(wanted: Wanted, one: Candidate) -> Iterable[Reason]:
    """What keeps a host out. Languages and markets that are not recorded keep nobody out."""
    if not one.has_time(wanted.hours):
        yield Reason(Why.NO_TIME, {"hours": wanted.hours, "longest": max(one.free, default=0.0)})
    if not one.is_certified:
        yield Reason(Why.NOT_CERTIFIED, {})
    if wanted.language and one.languages and wanted.language not in one.languages:
        yield Reason(Why.NO_LANGUAGE, {"language": wanted.language})
    if wanted.market and one.markets and wanted.market not in one.markets:
        yield Reason(Why.NO_MARKET, {"market": wanted.market})
    if wanted.budget is not None and one.cost(wanted.hours) > wanted.budget:
        yield Reason(Why.OVER_BUDGET, {"cost": one.cost(wanted.hours), "budget": wanted.budget})


def _reasons(fitted: Fitted, wanted: Wanted, one: Candidate, estimate: Estimate) -> Iterable[Reason]:
    here, elsewhere = estimate.here, estimate.elsewhere
    if here.sessions:
        yield Reason(
            Why.HISTORY, {"sessions": here.sessions, "hours": here.hours, "category": wanted.category}
        )
    elif elsewhere.sessions:
        yield Reason(Why.ELSEWHERE, {"sessions": elsewhere.sessions, "category": wanted.category})
    else:
        yield Reason(Why.NEW, {})
    if doubtful := here.doubtful + elsewhere.doubtful:
        yield Reason(Why.DOUBTFUL, {"sessions": doubtful})
    if here.settled + elsewhere.settled:
        usual = fitted.refunds.usual(wanted.category)
        which = Why.REFUNDS_USUAL
        if estimate.refund_rate > HIGHER * usual:
            which = Why.REFUNDS_HIGH
        elif estimate.refund_rate < LOWER * usual:
            which = Why.REFUNDS_LOW
        yield Reason(which, {"rate": estimate.refund_rate, "usual": usual})
    if one.categories:
        listed = wanted.category in one.categories
        yield Reason(Why.LISTS if listed else Why.LISTS_NOT, {"category": wanted.category})
    if one.followers is not None:
        yield Reason(Why.FOLLOWERS, {"followers": one.followers})
    if wanted.language:
        yield Reason(Why.SPEAKS if one.languages else Why.LANGUAGES_UNKNOWN, {"language": wanted.language})
    if wanted.market:
        yield Reason(Why.KNOWS_MARKET if one.markets else Why.MARKETS_UNKNOWN, {"market": wanted.market})
    yield Reason(Why.FREE, {"hours": sum(one.free), "wanted": wanted.hours})
    yield Reason(Why.COST, {"cost": one.cost(wanted.hours), "budget": wanted.budget})
