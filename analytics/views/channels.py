"""The portal's page of a firm's channels."""

from __future__ import annotations

from typing import Any

from analytics.channels import Against, channel_mix, period_before
from analytics.channels.mix import CHANNEL_REGISTRY
from analytics.choices import PeriodKind
from analytics.models import HourSales
from analytics.periods import Period, period_named, period_of
from core.clock import DAY, month_of, today
from core.doors.portal import TenantPage
from supplychain.choices import Channel


class Channels(TenantPage):
    """Shares, growth and concentration of a month, quarter or year, beside the one before or a year ago."""

    template_name = "portal/channels.html"
    section = "channels"
    needs = ("view", HourSales)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        period, against = self._asked()
        mix = channel_mix(self.actor, self.tenant, period, against)
        kinds = [period_of(kind, period.last) for kind in PeriodKind]
        return super().get_context_data(
            mix=mix,
            channels=[(Channel(row.name).label, row) for row in mix.rows],
            ruler=Channel(mix.ruler.name).label if mix.ruler else None,
            metric=CHANNEL_REGISTRY["channel_hhi"],
            period=period,
            against=against,
            compared=period_before(period, against),
            older=period_of(period.kind, period.first - DAY),
            newer=period_of(period.kind, period.end) if period.end <= today() else None,
            kinds=[(each.kind.label, each) for each in kinds],
            **kwargs,
        )

    def _asked(self) -> tuple[Period, Against]:
        """What the address asks for; what it does not say sensibly is the month that is over, beside the one before."""
        last_month = period_of(PeriodKind.MONTH, month_of(today()) - DAY)
        period = period_named(self.request.GET.get("period", "")) or last_month
        against = self.request.GET.get("against", "")
        return period, Against(against) if against in set(Against) else Against.BEFORE
