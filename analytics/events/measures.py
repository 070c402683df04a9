"""The figures of an event's report: per unit, per order and per thousand entries, each with its definition."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics.metrics import REGISTRY, Adds, Metric, Sums, Unit, Value
from core.money import PLACES

THOUSAND = 1_000


def _count(code: str, label: Any, formula: Any, unit: Unit = Unit.COUNT) -> Metric:
    return Metric(
        code=code,
        label=label,
        unit=unit,
        adds=Adds.SUM,
        formula=formula,
        needs=(code,),
        compute=lambda sums: sums[code],
    )


def _per_thousand(code: str, label: Any, formula: Any, over: str, unit: Unit = Unit.CNY) -> Metric:
    """So much of a column for each thousand entries; None without an entry."""

    def compute(sums: Sums) -> Value:
        if not sums["event_entries"]:
            return None
        return (Decimal(sums[over]) * THOUSAND / sums["event_entries"]).quantize(PLACES, ROUND_HALF_UP)

    return Metric(
        code=code,
        label=label,
        unit=unit,
        adds=Adds.RATIO,
        formula=formula,
        needs=(over, "event_entries"),
        compute=compute,
    )


_OF_EVENTS = (
    _count("event_tenants", _("tenants taking part"), _("tenants that entered and did not withdraw")),
    _count("event_items", _("items entered"), _("products that these tenants brought and did not take back")),
    *(REGISTRY[code] for code in ("gmv_paid", "refunds", "net_sales", "orders", "units_paid")),
    _count(
        "event_sessions",
        _("live sessions"),
        _("sessions of these tenants at the venues, begun in the event's days"),
    ),
    _count(
        "event_live_hours",
        _("live hours"),
        _("time on air of these sessions, until now where one is live"),
        Unit.HOURS,
    ),
    _count(
        "event_sessions_counting",
        _("sessions that count entries"),
        _("those of these sessions that have a reading of their entry counter"),
    ),
    _count(
        "event_entries",
        _("entries to live rooms"),
        _(
            "rises of the sessions' entry counters, who comes twice counts twice; of several sources the largest"
        ),
    ),
    _count(
        "event_live_paid",
        _("paid GMV of the sessions"),
        _("paid GMV attributed to these sessions, whenever it was paid"),
        Unit.CNY,
    ),
    _count(
        "event_counting_paid",
        _("paid GMV of the sessions that count entries"),
        _("of the paid GMV of the sessions, that of those with a reading of their entry counter"),
        Unit.CNY,
    ),
    REGISTRY["unit_price"],
    REGISTRY["aov_order"],
    _per_thousand(
        "paid_per_thousand_entries",
        _("paid GMV per 1,000 entries, all channels"),
        _(
            "paid GMV × 1,000 / entries. All channels and whole days stand over the entries of the sessions alone, "
            "so it is more than the sessions sold"
        ),
        "gmv_paid",
    ),
    _per_thousand(
        "live_paid_per_thousand_entries",
        _("paid GMV of the sessions per 1,000 entries"),
        _("paid GMV of the sessions that count entries × 1,000 / entries to the same sessions"),
        "event_counting_paid",
    ),
    _per_thousand(
        "units_per_thousand_entries",
        _("units per 1,000 entries, all channels"),
        _("units paid × 1,000 / entries, on the same uneven ground as the paid GMV of all channels"),
        "units_paid",
        Unit.COUNT,
    ),
)
EVENT_REGISTRY: dict[str, Metric] = {metric.code: metric for metric in _OF_EVENTS}
