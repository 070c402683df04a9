"""What a firm has in the park's warehouses."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from core.doors.portal import ScopedListPage
from core.scoping import may
from supplychain.filters import StockFilter
from supplychain.models import InboundNotice, StockLevel


class Stock(ScopedListPage):
    """The firm's own goods by SKU and warehouse: on hand, reserved, available."""

    template_name = "portal/stock.html"
    section = "goods"
    needs = ("view", StockLevel)
    model = StockLevel
    tenant_lookup = "owner_id"
    filterset_class = StockFilter
    page_size = 50

    def base_queryset(self) -> QuerySet[Any]:
        return StockLevel.objects.select_related("sku__product", "warehouse").order_by(
            "sku__code", "warehouse__code", "pk"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            sees_inbound=may(self.actor, "view", InboundNotice, self.node.pk), **kwargs
        )
