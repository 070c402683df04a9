"""Reasons as sentences, and what somebody may read of a ranking.

Estimates draw on sessions of many firms. Amounts and rates are read by those who may read the figures of every session
of the park; everybody else gets ranks, quarters and sentences without amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics.matching.assignment import Left
from analytics.matching.ranking import Reason, Why
from livestreams.choices import LANGUAGES, MARKETS

QUARTERS = {
    1: gettext_lazy("top quarter"),
    2: gettext_lazy("upper half"),
    3: gettext_lazy("lower half"),
    4: gettext_lazy("last quarter"),
}
"""Where a host stands among the hosts of the park for these goods."""

LEFT = {
    Left.NO_TIME: gettext_lazy("no host it can pay has time within its windows"),
    Left.OVER_BUDGET: gettext_lazy("every host costs more than its budget"),
    Left.NOBODY: gettext_lazy("no host is expected to sell any of it"),
    Left.OUTBID: gettext_lazy("its hosts are worth more elsewhere"),
}
"""Why goods got no host."""

OPEN: Mapping[Why, Any] = {
    Why.REFUNDS_HIGH: gettext_lazy("Refunds %(rate)s, more than usual in the category (%(usual)s)."),
    Why.REFUNDS_LOW: gettext_lazy("Refunds %(rate)s, less than usual in the category (%(usual)s)."),
    Why.REFUNDS_USUAL: gettext_lazy("Refunds %(rate)s, as usual in the category."),
}
"""With the rates."""

WORDS: Mapping[Why, Any] = {
    Why.NEW: gettext_lazy("No session is known yet: the estimate is that of hosts like this one, and wide."),
    Why.REFUNDS_HIGH: gettext_lazy("Refunds are higher than usual in the category."),
    Why.REFUNDS_LOW: gettext_lazy("Refunds are lower than usual in the category."),
    Why.REFUNDS_USUAL: gettext_lazy("Refunds are as usual in the category."),
    Why.LISTS: gettext_lazy("Names %(category)s among its categories."),
    Why.LISTS_NOT: gettext_lazy("Does not name %(category)s among its categories."),
    Why.SPEAKS: gettext_lazy("Speaks %(language)s."),
    Why.LANGUAGES_UNKNOWN: gettext_lazy("Its languages are not on record."),
    Why.KNOWS_MARKET: gettext_lazy("Works for this market: %(market)s."),
    Why.MARKETS_UNKNOWN: gettext_lazy("Its markets are not on record."),
    Why.FREE: gettext_lazy("Free for %(hours)s h of the window."),
    Why.NO_TIME: gettext_lazy(
        "Not free for %(hours)s h in the window; the longest free time is %(longest)s h."
    ),
    Why.NOT_CERTIFIED: gettext_lazy("Holds no valid certificate of the course."),
    Why.NO_LANGUAGE: gettext_lazy("Does not speak %(language)s."),
    Why.NO_MARKET: gettext_lazy("Does not work for this market: %(market)s."),
    Why.OVER_BUDGET: gettext_lazy("Costs %(cost)s CNY, more than the budget of %(budget)s CNY."),
}


def sentence(reason: Reason, *, with_rates: bool) -> str:
    """A reason in the reader's language."""
    numbers = {name: _shown(name, value) for name, value in reason.numbers.items()}
    count = int(reason.numbers.get("sessions", 0))
    match reason.why:
        case Why.HISTORY:
            text = ngettext(
                "%(sessions)s session with %(category)s, %(hours)s h before the camera.",
                "%(sessions)s sessions with %(category)s, %(hours)s h before the camera.",
                count,
            )
        case Why.ELSEWHERE:
            text = ngettext(
                "%(sessions)s session with other goods, none with %(category)s yet.",
                "%(sessions)s sessions with other goods, none with %(category)s yet.",
                count,
            )
        case Why.DOUBTFUL:
            text = ngettext(
                "%(sessions)s session is doubtful and counts only with what was kept.",
                "%(sessions)s sessions are doubtful and count only with what was kept.",
                count,
            )
        case Why.FOLLOWERS:
            text = ngettext(
                "%(followers)s follower.", "%(followers)s followers.", int(reason.numbers["followers"])
            )
        case Why.COST:
            text = _cost(reason)
        case why:
            text = str((OPEN if with_rates and why in OPEN else WORDS)[why])
    return text % numbers


def sentences(reasons: Iterable[Reason], *, with_rates: bool) -> list[str]:
    return [sentence(reason, with_rates=with_rates) for reason in reasons]


def _cost(reason: Reason) -> str:
    if not reason.numbers["cost"]:
        return _("No day rate is on record.")
    if reason.numbers["budget"] is None:
        return _("Costs %(cost)s CNY by its day rate.")
    return _("Costs %(cost)s CNY by its day rate, within the budget of %(budget)s CNY.")


def _shown(name: str, value: Any) -> str:
    if name in ("language", "market"):
        return str((LANGUAGES if name == "language" else MARKETS).get(value, value))
    if name in ("rate", "usual"):
        return f"{100 * value:.0f} %"
    if name in ("cost", "budget", "followers"):
        return "" if value is None else f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def cny(value: float) -> Decimal:
    """An estimate as money, to three digits: more would promise what nobody knows."""
    digits = Decimal(f"{value:.3g}")
    return digits.quantize(Decimal("0.01"))
