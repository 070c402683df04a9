"""A warehouse's own scanners over HTTP: waves, parcels, counts and transfers by key, a firm's by its own."""

from __future__ import annotations

from typing import Any

import pytest

from core.clock import DAY, HOUR, now, today
from core.services import tool_key_create
from supplychain.models import (
    Backorder,
    Parcel,
    Reservation,
    SalesEvent,
    Sku,
    StockLevel,
    StockMove,
    Warehouse,
    Wave,
)
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World, make_user, make_world
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
WORK = "warehouse:write"


@pytest.fixture
def house(world: World) -> Warehouse:
    Warehouse.objects.filter(pk=world.warehouse.pk).update(packs_orders=True)
    return world.warehouse


@pytest.fixture
def mine(world: World) -> TenantWorld:
    return world.tenants[0]


def key_of(node: Any, *scopes: str) -> Caller:
    return Caller(tool_key_create(actor=SYSTEM, node=node, name="scanners", scopes=scopes)[1])


@pytest.fixture
def scanner(world: World) -> Caller:
    """The software of the park's warehouse."""
    return key_of(world.park.node, WORK)


def code_of(answer: Any) -> str:
    told: dict[str, Any] = answer.json()
    return str((told["errors"][0] if told.get("errors") else told)["code"])


def goods(mine: TenantWorld, house: Warehouse) -> dict[str, str]:
    return {"warehouse": house.code, "owner": mine.tenant.code, "sku": mine.skus[0].code}


def test_an_order_is_fetched_packed_sent_and_taken_back_by_a_scanner(
    world: World, house: Warehouse, mine: TenantWorld, scanner: Caller
) -> None:
    waits = Reservation.objects.get(owner=mine.tenant, state="reserved")
    wave = scanner.post("waves", {"warehouse": house.code}).json()
    assert (wave["parcels"], wave["dispatched"], wave["state"]) == (2, 0, "picking")
    assert code_of(scanner.post("waves", {"warehouse": house.code})) == "nothing_waits"
    picks = scanner.get(f"waves/{wave['uid']}/pick-list").json()["results"]
    assert {(pick["owner"], pick["sku"], pick["quantity"]) for pick in picks} == {
        (firm.tenant.code, firm.skus[0].code, 1) for firm in world.tenants[:2]
    }
    assert scanner.post(f"waves/{wave['uid']}/picked").json()["state"] == "picked"
    assert code_of(scanner.post(f"waves/{wave['uid']}/picked")) == "wave_state"

    (parcel,) = scanner.get("parcels", wave=wave["uid"], order_no=waits.order_no).json()["results"]
    assert code_of(scanner.post(f"parcels/{parcel['uid']}/scan", {"code": "other"})) == "not_in_parcel"
    label = {"carrier": "sf", "tracking_no": "SF700"}
    assert code_of(scanner.post(f"parcels/{parcel['uid']}/dispatch", label)) == "not_packed"
    scan = {"code": mine.skus[0].code}
    assert scanner.post(f"parcels/{parcel['uid']}/scan", scan).json()["state"] == "packed"
    emptied = scanner.post(f"parcels/{parcel['uid']}/empty").json()
    assert (emptied["state"], emptied["lines"][0]["packed"]) == ("waiting", 0)
    scanner.post(f"parcels/{parcel['uid']}/scan", scan)
    sent = scanner.post(f"parcels/{parcel['uid']}/dispatch", label).json()
    assert (sent["state"], sent["tracking_no"], sent["lines"][0]["state"]) == (
        "dispatched",
        "SF700",
        "dispatched",
    )
    level = StockLevel.objects.get(sku=mine.skus[0])
    assert (level.on_hand, level.reserved) == (49, 1)
    assert scanner.get(f"waves/{wave['uid']}").json()["dispatched"] == 1

    line = sent["lines"][0]["uid"]
    back = scanner.post(f"reservations/{line}/return", {"quantity": 1, "condition": "good"}).json()
    assert (back["uid"], back["returned"]) == (line, 1)
    assert StockLevel.objects.get(sku=mine.skus[0]).on_hand == 50


def test_orders_of_two_shops_with_one_number_are_told_apart(
    house: Warehouse, mine: TenantWorld, scanner: Caller
) -> None:
    Sku.objects.filter(pk=mine.skus[0].pk).update(tracked_since=now() - DAY)
    for source, pieces in (("first-shop", 1), ("other-shop", 1), ("other-shop", 10_000)):
        line = fact(
            order_no="1001", line_no=str(pieces), qty=pieces, sku_code=mine.skus[0].code,
            occurred_at=now() - HOUR,
        )  # fmt: skip
        record(mine.tenant, line, source=source)
    held = scanner.get("reservations", order_no="1001").json()["results"]
    assert {(row["source"], row["parcel"]) for row in held} == {("first-shop", None), ("other-shop", None)}
    (owed,) = scanner.get("backorders", order_no="1001").json()["results"]
    assert owed["source"] == "other-shop"
    scanner.post("waves", {"warehouse": house.code})
    both = scanner.get("parcels", order_no="1001").json()["results"]
    assert sorted(row["source"] for row in both) == ["first-shop", "other-shop"]
    (one,) = scanner.get("parcels", order_no="1001", source="first-shop").json()["results"]
    assert [line["quantity"] for line in one["lines"]] == [1]


