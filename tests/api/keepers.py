"""One good answer of every operation of a warehouse's scanners."""

from __future__ import annotations

from typing import Any

from supplychain.models import Backorder, Parcel, Reservation, SalesEvent, Warehouse
from tests.api.conftest import Caller
from tests.factories import World


def of_keepers(world: World) -> dict[str, Any]:
    """A park's own key: a walk, a parcel, what is missing and what comes back, and the stock."""
    mine, scanner, house = world.tenants[0], Caller(world.secret), world.warehouse
    Warehouse.objects.filter(pk=house.pk).update(packs_orders=True)
    second = Warehouse.objects.create(park=world.park, code="second", name_zh="二仓")
    goods = {"owner": mine.tenant.code, "sku": mine.skus[0].code}
    there = {**goods, "warehouse": house.code}
    parcel = f"parcels/{Parcel.objects.filter(seller=mine.tenant, state='waiting').earliest('pk').uid}"
    lines = {row.state: f"reservations/{row.uid}" for row in Reservation.objects.filter(owner=mine.tenant)}
    sent = Reservation.objects.filter(owner=mine.tenant, state="dispatched").latest("pk")
    Reservation.objects.filter(pk=sent.pk).update(quantity=2, packed=2)  # one of them is back
    sold = SalesEvent.objects.filter(seller=mine.tenant, kind="paid").latest("pk")
    owed = Backorder.objects.create(
        owner=mine.tenant,
        sku=mine.skus[0],
        event_id=sold.pk,
        order_no="owed",
        quantity=1,
        occurred_at=sold.occurred_at,
    )
    made = scanner.post("waves", {"warehouse": house.code, "orders": 1})
    wave = f"waves/{made.json()['uid']}"
    return {
        "POST waves": made,
        "GET waves": scanner.get("waves"),
        "GET waves/{uid}": scanner.get(wave),
        "GET waves/{uid}/pick-list": scanner.get(f"{wave}/pick-list"),
        "POST waves/{uid}/picked": scanner.post(f"{wave}/picked"),
        "POST parcels/{uid}/empty": scanner.post(f"{parcel}/empty"),
        "POST parcels/{uid}/scan": scanner.post(f"{parcel}/scan", {"code": goods["sku"]}),
        "POST parcels/{uid}/dispatch": scanner.post(
            f"{parcel}/dispatch", {"carrier": "sf", "tracking_no": "SHAPES1"}
        ),
        "GET reservations": scanner.get("reservations"),
        "GET reservations/{uid}": scanner.get(lines["dispatched"]),
        "POST reservations/{uid}/return": scanner.post(
            f"{lines['dispatched']}/return", {"quantity": 1, "condition": "good"}
        ),
        "POST reservations/{uid}/missing": scanner.post(f"{lines['reserved']}/missing"),
        "GET backorders": scanner.get("backorders"),
        "GET backorders/{uid}": scanner.get(f"backorders/{owed.uid}"),
        "POST backorders/{uid}/fill": scanner.post(f"backorders/{owed.uid}/fill", {"warehouse": house.code}),
        "POST stock-moves": scanner.post("stock-moves", {**there, "kind": "inbound", "quantity": 9}),
        "POST stock-moves/transfer": scanner.post(
            "stock-moves/transfer", {**goods, "origin": house.code, "target": second.code, "quantity": 1}
        ),
        "POST stock-levels/count": scanner.post("stock-levels/count", {**there, "counted": 40}),
        "POST stock-levels/place": scanner.post("stock-levels/place", {**there, "zone": "B-1"}),
    }
