"""The warehouse's day, and its packing table: one field that takes what a barcode reader or a thumb enters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from core import clock
from core.actors import Actor
from core.clock import DAY, HOUR
from core.doors.context import actor_of
from core.errors import DomainError
from core.policy import ADD, CHANGE, VIEW
from core.scoping import may, require, visible_to
from parks.selectors import parks_of
from supplychain import services
from supplychain.choices import Carrier, ParcelState, ReservationState, WaveState
from supplychain.givenback import with_source
from supplychain.models import Backorder, Parcel, Reservation, ReturnedGoods, StockMove, Warehouse, Wave
from supplychain.services.parcels import AT_THE_TABLE
from supplychain.services.references import as_uid
from supplychain.unshipped import held_lines, returns_awaited, unshipped

RETURNS_LOOKED_FOR = 60 * DAY
SHOWN = 100


def day_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """What each warehouse of a park has to send today, its open waves, and what comes back."""
    actor = actor_of(request)
    require(actor, VIEW, Wave)
    parks = list(parks_of(actor).order_by("code"))
    packing = open_first(visible_to(Warehouse.objects.filter(packs_orders=True), actor))
    at_work = {warehouse.park_id for warehouse in packing if not warehouse.is_closed}
    # Who runs several parks begins with one that sends something.
    first = next((park for park in parks if park.pk in at_work), parks[0] if parks else None)
    park = next((park for park in parks if park.code == request.GET.get("park")), first)
    context = {
        **site.each_context(request),
        "title": _("Warehouse day"),
        "parks": parks,
        "park": park,
        "warehouses": [_day_of(actor, each) for each in packing if park and each.park_id == park.pk],
        "may_make": park is not None and may(actor, ADD, Wave, park.pk),
        "may_pack": park is not None and may(actor, CHANGE, Wave, park.pk),
        "may_move": park is not None and may(actor, ADD, StockMove, park.pk),
        "may_inspect": park is not None and may(actor, ADD, ReturnedGoods, park.pk),
    }
    return TemplateResponse(request, "admin/livepark/warehouse_day.html", context)


def open_first(warehouses: QuerySet[Warehouse]) -> list[Warehouse]:
    """By their codes, the closed ones behind: what still lies on their tables stays within reach."""
    return sorted(warehouses.order_by("code"), key=lambda warehouse: warehouse.is_closed)


def _day_of(actor: Actor, warehouse: Warehouse) -> dict[str, Any]:
    lines = held_lines(actor).filter(warehouse=warehouse)
    owed = visible_to(Backorder.objects.filter(sku__levels__warehouse=warehouse), actor)
    waves = visible_to(Wave.objects.filter(warehouse=warehouse, parcels__state__in=AT_THE_TABLE), actor)
    sent = visible_to(Reservation.objects.filter(warehouse=warehouse), actor)
    return {
        "warehouse": warehouse,
        "unshipped": unshipped(lines, owed),
        "loose": with_source(lines.filter(state=ReservationState.RESERVED))
        .values("seller", "source", "order_no")
        .distinct()
        .count(),
        "waves": list(waves.distinct().order_by("pk")[:SHOWN]),
        "picking": WaveState.PICKING,
        "returns": returns_awaited(sent, clock.now() - RETURNS_LOOKED_FOR)[:SHOWN],
    }


def packing_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """Scan an order, scan its goods, scan the label of the carrier: the next order."""
    actor = actor_of(request)
    require(actor, CHANGE, Wave)
    packing = visible_to(Warehouse.objects.filter(packs_orders=True), actor)
    warehouses = [one for one in open_first(packing) if may(actor, CHANGE, Wave, one.park_id)]
    warehouse = next(
        (one for one in warehouses if one.code == request.GET.get("warehouse")),
        warehouses[0] if warehouses else None,
    )
    parcel = _parcel(actor, request.GET.get("parcel", ""), warehouse)
    if request.method == "POST" and warehouse is not None:
        return _after(request, actor, warehouse, parcel)
    lines = parcel.lines.select_related("sku__product", "owner").order_by("pk") if parcel else ()
    order = request.GET.get("order", "")[:64]
    context = {
        **site.each_context(request),
        "title": _("Packing table"),
        "warehouses": warehouses,
        "warehouse": warehouse,
        "parcel": parcel,
        "is_packed": parcel is not None and parcel.state == ParcelState.PACKED,
        "lines": [line for line in lines if line.state == ReservationState.IN_WAVE],
        "taken_out": [line for line in lines if line.state == ReservationState.RELEASED],
        "order": order,
        **(_waiting(actor, warehouse, order) if warehouse and not parcel else {}),
        "carriers": Carrier.choices,
        "carrier": request.session.get("carrier", ""),
    }
    return TemplateResponse(request, "admin/livepark/packing.html", context)


@dataclass(frozen=True)
class Waiting:
    """A parcel at the table: how many pieces belong into it, and by when it has to leave."""

    parcel: Parcel
    pieces: int
    leaves_by: datetime | None

    @property
    def is_late(self) -> bool:
        return self.leaves_by is not None and self.leaves_by < clock.now()


def _waiting(actor: Actor, warehouse: Warehouse, order: str) -> dict[str, Any]:
    """The parcels that are to be packed or sent, those that have to leave first at the head; or those of one number."""
    every = visible_to(Parcel.objects.filter(warehouse=warehouse, state__in=AT_THE_TABLE), actor)
    every = every.filter(order_no=order) if order else every
    lines = Reservation.objects.filter(parcel=OuterRef("pk"), state=ReservationState.IN_WAVE)
    of_parcel = lines.order_by().values("parcel")
    parcels = (
        every.select_related("seller")
        .annotate(
            paid=Subquery(of_parcel.annotate(first=Min("paid_at")).values("first")),
            pieces=Coalesce(Subquery(of_parcel.annotate(sum=Sum("quantity")).values("sum")), 0),
        )
        .order_by(F("paid").asc(nulls_last=True), "pk")
    )
    within = warehouse.ship_within_hours * HOUR
    return {
        "waiting": every.count(),
        "parcels": [Waiting(row, row.pieces, row.paid and row.paid + within) for row in parcels[:SHOWN]],
    }


def _parcel(actor: Actor, uid: str, warehouse: Warehouse | None) -> Parcel | None:
    """The parcel on the table; a malformed name means none."""
    row = as_uid(uid)
    if row is None or warehouse is None:
        return None
    at_the_table = Parcel.objects.filter(warehouse=warehouse, uid=row, state__in=AT_THE_TABLE)
    found: Parcel | None = visible_to(at_the_table.select_related("seller"), actor).first()
    return found


def _after(
    request: HttpRequest, actor: Actor, warehouse: Warehouse, parcel: Parcel | None
) -> HttpResponseRedirect:
    """Do what was scanned or pressed, say what became of it, and come back to the table.

    Where several orders have the number that was scanned, they are shown, and one of them is tapped.
    """
    query = {"warehouse": warehouse.code}
    code = request.POST.get("code", "")[:200]
    try:
        if parcel is not None:
            parcel = _do(request, actor, parcel, code)
        else:
            parcel, *others = services.parcels_named(actor=actor, warehouse=warehouse, code=code)
            if others:
                query["order"], parcel = parcel.order_no, None
    except DomainError as refusal:
        messages.error(request, str(refusal))
    query |= {"parcel": str(parcel.uid)} if parcel else {}
    return HttpResponseRedirect(f"{request.path}?{urlencode(query)}")


def _do(request: HttpRequest, actor: Actor, parcel: Parcel, code: str) -> Parcel | None:
    if "empty" in request.POST:
        return services.parcel_empty(actor=actor, parcel=parcel)
    if "aside" in request.POST:
        return None
    if parcel.state == ParcelState.PACKED:
        carrier = request.POST.get("carrier", "")
        services.parcel_dispatch(actor=actor, parcel=parcel, carrier=carrier, tracking_no=code)
        request.session["carrier"] = carrier
        messages.success(request, _("Order %(order)s has left.") % {"order": parcel.order_no})
        return None
    services.parcel_scan(actor=actor, parcel=parcel, code=code)
    return parcel
