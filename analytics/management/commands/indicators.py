"""manage.py indicators: publish the series of the parks, show them, and trace a value to parks and lines."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from analytics.api.serializers import IndicatorValueSerializer, LineageSerializer
from analytics.choices import PeriodKind
from analytics.models import Indicator, IndicatorValue
from analytics.parkseries.proof import still_holds
from analytics.periods import Period, period_named
from analytics.selectors.park_series import parks_behind, places_and_periods, vintages_of
from analytics.services import park_indicators_publish
from core.actors import system_actor
from core.choices import NodeKind
from core.errors import DomainError

ACTOR = system_actor("indicators")
LEVELS = (NodeKind.PROVINCE, NodeKind.CITY, NodeKind.TOWN)


class Command(BaseCommand):
    help = (
        "Publish the park-born series, show their values in force, or trace one value to its parks and lines."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("publish", help="store what differs from the values in force as new vintages")
        show = actions.add_parser("show", help="the values in force of a series")
        show.add_argument("code")
        show.add_argument("--by", choices=PeriodKind.values, default=PeriodKind.MONTH)
        show.add_argument("--level", choices=LEVELS, default=NodeKind.PROVINCE)
        trace = actions.add_parser("trace", help="the vintages of a value and the parks behind it")
        trace.add_argument("code")
        trace.add_argument("--place", required=True, metavar="CODE", help="of the province, city or town")
        trace.add_argument("--period", required=True, help="2025-06, 2025-Q2 or 2025")
        for one in (show, trace):
            one.add_argument("--format", choices=("table", "json"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        action = {"publish": self._publish, "show": self._show, "trace": self._trace}[options["action"]]
        try:
            action(options)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _publish(self, _options: dict[str, Any]) -> None:
        counts = park_indicators_publish(actor=ACTOR)
        told = {
            "new": _("new"),
            "goes_on": _("preliminary as before"),
            "closed": _("final now"),
            "restated": _("restated"),
            "unchanged": _("unchanged"),
            "waiting": _("waiting for lines to be counted"),
        }
        self.stdout.write(", ".join(f"{counts[name]} {words}" for name, words in told.items()))

    def _show(self, options: dict[str, Any]) -> None:
        values = places_and_periods(
            ACTOR, self._indicator(options["code"]), PeriodKind(options["by"]), NodeKind(options["level"])
        )
        if options["format"] == "json":
            self._json(IndicatorValueSerializer(values, many=True).data)
        for value in values if options["format"] == "table" else ():
            self.stdout.write(f"{value.place.code:<24}{self._line(value)}")

    def _trace(self, options: dict[str, Any]) -> None:
        period = period_named(options["period"])
        if period is None:
            raise CommandError(_("Give a period such as 2025-06, 2025-Q2 or 2025."))
        known = vintages_of(ACTOR, self._indicator(options["code"]), options["place"], period)
        if not known:
            raise CommandError(_("This place has no value of the series in this period."))
        parks = parks_behind(ACTOR, known[0])
        if options["format"] == "json":
            body = {"value": known[0], "vintages": known, "parks": parks}
            self._json(LineageSerializer(body).data)
            return
        for value in known:
            self.stdout.write(self._line(value))
        verdicts = {
            True: _("the ledger still gives it"),
            False: _("the ledger gives other lines now"),
            None: "",
        }
        for part in parks:
            row = part.row
            self.stdout.write(
                f"  {row.park.code:<22}{row.value.normalize():>22f}  {row.firms} / {row.lines}  "
                f"{row.lines_hash[:16]}  {verdicts[still_holds(row)]}"
            )

    def _line(self, value: IndicatorValue) -> str:
        shown = f"{value.value.normalize():f}" if value.value is not None else value.get_withheld_display()
        marks = [_("preliminary")] if value.is_preliminary else []
        marks += [_("synthetic data")] if value.is_synthetic else []
        change = value.lineage.get("change")
        name = Period(PeriodKind(value.period_kind), value.period).name
        vintage = f"{value.published_on} · {value.seq}"
        return (
            f"{name:<9}{shown:>22}  {vintage}  {'Δ ' + change if change else ''} {', '.join(marks)}".rstrip()
        )

    def _indicator(self, code: str) -> Indicator:
        row = Indicator.objects.filter(code=code).first()
        if row is None:
            raise CommandError(_("There is no indicator with the code %(code)s.") % {"code": code})
        return row

    def _json(self, data: Any) -> None:
        self.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str))
