"""What the page of a park-born series shows of a province: its places by period, and where one value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from analytics.choices import PeriodKind
from analytics.looks import Look
from analytics.models import Indicator, IndicatorValue
from analytics.periods import Period, period_named, period_of
from analytics.selectors.park_series import parks_behind, values_within, vintages_of
from analytics.views.pages import in_language
from core.actors import Actor
from core.doors.fields import is_public_name
from core.errors import NotFound
from core.models import ScopeNode

SHOWN_PERIODS = 6


def park_born(
    actor: Actor, query: Mapping[str, str], indicator: Indicator, province: ScopeNode
) -> dict[str, Any]:
    """The newest periods of a province and the places in it, and one of these values traced to its parks.

    `query` may name the kind of period (`by`), and the `place` and `period` that are traced; without them it is the
    newest of the province. Raises NotFound for a kind, period or value that does not exist.
    """
    kind = query.get("by", PeriodKind.MONTH)
    if kind not in PeriodKind.values:
        raise NotFound
    values = values_within(actor, indicator, PeriodKind(kind), province)
    firsts = sorted({value.period for value in values}, reverse=True)[:SHOWN_PERIODS]
    rows = []
    for place, of_place in groupby(values, key=lambda value: value.place):
        cells = {value.period: value for value in of_place}
        rows.append(
            (place, in_language(place.name_zh, place.name_en), [cells.get(first) for first in firsts])
        )
    traced = _traced(
        actor, query, indicator, province, period_of(PeriodKind(kind), firsts[0]) if firsts else None
    )
    return {
        "by": kind,
        "kinds": PeriodKind.choices,
        "periods": [Period(PeriodKind(kind), first) for first in firsts],
        "rows": rows,
        "look": Look.of(indicator, [value.value for value in (*values, *traced)]),
        "traced": traced,
        "traced_place": in_language(traced[0].place.name_zh, traced[0].place.name_en) if traced else "",
        "parts": parks_behind(actor, traced[0]) if traced else [],
    }


def _traced(
    actor: Actor, query: Mapping[str, str], indicator: Indicator, province: ScopeNode, newest: Period | None
) -> list[IndicatorValue]:
    """The vintages of the value that is asked for, the one in force first."""
    period = period_named(query["period"]) if "period" in query else newest
    if period is None:
        if "period" in query:
            raise NotFound
        return []
    place = query.get("place", province.code)
    if not is_public_name(place, "code"):
        raise NotFound
    found = vintages_of(actor, indicator, place, period)
    if not found and ("period" in query or "place" in query):
        raise NotFound
    return found
