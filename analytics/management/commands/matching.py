"""`manage.py matching UID`: computes a stored assignment of hosts again and says whether the same comes out.

It reads what the run kept and changes nothing. Status 1 where the inputs are not those of the run's hash, or where they
give another answer.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from analytics.management.refusals import refusal
from analytics.matching.answers import proof_of
from analytics.models import MatchRun
from analytics.services import match_run_repeat
from core.errors import Conflict


class Command(BaseCommand):
    help = "Compute a stored assignment of hosts again from its own inputs and compare the answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=UUID, metavar="UID", help="as the API names it (match-runs)")

    def handle(self, *args: Any, run: UUID, **options: Any) -> None:
        kept = MatchRun.objects.filter(uid=run).first()
        if kept is None:
            raise CommandError(_("There is no run %(uid)s.") % {"uid": run})
        if not kept.results:
            raise CommandError(_("This assignment was not computed to its end: there is nothing to compare."))
        try:
            again = match_run_repeat(kept)
        except Conflict as error:
            raise CommandError(refusal(error)) from error
        if (again.results, again.figures) != (kept.results, kept.figures):
            raise CommandError(
                _(
                    "Another answer came out: worth %(now)s, kept was %(then)s. A run that time cut off may differ."
                )
                % {"now": again.assignment.value, "then": kept.value}
            )
        self.stdout.write(_("The same answer came out, worth %(value)s.") % {"value": kept.value})
        self.stdout.write(proof_of(kept))
