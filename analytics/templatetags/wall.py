"""What the wall would show of a firm under each of its choices, read from the wall's own ranking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import template

from analytics.models import DaySales
from analytics.wall.sales import ranked
from core.actors import Actor
from core.scoping import visible_to
from parks.models import Park
from tenants.models import Tenant
from tenants.selectors import tenancies_on

register = template.Library()


@dataclass(frozen=True)
class WallLine:
    """A firm's line in the ranking of a day; without a rank it is not listed, without an amount none is shown."""

    day: date
    rank: int | None = None
    amount: Decimal | None = None


@register.simple_tag
def wall_line(actor: Actor, tenant: Tenant, visibility: str) -> WallLine | None:
    """The firm's line with this choice on the last day it sold; None before its first sale or for who sees none."""
    days = visible_to(DaySales.objects.filter(tenant=tenant, gmv_paid__gt=Decimal(0)), actor)
    day = days.order_by("-day").values_list("day", flat=True).first()
    park = Park.objects.filter(pk=tenant.node.parent_id).first()
    if day is None or park is None:
        return None
    others = Tenant.objects.filter(pk__in=tenancies_on(park, day).values("tenant_id")).exclude(pk=tenant.pk)
    chosen = Tenant.objects.get(pk=tenant.pk)
    chosen.wall_visibility = visibility
    ranking = ranked({**others.in_bulk(), chosen.pk: chosen}, day)
    for rank, (each, amount) in enumerate(ranking, 1):
        if each is chosen:
            return WallLine(day, rank, amount)
    return WallLine(day)
