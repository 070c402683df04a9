"""The page of the outside hosts who sold for a firm, for those who keep its money."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator

from analytics.choices import PeriodKind
from analytics.outsidehosts import OutsideHost, outside_hosts
from analytics.periods import Period, period_named, period_of
from core.clock import DAY, month_of, today
from core.doors.portal import TenantPage
from core.money import from_units
from core.policy import VIEW_RESULT
from tenants.models import Tenant

PER_PAGE = 50


class OutsideHosts(TenantPage):
    """Orders, gross, refunds so far and net of each, of a month, quarter or year."""

    template_name = "portal/outside_hosts.html"
    section = "outside-hosts"
    needs = (VIEW_RESULT, Tenant)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # What the address does not say sensibly is the month that is over, as on the page of channels.
        last_month = period_of(PeriodKind.MONTH, month_of(today()) - DAY)
        period = period_named(self.request.GET.get("period", "")) or last_month
        hosts = Paginator(outside_hosts(self.actor, self.tenant, period), PER_PAGE)
        page = hosts.get_page(self.request.GET.get("page"))
        return super().get_context_data(
            period=period,
            period_before=period_of(period.kind, period.first - DAY),
            period_after=period_of(period.kind, period.end) if period.end <= today() else None,
            kinds=[(each.kind.label, each) for each in (period_of(kind, period.last) for kind in PeriodKind)],
            newer=_address(period, page.number - 1) if page.has_previous() else "",
            older=_address(period, page.number + 1) if page.has_next() else "",
            hosts=[_shown(host) for host in page],
            **kwargs,
        )


def _address(period: Period, page: int) -> str:
    return f"?period={period.name}&page={page}"


def _shown(host: OutsideHost) -> dict[str, Any]:
    amounts = {name: from_units(getattr(host, name)) for name in ("gross", "refunds", "net")}
    return {"ref": host.ref, "name": host.name, "orders": host.orders, **amounts}
