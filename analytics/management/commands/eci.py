"""`manage.py eci PANEL --out DIR`: entropy weights, index, contributions and ranks of a panel file.

Without a file: of the stored indicators (`--years`), kept as a run, or of such a run again (`--run`).
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from analytics.eci.columns import chosen_codes
from analytics.eci.output import write_outputs
from analytics.eci.panel import panel_from_file
from analytics.eci.parkcolumns import with_park_columns
from analytics.eci.run import PanelResult, RunOptions, run_panel
from analytics.management.refusals import refusal
from analytics.models import IndexRun
from analytics.selectors.park_series import stored_columns
from analytics.services.index_runs import index_run_create, index_run_repeat
from core.actors import system_actor
from core.errors import InvalidInput
from core.strict import load_json
from parks.provinces import province_by_code

ACTOR = system_actor("eci")
SHOWN_PLACES = 5
MAX_RECORD_BYTES = 16 * 1024 * 1024


class Command(BaseCommand):
    help = "Compute the e-commerce index of a panel and write weights, scores, contributions, ranks and run.json."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "panel", type=Path, nargs="?", metavar="PANEL", help="CSV, wide or long, UTF-8 or GBK"
        )
        parser.add_argument(
            "--years",
            type=int,
            nargs=2,
            metavar=("FIRST", "LAST"),
            help="of the stored indicators; keeps the run",
        )
        parser.add_argument("--run", metavar="UID", help="a kept run once more, from the values it took")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the results")
        parser.add_argument(
            "--with",
            dest="beside",
            type=_list,
            default=(),
            metavar="CODES",
            help="series of the parks to add",
        )
        parser.add_argument(
            "--instead",
            type=_pairs,
            default={},
            metavar="CODE=SERIES",
            help="series of the parks that take the place of indicators",
        )
        parser.add_argument(
            "--indicators", type=_list, default=(), help="columns to use, separated by commas"
        )
        parser.add_argument("--negative", type=_list, default=(), help="columns of which less is better")
        parser.add_argument(
            "--winsor", type=float, nargs=2, metavar=("LOWER", "UPPER"), help="such as 0.01 0.99"
        )
        parser.add_argument(
            "--epsilon", type=float, default=0.0, help="shift of the scores before the shares"
        )
        parser.add_argument("--by-year", action="store_true", help="weigh every year apart")
        parser.add_argument(
            "--base", type=Path, metavar="RUN_JSON", help="score on the base of an earlier run"
        )
        parser.add_argument("--clip", action="store_true", help="keep scores on a base within 0 and 1")

    def handle(self, *args: Any, **options: Any) -> None:
        panel: Path | None = options["panel"]
        if sum(options[name] is not None for name in ("panel", "years", "run")) != 1:
            raise CommandError(_("Name a panel, or --years of the stored indicators, or a --run."))
        run_options = RunOptions(
            indicators=options["indicators"],
            negative=options["negative"],
            winsor=tuple(options["winsor"]) if options["winsor"] else None,
            epsilon=options["epsilon"],
            scope="by_time" if options["by_year"] else "pooled",
            clip=options["clip"],
        )
        try:
            result = self._result(options, run_options)
            files = write_outputs(result, options["out"], source_name=panel.name if panel else "")
        except InvalidInput as error:
            raise CommandError(refusal(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        self._report(result, files)

    def _result(self, options: dict[str, Any], run_options: RunOptions) -> PanelResult:
        beside, instead = options["beside"], options["instead"]
        if options["run"] is not None:
            return index_run_repeat(self._run(options["run"]))
        if options["years"] is not None:
            first, last = options["years"]
            run = index_run_create(
                actor=ACTOR,
                first_year=first,
                last_year=last,
                parameters=run_options,
                beside=beside,
                instead=instead,
            )
            self.stdout.write(_("Kept as run %(uid)s.") % {"uid": run.uid})
            return index_run_repeat(run)
        if not beside and not instead:
            return run_panel(options["panel"], run_options, base=_base(options["base"]))
        names = {"indicators": run_options.indicators, "negative": run_options.negative}
        data = panel_from_file(options["panel"], **names)
        _codes, of_parks = chosen_codes(beside, instead)
        data = with_park_columns(data, stored_columns(ACTOR, of_parks), instead)
        return run_panel(data, run_options, base=_base(options["base"]))

    def _run(self, uid: str) -> IndexRun:
        try:
            run = IndexRun.objects.filter(uid=uid).first()
        except ValidationError:
            run = None
        if run is None:
            raise CommandError(_("There is no run %(uid)s.") % {"uid": uid})
        return run

    def _report(self, result: PanelResult, files: tuple[Path, ...]) -> None:
        data = result.data
        counts = {
            "provinces": len(data.provinces),
            "years": len(data.years),
            "indicators": len(data.indicators),
        }
        self.stdout.write(_("%(provinces)d provinces, %(years)d years, %(indicators)d indicators.") % counts)
        if result.weights.scope == "pooled":
            for spec, weight in zip(data.indicators, result.weights.weights, strict=True):
                self.stdout.write(f"  {spec.code:<24}{weight:8.4f}  {spec.name_zh}")
        last = data.years[-1]
        rows = [i for i, (_code, year) in enumerate(data.places) if year == last]
        for i in sorted(rows, key=lambda i: result.ranks[i])[:SHOWN_PLACES]:
            province = province_by_code(data.places[i][0])
            name = province.short_zh if province else data.places[i][0]
            self.stdout.write(f"  {last} {result.ranks[i]:>2}. {name} {result.index.score[i]:.4f}")
        for warning in result.warnings:
            self.stderr.write(self.style.WARNING(warning))
        self.stdout.write(" ".join(str(path) for path in files))


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _list(text)]
    if not all(middle for _code, middle, _series in pairs):
        raise ArgumentTypeError("CODE=SERIES")
    return {code.strip(): series.strip() for code, _middle, series in pairs}


def _base(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    record = load_json(path.read_bytes(), max_bytes=MAX_RECORD_BYTES)
    base = record.get("base") if isinstance(record, dict) else None
    return base if isinstance(base, dict) else {}
