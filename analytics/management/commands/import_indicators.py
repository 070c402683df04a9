"""`manage.py import_indicators FILE`: provincial statistics as new vintages of indicator values."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from analytics.management.refusals import SHOWN_PROBLEMS, refusal
from analytics.services.indicator_import import ImportReport, indicator_values_import
from analytics.statfiles.tables import told
from core.actors import system_actor
from core.errors import DomainError
from core.strict import StrictError, day


class Command(BaseCommand):
    help = "Store the figures of a statistics file; a revised figure becomes a new vintage, the same file nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV, wide or long, UTF-8 or GBK")
        parser.add_argument(
            "--published-on",
            type=_day,
            metavar="DAY",
            help="day of the vintage, such as 2025-01-31 (default: today)",
        )
        parser.add_argument(
            "--indicator", default="", help="code or name of the figures, where the file does not say"
        )
        parser.add_argument("--unit", default="", help="their unit, where the file does not say")
        parser.add_argument(
            "--skip-unreadable", action="store_true", help="import the rest when cells cannot be read"
        )
        parser.add_argument("--dry-run", action="store_true", help="report, and store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._import(options)
        except DomainError as error:
            raise CommandError(refusal(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        for problem in report.problems[:SHOWN_PROBLEMS]:
            self.stderr.write(self.style.WARNING(told(problem)))
        self._report(report, stored=not options["dry_run"])

    def _import(self, options: dict[str, Any]) -> ImportReport:
        def run(indicator: str) -> ImportReport:
            return indicator_values_import(
                actor=system_actor("import_indicators"),
                source=options["file"],
                published_on=options["published_on"],
                indicator=indicator,
                unit=options["unit"],
                skip_unreadable=options["skip_unreadable"],
                dry_run=options["dry_run"],
            )

        try:
            return run(options["indicator"])
        except DomainError as error:
            if error.code != "no_indicator":
                raise
        # The newer export says nowhere what its figures are: whoever named the file may have.
        name = options["file"].stem
        message = _(
            "The file does not say what its figures are; they go under “%(name)s”. Name them with --indicator."
        )
        self.stderr.write(self.style.WARNING(message % {"name": name}))
        return run(name)

    def _report(self, report: ImportReport, *, stored: bool) -> None:
        counts = {
            "provinces": report.provinces,
            "years": len(report.years),
            "span": f"{report.years[0]}-{report.years[-1]}" if report.years else "–",
            "values": report.stored + report.unchanged,
            "missing": report.missing,
        }
        line = _(
            "%(provinces)d provinces, %(years)d years (%(span)s), %(values)d values, %(missing)d missing cells."
        )
        self.stdout.write(line % counts)
        for one in report.series:
            unit = f" ({one.indicator.unit_zh})" if one.indicator.unit_zh else ""
            amounts = {"new": one.stored, "revised": one.revised, "known": one.unchanged}
            told_amounts = _("%(new)d new (%(revised)d of them revised), %(known)d known") % amounts
            self.stdout.write(f"  {one.indicator.code:<26}{one.indicator.name_zh}{unit}: {told_amounts}")
        if not stored:
            ending = _("A trial, nothing is stored; the vintage would be that of %(day)s.")
        elif report.stored:
            ending = _("Stored as the vintage of %(day)s.")
        else:
            ending = _("Nothing new, nothing stored; the vintage is that of %(day)s.")
        self.stdout.write(ending % {"day": report.published_on.isoformat()})


def _day(text: str) -> date:
    try:
        return day(text)
    except StrictError as error:
        raise ArgumentTypeError(error.message) from error
