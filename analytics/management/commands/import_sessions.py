"""Import platforms' reports on live sessions: `manage.py import_sessions FILE --profile NAME --tenant CODE`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.choices import ReadBy
from analytics.services.reports import read_file, reports_keep, reports_load, reports_look
from core.actors import system_actor
from core.errors import DomainError
from supplychain.importing import SESSION_PROFILES, note_texts
from tenants.models import Tenant

BLOCK = 1024 * 1024
AUTO = "auto"


class Command(BaseCommand):
    help = (
        "Import platforms' reports on live sessions (CSV, TSV or XLSX) for a tenant. Each row states the figures of "
        "one session. A file with a bad row is refused whole, and the command ends with code 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", type=Path, nargs="+")
        parser.add_argument("--tenant", required=True, metavar="CODE", help="code of the tenant")
        parser.add_argument(
            "--profile",
            default=AUTO,
            choices=[AUTO, *SESSION_PROFILES],
            help="kind of the files; found by their column headers if left out",
        )
        parser.add_argument("--currency", default="", help="of amounts that name none (CNY)")
        parser.add_argument("--timezone", default="", help="of times (Asia/Shanghai)")
        parser.add_argument("--dry-run", action="store_true", help="look and keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = self._import(options)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(render(found)))
        if found["refused_files"]:
            raise CommandError(_("Files are refused: %(count)d.") % {"count": found["refused_files"]})

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        actor = system_actor("import_sessions")
        tenant = Tenant.objects.filter(code=options["tenant"]).first()
        if tenant is None:
            raise CommandError(_("There is no tenant with the code %(code)s.") % {"code": options["tenant"]})
        paths: list[Path] = options["files"]
        for path in paths:
            if not path.is_file():
                raise CommandError(_("There is no file %(path)s.") % {"path": path})
        code = "" if options["profile"] == AUTO else options["profile"]
        reading = {name: options[name] for name in ("currency", "timezone")}
        if options["dry_run"]:
            profile = SESSION_PROFILES.get(code)
            files = [
                read_file(number, path.name, _opener(path), profile=profile, **reading)
                for number, path in enumerate(paths)
            ]
            return reports_look(actor=actor, tenant=tenant, files=files)
        batches = reports_keep(
            actor=actor,
            tenant=tenant,
            files=[(path.name, _blocks(path)) for path in paths],
            profile=code,
            **reading,
        )
        return reports_load(
            actor=actor, tenant=tenant, batches=batches, write=True, progress=lambda *_args: None
        )


def render(found: dict[str, Any]) -> Iterator[str]:
    """What was found, as lines for people."""
    for file in found["files"]:
        told = ngettext(
            "%(name)s: %(profile)s, %(rows)d row", "%(name)s: %(profile)s, %(rows)d rows", file["rows"]
        )
        yield told % {**file, "profile": file["profile"] or "-"}
        if file["error"]:
            yield "  " + file["error"]
        for problem in file["problems"]:
            yield "  " + _("line %(row)d: %(field)s %(message)s") % problem
        yield from ("  " + note for note in note_texts(file["notes"]))
    for row in found["rows"]:
        how = ReadBy(row["how"]).label if row["how"] else _("to be asked")
        yield f"{row['file']}:{row['line']}  {row['started_at']}  {row['account']}  {how}"
    if found["taken"]:
        counts = {name: found["counts"].get(name, 0) for name in ("read", "same", "opened", "asked")}
        yield (
            _("Read %(read)d, known already %(same)d, sessions opened %(opened)d, to be asked %(asked)d")
            % counts
        )
    else:
        yield _("Would find %(found)d, open %(new)d, ask about %(asked)d") % found


def _opener(path: Path) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        return path.open("rb")

    return opened


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
