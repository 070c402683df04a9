"""Closing a month: its figures and the hash of their lines, once and for all."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from analytics import closing, metrics, rollup
from analytics.firmsums import MEASURES
from analytics.models import MonthSales, PeriodClose
from core import audit, buckets, clock
from core.actors import Actor
from core.errors import Conflict, InvalidInput
from core.locking import advisory_lock, retried
from core.policy import ADD
from core.scoping import require
from supplychain.services import lock_facts
from tenants.models import Tenant
from tenants.services import verified_figure_push


@retried
def period_close(*, actor: Actor, tenant: Tenant, month: date) -> PeriodClose:
    """Freeze a month of a tenant and push its verified net to where rent and subsidy rules read it.

    What has changed in months closed before is carried along as their adjustment. InvalidInput for a month that is
    not over, Conflict when it is closed already or cannot be counted.
    """
    require(actor, ADD, PeriodClose, tenant.pk)
    if month.day != 1:
        raise InvalidInput(_("A month is named by its first day."), code="month", field="month")
    if clock.today() < clock.next_month(month):
        raise InvalidInput(_("The month is not over yet."), code="month_open", field="month")
    with transaction.atomic():
        # Neither new lines nor another count until the close is written.
        lock_facts(tenant, alone=True)
        advisory_lock(rollup.tenant_lock(tenant.pk))
        if PeriodClose.objects.filter(tenant=tenant, month=month).exists():
            raise Conflict(
                _("The month is closed already; later lines appear as an adjustment."), code="period_closed"
            )
        closed_at = _count_all(tenant)
        lines = closing.lines_of_month(tenant.pk, month)
        live = MonthSales.objects.filter(tenant=tenant, month=month).first() or MonthSales()
        values = metrics.compute_all({name: getattr(live, name) for name in MEASURES})
        values["verified_net"] = net = Decimal(live.gmv_paid - live.refunds)
        carried = {each.month: each.open for each in closing.adjustments(tenant.pk) if each.open}
        close = PeriodClose.objects.create(
            tenant=tenant,
            month=month,
            seq=1,
            published_on=clock.today(),
            figures={
                "closed_at": closed_at.isoformat(),
                "values": {code: metrics.as_text(value) for code, value in values.items()},
                "adjustments": {
                    each.isoformat(): metrics.as_text(amount) for each, amount in carried.items()
                },
            },
            lines=lines.lines,
            lines_hash=lines.hash,
        )
        pushed: dict[str, Decimal] = {
            "verified_net": net,
            "verified_net_adjustment": sum(carried.values(), Decimal(0)),
        }
        for metric, value in pushed.items():
            if value or metric == "verified_net":
                verified_figure_push(
                    tenant=tenant, metric=metric, period=month, value=value, source_hash=lines.hash
                )
        audit.record(
            actor=actor,
            verb="period.close",
            obj=close,
            label=f"{tenant} {month:%Y-%m}",
            node_id=tenant.pk,
            after={"verified_net": net, "lines": lines.lines, "lines_hash": lines.hash},
        )
    return close


def _count_all(tenant: Tenant) -> datetime:
    """Count what waits; returns the instant whose ledger the figures now show. The caller keeps both standing still."""
    rollup.drain(tenant_id=tenant.pk)
    if buckets.pending([tenant.pk], [buckets.SALES]):
        raise Conflict(
            _("Some hours of this tenant cannot be counted; see the operator's page."), code="uncountable"
        )
    return clock.now()
