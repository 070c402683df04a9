"""Work at the shelves of a park's warehouses: the page of its keeper, beside the packing table."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from core.doors.context import actor_of
from core.policy import ADD
from core.scoping import may, require, visible_to
from supplychain.admin.packing import open_first
from supplychain.doors.shelfwork import ShelfWork, Task, task_named
from supplychain.models import Sku, StockMove, Warehouse


def shelves_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """Scan goods, say what is done with them, and enter all rows at once."""
    actor = actor_of(request)
    require(actor, ADD, StockMove)
    seen = open_first(visible_to(Warehouse.objects.all(), actor))
    warehouses = [one for one in seen if may(actor, ADD, StockMove, one.park_id)]
    asked, task = request.GET.get("warehouse"), task_named(request)
    warehouse = next((one for one in warehouses if one.code == asked), warehouses[0] if warehouses else None)
    work, status = None, 200
    if warehouse is not None:
        data = request.POST if request.method == "POST" else None
        goods = visible_to(Sku.objects.all(), actor)
        work = ShelfWork(actor=actor, warehouse=warehouse, task=task, goods=goods, data=data)
        if data is not None:
            if work.is_valid() and (said := work.carry_out()):
                messages.success(request, " · ".join(said))
            if work.is_done:
                return HttpResponseRedirect(request.get_full_path())
            status = 400
    context = {
        **site.each_context(request),
        "title": _("Work at the shelves"),
        "warehouses": warehouses,
        "warehouse": warehouse,
        "work": work,
        "task": task,
        "tasks": Task.choices,
    }
    return TemplateResponse(request, "admin/livepark/shelf_work.html", context, status=status)
