"""manage.py rollup: count what waits, or everything again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics import rollup, shares
from analytics.services import figures_rebuild
from core import buckets
from core.actors import system_actor
from core.models import BucketFailure
from supplychain.services import placing


class Command(BaseCommand):
    help = "Count dirty buckets again; with --rebuild count everything again from the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="rebuild every figure from the ledger")
        parser.add_argument(
            "--as-job",
            action="store_true",
            help="leave the rebuild to a worker, which shows its progress in the admin",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["as_job"]:
            if not options["rebuild"]:
                raise CommandError(_("--as-job is for a rebuild."))
            job = figures_rebuild(actor=system_actor("rollup"))
            self.stdout.write(_("A worker rebuilds all figures: job %(uid)s.") % {"uid": job.uid})
            return
        placing.drain()
        if options["rebuild"]:
            lines = rollup.rebuild(self._progress)
            self.stdout.write(
                ngettext("%(lines)d line counted again.", "%(lines)d lines counted again.", lines)
                % {"lines": lines}
            )
        else:
            hours = rollup.drain()
            again = ngettext("%(hours)d hour counted again.", "%(hours)d hours counted again.", hours)
            self.stdout.write(again % {"hours": hours})
        shares.drain()
        if waiting := buckets.pending():
            still = ngettext(
                "%(hours)d hour is still waiting.", "%(hours)d hours are still waiting.", waiting
            )
            self.stdout.write(still % {"hours": waiting})
        for failure in BucketFailure.objects.filter(family=buckets.SALES).select_related("node"):
            self.stderr.write(
                _("%(tenant)s, hour %(slot)d cannot be counted: %(error)s")
                % {"tenant": failure.node.code, "slot": failure.slot, "error": failure.error}
            )

    def _progress(self, done: int, total: int, _tenant: int) -> None:
        if done < total:
            self.stdout.write(f"{done} / {total}")
