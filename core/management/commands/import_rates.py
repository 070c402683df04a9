"""`manage.py import_rates FILE`: published exchange rates, day by day."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.actors import system_actor
from core.errors import DomainError
from core.rates import rates_load


class Command(BaseCommand):
    help = (
        "Store the exchange rates of a CSV: currency, day, and cny_per_unit or cny_per_100. All or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV in UTF-8")
        parser.add_argument("--source", required=True, help="who published them")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as stream:
                found = rates_load(actor=system_actor("import_rates"), lines=stream, source=options["source"])
        except DomainError as error:
            rows = [f"  {row.row}: {row.message}" for row in error.rows]
            raise CommandError("\n".join([str(error), *rows])) from error
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        counts = {"stored": found.stored, "known": found.known}
        self.stdout.write(_("Stored %(stored)d rates, known already %(known)d.") % counts)
