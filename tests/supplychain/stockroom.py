"""A seller whose goods lie in two warehouses, of which one may pack its orders; and what must add up there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Sum

from supplychain.choices import ReservationState
from supplychain.models import (
    Backorder,
    Parcel,
    Reservation,
    ReturnedGoods,
    Sku,
    StockLevel,
    StockMove,
    Warehouse,
)
from supplychain.services import parcel_dispatch, parcel_scan, parcels_named, stock_receive
from tenants.models import Tenant
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM, fact, record


class Shop:
    """A seller with a tracked SKU and two warehouses."""

    def __init__(self) -> None:
        self.park = factories.make_park("alpha")
        self.seller: Tenant = factories.make_tenant(self.park, "alpha-a")
        self.sku = self.tracked("S1")
        self.near = Warehouse.objects.create(park=self.park, code="near", name_zh="近")
        self.far = Warehouse.objects.create(park=self.park, code="far", name_zh="远")

    def tracked(self, code: str) -> Sku:
        sku = factories.make_sku(self.seller, code)
        sku.tracked_since = NOON - timedelta(days=1)
        sku.save()
        return sku

    def receive(
        self, quantity: int, warehouse: Warehouse | None = None, sku: Sku | None = None, zone: str = ""
    ) -> StockMove:
        return stock_receive(
            actor=SYSTEM, warehouse=warehouse or self.near, sku=sku or self.sku, quantity=quantity, zone=zone
        )

    def shelves(self, warehouse: Warehouse | None = None) -> list[tuple[str, int]]:
        """What lies where of the SKU, the main place first."""
        return StockLevel.objects.get(warehouse=warehouse or self.near, sku=self.sku).shelves

    def on_hand(self, warehouse: Warehouse | None = None, sku: Sku | None = None) -> int:
        level = StockLevel.objects.filter(warehouse=warehouse or self.near, sku=sku or self.sku).first()
        return level.on_hand if level else 0

    def allow(self, limit: int) -> None:
        """Let so many pieces be promised beyond what is there."""
        self.sku.presale_limit = limit
        self.sku.save()

    def owed(self) -> list[tuple[str, int, str]]:
        return list(Backorder.objects.order_by("pk").values_list("order_no", "quantity", "state"))


def levels_equal_moves() -> bool:
    """Zone by zone, what lies there is the sum of the moves there, and all zones are what is on hand."""
    moved = {
        (row["warehouse"], row["sku"], row["zone"]): row["total"]
        for row in StockMove.objects.values("warehouse", "sku", "zone").annotate(total=Sum("quantity"))
    }
    levels = list(StockLevel.objects.prefetch_related("others"))
    lying = {
        (level.warehouse_id, level.sku_id, zone): pieces for level in levels for zone, pieces in level.shelves
    }
    return {place: total for place, total in moved.items() if total} == {
        place: pieces for place, pieces in lying.items() if pieces
    } and all(level.on_hand == sum(pieces for _zone, pieces in level.shelves) for level in levels)


class PackingShop(Shop):
    """One whose near warehouse packs the orders."""

    def __init__(self) -> None:
        super().__init__()
        self.near.packs_orders = True
        self.near.save()

    def sell(self, order: str, qty: int = 1, source: str = "test", **more: Any) -> None:
        values = {"kind": "paid", "order_no": order, "qty": qty, "sku_code": "S1", "amount": 10 * qty} | more
        record(self.seller, fact(**values), source=source)

    def refund(self, order: str, amount: int, source: str = "test", **more: Any) -> None:
        values = {
            "kind": "refunded",
            "order_no": f"R-{order}",
            "ref_order_no": order,
            "qty": 0,
            "amount": amount,
        }
        record(self.seller, fact(**values | more), source=source)

    def level(self, sku: Sku | None = None) -> tuple[int, int]:
        level = StockLevel.objects.get(warehouse=self.near, sku=sku or self.sku)
        return level.on_hand, level.reserved

    def packed(self, order: str) -> Parcel:
        (parcel,) = parcels_named(actor=SYSTEM, warehouse=self.near, code=order)
        for line in parcel.lines.filter(state=ReservationState.IN_WAVE).select_related("sku"):
            for _piece in range(line.quantity):
                parcel_scan(actor=SYSTEM, parcel=parcel, code=line.sku.code)
        return parcel

    def dispatch(self, order: str, number: str = "") -> Parcel:
        return parcel_dispatch(
            actor=SYSTEM, parcel=self.packed(order), carrier="sf", tracking_no=number or f"SF{order}"
        )

    def line(self, order: str) -> Reservation:
        return Reservation.objects.filter(order_no=order).latest("pk")


def everything_adds_up() -> bool:
    """Levels are the sum of moves, what is reserved the sum of what is held, and what left is what parcels took."""
    held = {
        (row["warehouse"], row["sku"]): row["total"]
        for row in Reservation.objects.filter(state__in=("reserved", "in_wave"))
        .values("warehouse", "sku")
        .annotate(total=Sum("quantity"))
    }
    reserved = {(level.warehouse_id, level.sku_id): level.reserved for level in StockLevel.objects.all()}
    left = Reservation.objects.filter(state="dispatched").aggregate(total=Sum("quantity"))["total"] or 0
    moved = StockMove.objects.filter(source="parcel").aggregate(total=Sum("quantity"))["total"] or 0
    back = ReturnedGoods.objects.filter(condition="good").aggregate(total=Sum("quantity"))["total"] or 0
    came = StockMove.objects.filter(source="parcel_return").aggregate(total=Sum("quantity"))["total"] or 0
    return (
        levels_equal_moves()
        and all(reserved[place] == total for place, total in held.items())
        and sum(reserved.values()) == sum(held.values())
        and (left, back) == (-moved, came)
    )
