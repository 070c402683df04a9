"""Computes the index from the stored indicators and keeps the run with everything it was computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.choices import ValueSource
from analytics.eci.columns import PanelError
from analytics.eci.frozenbase import base_record
from analytics.eci.indicators import eci_indicators
from analytics.eci.panel import PanelRow
from analytics.eci.run import PanelResult, RunOptions, run_panel
from analytics.models import IndexRun, IndexScore, Indicator
from analytics.selectors.indicators import values_in_force
from core import audit, clock
from core.actors import Actor
from core.errors import InvalidInput, RowError
from core.locking import retried
from core.scoping import require
from parks.models import Province
from parks.provinces import STUDY_PROVINCES

SHOWN_PROBLEMS = 1000
FIRST_YEAR, LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class _Inputs:
    rows: Sequence[PanelRow]
    nodes: Mapping[str, int]
    is_synthetic: bool


@retried
def index_run_create(
    *, actor: Actor, first_year: int, last_year: int, parameters: RunOptions | None = None
) -> IndexRun:
    """Weigh and score all provinces of the study that have data, on the values in force, and store the run.

    `parameters` may set `winsor` and `epsilon`. The same values and parameters give the same numbers; `inputs_hash`
    is the SHA-256 of the values. A run with one synthetic value in it is synthetic.

    Raises:
        InvalidInput: a value is missing, each named by province, year and indicator; years that make no range;
            nothing varies; a parameter that stored runs do not take.
        Refused: the actor may not add index runs.
    """
    require(actor, "add", IndexRun)
    options = parameters or RunOptions()
    if options != RunOptions(winsor=options.winsor, epsilon=options.epsilon):
        raise InvalidInput(_("A stored run weighs the twelve indicators over all years."), code="parameters")
    if not FIRST_YEAR <= first_year <= last_year <= LAST_YEAR:
        message = _("Give two years from %(first)d to %(last)d, the earlier one first.")
        raise InvalidInput(
            message % {"first": FIRST_YEAR, "last": LAST_YEAR}, code="years", field="first_year"
        )
    with transaction.atomic():
        inputs = _inputs(actor, range(first_year, last_year + 1))
        result = run_panel(inputs.rows, options)
        run = IndexRun.objects.create(
            made_at=clock.now(),
            made_by_id=actor.user_id,
            first_year=first_year,
            last_year=last_year,
            parameters=asdict(options),
            inputs_hash=result.data.sha256,
            weights=dict(zip(_codes(result), result.weights.weights.tolist(), strict=True)),
            base=base_record(result.weights, _codes(result)),
            is_synthetic=inputs.is_synthetic,
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


def _inputs(actor: Actor, years: range) -> _Inputs:
    """One value for each province, year and indicator; a province counts as soon as it has any."""
    indicators = Indicator.objects.in_bulk([spec.code for spec in eci_indicators()], field_name="code")
    found = values_in_force(actor, indicators.values())
    present = {place for cells in found.values() for place, year in cells if year in years}
    study = {province.code for province in STUDY_PROVINCES}
    nodes = dict(Province.objects.filter(pk__in=present, code__in=study).values_list("code", "pk"))
    if not nodes:
        message = _("No province has a value of the twelve indicators in these years.")
        raise InvalidInput(message, code="no_values")
    rows, missing, synthetic = [], [], False
    for province, node in sorted(nodes.items()):
        for year in years:
            for spec in eci_indicators():
                cells = found.get(indicators[spec.code].pk, {}) if spec.code in indicators else {}
                value = cells.get((node, year))
                if value is None:
                    missing.append((province, year, spec.code))
                    continue
                synthetic |= value.source == ValueSource.SYNTHETIC
                rows.append(PanelRow(province, year, spec.code, value.value))
    if missing:
        raise _incomplete(missing)
    return _Inputs(rows, nodes, synthetic)


def _incomplete(missing: Sequence[tuple[str, int, str]]) -> PanelError:
    names = dict(Province.objects.values_list("code", "name_zh"))
    labels = {spec.code: spec.name_zh for spec in eci_indicators()}
    problems = [
        RowError(number, code, "missing", _("%(place)s %(year)d: %(indicator)s has no value.") % {
            "place": names[province], "year": year, "indicator": labels[code],
        })
        for number, (province, year, code) in enumerate(missing[:SHOWN_PROBLEMS], start=1)
    ]  # fmt: skip
    message = _("The index cannot be computed: %(count)d values are missing, the first: %(first)s")
    return PanelError(
        message % {"count": len(missing), "first": problems[0].message}, code="missing", rows=problems
    )
