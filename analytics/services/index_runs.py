"""Computes the index from the stored indicators and keeps the run with everything it was computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.eci.columns import PanelError, chosen_codes
from analytics.eci.frozenbase import base_record
from analytics.eci.indicators import eci_indicators
from analytics.eci.panel import PanelRow
from analytics.eci.parkcolumns import no_province, without_parks
from analytics.eci.run import PanelResult, RunOptions, run_panel
from analytics.models import IndexRun, IndexScore, Indicator, IndicatorValue
from analytics.selectors.indicators import PlaceYear, values_in_force
from core import audit, clock
from core.actors import Actor
from core.errors import InvalidInput, RowError
from core.locking import retried
from core.policy import ADD
from core.scoping import require
from parks.models import Province
from parks.provinces import STUDY_PROVINCES

Cell = tuple[str, int, str]  # the codes of province, year and indicator

SHOWN_PROBLEMS = 1000
FIRST_YEAR, LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class _Inputs:
    rows: Sequence[PanelRow]
    values: Sequence[int]
    nodes: Mapping[str, int]
    left_out: Sequence[str]
    is_synthetic: bool
    is_preliminary: bool


@retried
def index_run_create(
    *,
    actor: Actor,
    first_year: int,
    last_year: int,
    parameters: RunOptions | None = None,
    beside: Sequence[str] = (),
    instead: Mapping[str, str] | None = None,
) -> IndexRun:
    """Weigh and score all provinces of the study that have data, on the values in force, and store the run.

    `parameters` may set `winsor` and `epsilon`. Park-born series, by code, may stand `beside` the twelve indicators or
    `instead` of some; provinces without parks are then left out. The same values and parameters give the same numbers;
    `inputs` are the ids of the values, `inputs_hash` is their SHA-256. A run with one synthetic value in it is
    synthetic, with one preliminary value preliminary.

    Raises:
        InvalidInput: a value is missing or withheld, each named by province, year and indicator; years that make no
            range; nothing varies; a parameter that stored runs do not take; an unknown series.
        Refused: the actor may not add index runs.
    """
    require(actor, ADD, IndexRun)
    options = parameters or RunOptions()
    if options != RunOptions(winsor=options.winsor, epsilon=options.epsilon):
        raise InvalidInput(_("A stored run weighs the twelve indicators over all years."), code="parameters")
    if not FIRST_YEAR <= first_year <= last_year <= LAST_YEAR:
        message = _("Give two years from %(first)d to %(last)d, the earlier one first.")
        raise InvalidInput(
            message % {"first": FIRST_YEAR, "last": LAST_YEAR}, code="years", field="first_year"
        )
    codes, of_parks = chosen_codes(beside, instead)
    if of_parks:
        options = replace(options, indicators=codes)
    with transaction.atomic():
        inputs = _inputs(actor, range(first_year, last_year + 1), codes, of_parks)
        result = run_panel(inputs.rows, options)
        run = IndexRun.objects.create(
            made_at=clock.now(),
            made_by_id=actor.user_id,
            first_year=first_year,
            last_year=last_year,
            parameters=asdict(options) | {"left_out": inputs.left_out},
            inputs=inputs.values,
            inputs_hash=result.data.sha256,
            weights=dict(zip(_codes(result), result.weights.weights.tolist(), strict=True)),
            base=base_record(result.weights, _codes(result)),
            is_synthetic=inputs.is_synthetic,
            is_preliminary=inputs.is_preliminary,
        )
        IndexScore.objects.bulk_create(_scores(run, result, inputs.nodes))
        audit.record(
            actor=actor,
            verb="index.run",
            obj=run,
            label=f"{first_year}-{last_year}",
            after={
                "inputs": run.inputs_hash,
                "scores": len(result.data.places),
                "synthetic": run.is_synthetic,
            },
        )
    return run


def _codes(result: PanelResult) -> list[str]:
    return [spec.code for spec in result.data.indicators]


def _scores(run: IndexRun, result: PanelResult, nodes: Mapping[str, int]) -> list[IndexScore]:
    codes = _codes(result)
    contributions = result.index.contributions.tolist()
    return [
        IndexScore(
            run=run,
            place_id=nodes[province],
            year=year,
            score=float(result.index.score[i]),
            rank=int(result.ranks[i]),
            contributions=dict(zip(codes, contributions[i], strict=True)),
        )
        for i, (province, year) in enumerate(result.data.places)
    ]


def _inputs(actor: Actor, years: range, codes: Sequence[str], of_parks: Sequence[str]) -> _Inputs:
    """One value for each province, year and indicator; a province counts when it has any of the published ones."""
    found = _found(actor, codes)
    published = [cells for code, cells in found.items() if code not in of_parks]
    present = {place for cells in published for place, year in cells if year in years}
    study = {province.code for province in STUDY_PROVINCES}
    nodes = dict(Province.objects.filter(pk__in=present, code__in=study).values_list("code", "pk"))
    left_out = without_parks(nodes.values(), years, {code: found[code] for code in of_parks})
    nodes = {province: node for province, node in sorted(nodes.items()) if node not in left_out}
    if not nodes:
        raise InvalidInput(no_province(found, years), code="no_values")
    cells = [(province, year, code) for province in nodes for year in years for code in codes]
    values = {cell: found[cell[2]].get((nodes[cell[0]], cell[1])) for cell in cells}
    taken = _without_gaps(values)
    rows = [PanelRow(*cell, number) for cell, (_value, number) in taken.items()]
    names = Province.objects.filter(pk__in=left_out).order_by("code").values_list("code", flat=True)
    return _Inputs(
        rows=rows,
        values=[value.pk for value, _number in taken.values()],
        nodes=nodes,
        left_out=list(names),
        is_synthetic=any(value.is_synthetic for value, _number in taken.values()),
        is_preliminary=any(value.is_preliminary for value, _number in taken.values()),
    )


def _found(actor: Actor, codes: Sequence[str]) -> dict[str, dict[PlaceYear, IndicatorValue]]:
    """The values in force by code; an indicator that nobody has loaded has none."""
    indicators = Indicator.objects.in_bulk(codes, field_name="code")
    found = values_in_force(actor, indicators.values())
    return {code: found.get(indicators[code].pk, {}) if code in indicators else {} for code in codes}


def _without_gaps(
    values: Mapping[Cell, IndicatorValue | None],
) -> dict[Cell, tuple[IndicatorValue, Decimal]]:
    """Every value with its number. PanelError names the cells that have none."""
    taken = {
        cell: (value, value.value)
        for cell, value in values.items()
        if value is not None and value.value is not None
    }
    gaps = {cell: value for cell, value in values.items() if cell not in taken}
    if not gaps:
        return taken
    names = dict(Province.objects.values_list("code", "name_zh"))
    labels = dict(Indicator.objects.values_list("code", "name_zh")) | {
        spec.code: spec.name_zh for spec in eci_indicators()
    }
    problems = []
    for number, ((province, year, code), value) in enumerate(gaps.items(), start=1):
        message = (
            _("%(place)s %(year)d: %(indicator)s has no value.")
            if value is None
            else _("%(place)s %(year)d: %(indicator)s is withheld.")
        )
        message %= {"place": names[province], "year": year, "indicator": labels[code]}
        problems.append(RowError(number, code, "missing" if value is None else "withheld", message))
        if number == SHOWN_PROBLEMS:
            break
    message = ngettext(
        "The index cannot be computed: %(count)d value is missing: %(first)s",
        "The index cannot be computed: %(count)d values are missing, the first: %(first)s",
        len(gaps),
    )
    raise PanelError(
        message % {"count": len(gaps), "first": problems[0].message}, code="missing", rows=problems
    )


def index_run_repeat(run: IndexRun) -> PanelResult:
    """Compute a stored run again from the very values it took.

    Raises:
        PanelError: the run does not say which values it took, or they do not give its hash.
    """
    values = IndicatorValue.objects.select_related("indicator", "place__province").in_bulk(run.inputs)
    rows = [
        PanelRow(value.place.province.code, value.period.year, value.indicator.code, value.value)
        for pk in run.inputs
        if (value := values.get(pk)) is not None and value.value is not None
    ]
    kept = run.parameters
    options = RunOptions(
        indicators=tuple(kept["indicators"]),
        winsor=tuple(kept["winsor"]) if kept["winsor"] else None,
        epsilon=kept["epsilon"],
    )
    result = run_panel(rows, options) if rows else None
    if result is None or result.data.sha256 != run.inputs_hash:
        raise PanelError(_("The run does not say which values it was computed from."), code="inputs")
    return result