def test_what_is_not_on_its_shelf_is_owed_and_given_later(
    house: Warehouse, mine: TenantWorld, scanner: Caller
) -> None:
    record(mine.tenant, fact(kind="paid", order_no="O-real", qty=1, sku_code="X", amount=10))
    Reservation.objects.filter(owner=mine.tenant).update(event_id=SalesEvent.objects.latest("pk").pk)
    # Two pieces are held by the two lines that are still here.
    lines = scanner.get("reservations", warehouse=house.code, state="reserved").json()["results"]
    (line,) = [row for row in lines if row["owner"] == mine.tenant.code]
    assert (
        code_of(scanner.post("stock-levels/count", {**goods(mine, house), "counted": 1})) == "stock_reserved"
    )
    assert scanner.post(f"reservations/{line['uid']}/missing").json()["state"] == "released"
    counted = scanner.post("stock-levels/count", {**goods(mine, house), "counted": 1, "note": "shelf"}).json()
    assert (counted["on_hand"], counted["reserved"], counted["available"]) == (1, 1, 0)
    (owed,) = scanner.get("backorders", state="open", order_no=line["order_no"]).json()["results"]
    assert (owed["quantity"], owed["oversold"]) == (1, 1)
    where = {"warehouse": house.code}
    assert code_of(scanner.post(f"backorders/{owed['uid']}/fill", where)) == "stock_short"
    came = scanner.post("stock-moves", {**goods(mine, house), "kind": "inbound", "quantity": 4})
    assert (came.status_code, came.json()["quantity"]) == (201, 4)
    filled = scanner.post(f"backorders/{owed['uid']}/fill", where)
    assert filled.json()["state"] == "filled", filled.json()
    assert Backorder.objects.get(uid=owed["uid"]).state == "filled"


def test_goods_are_counted_placed_corrected_and_brought_to_another_warehouse(
    world: World, house: Warehouse, mine: TenantWorld, scanner: Caller
) -> None:
    second = Warehouse.objects.create(park=world.park, code="second", name_zh="二仓")
    these = goods(mine, house)
    placed = scanner.post("stock-levels/place", {**these, "zone": "B-02-1"})
    assert placed.json()["zone"] == "B-02-1"
    assert scanner.post("stock-levels/count", {**these, "counted": 50}).json()["on_hand"] == 50, (
        "no difference"
    )
    move = {
        "owner": these["owner"],
        "sku": these["sku"],
        "origin": house.code,
        "target": "second",
        "quantity": 8,
    }
    brought = [
        scanner.post("stock-moves/transfer", move, **{"Idempotency-Key": "once"}) for _again in range(2)
    ]
    assert [answer.json()["quantity"] for answer in brought] == [-8, -8]
    assert brought[1]["Idempotency-Replayed"] == "true"
    broken = {**these, "kind": "adjustment", "quantity": -2}
    assert code_of(scanner.post("stock-moves", broken)) == "required", "why, says the note"
    assert scanner.post("stock-moves", {**broken, "note": "torn"}).json()["quantity"] == -2
    within = {**move, "target": house.code, "quantity": 9, "to_zone": "S-1"}
    out = scanner.post("stock-moves/transfer", within).json()
    assert (out["zone"], out["quantity"]) == ("B-02-1", -9)
    assert code_of(scanner.post("stock-moves/transfer", {**within, "to_zone": "B-02-1"})) == "same_zone"
    assert code_of(scanner.post("stock-moves/transfer", {**within, "from_zone": "X-1"})) == "stock_short"
    assert (
        code_of(scanner.post("stock-levels/count", {**these, "counted": 1, "zone": "x" * 33})) == "too_long"
    )
    counted = scanner.post("stock-levels/count", {**these, "counted": 10, "zone": "S-1"}).json()
    assert counted["zones"] == [{"zone": "B-02-1", "on_hand": 31}, {"zone": "S-1", "on_hand": 10}]
    found = scanner.post("stock-moves", {**broken, "quantity": -1, "note": "torn", "zone": "S-1"}).json()
    assert (found["zone"], found["quantity"]) == ("S-1", -1)
    there = scanner.get("stock-moves", sku=these["sku"], zone="S-1", warehouse=house.code).json()["results"]
    assert [row["quantity"] for row in there] == [-1, 1, 9]
    assert StockLevel.objects.get(warehouse=house, sku=mine.skus[0]).on_hand == 40
    assert StockLevel.objects.get(warehouse=second, sku=mine.skus[0]).on_hand == 8
    for wrong, code in (
        ({"kind": "sale"}, "invalid_choice"),
        ({"quantity": 0}, "range"),
        ({"quantity": "many"}, "integer"),
        ({"sku": "nothing"}, "absent"),
        ({"owner": "nobody"}, "absent"),
        ({"warehouse": "nowhere"}, "absent"),
    ):
        told = scanner.post("stock-moves", {**these, "kind": "inbound", "quantity": 1, **wrong})
        assert (told.status_code, code_of(told)) == (400, code), wrong


