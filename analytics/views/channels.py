"""The portal's pages of what a firm sells by channel, across the border and by owner, beside an earlier period."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from analytics.border import border_of
from analytics.channels import Against, channel_mix, period_before
from analytics.channels.mix import CHANNEL_REGISTRY
from analytics.choices import PeriodKind
from analytics.collective import collective_result
from analytics.models import HourSales
from analytics.periods import Period, period_named, period_of
from core.clock import DAY, month_of, today
from core.doors.portal import TenantPage
from supplychain.choices import Channel, CustomsMode


class _ComparedPage(TenantPage):
    """A month, quarter or year, beside the one before or a year ago."""

    needs = ("view", HourSales)

    def compared(self, period: Period, against: Against) -> dict[str, Any]:
        """What the page says of these periods."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        period, against = self._asked()
        kinds = [period_of(kind, period.last) for kind in PeriodKind]
        return super().get_context_data(
            **self.compared(period, against),
            period=period,
            against=against,
            compared=period_before(period, against),
            period_before=period_of(period.kind, period.first - DAY),
            period_after=period_of(period.kind, period.end) if period.end <= today() else None,
            kinds=[(each.kind.label, each) for each in kinds],
            **kwargs,
        )

    def _asked(self) -> tuple[Period, Against]:
        """What the address asks for; what it does not say sensibly is the month that is over, beside the one before."""
        last_month = period_of(PeriodKind.MONTH, month_of(today()) - DAY)
        period = period_named(self.request.GET.get("period", "")) or last_month
        against = self.request.GET.get("against", "")
        return period, Against(against) if against in set(Against) else Against.BEFORE


class Channels(_ComparedPage):
    """Shares, growth and concentration."""

    template_name = "portal/channels.html"
    section = "channels"

    def compared(self, period: Period, against: Against) -> dict[str, Any]:
        mix = channel_mix(self.actor, self.tenant, period, against)
        return {
            "mix": mix,
            "channels": [(Channel(row.name).label, row) for row in mix.rows],
            "ruler": Channel(mix.ruler.name).label if mix.ruler else None,
            "metric": CHANNEL_REGISTRY["channel_hhi"],
        }


class AcrossTheBorder(_ComparedPage):
    """Customs modes and destinations."""

    template_name = "portal/border.html"
    section = "border"

    def compared(self, period: Period, against: Against) -> dict[str, Any]:
        border = border_of(self.actor, self.tenant, period, against)
        return {
            "total": border.modes.total,
            "modes": [(CustomsMode(row.name).label, row) for row in border.modes.rows],
            "destinations": [(row.name or _("not told"), row) for row in border.destinations.rows],
        }


class ByOwner(_ComparedPage):
    """Whose goods the firm sold, and who sold the firm's."""

    template_name = "portal/owners.html"
    section = "owners"

    def compared(self, period: Period, against: Against) -> dict[str, Any]:
        return {"result": collective_result(self.actor, self.tenant, period, against)}
