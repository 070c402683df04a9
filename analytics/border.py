"""What was sold across the border, by customs mode and by destination: of a firm, and of a park.

The amounts are paid GMV of the ledger's lines with a customs mode other than domestic, on days that have been counted:
each of the two mixes adds up to `cross_border_paid`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet, Sum

from analytics.channels import Against, Mix, mix_of, period_before
from analytics.firmsums import seated
from analytics.models import DaySales
from analytics.periods import Period
from core import clock
from core.actors import Actor
from core.errors import NotFound
from core.policy import VIEW
from core.scoping import may, visible_to
from parks.models import Park
from supplychain.choices import CustomsMode, SalesKind
from supplychain.models import SalesEvent
from tenants.models import Tenancy, Tenant

BY: Final = ("customs_mode", "destination")
Amounts = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True)
class Border:
    """Both mixes of a period beside an earlier one. A destination without a name was not told."""

    modes: Mix
    destinations: Mix


def border_of(actor: Actor, of: Tenant | Park, period: Period, against: Against) -> Border:
    """What a firm sold abroad, or the firms of a park while they sat there. NotFound without the right."""
    if not may(actor, VIEW, DaySales, of.pk):
        raise NotFound
    now, before = (_paid(actor, of, each) for each in (period, period_before(period, against)))
    return Border(*(mix_of(now[column], before[column]) for column in BY))


def _paid(actor: Actor, of: Tenant | Park, period: Period) -> Amounts:
    days = _days(actor, of, period).filter(cross_border_paid__gt=0)
    lines = SalesEvent.objects.current().filter(
        # The ledger is long and its index begins with the seller: most firms sell at home only.
        seller__in=list(days.values_list("tenant", flat=True).distinct()),
        slot__gte=clock.hour_of(clock.day_start(period.first)),
        slot__lt=clock.hour_of(clock.day_start(period.end)),
        kind=SalesKind.PAID,
    )
    that_day = days.filter(tenant=OuterRef("seller"), day=OuterRef("business_day"))
    abroad = lines.exclude(customs_mode=CustomsMode.DOMESTIC).filter(Exists(that_day))
    return {
        column: {row[column]: row["paid"] for row in abroad.values(column).annotate(paid=Sum("amount"))}
        for column in BY
    }


def _days(actor: Actor, of: Tenant | Park, period: Period) -> QuerySet[DaySales]:
    if isinstance(of, Park):
        return seated(DaySales.objects.all(), Tenancy.objects.filter(park=of), period.first, period.last)
    rows = DaySales.objects.filter(tenant=of, day__gte=period.first, day__lt=period.end)
    return visible_to(rows, actor)
