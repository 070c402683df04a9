"""Definitions of provincial indicators: the shipped ones, and those met in statistics files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from analytics.choices import Dimension
from analytics.eci.indicators import eci_indicators, park_indicators, study_variables
from analytics.models import Indicator
from analytics.statfiles.series import official_series
from core import strict
from core.errors import InvalidInput
from parks.geography import geography_load
from parks.models import Province

# Where the others stand after the twelve.
CONTROLS_FROM: Final = 100
OFFICIAL_FROM: Final = 200
PARKS_FROM: Final = 300


def indicators_load() -> dict[str, Indicator]:
    """Bring the twelve indicators, the study's variables and the park-born series up to what is shipped; by code."""
    rows = [
        Indicator(
            code=spec.code,
            name_zh=spec.name_zh,
            name_en=spec.name_en,
            dimension=spec.dimension,
            unit_zh=spec.unit_zh,
            unit_en=spec.unit_en,
            definition=spec.definition_zh,
            direction=spec.direction,
            in_index=True,
            published_weight=spec.published_weight_pct,
            order=order,
        )
        for order, spec in enumerate(eci_indicators(), start=1)
    ]
    rows += [
        Indicator(
            code=variable.code,
            name_zh=variable.name_zh,
            name_en=variable.name_en,
            dimension=Dimension.CONTEXT,
            definition=variable.definition_zh,
            order=order,
        )
        for order, variable in enumerate(study_variables(), start=CONTROLS_FROM)
        if variable.code != "ECI"  # the index is computed, never stored as a value
    ]
    rows += [
        Indicator(
            code=spec.code,
            name_zh=spec.name_zh,
            name_en=spec.name_en,
            dimension=Dimension.PARKS,
            unit_zh=spec.unit_zh,
            unit_en=spec.unit_en,
            definition=spec.definition_zh,
            direction=spec.direction,
            order=order,
        )
        for order, spec in enumerate(park_indicators(), start=PARKS_FROM)
    ]
    shipped = [field.name for field in Indicator._meta.concrete_fields if field.name not in ("id", "code")]
    Indicator.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=shipped)
    return Indicator.objects.in_bulk([row.code for row in rows], field_name="code")


def province_nodes(codes: Iterable[str]) -> dict[str, int]:
    """The scope node of each province code; loads the reference geography where it is missing."""
    wanted = set(codes)
    nodes = dict(Province.objects.filter(code__in=wanted).values_list("code", "pk"))
    if nodes.keys() != wanted:
        geography_load()
        nodes = dict(Province.objects.filter(code__in=wanted).values_list("code", "pk"))
    return nodes


def indicator_called(name: str, unit: str) -> Indicator:
    """The indicator of that code or name, unsaved when it is new."""
    name, unit = strict.text(name, 200), strict.text(unit, 32)
    row = Indicator.objects.filter(code=name).first()
    if row is not None:
        if unit and row.unit_zh and unit not in (row.unit_zh, row.unit_en):
            message = _("%(name)s is kept in %(kept)s, the file gives %(given)s.")
            values = {"name": row.name, "kept": row.unit_zh, "given": unit}
            raise InvalidInput(message % values, code="unit", field="unit")
        return row
    of_the_index = Indicator.objects.filter(Q(name_zh=name) | Q(name_en=name), in_index=True)
    if unit:
        of_the_index = of_the_index.filter(Q(unit_zh=unit) | Q(unit_en=unit))
    series = official_series(name, unit)
    known = of_the_index.first() or Indicator.objects.filter(code=series.code).first()
    return known or Indicator(
        code=series.code,
        name_zh=series.name_zh,
        name_en=series.name_en,
        dimension=Dimension.CONTEXT,
        unit_zh=series.unit_zh,
        unit_en=series.unit_en,
        order=OFFICIAL_FROM,
    )
