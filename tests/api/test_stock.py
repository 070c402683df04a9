"""Stock over HTTP: each firm its own, a warehouse all of it, found by owner, SKU and warehouse."""

from __future__ import annotations

import pytest

from core.services import tool_key_create
from supplychain.models import StockLevel, Warehouse
from supplychain.services import stock_adjust, stock_count
from tests.api.conftest import Caller
from tests.factories import SYSTEM, World, make_stock, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_firm_reads_its_own_stock_and_a_warehouse_all_of_it(world: World, tool: Caller) -> None:
    mine = world.tenants[0]
    own = {
        "owner": "alpha-a",
        "sku": mine.skus[0].code,
        "warehouse": world.warehouse.code,
        "zone": f"{world.canary}a",
        "on_hand": 50,
        "reserved": 2,
        "available": 48,
        "zones": [{"zone": f"{world.canary}a", "on_hand": 50}],
    }
    for caller in (Caller(user=mine.users["tenant_owner"]), key_of(world, "goods:read")):
        assert caller.get("stock-levels").json()["results"] == [own]
    keeper = Caller(user=make_user("keeper", "park_warehouse", world.park.node))
    assert keeper.get("stock-levels").json()["count"] == StockLevel.objects.count() == 2
    found = keeper.get("stock-levels", owner="alpha-a").json()["results"]
    assert found == [own]
    refused = key_of(world, "bookings:read").get("stock-levels")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


def key_of(world: World, scope: str) -> Caller:
    """A tool of the first firm with a key for one thing."""
    node = world.tenants[0].tenant.node
    _key, secret = tool_key_create(actor=SYSTEM, node=node, name=scope, scopes=[scope])
    return Caller(secret)


def test_stock_is_found_by_its_codes_and_read_in_pages(world: World) -> None:
    mine = world.tenants[0]
    second = Warehouse.objects.create(park=world.park, code="second", name_zh="二仓")
    for warehouse, sku in ((second, mine.skus[0]), (second, mine.skus[1])):
        make_stock(warehouse, sku, "A-1")
    owner = Caller(user=mine.users["tenant_owner"])

    def found(**asked: str) -> set[tuple[str, str]]:
        return {
            (row["sku"], row["warehouse"]) for row in owner.get("stock-levels", **asked).json()["results"]
        }

    first, other = (sku.code for sku in mine.skus[:2])
    assert found() == {(first, world.warehouse.code), (first, "second"), (other, "second")}
    assert found(sku=first) == {(first, world.warehouse.code), (first, "second")}
    assert found(warehouse="second") == {(first, "second"), (other, "second")}
    assert found(sku=first, warehouse="second") == {(first, "second")}
    assert found(owner="alpha-b") == found(sku=first.swapcase()) == set()
    pages = [found(page_size="2", page=str(number)) for number in (1, 2)]
    assert [len(page) for page in pages] == [2, 1]
    assert pages[0] | pages[1] == found()


def test_the_moves_of_stock_add_up_to_what_is_on_hand_for_who_may_see_them(world: World) -> None:
    mine = world.tenants[0]
    keeper = Caller(user=make_user("keeper", "park_warehouse", world.park.node))
    sku = mine.skus[0]
    stock_adjust(actor=SYSTEM, warehouse=world.warehouse, sku=sku, quantity=-3, note="broken")
    stock_count(actor=SYSTEM, warehouse=world.warehouse, sku=sku, counted=40)
    on_hand = Caller(user=mine.users["tenant_owner"]).get("stock-levels", sku=sku.code).json()["results"]
    for caller in (Caller(user=mine.users["tenant_owner"]), keeper, key_of(world, "goods:read")):
        moves = caller.get("stock-moves", owner="alpha-a", sku=sku.code).json()["results"]
        assert [(row["kind"], row["note"]) for row in moves[:2]] == [("count", ""), ("adjustment", "broken")]
        assert sum(row["quantity"] for row in moves) == on_hand[0]["on_hand"] == 40
    owners = {row["owner"] for row in keeper.get("stock-moves").json()["results"]}
    assert owners == {"alpha-a", "alpha-b"}
    tool = key_of(world, "goods:read")
    assert {row["owner"] for row in tool.get("stock-moves").json()["results"]} == {"alpha-a"}
    assert [row["kind"] for row in tool.get("stock-moves", kind="count").json()["results"]] == ["count"]
    assert tool.get("stock-moves", since="2099-01-01").json()["results"] == []
    assert key_of(world, "bookings:read").get("stock-moves").status_code == 403
