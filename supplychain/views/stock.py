"""What a firm has in the park's warehouses."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.doors.portal import ScopedListPage, TenantPage
from core.scoping import may, visible_to
from supplychain.doors.shelfwork import ShelfWork, Task, task_named
from supplychain.filters import StockFilter
from supplychain.models import InboundNotice, Sku, StockLevel, StockMove, Warehouse


class Stock(ScopedListPage):
    """The firm's own goods by SKU, warehouse and zone: on hand, reserved, available."""

    template_name = "portal/stock.html"
    section = "goods"
    needs = ("view", StockLevel)
    model = StockLevel
    tenant_lookup = "owner_id"
    filterset_class = StockFilter
    page_size = 50

    def base_queryset(self) -> QuerySet[Any]:
        rows = StockLevel.objects.select_related("sku__product", "warehouse").prefetch_related("others")
        return rows.order_by("sku__code", "warehouse__code", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            sees_inbound=may(self.actor, "view", InboundNotice, self.node.pk),
            moves_stock=may(self.actor, "add", StockMove, self.node.pk),
            **kwargs,
        )


class StockWork(TenantPage):
    """Counts, corrections and moves of the firm's own goods, scanned on a phone."""

    template_name = "portal/stock_work.html"
    section = "goods"
    needs = ("add", StockMove)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        warehouses = self._warehouses()
        return super().get_context_data(
            warehouses=warehouses,
            warehouse=self._named(warehouses),
            task=task_named(self.request),
            tasks=Task.choices,
            **kwargs,
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(work=self._work()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        work = self._work(request.POST)
        if work is None:
            return self.get(request)
        if work.is_valid() and (said := work.carry_out()):
            messages.success(request, " · ".join(said))
        if work.is_done:
            return redirect(request.get_full_path())
        response = self.render_to_response(self.get_context_data(work=work))
        response.status_code = 400
        return response

    def _work(self, data: Any = None) -> ShelfWork | None:
        warehouse = self._named(self._warehouses())
        if warehouse is None:
            return None
        goods = visible_to(Sku.objects.filter(tenant=self.tenant), self.actor)
        task = task_named(self.request)
        return ShelfWork(actor=self.actor, warehouse=warehouse, task=task, goods=goods, data=data)

    def _warehouses(self) -> list[Warehouse]:
        return list(visible_to(Warehouse.objects.order_by("code"), self.actor))

    def _named(self, warehouses: list[Warehouse]) -> Warehouse | None:
        asked = self.request.GET.get("warehouse")
        return next((one for one in warehouses if one.code == asked), warehouses[0] if warehouses else None)
