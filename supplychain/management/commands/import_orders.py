"""Import a file of sales for a tenant: `manage.py import_orders FILE --profile NAME --tenant CODE`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import storage
from core.actors import system_actor
from core.clock import local
from core.errors import DomainError
from supplychain.choices import CustomsMode
from supplychain.facts import SaleFact
from supplychain.importing import PROFILES, Mapping, Profile, load_mapping, note_texts, profile
from supplychain.services.imports import import_run, import_stage
from supplychain.services.loading import Plan, customs_of, load
from supplychain.services.rejects import rejects_told
from tenants.models import Tenant

BLOCK = 1024 * 1024
AUTO = "auto"
PROBLEMS_SHOWN = 200
EVERY_SECONDS = 1.0


class Command(BaseCommand):
    help = (
        "Import a file of sales (CSV, TSV or XLSX) for a tenant: all of it or nothing. Prints a report and ends "
        "with code 1 when rows are refused. The figures follow by `rollup`, or by the workers of the site."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--tenant", required=True, metavar="CODE", help="code of the selling tenant")
        parser.add_argument(
            "--profile",
            default=AUTO,
            choices=[AUTO, *PROFILES],
            help="kind of the file; found by its column headers if left out",
        )
        parser.add_argument(
            "--map", type=Path, metavar="FILE", help="a JSON mapping for headers that no profile knows"
        )
        parser.add_argument("--currency", default="", help="of amounts that name none (CNY)")
        parser.add_argument("--timezone", default="", help="of times that name none (Asia/Shanghai)")
        parser.add_argument(
            "--customs-mode",
            default="",
            choices=["", *CustomsMode.values],
            help="of lines whose file has no column for it (that of the last file of its kind)",
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything and keep nothing")
        parser.add_argument(
            "--skip-bad-rows",
            action="store_true",
            help="leave out the orders that have a bad row, import the others",
        )

        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="where to write the rows not taken, as CSV"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._import(options)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(render(report, dry_run=options["dry_run"]))
        if report["refused"]:
            raise CommandError(
                _("Nothing is imported: put these rows right, or leave their orders out by --skip-bad-rows.")
            )

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        actor = system_actor("import_orders")
        tenant = Tenant.objects.filter(code=options["tenant"]).first()
        if tenant is None:
            raise CommandError(_("There is no tenant with the code %(code)s.") % {"code": options["tenant"]})
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        reading: dict[str, Any] = {
            "profile": _profile(options["profile"]),
            "mapping": _mapping(options["map"]),
            "currency": options["currency"],
            "timezone": options["timezone"],
        }
        skip, progress, customs_mode = options["skip_bad_rows"], ProgressLine(), options["customs_mode"]
        try:
            if options["dry_run"]:
                customs = customs_of(tenant, customs_mode)
                plan = Plan(seller=tenant, open=lambda: path.open("rb"), customs_of=customs, **reading)
                outcome = load(plan, actor=actor, skip_bad_rows=skip, dry_run=True, progress=progress)
                return outcome.as_dict()
            batch = import_stage(
                actor=actor,
                tenant=tenant,
                file_name=path.name,
                chunks=_blocks(path),
                customs_mode=customs_mode,
                **reading,
            )
            report, rejects = import_run(actor=actor, batch=batch, skip_bad_rows=skip, progress=progress)
            _hand_out(rejects, options["rejects"])
            return report
        finally:
            progress.end()


class ProgressLine:
    """One line on stderr that says how far the import is, rewritten each second on a terminal, a new one elsewhere."""

    def __init__(self) -> None:
        self._due = 0.0
        self._shown = False

    def __call__(self, done: int, total: int, message: str) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + EVERY_SECONDS
        share = f"{100 * done // total:3d} %  " if total else ""
        start, end = ("\r\x1b[K", "") if sys.stderr.isatty() else ("", "\n")
        sys.stderr.write(f"{start}{share}{message}{end}")
        sys.stderr.flush()
        self._shown = True

    def end(self) -> None:
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\n")


def render(report: dict[str, Any], *, dry_run: bool) -> str:
    """The report as lines for people."""
    lines = [
        _("Profile %(profile)s, %(form)s, header in line %(header_line)d") % report,
        _extent(report),
    ]
    lines += [
        f"  {kind:10s} {report['counts'][kind]:>9,} {total:>18s} {currency}"
        for kind, sums in sorted(report["sums"].items())
        for currency, total in sorted(sums.items())
    ]
    if report["dropped"]:
        lines.append(_("Personal data not read: %(columns)s") % {"columns": ", ".join(report["dropped"])})
    if report["ignored"]:
        lines.append(_("Columns not used: %(columns)s") % {"columns": ", ".join(report["ignored"])})
    lines += note_texts(report["notes"])
    if report["problem_count"]:
        refused = ngettext("Refused: %(bad_rows)s row", "Refused: %(bad_rows)s rows", report["bad_rows"])
        lines.append(refused % _counts(report))
        lines += [
            "  " + _("line %(row)d: %(field)s %(message)s") % row
            for row in report["problems"][:PROBLEMS_SHOWN]
        ]
    if report["problem_count"] > PROBLEMS_SHOWN:
        more = report["problem_count"] - PROBLEMS_SHOWN
        lines.append("  " + _("and %(count)d more") % {"count": more})
    if report["left_out"] and not report["refused"]:
        lines.append(_("Left out with them, as rows of the same orders: %(left_out)s") % _counts(report))
    if not report["refused"]:
        did = (
            _("Would store %(stored)s, known already %(duplicates)s, conflicts %(conflicts)s")
            if dry_run
            else _("Stored %(stored)s, known already %(duplicates)s, conflicts %(conflicts)s")
        )
        lines.append(did % _counts(report))
    return "\n".join(lines)


def _extent(report: dict[str, Any]) -> str:
    """How many rows and facts, and from when to when, where a row could be read; in the time of the parks."""
    if not report["first_at"]:
        return _("Rows %(rows)s, facts %(facts)s") % _counts(report)
    at = {
        name: f"{local(datetime.fromisoformat(report[name])):%Y-%m-%d %H:%M}"
        for name in ("first_at", "last_at")
    }
    return _("Rows %(rows)s, facts %(facts)s, %(first_at)s to %(last_at)s") % (at | _counts(report))


def _counts(report: dict[str, Any]) -> dict[str, str]:
    """The numbers of a report with their thousands apart."""
    return {name: f"{value:,}" for name, value in report.items() if isinstance(value, int)}


def _profile(code: str) -> Profile[SaleFact] | None:
    return None if code == AUTO else profile(code)


def _mapping(path: Path | None) -> Mapping | None:
    if path is None:
        return None
    if not path.is_file():
        raise CommandError(_("There is no file %(path)s.") % {"path": path})
    return load_mapping(path.read_bytes())


def _hand_out(rejects: str, target: Path | None) -> None:
    """Write the kept file of rows not taken where it is wanted; nobody else will ask for it."""
    if not rejects:
        return
    if target is not None:
        with storage.opened(rejects) as kept, target.open("wb") as file:
            file.writelines(rejects_told(kept))
    storage.discard(rejects)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
