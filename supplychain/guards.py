"""What the warehouses have to say before a tenant leaves its park."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from core.guards import named
from supplychain.choices import RESERVATION_OPEN
from supplychain.models import Reservation, StockLevel
from tenants.guards import tenant_exit
from tenants.models import Tenant


@tenant_exit.guard
def stored_goods(tenant: Tenant, day: date) -> str | None:
    """Goods of the firm that lie in warehouses of the park."""
    levels = StockLevel.objects.filter(owner=tenant, warehouse__park=tenant.node.parent_id, on_hand__gt=0)
    lying = levels.order_by("warehouse__code").values_list("warehouse__code").annotate(Sum("on_hand"))
    found = named(f"{warehouse} ({pieces})" for warehouse, pieces in lying)
    return (
        _("Its goods lie in warehouses, by pieces: %(warehouses)s.") % {"warehouses": found}
        if found
        else None
    )


@tenant_exit.guard
def unsent_orders(tenant: Tenant, day: date) -> str | None:
    """Order lines of the firm, or with its goods, that wait for a parcel or lie in one that has not left."""
    waiting = Reservation.objects.filter(
        Q(owner=tenant) | Q(seller=tenant), warehouse__park=tenant.node.parent_id, state__in=RESERVATION_OPEN
    )
    unsent = waiting.order_by("warehouse__code").values_list("warehouse__code").annotate(Count("pk"))
    found = named(f"{warehouse} ({lines})" for warehouse, lines in unsent)
    return _("Order lines are not sent yet: %(warehouses)s.") % {"warehouses": found} if found else None
