"""What a firm sold through each channel, from the counted hours, as far as somebody may see them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from django.db.models import Sum

from analytics.channels.mix import Mix, mix_of
from analytics.models import HourSales
from analytics.periods import Period, period_of
from core.actors import Actor
from core.clock import DAY
from core.scoping import visible_to
from tenants.models import Tenant


class Against(StrEnum):
    """With what a period is compared: the one before it, or the same of the year before."""

    BEFORE = "before"
    YEAR = "year"


def period_before(period: Period, against: Against) -> Period:
    if against == Against.YEAR:
        return Period(period.kind, period.first.replace(year=period.first.year - 1))
    return period_of(period.kind, period.first - DAY)


def channel_mix(actor: Actor, tenant: Tenant, period: Period, against: Against) -> Mix:
    """Paid GMV by channel in a period and in the one it is compared with."""
    now, before = (_paid(actor, tenant, each) for each in (period, period_before(period, against)))
    return mix_of(now, before)


def _paid(actor: Actor, tenant: Tenant, period: Period) -> dict[str, Decimal]:
    rows = HourSales.objects.filter(tenant=tenant, day__gte=period.first, day__lt=period.end)
    sums = visible_to(rows, actor).values("channel").annotate(paid=Sum("gmv_paid"))
    return {row["channel"]: row["paid"] for row in sums}
