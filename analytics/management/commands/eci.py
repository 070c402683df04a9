"""`manage.py eci PANEL --out DIR`: entropy weights, index, contributions and ranks of a panel file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from analytics.eci.output import write_outputs
from analytics.eci.run import PanelResult, RunOptions, run_panel
from analytics.statfiles.tables import told
from core.errors import InvalidInput
from core.strict import load_json
from parks.provinces import province_by_code

SHOWN_PROBLEMS = 20
SHOWN_PLACES = 5
MAX_RECORD_BYTES = 16 * 1024 * 1024


class Command(BaseCommand):
    help = "Compute the e-commerce index of a panel and write weights, scores, contributions, ranks and run.json."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("panel", type=Path, metavar="PANEL", help="CSV, wide or long, UTF-8 or GBK")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the results")
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
        panel: Path = options["panel"]
        run_options = RunOptions(
            indicators=options["indicators"],
            negative=options["negative"],
            winsor=tuple(options["winsor"]) if options["winsor"] else None,
            epsilon=options["epsilon"],
            scope="by_time" if options["by_year"] else "pooled",
            clip=options["clip"],
        )
        try:
            result = run_panel(panel, run_options, base=_base(options["base"]))
            files = write_outputs(result, options["out"], source_name=panel.name)
        except InvalidInput as error:
            raise CommandError(_told(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        self._report(result, files)

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


def _base(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    record = load_json(path.read_bytes(), max_bytes=MAX_RECORD_BYTES)
    base = record.get("base") if isinstance(record, dict) else None
    return base if isinstance(base, dict) else {}


def _told(error: InvalidInput) -> str:
    lines = [str(error), *(f"  {told(problem)}" for problem in error.rows[:SHOWN_PROBLEMS])]
    if len(error.rows) > SHOWN_PROBLEMS:
        lines.append("  " + _("and %(count)d more") % {"count": len(error.rows) - SHOWN_PROBLEMS})
    return "\n".join(lines)
