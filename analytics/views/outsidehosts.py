"""The pages of the outside hosts who sold for a firm, and of one of them, for those who keep its money."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator

from analytics.choices import PeriodKind
from analytics.keep import Expected
from analytics.outsidehosts import OutsideHost, address_of, outside_host, outside_hosts, ref_of
from analytics.outsidehosts.products import ProductRow
from analytics.periods import Period, period_named, period_of
from analytics.views.result import shown_lines
from core.clock import DAY, month_of, today
from core.doors.portal import TenantPage
from core.errors import NotFound
from core.money import from_units
from core.policy import VIEW_RESULT
from tenants.models import Tenant

PER_PAGE = 50


class _PeriodPage(TenantPage):
    """A page of a month, quarter or year."""

    section = "outside-hosts"
    needs = (VIEW_RESULT, Tenant)

    def period(self) -> Period:
        """What the address asks for; what it does not say sensibly is the month that is over, as on channels."""
        last_month = period_of(PeriodKind.MONTH, month_of(today()) - DAY)
        return period_named(self.request.GET.get("period", "")) or last_month

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        period = kwargs["period"]
        return super().get_context_data(
            period_before=period_of(period.kind, period.first - DAY),
            period_after=period_of(period.kind, period.end) if period.end <= today() else None,
            kinds=[(each.kind.label, each) for each in (period_of(kind, period.last) for kind in PeriodKind)],
            **kwargs,
        )


class OutsideHosts(_PeriodPage):
    """Orders, gross, refunds so far and net of each."""

    template_name = "portal/outside_hosts.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        period = self.period()
        hosts = Paginator(outside_hosts(self.actor, self.tenant, period), PER_PAGE)
        page = hosts.get_page(self.request.GET.get("page"))
        return super().get_context_data(
            period=period,
            newer=_address(period, page.number - 1) if page.has_previous() else "",
            older=_address(period, page.number + 1) if page.has_next() else "",
            hosts=[_shown(host) for host in page],
            **kwargs,
        )


class OutsideHostPage(_PeriodPage):
    """What one of them sold, what is taken off it and what is kept."""

    template_name = "portal/outside_host.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        period, ref = self.period(), ref_of(self.kwargs["code"])
        if ref is None:
            raise NotFound
        host = outside_host(self.actor, self.tenant, ref, period)
        return super().get_context_data(
            period=period,
            host=host,
            account=host.account,
            paid=from_units(host.account.paid),
            refunds=from_units(host.refunds),
            taken=from_units(sum(line.known for line in host.account.costs)),
            expected=_amounts(host.expected),
            kept_then=_amounts(host.kept_then),
            lines=shown_lines(self, host.account),
            products=[self._product(row) for row in host.products],
            samples=host.samples,
            charged=from_units(host.samples.amount),
            worth=from_units(host.samples.worth),
            **kwargs,
        )

    def _product(self, row: ProductRow) -> dict[str, Any]:
        page = self.url("portal-product", uid=row.product.uid) if row.product else ""
        amounts = {name: from_units(getattr(row, name)) for name in ("paid", "refunds", "net")}
        return {"row": row, "page": page, **amounts}


def _address(period: Period, page: int) -> str:
    return f"?period={period.name}&page={page}"


def _shown(host: OutsideHost) -> dict[str, Any]:
    amounts = {name: from_units(getattr(host, name)) for name in ("gross", "refunds", "net")}
    named = {"ref": host.ref, "name": host.name, "address": address_of(host.ref)}
    return {**named, "orders": host.orders, "samples": host.samples, **amounts}


def _amounts(expected: Expected | None) -> dict[str, Any] | None:
    if expected is None:
        return None
    return {name: from_units(getattr(expected, name)) for name in ("low", "middle", "high")}