def test_a_firm_moves_its_own_stock_with_its_key_and_packs_nothing(
    world: World, house: Warehouse, mine: TenantWorld
) -> None:
    own = key_of(mine.tenant.node, WORK)
    assert own.post("stock-levels/count", {**goods(mine, house), "counted": 44}).json()["on_hand"] == 44
    other = goods(world.tenants[1], house)
    assert code_of(own.post("stock-levels/count", {**other, "counted": 1})) == "absent"
    parcel = Parcel.objects.get(seller=mine.tenant, state="waiting")
    assert own.get("waves").json()["results"] == []
    for path, body in (
        ("waves", {"warehouse": house.code}),
        (f"waves/{Wave.objects.earliest('pk').uid}/picked", {}),
        (f"parcels/{parcel.uid}/scan", {"code": mine.skus[0].code}),
        (f"parcels/{parcel.uid}/empty", {}),
        (f"parcels/{parcel.uid}/dispatch", {"carrier": "sf", "tracking_no": "SF1"}),
        (f"reservations/{parcel.lines.get().uid}/missing", {}),
    ):
        assert own.post(path, body).status_code in {403, 404}, path
    parcel.refresh_from_db()
    assert parcel.state == "waiting"


def test_other_keys_and_other_parks_do_not_reach_the_warehouse(
    world: World, house: Warehouse, mine: TenantWorld, tool: Caller
) -> None:
    elsewhere = key_of(make_world("beta").park.node, WORK)
    assert elsewhere.get("stock-levels", warehouse=house.code).json()["results"] == []
    parcel = Parcel.objects.get(seller=mine.tenant, state="waiting")
    assert elsewhere.post(f"parcels/{parcel.uid}/scan", {"code": mine.skus[0].code}).status_code == 404
    assert code_of(elsewhere.post("waves", {"warehouse": house.code})) == "absent"
    readers = (
        key_of(
            mine.tenant.node, "goods:read", "goods:write", "orders:read", "figures:read", "bookings:write"
        ),
        key_of(world.park.node, "bookings:read", "bookings:write", "figures:read"),
    )
    work = (
        *("waves", "waves/{uid}/picked", "stock-levels/count", "stock-levels/place", "stock-moves"),
        *("stock-moves/transfer", "parcels/{uid}/scan", "parcels/{uid}/empty", "parcels/{uid}/dispatch"),
        *("reservations/{uid}/missing", "reservations/{uid}/return", "backorders/{uid}/fill"),
        *("inbound-notices/{uid}/receive", "reorders/{uid}/receive"),
        *("sample-requests/{uid}/hand-out", "sample-requests/{uid}/take-back"),
    )
    for reader in readers:
        for path in work:
            told = reader.post(path.format(uid=parcel.uid), {})
            assert (told.status_code, code_of(told)) == (403, "permission_denied"), path
        assert code_of(reader.get(f"waves/{parcel.uid}/pick-list")) == "permission_denied"


def test_a_reorder_is_received_once_a_sku(world: World, house: Warehouse, mine: TenantWorld) -> None:
    keeper = Caller(user=world.users["park_warehouse"])
    storeman = Caller(user=make_user("storeman", "tenant_warehouse", mine.tenant.node))
    order = mine.tenant.launches.get().reorders.get(state="produced")
    sku = order.lines.get().sku.code
    receive = f"reorders/{order.uid}/receive"
    pieces = [{"sku": sku, "quantity": 6}, {"sku": sku, "quantity": 4}]
    told = storeman.post(receive, {"warehouse": house.code, "pieces": pieces})
    assert (told.status_code, code_of(told)) == (400, "twice")
    assert f"“{sku}”" in told.text
    order.refresh_from_db()
    assert order.state == "produced"
    assert keeper.post(receive, {"warehouse": house.code, "pieces": pieces[:1]}).status_code == 404
    taken = storeman.post(receive, {"warehouse": house.code, "pieces": pieces[:1], "zone": "B-02"})
    assert taken.json()["state"] == "received"
    assert StockMove.objects.get(source="reorder", source_key=str(order.uid)).zone == "B-02"


def test_goods_are_announced_with_a_firms_key_and_received_by_the_scanners(
    house: Warehouse, mine: TenantWorld, scanner: Caller
) -> None:
    writer = key_of(mine.tenant.node, "goods:write")
    come = {"warehouse": house.code, "sku": str(mine.skus[0].uid), "pieces": 5, "day": str(today() + DAY)}
    told = writer.post("inbound-notices", come)
    assert told.status_code == 201, told.json()
    receive = f"inbound-notices/{told.json()['uid']}/receive"
    assert code_of(writer.post(receive, {"received": 5})) == "permission_denied"
    assert scanner.post(receive, {"received": 5}).json()["state"] == "received"
    assert StockLevel.objects.get(sku=mine.skus[0]).on_hand == 55
