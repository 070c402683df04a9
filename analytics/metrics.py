"""The metric registry: code, name, unit, formula and way of adding, the same for API, portal, wall and commands.

A metric is computed from the sums of a row: REGISTRY from those of sales (analytics.models.SalesMeasures; which
columns a line of which kind adds to stands in docs/counting.md), PARK_REGISTRY from what analytics.parkseries counts,
analytics.result.metrics has those of a session's result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import PLACES

Value = Decimal | int | None
Sums = Mapping[str, Decimal | int]

RATE = Decimal("0.000001")
HOUR_PLACES, MICROSECONDS_OF_AN_HOUR = Decimal("0.0001"), 3_600_000_000


class Unit(Enum):
    CNY = "CNY"
    COUNT = "count"
    SHARE = "share"
    RATIO = "ratio"
    HOURS = "hours"


class Adds(Enum):
    """How a metric goes from one row to the row above it."""

    SUM = "sum"
    RATIO = "ratio of sums"
    DISTINCT = "distinct"
    FROZEN = "frozen at close"
    AT_END = "as on the last day"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A registered definition. `needs` names the columns it is computed from, `formula` says how in words."""

    code: str
    label: Any
    unit: Unit
    adds: Adds
    formula: Any
    needs: tuple[str, ...]
    compute: Callable[[Sums], Value]


def _ratio(over: str, under: str, places: Decimal) -> Callable[[Sums], Value]:
    """Quotient rounded half up to some places; None where there is nothing to divide by."""

    return lambda sums: divided(sums[over], sums[under], places)


def divided(over: Decimal | int, under: Decimal | int, places: Decimal = RATE) -> Value:
    """A quotient rounded half up; None where there is nothing to divide by."""
    return (Decimal(over) / Decimal(under)).quantize(places, ROUND_HALF_UP) if under else None


def _column(code: str, label: Any, unit: Unit, adds: Adds, formula: Any) -> Metric:
    """A metric that is a column of its own."""
    return Metric(
        code=code,
        label=label,
        unit=unit,
        adds=adds,
        formula=formula,
        needs=(code,),
        compute=lambda sums: sums[code],
    )


def quotient(
    code: str, label: Any, unit: Unit, formula: Any, over: str, under: str, adds: Adds = Adds.RATIO
) -> Metric:
    places = PLACES if unit is Unit.CNY else RATE
    return Metric(
        code=code,
        label=label,
        unit=unit,
        adds=adds,
        formula=formula,
        needs=(over, under),
        compute=_ratio(over, under, places),
    )


