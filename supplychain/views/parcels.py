"""What a firm has on its way to buyers: paid and not shipped, and its parcels."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from core.doors.portal import ScopedListPage
from core.scoping import visible_to
from supplychain.models import Backorder, Parcel, Reservation
from supplychain.unshipped import held_lines, unshipped


class Parcels(ScopedListPage):
    """Parcels of what the firm sold, the latest first, above them what is still to be sent."""

    template_name = "portal/parcels.html"
    section = "goods"
    needs = ("view", Parcel)
    model = Parcel
    page_size = 50

    def own(self, queryset: QuerySet[Any], verb: str = "view", lookup: str = "seller_id") -> QuerySet[Any]:
        """Of parcels what the firm sold and what holds its goods."""
        if queryset.model is not Parcel:
            return super().own(queryset, verb, lookup)
        held = Reservation.objects.filter(owner=self.tenant).values("parcel")
        return visible_to(queryset, self.actor, verb).filter(Q(seller=self.tenant) | Q(pk__in=held))

    def base_queryset(self) -> QuerySet[Parcel]:
        lines = visible_to(Reservation.objects.select_related("owner", "sku").order_by("pk"), self.actor)
        return (
            Parcel.objects.select_related("warehouse", "seller")
            .prefetch_related(Prefetch("lines", lines, to_attr="seen_lines"))
            .order_by("-pk")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = held_lines(self.actor).filter(seller=self.tenant)
        return super().get_context_data(
            unshipped=unshipped(mine, self.own(Backorder.objects.all(), lookup="owner_id")), **kwargs
        )
