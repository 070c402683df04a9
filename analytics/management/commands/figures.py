"""manage.py figures: a tenant's figures by metric code, from the selector that the API uses."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics import closing, metrics
from analytics.figures import FigureRow, tenant_figures
from core.actors import system_actor
from core.errors import DomainError
from core.strict import StrictError, day
from tenants.models import Tenant

ACTOR = system_actor("figures")


class Command(BaseCommand):
    help = "Print a tenant's figures by day or month, with a row of totals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="CODE", help="code of the tenant")
        parser.add_argument("--since", required=True, metavar="DAY", help="first day, such as 2025-06-01")
        parser.add_argument("--until", required=True, metavar="DAY", help="last day, included")
        parser.add_argument("--by", choices=("day", "month"), default="day")
        parser.add_argument("--format", choices=("table", "json"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(code=options["tenant"]).first()
        if tenant is None:
            raise CommandError(_("There is no tenant with the code %(code)s.") % {"code": options["tenant"]})
        since, until = self._day(options["since"], "--since"), self._day(options["until"], "--until")
        by = options["by"]
        try:
            rows = tenant_figures(actor=ACTOR, tenant=tenant, since=since, until=until, by=by)
            [total] = tenant_figures(actor=ACTOR, tenant=tenant, since=since, until=until, by="total")
        except DomainError as error:
            raise CommandError(str(error)) from error
        show = self._as_json if options["format"] == "json" else self._as_table
        show(tenant, by, since, until, rows, total)

    def _day(self, text: str, option: str) -> date:
        try:
            return day(text)
        except StrictError as error:
            raise CommandError(f"{option}: {error}") from error

    def _as_json(
        self, tenant: Tenant, by: str, since: date, until: date, rows: Sequence[FigureRow], total: FigureRow
    ) -> None:
        changed = [
            {
                "month": f"{each.month:%Y-%m}",
                "closed": metrics.as_text(each.closed),
                "open": metrics.as_text(each.open),
            }
            for each in closing.adjustments(tenant.pk)
        ]
        answer = {
            "tenant": tenant.code,
            "by": by,
            "since": since.isoformat(),
            "until": until.isoformat(),
            "as_of": total.as_of.isoformat(timespec="seconds"),
            "dirty": total.dirty,
            "rows": [{"period": _period(row, by), **_values(row)} for row in rows],
            "total": _values(total),
            "adjustments": changed,
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))

    def _as_table(
        self, tenant: Tenant, by: str, since: date, until: date, rows: Sequence[FigureRow], total: FigureRow
    ) -> None:
        codes = list(metrics.REGISTRY)
        lines = [(_period(row, by), row) for row in rows] + [(_("total"), total)]
        cells = [[_("period"), *codes]]
        cells += [
            [name, *(metrics.as_text(row.values[code]) or "–" for code in codes)] for name, row in lines
        ]
        widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        for each_line in cells:
            padded = [
                " " * (width - _width(cell)) + cell for cell, width in zip(each_line, widths, strict=True)
            ]
            self.stdout.write("  ".join(padded))
        for each in closing.adjustments(tenant.pk):
            self.stdout.write(
                _("%(month)s was closed at %(closed)s; %(open)s of later change is not in any close yet.")
                % {"month": f"{each.month:%Y-%m}", "closed": each.closed, "open": each.open}
            )
        if total.dirty:
            still = ngettext(
                "%(hours)d hour is still to be counted.",
                "%(hours)d hours are still to be counted.",
                total.dirty,
            )
            self.stdout.write(still % {"hours": total.dirty})


def _period(row: FigureRow, by: str) -> str:
    return f"{row.period:%Y-%m}" if by == "month" else row.period.isoformat()


def _values(row: FigureRow) -> dict[str, str | int | None]:
    """Amounts and shares as exact text, counts as whole numbers."""
    return {
        code: value if isinstance(value, int) else metrics.as_text(value)
        for code, value in row.values.items()
    }


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