_ALL = (
    _column(
        "gmv_created",
        _("ordered amount"),
        Unit.CNY,
        Adds.SUM,
        _("sum of created orders, unpaid included; 0 where a source tells orders only when they are paid"),
    ),
    _column(
        "gmv_paid",
        _("paid GMV"),
        Unit.CNY,
        Adds.SUM,
        _("sum paid, freight in, platform coupons out; refunded orders stay in"),
    ),
    _column(
        "refunds",
        _("refunds"),
        Unit.CNY,
        Adds.SUM,
        _("refunds by the time they succeeded, and what was cancelled after payment"),
    ),
    _column(
        "cancellations",
        _("cancelled after payment"),
        Unit.CNY,
        Adds.SUM,
        _("part of the refunds: paid and not yet refunded when the order or line was cancelled"),
    ),
    Metric(
        code="net_sales",
        label=_("net sales"),
        unit=Unit.CNY,
        adds=Adds.SUM,
        formula=_("paid GMV less refunds; restated when a refund arrives later"),
        needs=("gmv_paid", "refunds"),
        compute=lambda sums: sums["gmv_paid"] - sums["refunds"],
    ),
    Metric(
        code="verified_net",
        label=_("verified net sales"),
        unit=Unit.CNY,
        adds=Adds.FROZEN,
        formula=_("paid less refunds and cancellations of the month, restated until the month closes"),
        needs=("gmv_paid", "refunds"),
        compute=lambda sums: sums["gmv_paid"] - sums["refunds"],
    ),
    _column(
        "adjustments",
        _("adjustments"),
        Unit.CNY,
        Adds.SUM,
        _("journal entries and corrections that are no sale"),
    ),
    _column(
        "cross_border_paid",
        _("cross-border paid GMV"),
        Unit.CNY,
        Adds.SUM,
        _("part of the paid GMV: lines with a customs mode other than domestic"),
    ),
    _column(
        "cross_border_refunds",
        _("cross-border refunds"),
        Unit.CNY,
        Adds.SUM,
        _("part of the refunds: of cross-border lines, or with a customs mode of their own"),
    ),
    Metric(
        code="cross_border_net",
        label=_("cross-border net sales"),
        unit=Unit.CNY,
        adds=Adds.SUM,
        formula=_("cross-border paid GMV less cross-border refunds"),
        needs=("cross_border_paid", "cross_border_refunds"),
        compute=lambda sums: sums["cross_border_paid"] - sums["cross_border_refunds"],
    ),
    _column("orders", _("paid orders"), Unit.COUNT, Adds.DISTINCT, _("different orders with a paid line")),
    _column(
        "refund_orders",
        _("refunded orders"),
        Unit.COUNT,
        Adds.DISTINCT,
        _("different orders named by a refund, or cancelled after payment"),
    ),
    _column("units_paid", _("units paid"), Unit.COUNT, Adds.SUM, _("quantity of paid lines of goods")),
    _column(
        "units_refunded", _("units refunded"), Unit.COUNT, Adds.SUM, _("quantity of refunded lines of goods")
    ),
    _column(
        "lines", _("lines counted"), Unit.COUNT, Adds.SUM, _("lines of the ledger in their latest version")
    ),
    quotient(
        "refund_rate_amount",
        _("refund rate by amount"),
        Unit.SHARE,
        _("refunds / paid GMV, by the time the refund succeeded"),
        "refunds",
        "gmv_paid",
    ),
    quotient(
        "refund_rate_orders",
        _("refund rate by orders"),
        Unit.SHARE,
        _("refunded orders / paid orders, linked refunds only"),
        "refund_orders",
        "orders",
    ),
    quotient(
        "aov_order", _("average order value"), Unit.CNY, _("paid GMV / paid orders"), "gmv_paid", "orders"
    ),
    quotient(
        "unit_price", _("average unit price"), Unit.CNY, _("paid GMV / units paid"), "gmv_paid", "units_paid"
    ),
)

# What a park counts beside the sales of its tenants.
_OF_PARKS = (
    _column(
        "live_sessions",
        _("live sessions"),
        Unit.COUNT,
        Adds.SUM,
        _("sessions that went live, on the day they began"),
    ),
    Metric(
        code="live_hours",
        label=_("live hours"),
        unit=Unit.HOURS,
        adds=Adds.SUM,
        formula=_("time on air of the sessions that have ended, on the days on which it passed"),
        needs=("live_microseconds",),
        compute=lambda sums: (Decimal(sums["live_microseconds"]) / MICROSECONDS_OF_AN_HOUR).quantize(
            HOUR_PLACES, ROUND_HALF_UP
        ),
    ),
    _column(
        "tenants", _("tenants resident"), Unit.COUNT, Adds.AT_END, _("tenants that sit in the park that day")
    ),
    quotient(
        "occupancy_area",
        _("occupancy by area"),
        Unit.SHARE,
        _("area let / lettable area, units under conversion left out"),
        "let_area",
        "lettable_area",
        Adds.AT_END,
    ),
)

REGISTRY: dict[str, Metric] = {metric.code: metric for metric in _ALL}
PARK_REGISTRY: dict[str, Metric] = {metric.code: metric for metric in _OF_PARKS}


def compute_all(sums: Sums) -> dict[str, Value]:
    """Every metric that follows from a row of sums; those that a close freezes follow from the closes as well."""
    return {code: metric.compute(sums) for code, metric in REGISTRY.items() if metric.adds is not Adds.FROZEN}


def as_text(value: Value) -> str | None:
    """A value as exact text: amounts and shares with at least two decimals and no needless zeros, counts plain."""
    if value is None or isinstance(value, int):
        return None if value is None else str(value)
    text = format(value, "f")
    whole, _point, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
