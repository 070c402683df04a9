"""What a firm has on its way to buyers: paid and not shipped, and its parcels."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Prefetch, Q, QuerySet

from core.clock import now
from core.doors.portal import ScopedListPage
from core.scoping import may, visible_to
from supplychain.choices import BackorderState
from supplychain.givenback import with_seller, with_source
from supplychain.models import Backorder, Parcel, Reservation, SalesEvent
from supplychain.unshipped import due_today, held_lines, overdue, oversold, unshipped


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


class Unshipped(ScopedListPage):
    """The lines behind the counts of what is paid and not shipped, what has to leave first on top."""

    template_name = "portal/unshipped.html"
    section = "goods"
    needs = ("view", Reservation)
    model = Reservation
    tenant_lookup = "seller_id"
    which: ClassVar[str] = "all"
    page_size = 50

    def base_queryset(self) -> QuerySet[Reservation]:
        held = self.own(held_lines(self.actor), lookup=self.tenant_lookup)
        lines = {"overdue": overdue, "today": due_today}.get(self.which, lambda rows: rows)(held)
        return with_source(lines.select_related("warehouse", "owner", "sku").order_by("paid_at", "pk"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            which=self.which,
            sees_orders=may(self.actor, "view", SalesEvent, self.node.pk),
            now=now(),
            **kwargs,
        )


class Owed(ScopedListPage):
    """What was sold and is not there, the oldest first; or only what is beyond the pre-sale limit."""

    template_name = "portal/owed.html"
    section = "goods"
    needs = ("view", Backorder)
    model = Backorder
    tenant_lookup = "owner_id"
    only_oversold: ClassVar[bool] = False
    page_size = 50

    def base_queryset(self) -> QuerySet[Backorder]:
        rows = with_source(with_seller(Backorder.objects.filter(state=BackorderState.OPEN)))
        rows = oversold(rows) if self.only_oversold else rows
        return rows.select_related("sku").order_by("occurred_at", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            only_oversold=self.only_oversold,
            sees_orders=may(self.actor, "view", SalesEvent, self.node.pk),
            **kwargs,
        )
