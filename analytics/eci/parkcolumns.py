"""Park-born series as columns of a panel, beside the twelve indicators or instead of some."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np
from django.utils.translation import gettext as _

from analytics.eci.columns import PanelError
from analytics.eci.indicators import IndicatorSpec, indicator_by_header
from analytics.eci.panel import PanelData, Place
from parks.provinces import province_by_code

P = TypeVar("P")


def with_park_columns(
    data: PanelData,
    columns: Mapping[str, Mapping[Place, Decimal | None]],
    instead: Mapping[str, str] | None = None,
) -> PanelData:
    """The panel with columns of park-born series by code, some `instead` of its own, the others behind them.

    Provinces without a value of one of the series are left out: they have no parks. The hash is over both sources.

    Raises:
        PanelError: a province that has the series lacks a year of it or has it withheld, no province is left, or the
            panel lacks a column that is to be replaced.
    """
    instead = instead or {}
    own = {spec.code: (spec, data.values[:, j]) for j, spec in enumerate(data.indicators)}
    if absent := [code for code in instead if code not in own]:
        raise PanelError(
            _("The panel has no column %(names)s.") % {"names": ", ".join(absent)}, code="no_column"
        )
    left_out = without_parks(data.provinces, data.years, columns)
    rows = [i for i, (province, _year) in enumerate(data.places) if province not in left_out]
    places = tuple(data.places[i] for i in rows)
    if not places:
        raise PanelError(no_province(columns, data.years), code="no_values")
    replaced = [instead.get(code, code) for code in own]
    specs, table = [], []
    for code in (*replaced, *(code for code in columns if code not in replaced)):
        if code in columns:
            specs.append(indicator_by_header(code) or IndicatorSpec(code=code, name_zh=code, name_en=code))
            table.append([_number(code, place, columns[code].get(place)) for place in places])
        else:
            specs.append(own[code][0])
            table.append(own[code][1][rows].tolist())
    lines = sorted(
        f"{province},{year},{code},{cells[province, year]}\n"
        for code, cells in columns.items()
        for province, year in places
    )
    digest = hashlib.sha256("".join([f"{data.sha256}\n", *lines]).encode()).hexdigest()
    values = np.array(table, dtype=np.float64).T
    return PanelData(tuple(specs), places, values, data.set_aside, digest, tuple(sorted(left_out)))


def _number(code: str, place: Place, value: Decimal | None) -> float:
    if value is None:
        known = province_by_code(place[0])
        message = _("%(code)s has no value for %(province)s in %(year)d, or it is withheld.")
        values = {"code": code, "province": known.short_zh if known else place[0], "year": place[1]}
        raise PanelError(message % values, code="missing")
    return float(value)


def no_province(columns: Mapping[str, Mapping[tuple[Any, int], Any]], years: Iterable[int]) -> str:
    """Why no province is left: the series that have no value at all in the years, else that none has all of them."""
    span = sorted(years)
    empty = [code for code, cells in columns.items() if not any(year in span for _place, year in cells)]
    return _("From %(first)d to %(last)d no province has values of: %(series)s.") % {
        "first": span[0],
        "last": span[-1],
        "series": ", ".join(empty or columns),
    }


def without_parks(
    provinces: Iterable[P], years: Iterable[int], columns: Mapping[str, Mapping[tuple[P, int], Any]]
) -> set[P]:
    """The provinces that have no value of one of the columns in any of the years, by whatever names them."""
    span = list(years)
    return {
        province
        for province in provinces
        for cells in columns.values()
        if not any((province, year) in cells for year in span)
    }
